"""What a tab of the panel is to the page: components made once, events wired once, values drawn from every new view.

`draw` is called at each look, so it must be cheap and must not change anything: what it gives is sent to the browser
only where it differs from what was sent last. A `gr.update` may set labels too; so a switch of language needs nothing
of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import gradio as gr

from agent.ui.view import Studio, View
from tools.errors import TuningError
from tools.judging.report import Say
from training.text import Text

Update = dict[Any, Any]
PRIVATE: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_limit": None,
}
"""For quick handlers: no waiting line, no documentation, no spinner."""
MODEL: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "minimal",
    "concurrency_limit": 2,
    "concurrency_id": "model",
}
"""For handlers that wait for a model in a process of its own."""


def who(request: gr.Request) -> str:
    """The signed-in person; nobody in particular where there is no login."""
    return str(request.username or "")


@dataclass(frozen=True)
class Said:
    """What a person did: typed, handed over, took a sample or a lesson, pressed a yes, or changed values."""

    text: str | None
    files: tuple[str, ...] = ()
    sample: str | None = None
    order: str | None = None
    lesson: str | None = None
    again: int | None = None
    """The number of a message to post once more."""
    changes: tuple[dict[str, Any], ...] = ()
    """Exact edits, as `agent.conversation.edits` takes them."""
    words: Text | None = None
    """How the edits are shown in the chat."""


@dataclass(frozen=True)
class Desk:
    """What the page lends a tab for its events. Handlers check the session with `view`, never trust it."""

    studio: Studio
    session: gr.Textbox
    language: gr.Radio
    talked: list[Any]
    """Outputs of a handler that yields from `talk`."""
    talk: Callable[[str, str, gr.Request, Said], Iterator[Update]]
    """(session, language, request, said): post it to the conversation and show the reply as it forms."""
    trouble: Callable[[TuningError, str], Update]
    """(error, language): what a handler with these outputs yields to show what went wrong and what to do now."""
    settle: Callable[[Any], None]
    """After this event: keep the session's name and draw everything anew."""

    def view(self, session: str, request: gr.Request) -> View:
        """The session as it stands; empty where it is not this person's."""
        return self.studio.view(session or "", who(request))


class Tab(Protocol):
    """One tab."""

    name: str
    title: Text

    def build(self, say: Say) -> list[Any]:
        """Make the components inside the open `gr.Tab`; give every one that `draw` may change."""
        ...

    def wire(self, desk: Desk) -> None:
        """Bind the events of the tab's own components."""
        ...

    def draw(self, view: View, say: Say, language: str) -> Update:
        """Give what each component shows now."""
        ...


class Sheet:
    """A tab that is one piece of HTML."""

    def __init__(self, name: str, title: Text, drawn: Callable[[View, Say], str]) -> None:
        self.name, self.title, self._drawn = name, title, drawn

    def build(self, say: Say) -> list[Any]:
        """One HTML component."""
        self.html = gr.HTML(self._drawn(View(), say))
        return [self.html]

    def wire(self, desk: Desk) -> None:
        """Nothing can be pressed here."""

    def draw(self, view: View, say: Say, language: str) -> Update:
        """The sheet anew."""
        return {self.html: self._drawn(view, say)}
