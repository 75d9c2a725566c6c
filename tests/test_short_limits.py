"""Limits said in seconds, and choices picked by a bare number."""

from __future__ import annotations

from typing import Any

import pytest

from agent.brain.protocol import Context
from agent.brain.rules import RulesBrain
from agent.words.brief_words import limit_in_words
from tools.deciding.costing import limit_in_words as short_limit

BRAIN = RulesBrain()
ORDER = Context(waiting_for="approval", has_goal=True, has_plan=True)
CHOICES = ("hardware", "success", "must_not_get_worse", "latency", "budget", "facts_change", "base_model", "skip_broken")  # fmt: skip


def asked(question: str) -> Context:
    return Context(
        waiting_for="answer", question=question, num_choices=3, labels=("a", "b", "c"), has_goal=True
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "minutes"),
    [("at most 90 seconds", 1.5), ("90s", 1.5), ("最多90秒", 1.5), ("2 minutes 30 seconds", 2.5), ("九十秒以内", 1.5), ("no more than 45 secs", 0.75)],
)  # fmt: skip
def test_a_limit_in_seconds_answers_the_question_for_one(words: str, minutes: float) -> None:
    (intent,) = BRAIN.read(words, asked("budget"))
    assert intent.fields == {"budget": {"minutes": minutes}}


@pytest.mark.parametrize("words", ["at most 90 seconds", "make it at most 90 seconds", "最多90秒", "the limit is 90 seconds"])  # fmt: skip
def test_a_limit_in_seconds_changes_a_plan(words: str) -> None:
    (intent,) = BRAIN.read(words, ORDER)
    assert (intent.kind, intent.what, intent.value) == ("revise", "budget", {"minutes": 1.5})


@pytest.mark.parametrize("words", ["yes, but at most 90 seconds", "好，但最多90秒"])
def test_a_yes_may_carry_a_limit_in_seconds(words: str) -> None:
    (intent,) = BRAIN.read(words, ORDER)
    assert (intent.kind, intent.conditions) == ("approve", {"budget_minutes": 1.5})


@pytest.mark.parametrize("words", ["training may take at most 90 seconds", "训练最多90秒"])
def test_seconds_of_training_are_no_seconds_of_answering(words: str) -> None:
    (intent,) = BRAIN.read(words, Context(has_goal=True))
    assert intent.fields == {"budget": {"minutes": 1.5}}


@pytest.mark.parametrize("words", ["it must answer within 2 seconds", "answers in at most 2 seconds please", "每条最多2秒回答"])  # fmt: skip
def test_seconds_that_an_answer_may_take_are_no_limit_of_the_training(words: str) -> None:
    (intent,) = BRAIN.read(words, Context(has_goal=True))
    assert intent.fields == {"latency": True}
    assert all(one.what != "budget" for one in BRAIN.read(words, ORDER))


def test_a_wish_for_cheap_and_quick_answers_is_read() -> None:
    (intent,) = BRAIN.read("cheap and answers within a second", Context(has_goal=True))
    assert intent.fields == {"latency": True}


@pytest.mark.parametrize("question", CHOICES)
@pytest.mark.parametrize(
    ("words", "choice"),
    [("1", 1), ("1.", 1), ("the first one", 1), ("第一个", 1), ("2", 2), ("3", 3), ("选1", 1)],
)
def test_a_bare_number_takes_its_choice_whatever_is_asked(
    question: str, words: str, choice: int
) -> None:
    (intent,) = BRAIN.read(words, asked(question))
    assert (intent.kind, intent.choice) == ("choose", choice)


def test_a_number_that_no_choice_has_is_an_amount() -> None:
    (intent,) = BRAIN.read("20", asked("budget"))
    assert intent.fields == {"budget": {"usd": 20.0}}


@pytest.mark.parametrize(
    ("minutes", "said"), [(1.5, "90 seconds"), (0.75, "45 seconds"), (1.0, "1 minute"), (1.4, "2 minutes"), (20.0, "20 minutes"), (6.2, "7 minutes")],
)  # fmt: skip
def test_a_limit_is_said_as_it_was_named(minutes: float, said: str) -> None:
    assert short_limit(minutes) == said


def test_what_was_understood_says_seconds_too() -> None:
    found: Any = limit_in_words({"minutes": 1.5, "usd": None})
    assert found == "90 seconds"
