"""What was understood: every answer of the brief, and where it came from. Pure: a view in, HTML out."""

from __future__ import annotations

from typing import Any

from agent import wording
from agent.ui.parts import empty, said, tag
from agent.ui.safe import show
from agent.ui.view import View
from tools.report import Say
from training.text import Text


def drawn(view: View, say: Say) -> str:
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
