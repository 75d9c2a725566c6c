"""The tab where both models are asked the same, in a process of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from agent.ui.parts import empty, failure
from agent.ui.tabs import try_it
from agent.ui.tabs.tab import MODEL, Desk, Update
from agent.ui.view import View
from tools.errors import TuningError
from tools.report import Say, speaker
from training.text import Text

LONGEST_PROMPT = 20_000
"""Letters."""


class TryTab:
    """Asks the untouched and the tuned model."""

    name, title = "try", Text("Try it")

    def build(self, say: Say) -> list[Any]:
        """A question, a button, two answers."""
        self.ask = gr.Textbox(
            label=say(Text("Ask both models the same")),
            lines=2,
            max_lines=6,
            max_length=LONGEST_PROMPT,
        )
        self.button = gr.Button(say(Text("Ask both")), variant="primary", size="sm")
        self.html = gr.HTML(try_it.hint(View(), say))
        return [self.ask, self.button, self.html]

    def wire(self, desk: Desk) -> None:
        """Ask on the button and on return."""
        self.desk = desk
        for event in (self.button.click, self.ask.submit):
            event(self.try_both, [self.ask, desk.session, desk.language], [self.html], **MODEL)

    def draw(self, view: View, say: Say, language: str) -> Update:
        """The hint until something was asked: it changes with the state only, so answers stay."""
        return {
            self.html: try_it.hint(view, say),
            self.ask: gr.update(label=say(Text("Ask both models the same"))),
            self.button: gr.update(value=say(Text("Ask both"))),
        }

    def try_both(
        self, prompt: str, session: str, language: str, request: gr.Request
    ) -> Iterator[str]:
        """Let both models answer; only the session's own run can be asked."""
        say = speaker(language)
        view = self.desk.view(session, request)
        run = view.training
        if run is None or run.report is None or run.report.tuned is None or not prompt.strip():
            yield try_it.hint(view, say)
            return
        yield empty(say, Text("Both models are being loaded and asked…"))
        try:
            answer = self.desk.studio.engine.try_(run.id, prompt[:LONGEST_PROMPT])
        except TuningError as error:
            yield failure(error, say)
            return
        yield try_it.tried(answer.prompt, answer.base, answer.tuned, say)
