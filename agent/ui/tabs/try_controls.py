"""The tab where both models are asked the same, in a process of their own, and where people vote blindly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

import gradio as gr

from agent.ui.parts import failure
from agent.ui.press import PRESS, pressed
from agent.ui.tabs import try_it
from agent.ui.tabs.tab import MODEL, PRIVATE, Desk, Update
from agent.ui.view import RunView, Studio, View
from tools.errors import TuningError
from tools.judging.report import Say, speaker
from tools.marking import votes
from tools.marking.kept import KeptItem
from training.text import Text

LONGEST_PROMPT = 20_000
"""Letters."""
RIGHT = Text("The right answer, to keep the question as a test item")
KEEP = Text("Keep as a test item")


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
        self.right = gr.Textbox(
            label=say(RIGHT), lines=1, max_lines=6, max_length=LONGEST_PROMPT, visible=False, elem_id="ts-right-answer",
        )  # fmt: skip
        self.keep = gr.Button(say(KEEP), size="sm", visible=False, elem_id="ts-keep")
        self.kept = gr.HTML("", js_on_load=PRESS)
        self.vote = gr.HTML("", js_on_load=PRESS)
        return [self.ask, self.button, self.html, self.right, self.keep, self.kept, self.vote]

    def wire(self, desk: Desk) -> None:
        """Ask on the button, on return, on an example; count each vote at once."""
        self.desk = desk
        here = [desk.session, desk.language]
        for event in (self.button.click, self.ask.submit):
            event(self.try_both, [self.ask, *here], [self.ask, self.html, self.right], **MODEL)
        self.html.submit(self.try_example, here, [self.ask, self.html, self.right], **MODEL)
        for event in (self.keep.click, self.right.submit):
            event(self.keep_it, [self.ask, self.right, *here], [self.kept], **PRIVATE)
        self.kept.submit(self.take_back, here, [self.kept], **PRIVATE)
        desk.settle(self.vote.submit(self.count, here, [self.vote], **PRIVATE))

    def draw(self, view: View, say: Say, language: str) -> Update:
        """The hint until something was asked: it changes with the state only, so answers stay."""
        there = try_it.asked(view) is not None
        return {
            self.html: try_it.hint(view, say),
            self.ask: gr.update(label=say(Text("Ask both models the same")), visible=there),
            self.button: gr.update(value=say(Text("Ask both")), visible=there),
            self.right: gr.update(label=say(RIGHT), visible=try_it.keeps(view)),
            self.keep: gr.update(value=say(KEEP), visible=try_it.keeps(view)),
            self.kept: self._kept(view, say),
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

    def keep_it(
        self, prompt: str, right: str, session: str, language: str, request: gr.Request
    ) -> str:
        """Keep what was asked, with the answer that the person says is right."""
        view, say = self.desk.view(session, request), speaker(language)
        run = view.training
        if run is None or not try_it.keeps(view):
            return ""
        try:
            self.desk.studio.engine.keep(run.id, prompt, right)
        except TuningError as error:
            return failure(error, say) + self._kept(view, say)
        return self._kept(view, say)

    def take_back(
        self, session: str, language: str, event: gr.EventData, request: gr.Request
    ) -> str:
        """Keep one of the questions no longer; only those of the session's own run can be named."""
        view, say = self.desk.view(session, request), speaker(language)
        what, _, place = (pressed(event._data) or "").partition(":")
        items = self._items(view)
        if view.training is not None and what == "back" and place.isdecimal() and int(place) < len(items):  # fmt: skip
            try:
                self.desk.studio.engine.keep(view.training.id, items[int(place)].prompt, None)
            except TuningError as error:
                return failure(error, say) + self._kept(view, say)
        return self._kept(view, say)

    def _items(self, view: View) -> Sequence[KeptItem]:
        """What was kept for the data of the session's run."""
        if view.training is None or not try_it.keeps(view):
            return ()
        try:
            return self.desk.studio.engine.kept(view.training.id)
        except TuningError:  # a run from elsewhere names no data: nothing can be kept beside it
            return ()

    def _kept(self, view: View, say: Say) -> str:
        return try_it.kept(self._items(view), say)

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
        drawn = try_it.tried(answer.prompt, answer.base, answer.tuned, say)
        yield {self.html: drawn, self.right: answer.tuned}


def ballot(studio: Studio, run: RunView | None) -> try_it.Ballot:
    """The pairs of the run and the votes on them; empty where there is no tuned model."""
    if run is None or run.report is None or run.report.tuned is None:
        return try_it.Ballot()
    try:
        found = studio.engine.vote_pairs(run.id, count=votes.COUNT)
    except TuningError as error:
        return try_it.Ballot(trouble=error)
    return try_it.Ballot(found, votes.votes(studio.settings.home / "runs" / run.id))
