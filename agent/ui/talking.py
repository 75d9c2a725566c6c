"""What people do on the left: say, hand over, take a sample or a lesson, press a button. Each becomes one message.

A handler posts the message and then shows the reply as it forms; the session's worker answers it, so that a closed
tab stops nothing. Whatever the browser names is checked: the session against its owner, a button against the reply
it stands under, a file against the upload area.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from agent.conversation.sessions import Session
from agent.ui import chat, firsts
from agent.ui.parts import failure
from agent.ui.tabs.tab import Said, Update, who
from agent.ui.view import Studio, Turn, View
from tools.errors import TuningError
from tools.judging.report import speaker
from training.practice.samples import find
from training.text import Text

LONGEST_MESSAGE = 20_000
"""Letters. More belongs into a file."""
Handler = Callable[..., Iterator[Update]]


@dataclass(frozen=True)
class Left:
    """The components that a message changes."""

    session: gr.Textbox
    welcome: gr.Column
    chat: gr.Chatbot
    alert: gr.HTML
    """What kept a message from being posted; it stays until the next one."""
    box: gr.MultimodalTextbox
    timer: gr.Timer
    echo: gr.HTML
    """What was just sent, shown by the browser itself until the chat has it."""

    @property
    def all(self) -> list[Any]:
        """As outputs of a handler."""
        return [
            self.session, self.welcome, self.chat, self.alert, self.box, self.timer, self.echo
        ]  # fmt: skip


class Talking:
    """The handlers of the left side."""

    def __init__(self, studio: Studio, left: Left) -> None:
        self.studio, self.left = studio, left

    def say(
        self, message: dict[str, Any], session: str, language: str, request: gr.Request
    ) -> Iterator[Update]:
        """Post what was typed and handed over, and show the reply as it forms."""
        text, files = str(message.get("text") or ""), list(message.get("files") or [])
        if not text.strip() and not files:
            yield {self.left.box: gr.skip(), self.left.echo: ""}
            return
        if len(text) > LONGEST_MESSAGE:
            gr.Warning(
                speaker(language)(
                    Text("That is too long for a message. Save it as a file and hand that over.")
                )
            )
            yield {self.left.box: gr.skip(), self.left.echo: ""}
            return
        yield from self.talk(session, language, request, Said(text, tuple(files)))

    def sampler(self, name: str) -> Handler:
        """Give the handler of one sample's button."""

        def start(session: str, language: str, request: gr.Request) -> Iterator[Update]:
            goal = speaker(language)(find(name).goal)
            yield from self.talk(session, language, request, Said(goal, sample=name))

        return start

    def teacher(self, name: str) -> Handler:
        """Give the handler of one lesson's button."""

        def start(session: str, language: str, request: gr.Request) -> Iterator[Update]:
            yield from self.talk(session, language, request, Said(None, lesson=name))

        return start

    def press(
        self, session: str, language: str, event: gr.SelectData, request: gr.Request
    ) -> Iterator[Update]:
        """Do what a button under the last message says, if it still is the last."""
        view = self.studio.view(session, who(request))
        button = chat.pressed(view, str(event.value))
        if button is None:
            gr.Info(
                speaker(language)(
                    Text("That button belongs to an earlier message. Here is how things stand now.")
                )
            )
            yield {self.left.chat: chat.messages(view, language)}
            return
        if button.again is not None:
            yield from self.talk(session, language, request, Said(None, again=button.again))
            return
        yield from self.talk(session, language, request, Said(button.words, order=button.order))

    def talk(
        self, session: str, language: str, request: gr.Request, said: Said
    ) -> Iterator[Update]:
        """Post it and show the reply as it forms. What could not be posted goes back into the box."""
        owner, left = who(request), self.left
        known = session if self.studio.belongs(session, owner) else ""
        stands = bool(known and self.studio.worker.turns.inbox.message(known, 1))
        typed = not (said.changes or said.lesson or said.order or said.sample or said.again)
        quiet = {left.alert: gr.update(value="", visible=False)}
        yield quiet | ({left.box: None} if typed else {})
        try:
            opened = self.studio.open(known, owner)
            n, text, files = self._post(opened, said, language)
        except TuningError as error:
            back = {left.box: gr.update(value={"text": said.text, "files": []})} if typed else {}
            yield self.trouble(error, language) | back
            return
        first = {
            left.session: opened.id,
            left.welcome: gr.update(visible=False),
            left.timer: gr.update(active=False),
            left.echo: "",
        }
        waiting = _with(self.studio.view(opened.id, owner), Turn(n, True, text, tuple(path.name for path in files)))  # fmt: skip
        glance = firsts.glance(files) if files else None
        calls: list[dict[str, Any]] = []
        says: list[str] = []
        shown = chat.messages(waiting, language, glance=glance)
        yield first | {left.chat: shown if stands else gr.update(value=shown, visible=True)}
        for part in opened.forming(n):
            calls, says = part.get("calls", calls), part.get("says", says)
            forming = chat.Forming(tuple(calls), "\n\n".join(says))
            yield {left.chat: chat.messages(waiting, language, forming=forming, glance=glance)}

    def trouble(self, error: TuningError, language: str) -> Update:
        """Show what went wrong and what to do now, over the message box."""
        card = failure(error, speaker(language))
        return {self.left.alert: gr.update(value=card, visible=True), self.left.echo: ""}

    def _post(
        self, opened: Session, said: Said, language: str
    ) -> tuple[int, str | None, list[Path]]:
        """Append the message; give its number, its words and its files. Raises TuningError."""
        say = speaker(language)
        if said.lesson:
            return self._post_lesson(opened, said.lesson, language)
        if said.changes:
            words = say(said.words) if said.words is not None else ""
            return opened.post_edit(words, list(said.changes)), words, []
        if said.again is not None:
            text, again = self.studio.posted(opened.id, said.again)
            return opened.post(text, again), text, again
        if said.order is not None:
            return opened.post_approval(said.order), said.text, []
        handed = (
            self.studio.sample(said.sample)
            if said.sample
            else self.studio.keep(opened.id, said.files)
        )
        return opened.post(said.text or "", handed), said.text, handed

    def _post_lesson(
        self, opened: Session, name: str, language: str
    ) -> tuple[int, str | None, list[Path]]:
        lesson, data = self.studio.lesson(opened.id, name)
        say = speaker(language)
        words = say(Text("Lesson: {title}. {story}", title=lesson.title, story=lesson.story))
        changes = [
            {"name": "goal", "value": say(lesson.goal)},
            {"name": "model", "value": lesson.model},
            {"name": "technique", "value": ",".join(lesson.techniques)},
            *({"name": key, "value": value} for key, value in lesson.overrides.items()),
        ]
        about = {
            "lesson": name, "language": language, "files": [str(path) for path in data.files],
            "eval_file": str(data.eval_file) if data.eval_file else None, "reward": data.reward,
        }  # fmt: skip
        return opened.post_edit(words, changes, lesson=about), words, list(data.files)


def _with(view: View, turn: Turn) -> View:
    """The view with the message just posted in it, waiting for its reply."""
    if not any(one.n == turn.n and one.by_person for one in view.turns):
        view = replace(view, turns=(*view.turns, turn))
    return replace(view, busy=True)
