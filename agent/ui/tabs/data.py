"""What is in the files and what is wrong with it. Pure: a view in, HTML out."""

from __future__ import annotations

from collections import Counter
from typing import Any

from agent.ui.marked import differences
from agent.ui.parts import empty, facts, meter, more, said, section, table, tag
from agent.ui.safe import show
from agent.ui.view import View
from agent.words import wording
from tools.judging.report import Say
from tools.profile import Issue, Profile
from training.text import Text

LABELS_SHOWN = 12
ISSUE_EXAMPLES_SHOWN = 3
ROWS_SHOWN = 4


def drawn(view: View, say: Say) -> str:
    """What is in the files and what is wrong with it."""
    profile = view.profile
    if profile is None:
        return empty(
            say, Text("No data yet. Drop a file into the message box, or take one of the samples.")
        )
    kind = f'<h2 class="ts-lead">{said(say, wording.task(profile.task.value))}</h2><p class="ts-note">{said(say, profile.task.because)}</p>'
    return (
        kind + facts(_figures(profile, say)) + _way_of_rows(profile, say)
        + section(said(say, Text("What stands out")), _issues(profile, say))
        + section(said(say, Text("Answers")), _labels(profile))
        + section(said(say, Text("Lengths")), _lengths(profile, say))
        + section(said(say, Text("First rows")), _rows(profile, say))
        + section(said(say, Text("Columns")), _columns(profile, say))
        + section(said(say, Text("Noted while reading")), _notes(profile, say))
    )  # fmt: skip


def _figures(profile: Profile, say: Say) -> list[tuple[str, str]]:
    splits = profile.splits
    return [
        (f"{profile.rows:,}", said(say, Text("rows in your data"))),
        (f"{splits.get('train', 0):,}", said(say, Text("to learn from"))),
        (f"{splits.get('dev', 0):,}", said(say, Text("to choose by while training"))),
        (f"{splits.get('test', 0):,}", said(say, Text("kept for the final test"))),
    ]


def _way_of_rows(profile: Profile, say: Say) -> str:
    """Where the rows went, so that the figures add up."""
    splits = profile.splits
    train, dev, test = (splits.get(name, 0) for name in ("train", "dev", "test"))
    left_out = profile.rows - profile.usable
    test -= profile.kept
    apart = train + dev + test > profile.usable
    out = (
        Text("{rows:,} {rows:row was|rows were} read and all are kept.", rows=profile.rows)
        if left_out <= 0
        else Text(
            "{rows:,} {rows:row was|rows were} read; {left_out:,} {left_out:is|are} left out, and {usable:,} {usable:is|are} kept. The reasons stand below.",
            rows=profile.rows, left_out=left_out, usable=profile.usable,
        )
    )  # fmt: skip
    test_from = (
        Text("The {test:,} test {test:row comes|rows come} from your own test file.", test=test)
        if apart
        else Text(
            "The {test:,} test {test:row is|rows are} taken from them and never trained on.",
            test=test,
        )
    )
    kept = Text("Questions that you kept after trying a model join the test: {kept:,}.", kept=profile.kept)  # fmt: skip
    tail = f" {said(say, kept)}" if profile.kept else ""
    return f'<p class="ts-note">{said(say, out)} {said(say, test_from) if test else ""}{tail}</p>'


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
    marks = {"blocking": Text("must be mended"), "warning": Text("worth a look"), "info": Text("good to know")}  # fmt: skip
    severity = tag(said(say, marks[issue.severity]), f"is-{issue.severity}")
    share = (
        f" <span class='ts-note'>{said(say, Text('{share:.1%} of the rows looked at', share=issue.share))}</span>"
        if 0 < issue.share < 1 and issue.examples
        else ""
    )
    return (
        f'<div class="ts-issue is-{show(issue.severity)}"><div class="ts-count">{issue.count:,}</div>'
        f"<div><p>{said(say, issue.text)}</p><p class='ts-note'>{said(say, issue.fix)}</p>"
        f"<p class='ts-marks'>{severity}{share}</p>{shown}</div></div>"
    )


