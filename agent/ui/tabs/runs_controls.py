"""The tab of all runs: compare two, and say yes or no to what other agents asked for."""

from __future__ import annotations

from typing import Any

import gradio as gr

from agent.approvals import Approvals, WaitingOrder
from agent.engine import Engine
from agent.local.engine import LocalEngine
from agent.ui.parts import failure, said
from agent.ui.press import PRESS, pressed
from agent.ui.tabs import runs
from agent.ui.tabs.tab import PRIVATE, Desk, Update
from agent.ui.view import View
from tools.errors import TuningError
from tools.judging.report import Say, speaker
from training.text import Text

KEPT_SIZES = 400


class RunsTab:
    """Lists the session's runs."""

    name, title = "runs", Text("Runs")

    def __init__(self) -> None:
        self._sizes: dict[tuple[str, int, bool], int] = {}

    def build(self, say: Say) -> list[Any]:
        """The list and, below it, the comparison."""
        self.html = gr.HTML(runs.drawn(View(), say), js_on_load=PRESS + runs.COMPARE)
        self.beside = gr.HTML("")
        return [self.html, self.beside]

    def wire(self, desk: Desk) -> None:
        """Compare on two ticks."""
        self.desk = desk
        here = [desk.session, desk.language]
        desk.settle(self.html.submit(self.press, here, [self.beside], **PRIVATE))

    def draw(self, view: View, say: Say, language: str) -> Update:
        """The list anew; the comparison stays."""
        return {self.html: runs.drawn(view, say, self._beside(view))}

    def press(self, session: str, language: str, event: gr.EventData, request: gr.Request) -> str:
        """Compare two runs, or answer an order; what comes of it stands under the list."""
        what, *names = (pressed(event._data) or "").split(":")
        view, say = self.desk.view(session, request), speaker(language)
        try:
            if what == "compare" and len(names) == 2:
                return self._compare(view, names, say)
            if what in ("agree", "decline") and len(names) == 1:
                return self._answer(what, names[0], say)
        except TuningError as error:
            return failure(error, say)
        return ""

    def _compare(self, view: View, names: list[str], say: Say) -> str:
        """Set two of the session's own runs side by side. Raises TuningError."""
        engine: Engine = self.desk.studio.engine
        own = {run.id for run in view.runs}
        if not own.issuperset(names) or not isinstance(engine, LocalEngine):
            return ""
        return runs.compared(engine.runs.compare([engine.runs.find(name) for name in names]), say)

    def _answer(self, what: str, name: str, say: Say) -> str:
        """Carry out or decline what another agent asked for. Only on a page that is its owner's alone. Raises TuningError."""
        studio = self.desk.studio
        if studio.shared:
            return ""
        kept = Approvals(studio.settings.home)
        if what == "decline":
            kept.decline(name)
            done = Text("Declined. It can be started no more.")
        else:
            from agent.mcp.commands import desk as agents_desk  # noqa: PLC0415 - few pages ever have an order of another agent

            run = kept.agreed(name, "page", agents_desk(studio.settings.home).carry_out).run
            done = Text("Done: {run}. Follow it with: tunesmith runs show {run}", run=run)
        return f'<div class="ts-card" role="status"><p>{said(say, done)}</p></div>'

    def _beside(self, view: View) -> runs.Beside:
        """The disk that ended runs use, looked at once each."""
        home, sizes = self.desk.studio.settings.home, {}
        for run in view.runs:
            if run.lives:
                continue
            key = run.id, run.standing.last_event, run.exported
            if key not in self._sizes:
                while len(self._sizes) >= KEPT_SIZES:
                    self._sizes.pop(next(iter(self._sizes)), None)
                folder = home / "runs" / run.id
                self._sizes[key] = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())  # fmt: skip
            sizes[run.id] = self._sizes[key]
        return runs.Beside(sizes, self._orders())

    def _orders(self) -> list[WaitingOrder]:
        """What other agents asked for and nobody answered; nothing on a page that several people share."""
        studio = self.desk.studio
        if studio.shared or not (studio.settings.home / "mcp" / "orders").is_dir():
            return []
        try:
            found = Approvals(studio.settings.home).all()
        except (OSError, ValueError):  # damaged: the terminal says which
            return []
        return [one for one in found if one.state == "waiting"]
