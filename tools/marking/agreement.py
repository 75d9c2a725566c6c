"""How alike two judges order the same answers: one says good or bad, the other gives grades (Spearman). Pure.

Good and bad count the same here, however many there are of each, as if half of the answers had been good: with five bad
ones among fifty, plain Spearman could not reach 0.7 even for a grader that orders all of them rightly, and would flatter
one that calls everything good. Where there are as many good as bad answers, it is plain Spearman.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.intervals import Z_95
from training.statistics import Floats, percentile_interval, resampled_counts


@dataclass(frozen=True)
class Agreement:
    """A rank correlation with its 95 % interval: 1 is the same order, 0 none, below 0 the reverse."""

    value: float
    low: float
    high: float


def agreement(good: Sequence[bool], grades: Sequence[float], *, seed: int = 0) -> Agreement | None:
    """Compare marks with grades of the same answers; None where all marks or all grades are the same.

    The interval is the wider of a bootstrap within good and within bad (a resample cannot show a mistake that was made
    nowhere) and Bonett and Wright's for Spearman (2000). Raises ValueError where the two differ in length.
    """
    if len(good) != len(grades):
        raise ValueError(
            f"{len(good):,} marks and {len(grades):,} grades are not of the same answers"
        )
    if all(good) or not any(good) or len(set(grades)) == 1:
        return None
    kinds, where = np.unique(np.asarray(grades, dtype=np.float64), return_inverse=True)
    marked = np.asarray(good, dtype=bool)
    liked = np.bincount(where[marked], minlength=len(kinds))
    disliked = np.bincount(where[~marked], minlength=len(kinds))
    value = float(_correlations(liked[None, :], disliked[None, :])[0])
    drawn = _correlations(
        resampled_counts(liked, seed=seed), resampled_counts(disliked, seed=seed + 1)
    )
    low, high = percentile_interval(drawn, centre=value, items=len(good))
    least, most = _interval(value, len(good))
    return Agreement(value, max(-1.0, min(low, least, value)), min(1.0, max(high, most, value)))


def _correlations(liked: Floats | np.ndarray, disliked: Floats | np.ndarray) -> Floats:
    """Give Spearman with middle ranks, one for each row of counts by grade; 0 where all grades are the same."""
    of_good = liked / liked.sum(axis=1, keepdims=True)
    of_bad = disliked / disliked.sum(axis=1, keepdims=True)
    share = (of_good + of_bad) / 2
    ranks = np.cumsum(share, axis=1) - share / 2  # of all grades; their mean is one half
    together = (of_good * ranks).sum(axis=1) / 2 - 0.25
    spread = (share * ranks**2).sum(axis=1) - 0.25
    flat = spread <= 1e-12
    found = together / np.sqrt(np.where(flat, 1.0, spread) * 0.25)
    return np.asarray(np.where(flat, 0.0, found), dtype=np.float64)


def _interval(value: float, items: int) -> tuple[float, float]:
    if items < 4:
        return -1.0, 1.0
    middle = math.atanh(max(-0.999, min(0.999, value)))
    half = Z_95 * math.sqrt((1 + value**2 / 2) / (items - 3))
    return math.tanh(middle - half), math.tanh(middle + half)
