"""How long a training still takes, told from its own first steps."""

from types import SimpleNamespace
from typing import Any

import pytest

from training.loop import Progress, Watcher
from training.mixture import Mixture

BATCH, STEPS, SECONDS_A_TOKEN = 4, 40, 0.01


def left_after(step: int, lengths: list[int]) -> tuple[float, float]:
    """What is told after so many steps, and what is truly left, where a token always costs the same."""
    lesson: Any = SimpleNamespace(
        lengths=lambda: lengths, mixture=Mixture(tuple(range(len(lengths))), 0, 0, 0, 0.0), steps=STEPS,
        telemetry=SimpleNamespace(elapsed_s=lambda: 0.0),
    )  # fmt: skip
    done = sum(lengths[: step * BATCH])
    progress = Progress(step=step, tokens=done, seconds=done * SECONDS_A_TOKEN)
    return Watcher(lesson, progress)._seconds_left(step), (sum(lengths) - done) * SECONDS_A_TOKEN


def test_after_ten_steps_the_time_left_is_right_to_15_percent_though_later_rows_are_longer() -> (
    None
):
    told, true = left_after(10, [20] * 40 + [60] * 120)
    assert told == pytest.approx(true, rel=0.15)


def test_at_the_last_step_nothing_is_left() -> None:
    assert left_after(STEPS, [20] * 160)[0] == 0


def test_without_any_token_counted_the_steps_tell() -> None:
    lesson: Any = SimpleNamespace(
        lengths=lambda: [0] * 160, mixture=Mixture(tuple(range(160)), 0, 0, 0, 0.0), steps=STEPS,
        telemetry=SimpleNamespace(elapsed_s=lambda: 0.0),
    )  # fmt: skip
    assert Watcher(lesson, Progress(step=10, seconds=5.0))._seconds_left(10) == 15.0
