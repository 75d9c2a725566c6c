"""Scores in the letters that people read: a share of right answers in percent, anything else as it is."""

from __future__ import annotations

from training.config import BINARY_METRICS
from training.measured import Score

IN_PERCENT = BINARY_METRICS | {"macro_f1", "field_f1"}


def figure(score: Score, value: float | None = None) -> str:
    """Give the score's value, or another value of the same metric, as it is spoken.

    >>> figure(Score(metric="accuracy", value=0.858, low=0.785, high=0.91, items=120, higher_is_better=True))
    '85.8%'
    """
    spoken = score.value if value is None else value
    return f"{spoken:.1%}" if score.metric in IN_PERCENT else f"{spoken:.3f}"
