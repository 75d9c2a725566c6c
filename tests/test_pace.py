"""How long a training still takes, told from its own first steps."""

from types import SimpleNamespace
from typing import Any

import pytest

from training.loop import Progress, Watcher
from training.mixture import Mixture
from training.pace import WARM_UP_STEPS, Done, seconds_left

BATCH, STEPS, SECONDS_A_TOKEN = 4, 40, 0.01

RECORDED = {
    "12 topics, rehearsed": (Done(1, 187, 0.09), Done(14, 3_931, 0.88), Done(1162, 327_957, 67.73)),
    "77 topics, rehearsed": (Done(1, 1_225, 0.23), Done(11, 12_350, 2.23), Done(1777, 1_949_504, 266.88)),
    "77 topics, nothing rehearsed": (Done(1, 935, 0.17), Done(12, 13_123, 1.62), Done(210, 221_669, 21.52)),
    "a lesson": (Done(1, 590, 0.10), Done(10, 5_440, 0.89), Done(88, 47_502, 7.14)),
}  # fmt: skip
"""What four runs had done after their first step, after ten or a few more, and at the end, on two quiet cores."""


@pytest.mark.parametrize("run", RECORDED)
def test_what_quiet_runs_still_took_after_ten_steps_is_told_to_15_percent(run: str) -> None:
    first, now, end = RECORDED[run]
    told = seconds_left(now, first=first, steps=end.step, tokens=end.tokens)
    assert told == pytest.approx(end.seconds - now.seconds, rel=0.15)


def lesson_of(lengths: list[int], *, keep: tuple[int, ...] = (), checkpoint_s: float = 0.0) -> Any:
    return SimpleNamespace(
        lengths=lambda: lengths, mixture=Mixture(tuple(range(len(lengths))), 0, 0, 0, 0.0), steps=STEPS,
        telemetry=SimpleNamespace(elapsed_s=lambda: 0.0), keep_steps=frozenset(keep), checkpoint_s=checkpoint_s,
        model=SimpleNamespace(config=SimpleNamespace(get_text_config=lambda: SimpleNamespace(vocab_size=100))),
        sequences=SimpleNamespace(num_learnt=lengths), replay=SimpleNamespace(num_learnt=[]), targets=None,
    )  # fmt: skip


def left_after(step: int, lengths: list[int]) -> tuple[float, float]:
    """What is told after so many steps, and what is truly left, where a token always costs the same."""
    done = sum(lengths[: step * BATCH])
    progress = Progress(step=step, tokens=done, seconds=done * SECONDS_A_TOKEN)
    told = Watcher(lesson_of(lengths), progress)._seconds_left(step)
    return told, (sum(lengths) - done) * SECONDS_A_TOKEN


def test_after_ten_steps_the_time_left_is_right_to_15_percent_though_later_rows_are_longer() -> (
    None
):
    told, true = left_after(10, [20] * 40 + [60] * 120)
    assert told == pytest.approx(true, rel=0.15)


def test_at_the_last_step_nothing_is_left() -> None:
    assert left_after(STEPS, [20] * 160)[0] == 0


def test_without_any_token_counted_the_steps_tell() -> None:
    progress = Progress(step=10, seconds=5.0)
    assert Watcher(lesson_of([0] * 160), progress)._seconds_left(10) == 15.0


def test_a_slow_first_step_does_not_count_where_there_are_others() -> None:
    first, now = Done(1, 100, 30.0), Done(WARM_UP_STEPS, 4000, 30.0 + 39.0)
    assert seconds_left(now, first=first, steps=100, tokens=10_000) == pytest.approx(60.0)
    assert seconds_left(first, first=first, steps=100, tokens=10_000) > 1000


def test_a_resumed_stage_goes_by_its_own_steps_not_by_those_of_a_busier_hour() -> None:
    busy, now = Done(500, 50_000, 5000.0), Done(510, 51_000, 5010.0)
    assert seconds_left(now, first=busy, steps=1000, tokens=100_000) == pytest.approx(490.0)


def test_checkpoints_that_are_still_to_be_measured_take_time_too() -> None:
    lengths = [20] * 160
    progress = Progress(step=20, tokens=1600, seconds=16.0)
    bare = Watcher(lesson_of(lengths), progress)._seconds_left(20)
    measured = Watcher(lesson_of(lengths, keep=(10, 30, 40), checkpoint_s=7.0), progress)
    assert measured._seconds_left(20) == pytest.approx(bare + 14.0)
    measured._measured_s.append(2.0)
    assert measured._seconds_left(20) == pytest.approx(bare + 4.0)