def _example(example: Any, say: Say) -> str:
    if not isinstance(example, dict):
        return f"<li><code>{show(example, 300)}</code></li>"
    if "like_text" in example:
        return _pair(example, say)
    names = {
        "copy_of": Text("the same as row"), "train_row": Text("stands in the training data as row"),
        "kind": Text("kind"), "answers": Text("answers"), "label": Text("label"), "like": Text("like"),
    }  # fmt: skip
    facts_ = [
        f"{said(say, names.get(name, Text.plain(name.replace('_', ' '))))}: {show(_listed(value), 120)}"
        for name, value in example.items()
        if name not in {"row", "text", "rows", "similarity"}
    ]
    tail = f' <span class="ts-note">{", ".join(facts_)}</span>' if facts_ else ""
    text = f"<code>{show(example['text'], 300)}</code>" if example.get("text") else ""
    return f"<li>{_number(example, say)}{text}{tail}</li>"


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _number(example: dict[str, Any], say: Say) -> str:
    if "row" not in example:
        return ""
    return f"<b>{said(say, Text('row {row}', row=example['row']))}</b> "


def _pair(example: dict[str, Any], say: Say) -> str:
    """Two rows that are nearly the same, side by side, with what differs marked."""
    left, right = differences(str(example.get("text", "")), str(example["like_text"]))
    alike = Text("{share:.0%} alike", share=example.get("similarity") or 0.0)
    other = {"row": example.get("like", "?")}
    return (
        f'<li class="ts-pair"><div>{_number(example, say)}<code>{left}</code></div>'
        f"<div>{_number(other, say)}<code>{right}</code></div>"
        f"<span class='ts-note'>{said(say, alike)}</span></li>"
    )


def _lengths(profile: Profile, say: Say) -> str:
    """How long rows are: what half, 95 and 99 of a hundred stay under, and the longest."""
    tokens = profile.tokens
    longest = max(tokens.max, 1)
    rows = (
        (Text("half of the rows have at most"), tokens.p50), (Text("95 of 100 have at most"), tokens.p95),
        (Text("99 of 100 have at most"), tokens.p99), (Text("the longest has"), tokens.max),
    )  # fmt: skip
    bars = "".join(
        meter(said(say, name), count / longest, said(say, Text("{tokens:,} tokens", tokens=count)))
        for name, count in rows
    )
    note = Text(
        "{total:,} tokens in all, {answers:,} of them in the answers. A token is about four letters of English, or one or two of Chinese.",
        total=tokens.total, answers=tokens.answer_total,
    )  # fmt: skip
    guess = f" {said(say, Text('Counted roughly: the model is not chosen yet.'))}" if tokens.estimated else ""  # fmt: skip
    return f'{bars}<p class="ts-note">{said(say, note)}{guess}</p>'


def _notes(profile: Profile, say: Say) -> str:
    items = "".join(f"<li>{said(say, note)}</li>" for note in profile.notes)
    return f'<ul class="ts-list">{items}</ul>' if items else ""


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


def column_role(role: str) -> Text:
    """What a column is used as."""
    return {
        "prompt": Text("what is asked"), "text": Text("text to learn from"), "messages": Text("conversation"),
        "answer": Text("answer"), "label": Text("group"), "chosen": Text("better answer"), "rejected": Text("worse answer"),
        "system": Text("instruction"), "context": Text("background"), "id": Text("number of the row"), "rating": Text("rating"),
        "date": Text("date"), "group": Text("belongs together"), "ignore": Text("not used"),
    }.get(role, Text.plain(role))  # fmt: skip


def _columns(profile: Profile, say: Say) -> str:
    if not profile.columns:
        return ""
    cells = [
        (said(say, column_role(role)), show(", ".join(names) if isinstance(names, list) else names))
        for role, names in profile.columns.items()
    ]
    why = (
        f'<p class="ts-note">{said(say, profile.columns_because)}</p>'
        if profile.columns_because
        else ""
    )
    return table((said(say, Text("used as")), said(say, Text("column"))), cells) + why
