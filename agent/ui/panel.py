"""The panel before any training: the way, what was understood, the data, the plan. Pure: a view in, HTML out."""

from __future__ import annotations

from collections import Counter
from typing import Any

from agent import wording
from agent.proposal import baseline_name
from agent.ui.parts import empty, facts, meter, more, said, section, table, tag
from agent.ui.safe import show
from agent.ui.view import View
from tools.choice import Choice
from tools.plan import Plan, StagePlan
from tools.profile import Issue, Profile
from tools.report import Say
from training.measured import NamedScore
from training.text import Text

LABELS_SHOWN = 12
ISSUE_EXAMPLES_SHOWN = 3
ROWS_SHOWN = 4


def steps(view: View) -> list[tuple[Text, bool]]:
    """The way from a wish to a model in use, and which parts of it lie behind."""
    report = view.training.report if view.training is not None else None
    measured = bool(view.plan is not None and view.plan.baselines)
    ordered = view.training is not None or (view.reply is not None and view.reply.order is not None)
    return [
        (Text("Goal"), "goal" in view.brief),
        (Text("Data"), view.profile is not None),
        (Text("Measure"), measured),
        (Text("Plan"), ordered),
        (Text("Your yes"), view.training is not None),
        (Text("Train"), view.training is not None and not view.training.lives),
        (Text("Result"), report is not None),
    ]


def stage(view: View) -> str:
    """The tab that matters now."""
    if view.training is not None:
        return "training" if view.training.report is None else "results"
    if view.plan is not None and (view.plan.baselines or not view.plan.decision.pipeline):
        return "plan"
    return "data" if view.profile is not None else "understood"


def stepper(view: View, say: Say) -> str:
    """The way as a line of small marks; the first open one is where we are."""
    found = steps(view)
    here = next((place for place, (_, done) in enumerate(found) if not done), len(found))
    items = []
    for place, (name, done) in enumerate(found):
        kind = "done" if done else "here" if place == here else ""
        current = ' aria-current="step"' if place == here else ""
        items.append(
            f'<li class="{kind}"{current}><i aria-hidden="true"></i>{said(say, name)}</li>'
        )
    return (
        f'<ol class="ts-steps" aria-label="{said(say, Text("Where we are"))}">{"".join(items)}</ol>'
    )


def understood(view: View, say: Say) -> str:
    """The brief, each answer with where it came from."""
    rows = []
    for name, entry in view.brief.items():
        mark = tag(said(say, wording.origin(entry.origin)), entry.origin)
        rows.append((said(say, wording.field(name)), show(plain(name, entry.value, say)), mark))
    if not rows:
        return empty(
            say,
            Text("Nothing yet. Say what you want, in your own words, and hand over some examples."),
        )
    body = "".join(
        f'<div class="ts-said"><dt>{name}</dt><dd>{value} {mark}</dd></div>'
        for name, value, mark in rows
    )
    note = said(
        say,
        Text(
            "Something wrong here? Say it in the chat; everything that depends on it is decided again."
        ),
    )
    return f'<dl class="ts-brief">{body}</dl><p class="ts-note">{note}</p>'


def plain(name: str, value: Any, say: Say) -> str:
    """A brief's value in words."""
    if name == "task":
        return say(wording.task(str(value)))
    if (
        name == "must_not_get_worse"
        and isinstance(value, dict)
        and value.get("max_forgetting") is not None
    ):
        return say(
            Text(
                "at most {share:.0%} of its general abilities may be lost",
                share=value["max_forgetting"],
            )
        )
    if name == "hardware" and isinstance(value, dict):
        return str(value.get("gpu") or say(Text("no graphics card")))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {inner}" for key, inner in value.items() if inner is not None)
    if isinstance(value, list | tuple):
        return ", ".join(str(inner) for inner in value)
    return str(value)


def data(view: View, say: Say) -> str:
    """What is in the files and what is wrong with it."""
    profile = view.profile
    if profile is None:
        return empty(
            say, Text("No data yet. Drop a file into the message box, or take one of the samples.")
        )
    figures = [
        (f"{profile.rows:,}", said(say, Text("rows"))),
        (f"{profile.usable:,}", said(say, Text("can be learnt from"))),
        (f"{profile.splits.get('test', 0):,}", said(say, Text("kept for the final test"))),
        (f"{profile.tokens.p50:,}", said(say, Text("tokens in a usual row"))),
    ]
    kind = f'<p class="ts-lead">{said(say, wording.task(profile.task.value))}</p><p class="ts-note">{said(say, profile.task.because)}</p>'
    return (
        kind + facts(figures)
        + section(said(say, Text("What stands out")), _issues(profile, say))
        + section(said(say, Text("Answers")), _labels(profile))
        + section(said(say, Text("First rows")), _rows(profile, say))
        + section(said(say, Text("Columns")), _columns(profile, say))
    )  # fmt: skip


