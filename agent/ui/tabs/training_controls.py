"""The tab of a run under way: what is drawn, and the buttons that stop it and go on with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from agent.ui.tabs import training, training_progress
from agent.ui.tabs.results_controls import KEEP_OPEN
from agent.ui.tabs.tab import PRIVATE, Desk, Said, Update
from agent.ui.tabs.training_progress import Answered, Progress
from agent.ui.view import RunView, View
from tools.judging.report import Say, speaker
from training.rundir import FINISHED
from training.text import Text

STOP = Text("Stop and keep the best so far")
RESUME = Text("Go on from the last good checkpoint")
ASK_TO_RESUME = Text("Resume the run.")
"""What the press says in the conversation: it then reports the end anew."""
RESUMABLE = frozenset({"stopped", "failed", "lost"})
KEPT = 16


class TrainingTab:
    """Follows the session's run."""

    name, title = "training", Text("Training")

    def __init__(self) -> None:
        self._answers: dict[tuple[str, int], tuple[tuple[int, ...], tuple[Answered, ...]]] = {}

    def build(self, say: Say) -> list[Any]:
        """The drawing and the buttons under it."""
        self.stop = gr.Button(say(STOP), size="sm", visible=False, elem_id="ts-stop")
        self.resume = gr.Button(say(RESUME), size="sm", visible=False, elem_id="ts-resume")
        self.html = gr.HTML(training.drawn(View(), say), js_on_load=KEEP_OPEN)
        return [self.stop, self.resume, self.html]

    def wire(self, desk: Desk) -> None:
        """Stop and go on, on request."""
        self.desk = desk
        desk.settle(self.stop.click(self.stop_run, [desk.session], None, **PRIVATE))
        desk.settle(self.resume.click(self.resume_run, [desk.session, desk.language], desk.talked, **PRIVATE))  # fmt: skip

    def draw(self, view: View, say: Say, language: str) -> Update:
        """The run as it stands; a button where it can be pressed."""
        run = view.training
        again = run is not None and run.standing.reading in RESUMABLE and not view.busy
        return {
            self.html: training.drawn(view, say, self._progress(view.shown_run)),
            self.stop: gr.update(visible=run is not None and run.lives, value=say(STOP)),
            self.resume: gr.update(visible=again, value=say(RESUME)),
        }

    def stop_run(self, session: str, request: gr.Request) -> None:
        """Ask the session's run to stop and keep its best checkpoint."""
        run = self.desk.view(session, request).training
        if run is not None and run.standing.reading not in FINISHED:
            self.desk.studio.engine.stop(run.id)

    def resume_run(self, session: str, language: str, request: gr.Request) -> Iterator[Update]:
        """Ask the conversation to go on with the run."""
        view = self.desk.view(session, request)
        if view.training is None or view.training.standing.reading not in RESUMABLE:
            return
        said = Said(speaker(language)(ASK_TO_RESUME))
        yield from self.desk.talk(session, language, request, said)

    def _progress(self, run: RunView | None) -> Progress:
        """What the run's folder says beyond its events; the answers are read once for each new checkpoint."""
        if run is None:
            return Progress()
        folder = self.desk.studio.settings.home / "runs" / run.id
        found = training_progress.checkpoints_of(folder)
        key = run.id, len(found)
        if key not in self._answers:
            while len(self._answers) >= KEPT:
                self._answers.pop(next(iter(self._answers)), None)
            self._answers[key] = training_progress.answers_of(folder, found)
        steps, answered = self._answers[key]
        free = run.kind == "measure"  # its plan's order is not what it may cost
        minutes, usd = (None, 0.0) if free else training_progress.limits_of(folder)
        return Progress(
            training_progress.spent_of(folder), minutes, usd, steps, answered, training_progress.log_of(folder)
        )  # fmt: skip
