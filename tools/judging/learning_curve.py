"""A run's learning curve on the held-out items: what it shows, and how much of it is noise. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from training.measured import Candidate, Measured
from training.text import Text


def by_step(measured: Measured) -> list[Candidate]:
    """The checkpoints of the last stage as trained, in order: its learning curve on the held-out items."""
    trained = [c for c in measured.candidates if c.interpolation == 1.0]
    last = max((c.stage for c in trained), default="")
    return sorted((c for c in trained if c.stage == last), key=lambda c: c.step)


def goodness(candidate: Candidate) -> float:
    """The score on the held-out items, turned so that more is better."""
    return candidate.task.value if candidate.task.higher_is_better else -candidate.task.value


def gain(before: Candidate, after: Candidate) -> float:
    """What was gained between two checkpoints."""
    return goodness(after) - goodness(before)


def noise(candidate: Candidate) -> float:
    """Half the interval's width, as a fraction: two checkpoints on the same items differ less than two samples do."""
    return (candidate.task.high - candidate.task.low) / 4


def in_words(curve: Sequence[Candidate]) -> Text:
    """Say the scores in order."""
    values = ", ".join(f"{c.task.value:.3f}" for c in curve)
    return Text(
        "On the held-out items its checkpoints scored {values} (steps {first:,} to {last:,}).",
        values=values, first=curve[0].step, last=curve[-1].step,
    )  # fmt: skip