def _issues(profile: Profile, say: Say) -> str:
    if not profile.issues:
        return f'<p class="ts-note">{said(say, Text("Nothing that would hurt."))}</p>'
    return "".join(_issue(issue, say) for issue in profile.issues)


def _issue(issue: Issue, say: Say) -> str:
    rows = [_example(one, say) for one in issue.examples[:ISSUE_EXAMPLES_SHOWN]]
    shown = (
        more(said(say, Text("Look at rows")), f'<ul class="ts-rows">{"".join(rows)}</ul>')
        if rows
        else ""
    )
    return (
        f'<div class="ts-issue is-{show(issue.severity)}"><div class="ts-count">{issue.count:,}</div>'
        f"<div><p>{said(say, issue.text)}</p><p class='ts-note'>{said(say, issue.fix)}</p>{shown}</div></div>"
    )


def _example(example: Any, say: Say) -> str:
    if not isinstance(example, dict):
        return f"<li><code>{show(example, 300)}</code></li>"
    facts_ = [
        f"{show(name)}: {show(value, 120)}"
        for name, value in example.items()
        if name not in {"row", "text", "rows", "similarity"}
    ]
    number = (
        f"<b>{said(say, Text('row {row}', row=example['row']))}</b> " if "row" in example else ""
    )
    tail = f' <span class="ts-note">{", ".join(facts_)}</span>' if facts_ else ""
    return f"<li>{number}<code>{show(example.get('text', ''), 300)}</code>{tail}</li>"


def _labels(profile: Profile) -> str:
    if not profile.labels:
        return ""
    total = sum(profile.labels.values()) or 1
    shown = Counter(profile.labels).most_common(LABELS_SHOWN)
    rest = len(profile.labels) - len(shown)
    largest = max(profile.labels.values())
    bars = "".join(
        meter(show(name, 60), count / largest, f"{count:,} · {count / total:.0%}")
        for name, count in shown
    )
    return bars + (f'<p class="ts-note">+ {rest:,}</p>' if rest > 0 else "")


def _rows(profile: Profile, say: Say) -> str:
    rows = []
    for row in profile.sample[:ROWS_SHOWN]:
        turns = row.get("messages") or []
        said_ = "".join(
            f'<p class="ts-turn {show(turn.get("role", ""))}"><span>{said(say, role_name(str(turn.get("role", ""))))}</span>'
            f"<code>{show(turn.get('content', ''), 400)}</code></p>"
            for turn in turns
            if isinstance(turn, dict)
        )
        if not said_:
            text = next(
                (row[name] for name in ("text", "prompt") if isinstance(row.get(name), str)), ""
            )
            said_ = f"<p class='ts-turn'><code>{show(text or row, 400)}</code></p>"
        rows.append(f'<div class="ts-row">{said_}</div>')
    return "".join(rows)


def role_name(role: str) -> Text:
    """Who speaks in a row."""
    known = {"user": Text("asked"), "assistant": Text("answered"), "system": Text("instruction")}
    return known.get(role, Text.plain(role))


def _columns(profile: Profile, say: Say) -> str:
    if not profile.columns:
        return ""
    cells = [
        (show(role), show(", ".join(names) if isinstance(names, list) else names))
        for role, names in profile.columns.items()
    ]
    why = (
        f'<p class="ts-note">{said(say, profile.columns_because)}</p>'
        if profile.columns_because
        else ""
    )
    return table((said(say, Text("used as")), said(say, Text("column"))), cells) + why


def plan(view: View, say: Say) -> str:
    """The decision, what it rests on, and every value with its reason."""
    made = view.plan
    if made is None or (
        not made.baselines
        and made.decision.pipeline
        and view.reply is not None
        and view.reply.waiting_for == "answer"
    ):
        return empty(say, Text("No plan yet. It is made once your goal and your data are known."))
    names = [wording.technique(name) for name in made.decision.pipeline]
    title = " → ".join(said(say, name) for name in names) or said(say, Text("Do not train now"))
    kind = "go" if names else "wait"
    lead = f'<div class="ts-verdict {kind}"><h2>{title}</h2><p>{said(say, made.decision.because)}</p></div>'
    return (
        lead + _price(made, say)
        + section(said(say, Text("Measured before deciding")), baselines(made.baselines, say))
        + section(said(say, Text("Please know")), _warnings(made, say))
        + section(said(say, Text("Every value, and why")), _values(made, say))
        + section(said(say, Text("What would change this")), _alternatives(made, say))
    )  # fmt: skip


