"""What a measurement before the plan is allowed to do, and what is left to the run."""

import pytest
from deciding import HERE, facts

from agent.local.measuring import (
    FREE_MEASUREMENT_MINUTES,
    measurement_minutes,
    minutes_taken,
    prepares,
    preparing_minutes,
)
from tools.decide import decide
from tools.deciding.compose import measure_config

ANOTHER_SEED = 12345
"""Of which no conversations come with the practice model."""


def plan_of(**changes: object):  # type: ignore[no-untyped-def]
    known = facts(insist=("sft",), **changes)
    return decide(known), known.profile


def test_a_measurement_that_has_no_time_for_all_conversations_still_does_what_it_can() -> None:
    plan, _ = plan_of(seed=ANOTHER_SEED, overrides={"replay.min_rows": 15_000})
    whole = measurement_minutes(plan, 500, HERE) + preparing_minutes(plan, HERE)
    assert whole > FREE_MEASUREMENT_MINUTES
    assert prepares(plan, 500, HERE)
    assert minutes_taken(plan, 500, HERE) <= FREE_MEASUREMENT_MINUTES


def test_a_measurement_with_time_for_all_is_reckoned_with_all() -> None:
    plan, _ = plan_of(seed=ANOTHER_SEED, overrides={"replay.min_rows": 1000})
    whole = measurement_minutes(plan, 500, HERE) + preparing_minutes(plan, HERE)
    assert minutes_taken(plan, 500, HERE) == whole <= FREE_MEASUREMENT_MINUTES


def test_every_test_item_is_counted_though_there_are_thousands() -> None:
    plan, _ = plan_of()
    assert measurement_minutes(plan, 6000, HERE) > 1.5 * measurement_minutes(plan, 3000, HERE)
    assert not prepares(plan, 60_000, HERE), "it needs a yes of its own"


@pytest.mark.parametrize("seconds", [0.0, 90.0])
def test_the_measuring_run_is_told_when_to_begin_no_more_conversations(seconds: float) -> None:
    plan, described = plan_of()
    config = measure_config(plan, described, run="m", prepare=True, write_until_s=seconds)
    assert config.replay.write_until_s == seconds and config.replay.source == "self"
