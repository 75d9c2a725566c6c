"""Short trainings before a long one: which are planned, what they may cost, and which of them is believed."""

from dataclasses import replace
from typing import Any

import pytest
from deciding import CARD_80, facts, profile
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.decide import check_plan, core_of, decide
from tools.deciding.compose import run_config
from tools.facts import Facts
from tools.judging.probed import as_carried_out, probe_words
from tools.plan import Plan, ProbePlan
from training.config import ProbeConfig, Trial
from training.halving import (
    WIDE,
    Tried,
    beats,
    choose,
    full_length_rate,
    last_round,
    worth,
)
from training.measured import ProbeRecord
from training.text import Text


def long_job(**known: Any) -> Facts:
    """A training of over an hour on a large card."""
    about = profile("extraction", rows=90_000, row_tokens=400, answer_tokens=80)
    return facts("extraction", profile=about, gpu=CARD_80, model="Qwen/Qwen3-4B", **known)


def probe_of(known: Facts) -> ProbePlan:
    found = decide(known).probe
    assert found is not None
    return found


def rates(found: ProbePlan) -> list[float]:
    return sorted({trial.learning_rate for trial in found.tried})


def shares(found: ProbePlan) -> list[float]:
    return sorted({trial.replay_share for trial in found.tried})


# The plan


def test_a_run_over_an_hour_begins_with_short_trainings_around_its_own_values() -> None:
    made = decide(long_job())
    found = made.probe
    assert found is not None
    assert found.run.value
    assert made.estimate.minutes.value > 60
    own = found.tried[0]
    assert own.learning_rate == made.stages[0].learning_rate.value
    alike = [one.learning_rate for one in found.tried if one.replay_share == own.replay_share]
    assert alike == pytest.approx([rate * own.learning_rate for rate in (1, 1 / 4, 4)])
    assert len(shares(found)) > 1
    assert "probe.run=false" in found.run.because
    assert "short trainings first" in made.estimate.minutes.because


def test_a_short_run_does_without_and_says_how_to_have_them() -> None:
    found = probe_of(facts())
    assert not found.run.value
    assert "over an hour" in found.run.because
    assert "probe.run=true" in found.run.because
    assert found.tried == ()


def test_whoever_asks_gets_them_before_a_short_run_too() -> None:
    made = decide(facts(overrides={"probe.run": "true"}))
    assert made.probe is not None
    assert made.probe.run.value
    assert made.probe.run.origin == "user"
    assert made.order is not None
    assert "First, short trainings show" in made.order.what
    without = decide(facts())
    assert made.estimate.minutes.value > without.estimate.minutes.value
    assert without.order is not None
    assert (made.order.max_minutes or 0) > (without.order.max_minutes or 0)


def test_whoever_wants_none_gets_none() -> None:
    found = probe_of(long_job(overrides={"probe.run": False}))
    assert (found.run.value, found.run.origin) == (False, "user")


def test_what_the_person_set_is_not_tried_otherwise() -> None:
    fixed = probe_of(long_job(overrides={"sft.learning_rate": 1e-4}))
    assert rates(fixed) == [1e-4]
    assert len(shares(fixed)) > 1
    mixed = probe_of(long_job(overrides={"replay.share": 0.3}))
    assert shares(mixed) == [0.3]
    assert len(rates(mixed)) > 1
    both = probe_of(long_job(overrides={"sft.learning_rate": 1e-4, "replay.share": 0.3}))
    assert not both.run.value
    assert "nothing to try" in both.run.because


def test_asking_for_what_cannot_be_had_is_told() -> None:
    wish = {"sft.learning_rate": 5e-4, "replay.share": 0.5, "probe.run": True}
    made = decide(facts(overrides=wish))
    assert [one.code for one in made.warnings].count("without_effect") == 1


