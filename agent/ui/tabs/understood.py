"""What was understood: every answer of the brief, where it came from, and a field to change it. Pure: a view in, HTML out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

from agent.ui.fields import choice_field, group, number_field, take_back, text_field
from agent.ui.parts import empty, more, said, tag
from agent.ui.safe import show
from agent.ui.view import View
from agent.words import brief_words, wording
from tools.brief import BriefEntry
from tools.judging.report import Say
from training.config import Task
from training.text import Text

MAY_BE_TOLD = (
    "success", "must_not_get_worse", "hardware", "budget", "latency", "volume", "privacy", "facts_change", "base_model", "users", "current_solution", "deadline",
)  # fmt: skip
"""What changes the plan, or the advice that goes with it, and may be added unasked."""
OFTEN = ("never", "yearly", "monthly", "weekly", "daily")
LANGUAGES = ("en", "zh", "de", "fr", "es")
CARDS: tuple[tuple[dict[str, Any], Text], ...] = (
    ({"gpu": None, "count": 0, "gib": None}, Text("no, only this machine")),
    ({"gpu": None, "count": 1, "gib": 24.0}, Text("one card of about 24 GB")),
    ({"gpu": None, "count": 1, "gib": 48.0}, Text("one card of about 48 GB")),
    ({"gpu": None, "count": 1, "gib": 80.0}, Text("one card of about 80 GB")),
)


def drawn(view: View, say: Say) -> str:
    """The brief, each answer with where it came from and a field; what may still be told is folded away."""
    if not view.turns:
        return empty(
            say,
            Text("Nothing yet. Say what you want, in your own words, and hand over some examples."),
        )
    rows = "".join(_row(name, entry, say) for name, entry in view.brief.items())
    note = said(
        say, Text("Change what is wrong, here or in the chat; everything that depends on it is decided again.")
    )  # fmt: skip
    known = f'<dl class="ts-brief">{rows}</dl>' if rows else ""
    untold = "".join(_row(name, None, say) for name in MAY_BE_TOLD if name not in view.brief)
    rest = (
        more(
            said(say, Text("What you may tell as well")),
            f'<dl class="ts-brief">{untold}</dl>',
            fold="untold",
        )
        if untold
        else ""
    )
    return f'<p class="ts-note">{note}</p>{known}{rest}'


def _row(name: str, entry: BriefEntry | None, say: Say) -> str:
    id = f"brief-{show(name)}"
    field = _field(name, entry.value if entry is not None else None, say, id=id)
    title = said(say, wording.field(name))
    mark = back = ""
    if entry is not None:
        mark = tag(said(say, wording.origin(entry.origin)), entry.origin)
        if entry.origin == "said" and name not in {"goal", "data"}:
            back = take_back(name, say, wording.field(name))
    label = f'<label for="{id}">{title}</label>' if name not in {"data", "budget"} else title
    return f'<div class="ts-said"><dt>{label}</dt><dd>{field} {mark}{back}</dd></div>'


def _field(name: str, value: Any, say: Say, *, id: str) -> str:
    """The field of one answer."""
    if name == "data":
        paths = value if isinstance(value, list | tuple) else [value]
        return show(", ".join(Path(str(one)).name for one in paths))
    if name == "task":
        tasks = [(one, say(wording.task(one))) for one in get_args(Task)]
        return choice_field(name, str(value or ""), tasks, id=id)
    if name in {"success", "must_not_get_worse"}:
        key = {"success": "target", "must_not_get_worse": "max_forgetting"}[name]
        share = value.get(key) if isinstance(value, dict) else None
        told = "success" if name == "success" else "max_forgetting"
        unit = (
            Text("% right") if name == "success" else Text("% of its general abilities may be lost")
        )
        return number_field(
            told, "" if share is None else f"{100 * share:g}", id=id, unit=said(say, unit)
        )
    if name == "hardware":
        return _hardware(value, say, id=id)
    if name == "budget":
        return _budget(value, say, id=id)
    if name == "privacy":
        options = [(one, say(brief_words.value_in_words(name, one) or Text.plain(one))) for one in ("local", "any")]  # fmt: skip
        return choice_field(name, str(value or ""), options, id=id)
    if name == "facts_change":
        options = [(one, say(brief_words.value_in_words(name, one) or Text.plain(one))) for one in OFTEN]  # fmt: skip
        return choice_field(name, str(value or ""), options, id=id)
    if name == "language":
        options = [(one, say(brief_words.value_in_words(name, one) or Text.plain(one))) for one in LANGUAGES]  # fmt: skip
        return choice_field(name, str(value or ""), options, id=id)
    if name in {"latency", "volume"}:
        unit = Text("milliseconds") if name == "latency" else Text("requests a day")
        number = f"{value:g}" if isinstance(value, int | float) else ""
        return number_field(name, number, id=id, unit=said(say, unit))
    return text_field(name, str(value or ""), id=id, rows=2 if name == "goal" else 1)


def _hardware(value: Any, say: Say, *, id: str) -> str:
    options = [(json.dumps(one), say(words)) for one, words in CARDS]
    present = ""
    if isinstance(value, dict):
        same = [
            json.dumps(one)
            for one, _ in CARDS
            if {k: v for k, v in value.items() if k in one} == one
        ]
        present = same[0] if same else json.dumps(value)
        if not same:
            options.insert(
                0,
                (
                    present,
                    say(brief_words.value_in_words("hardware", value) or Text("no graphics card")),
                ),
            )
    return choice_field("hardware", present, options, id=id)


def _budget(value: Any, say: Say, *, id: str) -> str:
    limit = value if isinstance(value, dict) else {}
    parts = [
        number_field(
            name, "" if limit.get(name) is None else f"{limit[name]:g}", id=f"{id}-{name}", unit=said(say, unit),
            label=said(say, Text("limit in {unit}", unit=unit)),
        )
        for name, unit in (("minutes", Text("minutes")), ("usd", Text("dollars")))
    ]  # fmt: skip
    return group("budget", "".join(parts))
