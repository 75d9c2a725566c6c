"""What is in the files and what is wrong with it. Pure: a view in, HTML out."""

from __future__ import annotations

from collections import Counter
from typing import Any

from agent import wording
from agent.ui.parts import empty, facts, meter, more, said, section, table
from agent.ui.safe import show
from agent.ui.view import View
from tools.profile import Issue, Profile
from tools.report import Say
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
