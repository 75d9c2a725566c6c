"""Short trainings before a long one, in words, on the page and in the report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.brain.protocol import Context
from agent.brain.rules import trials
from agent.brain.rules.lexicon import fold
from agent.ui.tabs import results
from tests.fake_engine import made_up_report
from tests.talking import Desk
from tests.test_panel_results import EN, ZH, seen_with
from tools.deciding.overrides import parse
from tools.judging.report import markdown
from tools.judging.report_html import html
from tools.judging.results import Report
from training.measured import ProbeRecord, Score, TrialRecord
from training.text import Text

WANTED = (
    "try a few learning rates first",
    "can you try a few learning rates first?",
    "yes, but try a few different learning rates first",
    "do a learning rate sweep",
    "start with short trial runs",
    "先试几个学习率",
    "可以先试几个不同的学习率吗",
    "先做几次试训",
)
UNWANTED = (
    "no short trials please",
    "skip the short trainings",
    "don't try other rates first",
    "不要先试学习率",
    "跳过试训",
)
NEITHER = (
    "why do you try several learning rates?",
    "what learning rates did you try",
    "use a learning rate of 1e-4",
    "lower the learning rate",
    "a short training is fine",
    "prices have different rates",
    "I don't have much time, a quick test please",
    "试试学习率1e-4",
    "为什么要先试训",
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.worker.close()


def test_a_wish_for_them_is_told_from_a_question_and_from_a_rate() -> None:
    plan = Context(has_plan=True)
    read = {
        said: [one.value for one in trials.read(said, fold(said), plan)]
        for said in (*WANTED, *UNWANTED, *NEITHER)
    }
    assert [said for said, values in read.items() if values == [True]] == list(WANTED)
    assert [said for said, values in read.items() if values == [False]] == list(UNWANTED)
    assert not any(read[said] for said in NEITHER)


def test_before_anything_is_known_such_words_are_a_goal() -> None:
    said = "compare different rates for our customers"
    assert trials.read(said, said, Context()) == []


def test_words_on_the_command_line_mean_the_same() -> None:
    assert parse(["try a few rates first"]) == {"probe.run": True}
    assert parse(["跳过试训"]) == {"probe.run": False}


def test_asked_for_in_the_chat_they_stand_in_the_plan_and_in_the_new_order(desk: Desk) -> None:
    session = desk.session()
    before = desk.to_order(session)
    assert before.order is not None
    after = session.say("try a few learning rates first")
    assert after.plan is not None
    assert after.plan.overrides["probe.run"] is True
    assert "short trainings" in after.text
    assert after.order is not None
    assert after.order.id != before.order.id
    assert "short trainings first is yes: You asked for it." in session.say("why the short trainings first?").text  # fmt: skip
    assert "short trainings first is yes" in session.say("what about the short trainings?").text


def probed() -> Report:
    task = Score(metric="accuracy", value=0.7, low=0.6, high=0.8, items=100)
    record = ProbeRecord(
        stage="1-sft", planned_rate=5e-4, planned_share=0.5, learning_rate=2.4e-4, replay_share=0.5, minutes=3.2,
        because=Text(
            "The short trainings chose a rate of {rate:.1e} instead of {planned:.1e}: {tried:.1e} was best in them, and it is lowered because the training is {times:.0f} times as long.",
            rate=2.4e-4, planned=5e-4, tried=4e-4, times=20,
        ),
        trials=(
            TrialRecord(round=1, learning_rate=5e-4, replay_share=0.5, steps=40, task=task, retention=0.97, worth=0.7, planned=True),
            TrialRecord(round=1, learning_rate=1e-3, replay_share=0.5, steps=40),
            TrialRecord(round=2, learning_rate=4e-4, replay_share=0.5, steps=80, task=task, retention=0.98, worth=0.7, chosen=True),
        ),
    )  # fmt: skip
    return made_up_report("a run", tuned=0.9, retention=0.97).model_copy(update={"probe": record})


def test_the_report_and_the_page_tell_what_was_tried_and_what_was_chosen() -> None:
    made = probed()
    for told in (markdown(made), html(made), results.drawn(seen_with(made), EN, "en")):
        assert "chose a rate of 2.4e-04 instead of 5.0e-04" in told
        assert "left the rails" in told
        assert "3 short trainings took 3.2 minutes" in told
    assert "试训选定学习率 2.4e-04" in results.drawn(seen_with(made), ZH, "zh")
    assert "short trainings" not in markdown(made_up_report("a run", tuned=0.9, retention=0.97))