def test_attempts_are_not_tried_out_first() -> None:
    made = decide(
        facts("reasoning", insist=("rft",), reward="number", overrides={"probe.run": True})
    )
    assert made.probe is not None
    assert not made.probe.run.value
    assert "attempts" in made.probe.run.because


def test_a_limit_of_time_drops_them_first() -> None:
    whole = decide(long_job())
    made = decide(long_job(budget_minutes=whole.estimate.minutes.value * 0.7))
    assert made.probe is not None
    assert not made.probe.run.value
    assert "budget" in made.probe.run.because


def test_the_run_is_told_exactly_what_the_plan_says() -> None:
    made = decide(long_job())
    config = run_config(made, long_job().profile, run="r").probe
    assert config is not None
    assert made.probe is not None
    assert config.trials == made.probe.tried
    assert config.highest_rate <= 1e-3
    assert run_config(decide(facts()), facts().profile, run="r").probe is None


def test_a_value_edited_by_hand_is_not_tried_otherwise() -> None:
    made = decide(long_job())
    rate = made.stages[0].learning_rate.model_copy(update={"value": 7e-5})
    stage = made.stages[0].model_copy(update={"learning_rate": rate})
    edited = check_plan(made.model_copy(update={"stages": (stage, *made.stages[1:])}))
    assert edited.probe is not None
    assert rates(edited.probe) == [7e-5]
    assert len(shares(edited.probe)) > 1
    assert check_plan(made).probe == made.probe


