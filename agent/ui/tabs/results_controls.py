"""The tab of the result."""

from __future__ import annotations

from typing import Any

import gradio as gr

from agent.ui.tabs import results
from agent.ui.tabs.tab import Desk, Update
from agent.ui.view import View
from tools.report import Say
from training.text import Text


class ResultsTab:
    """Shows the report of the session's run."""

    name, title = "results", Text("Results")

    def build(self, say: Say) -> list[Any]:
        """One drawing."""
        self.html = gr.HTML(results.drawn(View(), say, "en"))
        return [self.html]

    def wire(self, desk: Desk) -> None:
        """Nothing can be pressed here."""

    def draw(self, view: View, say: Say, language: str) -> Update:
        """The report as it stands."""
        return {self.html: results.drawn(view, say, language)}
