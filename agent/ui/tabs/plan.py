"""The plan: the decision, what it rests on, and every value with its reason. Pure: a view in, HTML out."""

from __future__ import annotations

from typing import Any

from agent import wording
from agent.ui.parts import empty, facts, more, said, section, tag
from agent.ui.safe import show
from agent.ui.scores import baselines
from agent.ui.view import View
from tools.choice import Choice
from tools.plan import Plan, StagePlan
from tools.report import Say
from training.text import Text


def drawn(view: View, say: Say) -> str:
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
