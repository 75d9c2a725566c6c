"""A tab whose values can be changed in place: a piece of HTML with fields, and the one handler behind them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from agent.conversation.edits import setting_name
from agent.ui import fields
from agent.ui.tabs.tab import PRIVATE, Desk, Said, Update
from agent.ui.view import View
from agent.words.wording import field
from tools.brief import FIELD_FORMS
from tools.judging.report import Say
from training.text import Text

PERCENT = frozenset({"success", "max_forgetting"})
"""Shown in percent, kept as shares."""


class EditingTab:
    """A sheet with fields."""

    def __init__(self, name: str, title: Text, drawn: Callable[[View, Say], str]) -> None:
        self.name, self.title, self._drawn = name, title, drawn

    def build(self, say: Say) -> list[Any]:
        """One HTML component that reports changes."""
        self.html = gr.HTML(self._anew(View(), say), js_on_load=fields.REPORT)
        return [self.html]

    def wire(self, desk: Desk) -> None:
        """Every change becomes a message of the conversation."""
        self.desk = desk
        desk.settle(
            self.html.submit(self.change, [desk.session, desk.language], desk.talked, **PRIVATE)
        )

    def draw(self, view: View, say: Say, language: str) -> Update:
        """The sheet anew after every reply: a value that was refused goes back to what stands."""
        return {self.html: self._anew(view, say)}

    def _anew(self, view: View, say: Say) -> str:
        n = view.reply.n if view.reply is not None else 0
        return f'<div data-reply="{n}">{self._drawn(view, say)}</div>'

    def change(
        self, session: str, language: str, event: gr.EventData, request: gr.Request
    ) -> Iterator[Update]:
        """Post the change that the page reports."""
        told = fields.told(event._data)
        if told is None or not self.desk.view(session, request).turns:
            return
        name, value = told
        said = Said(None, changes=({"name": name, "value": as_kept(name, value)},), words=words(name, value))  # fmt: skip
        yield from self.desk.talk(session, language, request, said)


def as_kept(name: str, value: Any) -> Any:
    """Give a field's value the form in which it is kept; what cannot be read stays, and is refused with a reason."""
    if value is None or value == "":
        return None
    if name in PERCENT:
        try:
            return float(str(value).replace("%", "").replace(",", ".")) / 100
        except ValueError:
            return value
    if name == "hardware":
        try:
            return json.loads(value)
        except ValueError:
            return {}
    return value


def words(name: str, value: Any) -> Text:
    """The change as it is shown in the chat."""
    what = field(name) if name in FIELD_FORMS else setting_name(name)
    if value is None or value == "":
        return Text("I leave this to you again: {what}", what=what)
    if name == "hardware":
        return Text("I changed this on the page: {what}", what=what)
    if isinstance(value, dict):
        value = ", ".join(f"{key} {one}" for key, one in value.items() if one)
    if name in PERCENT:
        value = f"{str(value).strip().removesuffix('%')} %"
    return Text("I changed this on the page: {what} = {value}", what=what, value=value)