def _price(made: Plan, say: Say) -> str:
    if not made.stages:
        return ""
    found = made.estimate
    return facts([
        (said(say, wording.duration(found.minutes.value)), said(say, Text("expected"))),
        (f"{found.peak_gib.value:.1f} GiB", said(say, Text("memory at the peak"))),
        (said(say, wording.money(found.cost_usd.value)), said(say, Text("to pay"))),
        (show(made.model.value, 40), said(say, Text("model to start from"))),
    ])  # fmt: skip


def baselines(scores: tuple[NamedScore, ...], say: Say, *, tuned: Any = None) -> str:
    """Bars of what other ways score on the same items; the tuned model last."""
    bars = [
        meter(said(say, baseline_name(one.name)), one.value, figure(one), span=(one.low, one.high))
        for one in scores
    ]
    if tuned is not None:
        bars.append(
            meter(
                said(say, Text("the tuned model")),
                tuned.value,
                figure(tuned),
                kind="strong",
                span=(tuned.low, tuned.high),
            )
        )
    if not bars:
        return ""
    shown = scores[-1] if scores else tuned
    note = Text(
        "{metric}; the thin line is the range that chance alone could give, over {items:,} items.",
        metric=wording.metric(shown.metric),
        items=shown.items,
    )
    return "".join(bars) + f'<p class="ts-note">{said(say, note)}</p>'


def figure(score: Any) -> str:
    """A score in a few letters."""
    if score.higher_is_better and 0 <= score.value <= 1 and score.metric not in ("chrf", "rouge"):
        return f"{score.value:.1%}"
    return f"{score.value:.3g}"


def _warnings(made: Plan, say: Say) -> str:
    told = str(made.decision.because)
    items = "".join(
        f"<li>{said(say, one.text)}</li>" for one in made.warnings if str(one.text) not in told
    )
    return f'<ul class="ts-list">{items}</ul>' if items else ""


def _values(made: Plan, say: Say) -> str:
    parts = []
    for number, one in enumerate(made.stages, start=1):
        rows = [_value(name, choice, say) for name, choice in _choices(one)]
        parts.append(
            more(f"{number}. {said(say, wording.technique(one.technique.value))}", "".join(rows))
        )
    if made.stages:
        mix = "".join(
            _value(source.name, source.share, say, share=True) for source in made.mixture.sources
        )
        parts.append(more(said(say, Text("What it learns from")), mix) if mix else "")
        checks = [
            (name, getattr(made.evaluation, name)) for name in type(made.evaluation).model_fields
        ]
        rows = [_value(name, choice, say) for name, choice in checks if isinstance(choice, Choice)]
        parts.append(more(said(say, Text("How it is measured")), "".join(rows)))
    return "".join(parts)


def _choices(one: StagePlan) -> list[tuple[str, Choice[Any]]]:
    found = [(name, getattr(one, name)) for name in type(one).model_fields if name != "technique"]
    return [(name, choice) for name, choice in found if choice is not None]


def _value(name: str, choice: Choice[Any], say: Say, *, share: bool = False) -> str:
    value = choice.value
    shown = f"{value:.0%}" if share else f"{value:.3g}" if isinstance(value, float) else str(value)
    marks = {"user": Text("you set it"), "measured": Text("measured"), "default": Text("our guess")}
    mark = tag(said(say, marks[choice.origin]), choice.origin) if choice.origin in marks else ""
    source = f' <span class="ts-source">{show(choice.source)}</span>' if choice.source else ""
    return (
        f'<div class="ts-value"><div><span>{show(name.replace("_", " "))}</span> <b>{show(shown, 80)}</b> {mark}</div>'
        f"<p>{said(say, choice.because)}{source}</p></div>"
    )


def _alternatives(made: Plan, say: Say) -> str:
    items = [
        f"<li>{said(say, one.fact)} → <b>{said(say, wording.pipeline(one.pipeline))}</b></li>"
        for one in made.decision.would_change_if
    ]
    items += [
        f"<li><b>{said(say, wording.pipeline(one.pipeline))}</b>: {said(say, one.because)}</li>"
        for one in made.decision.runners_up
    ]
    return f'<ul class="ts-list">{"".join(items)}</ul>' if items else ""
