"""A plan's minutes where the measurement before it has timed this machine."""

import pytest
from deciding import CARD_24, facts, profile

from tools.decide import decide
from tools.facts import Facts
from training.measured import Pace

QUIET = Pace(
    item_s=0.0039, probe_s=0.0038, conversation_s=0.0107, general_tokens=34.2, row_tokens=33.2,
    batch_rows=32, batch_tokens=1062.0, batch_s=0.090,
)  # fmt: skip
"""The practice model on two quiet cores, all of banking77."""
BANK = profile(rows=10_000, test=3080, num_labels=77)
SPENT_MINUTES = 6.98
"""By that run, which wrote 9,000 conversations itself."""


def timed(pace: Pace | None = QUIET, **known: object) -> Facts:
    given = {
        "profile": BANK,
        "insist": ("sft",),
        "measured_model": "practice",
        "pace": pace,
    } | known
    return facts(**given)  # type: ignore[arg-type]


def minutes(known: Facts) -> float:
    return decide(known).estimate.minutes.value


def test_the_minutes_of_a_timed_machine_are_those_a_run_took_to_30_percent() -> None:
    made = decide(timed())
    assert made.estimate.minutes.value == pytest.approx(SPENT_MINUTES, rel=0.3)
    assert made.estimate.minutes.source == "timed on this machine"


def test_a_machine_half_as_fast_is_given_twice_the_time_for_learning() -> None:
    slow = QUIET.model_copy(update={"batch_s": 0.18})
    assert minutes(timed(slow)) > 1.4 * minutes(timed())


def test_conversations_that_are_there_already_are_not_written_again() -> None:
    there = QUIET.model_copy(update={"conversations": 9000})
    assert minutes(timed()) - minutes(timed(there)) > 1.4
    assert minutes(timed()) - minutes(timed(conversations=9000)) > 1.4


def test_another_model_or_a_card_is_not_reckoned_by_what_was_timed_here() -> None:
    for known in (timed(measured_model="Qwen/Qwen3-0.6B"), timed(gpu=CARD_24), timed(None)):
        assert decide(known).estimate.minutes.source != "timed on this machine"


def test_without_a_batch_that_was_timed_the_closed_form_reckons() -> None:
    only_asked = QUIET.model_copy(update={"batch_s": None})
    assert minutes(timed(only_asked)) == minutes(timed(None))
