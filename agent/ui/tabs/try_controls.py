"""The tab where both models are asked the same, in a process of their own, and where people vote blindly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import gradio as gr

from agent.ui.parts import failure
from agent.ui.press import PRESS, pressed
from agent.ui.tabs import try_it
from agent.ui.tabs.tab import MODEL, PRIVATE, Desk, Update
from agent.ui.view import RunView, Studio, View
from tools import votes
from tools.errors import TuningError
from tools.report import Say, speaker
from training.text import Text

LONGEST_PROMPT = 20_000
"""Letters."""


class TryTab:
    """Asks the untouched and the tuned model; puts pairs of answers up for a vote."""

    name, title = "try", Text("Try it")

    def build(self, say: Say) -> list[Any]:
        """A question, a button, two answers; below them the vote."""
        self.ask = gr.Textbox(
            label=say(Text("Ask both models the same")), lines=2, max_lines=6, max_length=LONGEST_PROMPT, visible=False,
            elem_id="ts-ask",
        )  # fmt: skip
        self.button = gr.Button(say(Text("Ask both")), variant="primary", size="sm", visible=False, elem_id="ts-ask-both")  # fmt: skip
        self.html = gr.HTML(try_it.hint(View(), say), js_on_load=PRESS)
        self.vote = gr.HTML("", js_on_load=PRESS)
        return [self.ask, self.button, self.html, self.vote]

    def wire(self, desk: Desk) -> None:
        """Ask on the button, on return, on an example; count each vote at once."""
        self.desk = desk
        here = [desk.session, desk.language]
        for event in (self.button.click, self.ask.submit):
            event(self.try_both, [self.ask, *here], [self.ask, self.html], **MODEL)
        self.html.submit(self.try_example, here, [self.ask, self.html], **MODEL)
        desk.settle(self.vote.submit(self.count, here, [self.vote], **PRIVATE))

    def draw(self, view: View, say: Say, language: str) -> Update:
        """The hint until something was asked: it changes with the state only, so answers stay."""
        there = try_it.asked(view) is not None
        return {
            self.html: try_it.hint(view, say),
            self.ask: gr.update(label=say(Text("Ask both models the same")), visible=there),
            self.button: gr.update(value=say(Text("Ask both")), visible=there),
            self.vote: try_it.vote(view, say, ballot(self.desk.studio, view.training)),
        }

    def try_both(
        self, prompt: str, session: str, language: str, request: gr.Request
    ) -> Iterator[Update]:
        """Let both models answer; only the session's own run can be asked."""
        view = self.desk.view(session, request)
        if not prompt.strip():
            return
        yield from self._answers(view, prompt[:LONGEST_PROMPT], language)

    def try_example(
        self, session: str, language: str, event: gr.EventData, request: gr.Request
    ) -> Iterator[Update]:
        """The same for one of the examples on offer."""
        view = self.desk.view(session, request)
        made, (what, _, place) = (
            try_it.asked(view),
            (pressed(event._data) or "").partition(":"),
        )
        offered = try_it.examples(made) if made is not None else []
        if what == "ask" and place.isdecimal() and int(place) < len(offered):
            yield {self.ask: offered[int(place)]}
            yield from self._answers(view, offered[int(place)], language)

    def count(
        self, session: str, language: str, event: gr.EventData, request: gr.Request
    ) -> str | None:
        """Count a vote on the pair that is shown, and show the next one."""
        view, say = self.desk.view(session, request), speaker(language)
        found, run = ballot(self.desk.studio, view.training), view.training
        what, _, rest = (pressed(event._data) or "").partition(":")
        place, _, side = rest.partition(":")
        known = place.isdecimal() and int(place) < len(found.pairs)
        if run is None or what != "vote" or not known or side not in get_args(votes.Choice):
            return try_it.vote(view, say, found)
        try:
            self.desk.studio.engine.vote(run.id, found.pairs[int(place)].item, side)  # type: ignore[arg-type]
        except TuningError as error:
            return failure(error, say)
        view = self.desk.view(session, request)
        return try_it.vote(view, say, ballot(self.desk.studio, view.training))

    def _answers(self, view: View, prompt: str, language: str) -> Iterator[Update]:
        say, run = speaker(language), view.training
        if run is None or try_it.asked(view) is None:
            return
        yield {self.html: try_it.waiting(prompt, say)}
        try:
            answer = self.desk.studio.engine.try_(run.id, prompt)
        except TuningError as error:
            yield {self.html: failure(error, say)}
            return
        yield {self.html: try_it.tried(answer.prompt, answer.base, answer.tuned, say)}


def ballot(studio: Studio, run: RunView | None) -> try_it.Ballot:
    """The pairs of the run and the votes on them; empty where there is no tuned model."""
    if run is None or run.report is None or run.report.tuned is None:
        return try_it.Ballot()
    try:
        found = studio.engine.vote_pairs(run.id, count=votes.COUNT)
    except TuningError as error:
        return try_it.Ballot(trouble=error)
    return try_it.Ballot(found, votes.votes(studio.settings.home / "runs" / run.id))
