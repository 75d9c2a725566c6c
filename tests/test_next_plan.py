"""A report's advice, taken up by a yes: planned again as it says, and nothing started before the new order's own yes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.brain.rules import RulesBrain
from agent.conversation.sessions import Worker
from agent.conversation.turns import Turns
from tests.fake_engine import FakeEngine
from tests.talking import Desk
from tools.judging.results import NextStep, Report
from training.text import Text


class Advising(FakeEngine):
    """A back-end whose reports advise more passes."""

    advice = NextStep(
        text=Text("Let it learn longer: {epochs:g} passes.", epochs=5.0), settings={"sft.epochs": 5.0}
    )  # fmt: skip

    def report(self, run: str) -> Report:
        return super().report(run).model_copy(update={"next": (self.advice,)})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    desk.engine = Advising(tmp_path)
    desk.worker = Worker(Turns(tmp_path, engine=desk.engine, brain=RulesBrain()))
    yield desk
    desk.close()


def ended(desk: Desk) -> object:
    session = desk.session()
    desk.to_order(session)
    session.say("yes")
    desk.engine.finish(desk.engine.trained()[0])
    session.look()
    return session


@pytest.mark.parametrize("words", ["yes", "do that", "go ahead"])
def test_a_yes_to_the_advice_plans_it_and_starts_nothing(desk: Desk, words: str) -> None:
    session = ended(desk)
    reply = session.say(words)  # type: ignore[attr-defined]
    assert "I plan it again that way" in reply.text and "5 passes" in reply.text
    assert reply.order is not None and reply.order.kind == "train"
    assert len(desk.engine.trained()) == 1
    session.say("yes")  # type: ignore[attr-defined]
    assert len(desk.engine.trained()) == 2


def test_advice_that_is_no_plan_is_not_taken_for_one(desk: Desk) -> None:
    desk.engine.advice = NextStep(text=Text("Ask people."))  # type: ignore[attr-defined]
    session = ended(desk)
    reply = session.say("yes")  # type: ignore[attr-defined]
    assert "no order that waits" in reply.text and len(desk.engine.trained()) == 1
