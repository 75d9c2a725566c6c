"""Free questions without any language model: what the tools can answer is answered in sentences of our own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.brain.llm.brain import LlmBrain
from agent.brain.llm.opening import Opened
from agent.brain.protocol import Context
from agent.brain.rules import RulesBrain
from agent.brain.rules.looking import wanted
from agent.conversation.sessions import Session
from tests.fake_engine import FakeEngine, made_up_report
from tests.llm_fakes import HttpTrouble, Scripted
from tests.llm_talk import IMPATIENT
from tests.talking import Desk
from training.rundir import Event, RunDir, now
from training.text import Text

RULES = RulesBrain()
KNOWN = Context(has_goal=True, has_plan=True, waiting_for="approval")
CLASSES = {
    "refund": {"base": 0.8, "tuned": 0.6}, "invoice": {"base": 0.2, "tuned": 0.9}, "delivery": {"base": 0.5, "tuned": 0.5},
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


@pytest.fixture
def session(desk: Desk) -> Session:
    made = desk.session()
    desk.to_order(made)
    return made


def test_the_longest_rows_are_shown_as_quotations(desk: Desk, session: Session) -> None:
    said = session.say("show me the five longest rows").text
    assert said.startswith("5 of 600 shown, the longest first:\nsupport_600.csv:537 (264 characters): “Sorry")  # fmt: skip
    assert said.count("characters): “") == 5
    assert "The order still stands" in said
    assert "最长的在前" in session.say("给我看最长的五行").text


def test_rows_of_a_class_and_rows_with_a_word(session: Session) -> None:
    refunds = session.say("show me three rows of refund").text
    assert refunds.startswith("3 of 75 shown")
    assert refunds.count("→ “refund”") == 3
    assert "Your data has no class called billing. It has:" in session.say("show me three rows of billing").text  # fmt: skip
    words = session.say("show me rows containing headphones").text
    assert words.lower().count("headphones") >= 5


def test_classes_are_counted_and_lengths_told(session: Session) -> None:
    counted = session.say("how many rows are there of each label?").text
    assert "Your data has 8 classes, the largest first:" in counted
    assert "- refund: 75 rows" in counted
    assert "Half of your rows have at most" in session.say("what is the average length?").text


def test_before_any_training_nothing_got_worse(desk: Desk, session: Session) -> None:
    desk.engine.report = lambda run: made_up_report(run, tuned=0.5, retention=1.0).model_copy(
        update={"tuned": None}
    )  # type: ignore[method-assign]
    said = session.say("which class got worse?").text
    assert "Nothing was trained in this conversation yet" in said


class Judged(FakeEngine):
    """Its reports have figures for single classes."""

    def report(self, run: str) -> Any:
        return super().report(run).model_copy(update={"per_label": CLASSES})


def trained(desk: Desk, session: Session) -> str:
    desk.to_order(session)
    session.say("yes, start it")
    run = session.runs[-1]
    directory = RunDir(desk.home / "runs" / run)
    for number, step in enumerate((120, 130, 140, 150), 1):
        loss = {120: 1.91, 130: 1.88, 140: 1.2, 150: 1.15}[step]
        directory.append_event(
            Event(
                n=number,
                at=now(),
                run=run,
                code="step",
                step=step,
                text=Text("Step."),
                facts={"loss": loss, "learning_rate": 0.0005},
            )
        )
    desk.engine.finish(run)
    session.look()
    return run


def test_after_a_run_classes_and_steps_are_told_as_recorded(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.engine = Judged(tmp_path)
    desk.worker.turns.engine = desk.engine
    session = desk.session()
    run = trained(desk, session)
    worse = session.say("which class got worse?").text
    assert "These classes got worse:\n- refund: 80% right before, 60% now" in worse
    assert "Most was gained by:\n- invoice: 20% right before, 90% now" in worse
    bend = session.say("why did the curve bend at step 140?").text
    assert "- step 140: loss 1.2, learning rate 0.0005" in bend
    assert "- step 130: loss 1.88" in bend
    assert "I cannot say why" in bend
    directory = RunDir(tmp_path / "runs" / run)
    directory.append_event(Event(n=9, at=now(), run=run, code="recovered", step=140, text=Text("Memory ran out; the batch was halved.")))  # fmt: skip
    again = session.say("why did the curve bend at step 140?").text
    assert "Memory ran out; the batch was halved." in again
    assert "I cannot say why" not in again
    desk.close()


def test_where_the_model_is_silent_the_rules_look_all_the_same(desk: Desk, session: Session) -> None:  # fmt: skip
    model = Scripted(script=lambda asked: HttpTrouble(500))
    desk.worker.turns.brain = LlmBrain(Opened("openai:x", model, True), home=desk.home, patience=IMPATIENT)  # fmt: skip
    said = session.say("show me the five longest rows").text
    assert said.startswith("5 of 600 shown, the longest first:")
    assert "does not help at the moment" in said


@pytest.mark.parametrize(
    ("said", "tool", "arguments"),
    [
        ("show me the five longest rows", "find_rows", {"order": "longest", "first": 5}),
        ("which row is the longest?", "find_rows", {"order": "longest", "first": 1}),
        ("what is the longest row?", "find_rows", {"order": "longest", "first": 1}),
        ("list 7 shortest examples", "find_rows", {"order": "shortest", "first": 7}),
        ("show me 10 of my rows", "find_rows", {"order": "file", "first": 10}),
        ("which topics got worse?", "results", {"by": "class"}),
        ("did any class get worse?", "results", {"by": "class"}),
        ("what happened at step 1,200?", "run_events", {"around_step": 1200, "first": 7}),
        ("show me 3 examples it got wrong", "examples", {"which": "wrong", "first": 3}),
        ("which answers got worse?", "examples", {"which": "worse", "first": 5}),
        ("which class is the rarest?", "data_facts", {"about": "labels"}),
        ("哪个类别变差了？", "results", {"by": "class"}),
        ("第140步曲线为什么拐弯？", "run_events", {"around_step": 140, "first": 7}),
        ("每个类别有多少行？", "data_facts", {"about": "labels"}),
    ],
)  # fmt: skip
def test_what_to_look_at_is_read_from_the_question(
    said: str, tool: str | None, arguments: dict[str, Any]
) -> None:
    from agent.brain.rules.lexicon import fold

    found = wanted(fold(said))
    assert (None if found is None else found.tool) == tool
    if found is not None:
        assert found.arguments == arguments


@pytest.mark.parametrize(
    "said",
    ["yes", "yes, start it", "use 3 epochs", "what does it cost?", "why that learning rate?", "what can go wrong?", "I have 500 rows", "how many rows do I need?", "stop"],
)  # fmt: skip
def test_other_messages_are_read_as_before(said: str) -> None:
    assert wanted(said) is None
    assert not any(one.free for one in RULES.read(said, KNOWN))


def test_a_question_that_looks_is_never_more_than_a_question() -> None:
    for said in ("show me the five longest rows", "yes, and show me the longest row", "stop, which class got worse?"):  # fmt: skip
        for context in (KNOWN, replace(KNOWN, waiting_for="run"), replace(KNOWN, waiting_for=None)):
            plain = {one.kind for one in RULES._read(said, said, context)}
            assert {one.kind for one in RULES.read(said, context)} <= plain | {"ask"}
