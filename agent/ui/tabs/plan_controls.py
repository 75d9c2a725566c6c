"""The tab of the plan: values that are changed in place, what-if sliders, and a plan file handed back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from agent.ui.parts import failure
from agent.ui.tabs import plan, plan_file, supposing
from agent.ui.tabs.editing import EditingTab
from agent.ui.tabs.tab import PRIVATE, Desk, Said, Update, who
from agent.ui.view import View
from tools.errors import TuningError
from tools.judging.report import Say, speaker
from training.text import Text

WHAT_IF = Text("What if?")
UP = Text("Hand a plan file back")


class PlanTab(EditingTab):
    """The plan with its fields, and what stands under it."""

    def __init__(self) -> None:
        super().__init__("plan", Text("Plan"), plan.drawn)

    def build(self, say: Say) -> list[Any]:
        """The plan; under it, folded away until asked for, the sliders."""
        parts = super().build(say)
        with gr.Accordion(
            say(WHAT_IF), open=False, visible=False, elem_id="ts-whatif"
        ) as self.fold:
            self.sliders = gr.HTML(supposing.sliders(say), js_on_load=supposing.LISTEN)
            self.answer = gr.HTML("")
        self.up = gr.UploadButton(
            say(UP),
            file_types=[".json"],
            file_count="single",
            size="sm",
            visible=False,
            elem_id="ts-planfile",
        )
        return [*parts, self.fold, self.sliders, self.answer, self.up]

    def wire(self, desk: Desk) -> None:
        """Changes and plan files become messages; sliders only ask."""
        super().wire(desk)
        here = [desk.session, desk.language]
        self.sliders.submit(
            self.suppose, here, [self.answer], trigger_mode="always_last", **PRIVATE
        )
        desk.settle(self.up.upload(self.take, [self.up, *here], desk.talked, **PRIVATE))

    def draw(self, view: View, say: Say, language: str) -> Update:
        """The plan anew; the sliders only change with the language."""
        there = view.plan is not None and view.profile is not None
        return super().draw(view, say, language) | {
            self.fold: gr.update(visible=there, label=say(WHAT_IF)),
            self.sliders: supposing.sliders(say),
            self.up: gr.update(visible=there, label=say(UP)),
        }

    def suppose(self, session: str, language: str, event: gr.EventData, request: gr.Request) -> str:
        """Decide on the supposed facts and show what would differ."""
        say = speaker(language)
        now = self.desk.view(session, request).plan
        if now is None:
            return ""
        begun = time.perf_counter()
        try:
            then = self.desk.studio.suppose(session, who(request), supposing.facts(event._data))
        except TuningError as error:
            return failure(error, say)
        return (
            ""
            if then is None
            else supposing.answer(now, then, 1000 * (time.perf_counter() - begun), say)
        )

    def take(
        self, path: str | None, session: str, language: str, request: gr.Request
    ) -> Iterator[Update]:
        """Take the values of a plan file that differ from the present plan, as changes of this conversation."""
        view = self.desk.view(session, request)
        if path is None or view.plan is None:
            return
        say = speaker(language)
        try:
            changes = plan_file.changes(Path(path), view.plan)
        except TuningError as error:
            yield self.desk.trouble(error, language)
            return
        if not changes:
            gr.Info(say(Text("That plan file says the same as the plan that stands.")))
            return
        words = Text(
            "I hand a plan file back, with {count} changed {count:value|values}.",
            count=len(changes),
        )
        yield from self.desk.talk(
            session, language, request, Said(None, changes=tuple(changes), words=words)
        )
