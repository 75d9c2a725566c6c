"""The tab of a run under way: what is drawn, and the button that stops it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from agent.ui.tabs import training
from agent.ui.tabs.tab import PRIVATE, Desk, Update
from agent.ui.view import View
from tools.report import Say
from training.rundir import FINISHED
from training.text import Text

STOP = Text("Stop and keep the best so far")


class TrainingTab:
    """Follows the session's run."""

    name, title = "training", Text("Training")

    def build(self, say: Say) -> list[Any]:
        """The drawing and the button under it."""
        self.html = gr.HTML(training.drawn(View(), say))
        self.stop = gr.Button(say(STOP), size="sm", visible=False, elem_id="ts-stop")
        return [self.html, self.stop]

    def wire(self, desk: Desk) -> None:
        """Stop on request."""
        self.desk = desk
        desk.settle(self.stop.click(self.stop_run, [desk.session], None, **PRIVATE))

    def draw(self, view: View, say: Say, language: str) -> Update:
        """The run as it stands; the button while it lives."""
        run = view.training
        return {
            self.html: training.drawn(view, say),
            self.stop: gr.update(visible=run is not None and run.lives, value=say(STOP)),
        }

    def stop_run(self, session: str, request: gr.Request) -> None:
        """Ask the session's run to stop and keep its best checkpoint."""
        run = self.desk.view(session, request).training
        if run is not None and run.standing.reading not in FINISHED:
            self.desk.studio.engine.stop(run.id)