@given(
    rows=st.integers(100, 300_000),
    tokens=st.integers(8, 1500),
    share=st.sampled_from([None, 0.05, 0.3]),
    asked=st.booleans(),
    model=st.sampled_from(["practice", "Qwen/Qwen3-4B", "Qwen/Qwen3-8B"]),
)
@settings(max_examples=60, deadline=None)
def test_short_trainings_never_cost_more_than_their_share(
    rows: int, tokens: int, share: float | None, asked: bool, model: str
) -> None:
    about = profile("extraction", rows=rows, row_tokens=tokens, answer_tokens=max(2, tokens // 5))
    wish: dict[str, Any] = {"probe.run": True} if asked else {}
    wish |= {} if share is None else {"probe.compute": share}
    known = facts("extraction", profile=about, gpu=() if model == "practice" else CARD_80, model=model, overrides=wish)  # fmt: skip
    core = core_of(known)
    job = core.minutes.total - core.minutes.probe
    assert core.minutes.probe <= (share or 0.15) * job + 1e-6
    if core.probe is not None and core.probe.run.value:
        assert asked or job > 60
        assert core.probe.last_share is not None
        assert core.probe.last_share.value <= 0.2


@given(low=st.floats(0.02, 0.5), high=st.floats(0.02, 0.5))
@settings(max_examples=40, deadline=None)
def test_a_larger_share_never_buys_fewer_trials(low: float, high: float) -> None:
    low, high = sorted((low, high))
    few, many = (
        probe_of(long_job(overrides={"probe.compute": share})).tried for share in (low, high)
    )
    assert len(few) <= len(many)


# The choice

CONFIG = ProbeConfig(
    trials=(
        Trial(learning_rate=4e-4, replay_share=0.3),
        Trial(learning_rate=2e-4, replay_share=0.3),
        Trial(learning_rate=8e-4, replay_share=0.3),
        Trial(learning_rate=4e-4, replay_share=0.5),
    ),
    first_share=0.05, last_share=0.1, dev_items=100, lowest_rate=1e-5, highest_rate=2e-3,
)  # fmt: skip


def tried(place: int, right: int, *, kept: float = 1.0, **changes: Any) -> Tried:
    """A trial that got so many of a hundred items right: always the first ones, so that pairs agree."""
    gains = tuple([1.0] * right + [0.0] * (100 - right))
    return replace(Tried(CONFIG.trials[place], gains, kept=kept), **changes)


def test_what_is_forgotten_beyond_the_limit_is_taken_off() -> None:
    assert worth(tried(0, 80, kept=0.9), least=0.98) == pytest.approx(0.72)
    assert worth(tried(0, 80, kept=0.99), least=0.98) == pytest.approx(0.8)


def test_a_training_that_broke_is_worth_least() -> None:
    broke = replace(tried(2, 0), gains=())
    assert beats(tried(0, 0), broke, least=0.9)
    assert not beats(broke, tried(0, 0), least=0.9)


def test_equals_keep_the_plan() -> None:
    outcome = choose([tried(1, 61), tried(0, 60)], CONFIG, least=0.9)
    assert outcome.winner == CONFIG.trials[0]
    assert outcome.learning_rate == 4e-4
    assert "stay" in outcome.because


def test_a_clear_winner_replaces_the_plan_and_is_lowered_for_the_longer_training() -> None:
    outcome = choose([tried(1, 80), tried(0, 60)], CONFIG, least=0.9)
    assert outcome.winner == CONFIG.trials[1]
    assert outcome.learning_rate == pytest.approx(2e-4 * 0.1**0.2, rel=0.05)
    assert "instead of 4.0e-04" in outcome.because


def test_a_better_score_that_finds_the_right_answers_less_likely_is_not_believed() -> None:
    calm = tried(0, 30, losses=tuple(1.0 + 0.01 * (at % 7) for at in range(100)))
    collapsed = tried(2, 50, losses=tuple(3.0 + 0.01 * (at % 5) for at in range(100)))
    assert choose([collapsed, calm], CONFIG, least=0.9).winner == CONFIG.trials[0]
    better = replace(collapsed, losses=tuple(loss - 2.5 for loss in collapsed.losses))
    assert choose([better, calm], CONFIG, least=0.9).winner == CONFIG.trials[2]


def test_what_keeps_clearly_more_wins_though_it_has_learnt_less() -> None:
    fast = tried(2, 42, kept=0.23, kept_error=0.07, losses=tuple(1.3 + 0.01 * (at % 5) for at in range(100)))  # fmt: skip
    calm = tried(0, 34, kept=0.84, kept_error=0.07, losses=tuple(1.9 + 0.01 * (at % 7) for at in range(100)))  # fmt: skip
    assert beats(calm, fast, least=0.975)
    alike = replace(fast, kept=0.8)
    assert not beats(calm, alike, least=0.975)


def test_a_higher_rate_is_never_lowered_below_the_plans() -> None:
    assert full_length_rate(8e-4, CONFIG) == pytest.approx(5e-4, rel=0.02)
    short = CONFIG.model_copy(update={"last_share": 0.01})
    assert full_length_rate(8e-4, short) == 4e-4
    assert full_length_rate(4e-4, short) == 4e-4


def test_the_plans_own_trial_goes_on_unless_it_is_clearly_beaten() -> None:
    near = [tried(0, 60), tried(1, 61), tried(2, 62), tried(3, 30)]
    assert last_round(near, CONFIG, least=0.9) == (CONFIG.trials[2], CONFIG.trials[0])


def test_where_the_outermost_rate_is_clearly_best_the_next_one_out_is_tried() -> None:
    first = [tried(0, 40), tried(1, 70), tried(2, 20), tried(3, 40)]
    assert [one.learning_rate for one in last_round(first, CONFIG, least=0.9)] == [2e-4, 1e-4]
    low = CONFIG.model_copy(update={"lowest_rate": 2e-4})
    assert [one.learning_rate for one in last_round(first, low, least=0.9)] == [2e-4, 4e-4]


def test_between_rates_that_lie_far_apart_the_middle_is_tried() -> None:
    far = Tried(Trial(learning_rate=1.6e-3, replay_share=0.3), tried(2, 50).gains)
    first = [tried(0, 70), tried(1, 40), far, tried(3, 40)]
    assert [one.learning_rate for one in last_round(first, CONFIG, least=0.9)] == [4e-4, 8e-4]


def test_where_every_training_broke_lower_rates_are_tried() -> None:
    first = [replace(tried(place, 0), gains=()) for place in range(4)]
    assert [one.learning_rate for one in last_round(first, CONFIG, least=0.9)] == [1e-4, 5e-5]
    outcome = choose(first[:2], CONFIG, least=0.9)
    assert outcome.learning_rate == 4e-4
    assert "left the rails" in outcome.because


def test_while_hardly_any_answer_is_right_losses_decide_and_that_is_told() -> None:
    worse = tried(0, 1, losses=tuple([2.0 + 0.01 * (at % 7) for at in range(100)]))
    better = tried(1, 0, losses=tuple([1.5 + 0.01 * (at % 5) for at in range(100)]))
    outcome = choose([better, worse], CONFIG, least=0.9)
    assert outcome.winner == CONFIG.trials[1]
    assert outcome.by_loss
    assert "Hardly any answer was right" in outcome.because
    good = replace(worse, gains=tuple([1.0] * 90 + [0.0] * 10))
    assert choose([better, good], CONFIG, least=0.9).winner == CONFIG.trials[0]


AFTER_20_STEPS = {1.25e-5: (5, 1.0), 5e-5: (11, 1.02), 1e-4: (21, 1.0), 2e-4: (35, 1.0), 4e-4: (45, 0.957), 8e-4: (49, 0.957),
                  1.6e-3: (53, 0.681), 3.2e-3: (51, 0.532), 1.28e-2: (0, 0.0)}  # fmt: skip
AFTER_39_STEPS = {2e-4: (50, 1.0), 4e-4: (61, 0.936), 8e-4: (66, 0.894)}
"""Right answers of 120 and abilities kept, by rate: measured on the practice model and 1,440 rows (`bench_probe`)."""


@pytest.mark.parametrize(("planned", "used"), [(3.2e-3, 2e-4), (5e-5, 2e-4), (4e-4, 4e-4)])
def test_from_a_rate_eight_times_wrong_the_recorded_trials_lead_to_a_good_one(
    planned: float, used: float
) -> None:
    rates = (planned, planned / WIDE, planned * WIDE)
    config = CONFIG.model_copy(update={
        "trials": tuple(Trial(learning_rate=rate, replay_share=0.7) for rate in rates),
        "last_share": 0.033, "lowest_rate": 1e-6, "highest_rate": 1.0,
    })  # fmt: skip

    def made(trial: Trial, found: dict[float, tuple[int, float]]) -> Tried:
        right, kept = found[next(rate for rate in found if trial.learning_rate == pytest.approx(rate))]  # fmt: skip
        return Tried(trial, tuple([1.0] * right + [0.0] * (120 - right)), kept=kept, kept_error=0.03)  # fmt: skip

    first = [made(trial, AFTER_20_STEPS) for trial in config.trials]
    last = last_round(first, config, least=0.975)
    outcome = choose([made(trial, AFTER_39_STEPS) for trial in last], config, least=0.975)
    assert outcome.learning_rate == pytest.approx(used)


# The report


def test_the_report_shows_the_plan_as_it_was_carried_out() -> None:
    made: Plan = decide(long_job())
    assert made.probe is not None
    own = made.probe.tried[0]
    record = ProbeRecord(
        stage="1-sft", trials=(), planned_rate=own.learning_rate, planned_share=own.replay_share,
        learning_rate=5e-5, replay_share=0.4, because=Text("The trials said so."),
    )  # fmt: skip
    after = as_carried_out(made, record)
    assert after is not None
    rate = after.stages[0].learning_rate
    assert (rate.value, rate.origin, str(rate.because)) == (5e-5, "measured", "The trials said so.")
    assert {one.name: one.share.value for one in after.mixture.sources} == {
        "yours": 0.6, "self-generated replay": 0.4,
    }  # fmt: skip
    assert "The trials said so." in probe_words(record)
    assert as_carried_out(made, None) == made
