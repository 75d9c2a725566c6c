"""The tab of the result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from agent.ui.press import PRESS, pressed
from agent.ui.tabs import results
from agent.ui.tabs.results_answers import NO_ANSWERS, Shelf
from agent.ui.tabs.results_front import SLIDE, version
from agent.ui.tabs.tab import PRIVATE, Desk, Said, Update
from agent.ui.view import View
from tools.jobs.another_version import names
from tools.judging.report import Say
from training.text import Text

KEEP_OPEN = """
const open = new Set();
element.addEventListener('toggle', (event) => {
  const name = event.target.dataset && event.target.dataset.fold;
  if (name) event.target.open ? open.add(name) : open.delete(name);
}, true);
watch('value', () => element.querySelectorAll('details[data-fold]').forEach((one) => { if (open.has(one.dataset.fold)) one.open = true; }));
"""
"""A redraw leaves open what was open."""


class ResultsTab:
    """Shows the report of the session's run."""

    name, title = "results", Text("Results")

    def build(self, say: Say) -> list[Any]:
        """One drawing."""
        self.html = gr.HTML(results.drawn(View(), say, "en"), js_on_load=SLIDE + KEEP_OPEN + PRESS)
        return [self.html]

    def wire(self, desk: Desk) -> None:
        """A version that is chosen is a message: measuring it takes a run."""
        self.desk, self.studio, self.shelf = desk, desk.studio, Shelf()
        desk.settle(
            self.html.submit(self.press, [desk.session, desk.language], desk.talked, **PRIVATE)
        )

    def draw(self, view: View, say: Say, language: str) -> Update:
        """The report as it stands."""
        run = view.training
        answers = NO_ANSWERS if run is None else self.shelf.of(self.studio, run)
        return {self.html: results.drawn(view, say, language, answers)}

    def press(
        self, session: str, language: str, event: gr.EventData, request: gr.Request
    ) -> Iterator[Update]:
        """Ask for another version of the session's own run to be the one in use."""
        run = self.desk.view(session, request).training
        what, _, name = (pressed(event._data) or "").partition(":")
        if run is None or run.report is None or what != "use":
            return
        found = next((one for one in run.report.candidates if names(one) == name), None)
        if found is not None and not found.chosen:
            words = Text("Use this version: {version}", version=version(found))
            change = {"name": "version", "value": name}
            yield from self.desk.talk(session, language, request, Said(None, changes=(change,), words=words))  # fmt: skip
