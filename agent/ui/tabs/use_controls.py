"""The tab that takes the model away: its buttons speak in the conversation, whose worker does the work."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from agent.conversation import simple_way
from agent.ui.press import PRESS, pressed
from agent.ui.tabs import use_it
from agent.ui.tabs.tab import PRIVATE, Desk, Said, Update
from agent.ui.view import RunView, View
from tools.classifier import SCRIPT_FILE
from tools.judging.report import Say, speaker
from training.text import Text


class UseTab:
    """Export, serve, code."""

    name, title = "use", Text("Use it")

    def build(self, say: Say) -> list[Any]:
        """One drawing with buttons."""
        self.html = gr.HTML(_anew(View(), say, use_it.Taken()), js_on_load=PRESS)
        return [self.html]

    def wire(self, desk: Desk) -> None:
        """A press becomes a message: writing a large model takes minutes, and no handler waits that long."""
        self.desk = desk
        desk.settle(
            self.html.submit(self.press, [desk.session, desk.language], desk.talked, **PRIVATE)
        )

    def draw(self, view: View, say: Say, language: str) -> Update:
        """What there is to take, and what was taken; anew after every reply, so that a dead button lives again."""
        home = self.desk.studio.settings.home
        script = simple_way.folder(home, view.session) / SCRIPT_FILE if view.session else None
        there = replace(
            taken(home, view.training), classifier=script if script and script.is_file() else None
        )
        return {self.html: _anew(view, say, there)}

    def press(
        self, session: str, language: str, event: gr.EventData, request: gr.Request
    ) -> Iterator[Update]:
        """Ask for an export, or say yes to the one that stands."""
        what, _, which = (pressed(event._data) or "").partition(":")
        view = self.desk.view(session, request)
        if what == "classifier" and simple_way.score(view.plan) is not None:
            words = speaker(language)(simple_way.GIVE)
            yield from self.desk.talk(session, language, request, Said(words))
            return
        if view.training is None or view.training.report is None:
            return
        if what == "export" and which in use_it.ASK_FOR:
            words = speaker(language)(use_it.ASK_FOR[which])
            yield from self.desk.talk(session, language, request, Said(words))
        order = view.reply.order if view.reply is not None else None
        if what == "yes" and order is not None and order.id == which:
            yield from self.desk.talk(session, language, request, Said(None, order=which))


def _anew(view: View, say: Say, there: use_it.Taken) -> str:
    n = view.reply.n if view.reply is not None else 0
    return f'<div data-reply="{n}">{use_it.drawn(view, say, there)}</div>'


def taken(home: Path, run: RunView | None) -> use_it.Taken:
    """Read off the run's folder what there is to take away and what was taken."""
    if run is None or run.report is None:
        return use_it.Taken()
    folder = home / "runs" / run.id
    return use_it.Taken(
        full=_kind(folder) != "adapter",
        folder=folder / "export",
        done={form: _size(folder / "export" / form) for form in use_it.ASK_FOR if _is_whole(folder / "export" / form)},
        home=elsewhere(home),
    )  # fmt: skip


def elsewhere(home: Path) -> str:
    """What a command needs to find this home; empty where it would look there anyway."""
    usual = (Path.home() / ".tunesmith").resolve()
    return "" if home.resolve() == usual else f" --home {shlex.quote(str(home))}"


def _kind(folder: Path) -> str:
    try:
        return str(json.loads((folder / "chosen" / "choice.json").read_text("utf-8"))["kind"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _is_whole(folder: Path) -> bool:
    """An export appears whole or not at all."""
    return folder.is_dir() and any(folder.iterdir())


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
