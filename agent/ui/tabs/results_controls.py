"""The tab of the result."""

from __future__ import annotations

from typing import Any

import gradio as gr

from agent.ui.tabs import results
from agent.ui.tabs.results_answers import NO_ANSWERS, Shelf
from agent.ui.tabs.results_front import SLIDE
from agent.ui.tabs.tab import Desk, Update
from agent.ui.view import View
from tools.report import Say
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
        self.html = gr.HTML(results.drawn(View(), say, "en"), js_on_load=SLIDE + KEEP_OPEN)
        return [self.html]

    def wire(self, desk: Desk) -> None:
        """Nothing is asked of the server here."""
        self.studio, self.shelf = desk.studio, Shelf()

    def draw(self, view: View, say: Say, language: str) -> Update:
        """The report as it stands."""
        run = view.training
        answers = NO_ANSWERS if run is None else self.shelf.of(self.studio, run)
        return {self.html: results.drawn(view, say, language, answers)}
