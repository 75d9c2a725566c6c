"""Intervals and tests: what may be claimed from a few hundred items, and what may not.

Everything is seeded, so that the same measurements always give the same words. Numbers come as plain
lists and leave as the documents of `training.measured`; there is no torch and no scipy here.

A claim needs two things that agree: the 95 % interval of the paired difference excludes zero, and the test
rejects at .05. Where they disagree the interval is widened to touch zero and nothing is claimed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from training.config import BINARY_METRICS, Metric
from training.intervals import (
    ALPHA,
    Z_95,
    mcnemar,
    paired_interval,
    rule_of_three,
    student_t_95,
    wilson,
)
from training.measured import Difference, ProbeScore, Retention, Score

RESAMPLES = 4000
"""ST-02 asks for at least 2,000."""
CELLS_AT_ONCE = 2_000_000
"""Resampled cells held in memory at a time, about 16 MB."""
FEW_KINDS = 64
"""Up to so many distinct values, counts are resampled instead of items: the same law, less work."""
LOWER_IS_BETTER = frozenset({"bits_per_byte"})
UNBOUNDED_METRICS = frozenset({"bits_per_byte", "reward"})
"""All other metrics lie between 0 and 1."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


# One score


RIGHT_OR_WRONG = BINARY_METRICS | {"reward"}
"""Metrics whose values may all be 0 or 1. A reward that pays nothing else is one; another keeps its own range."""


def score(metric: Metric, values: Sequence[float], *, seed: int = 0) -> Score:
    """Give the mean of one value per item with its interval: Wilson for right-or-wrong, else bootstrap.

    Without items the value is 0 and the interval says that nothing is known. Not for metrics that are no
    means (macro F1, bits per byte of texts of different lengths): see `training.metrics.summarize`.
    """
    if len(values) == 0:
        return score_of(metric, 0.0, low=0.0, high=1.0, items=0)
    array = np.asarray(values, dtype=np.float64)
    if metric in RIGHT_OR_WRONG and _is_binary(array):
        low, high = wilson(float(array.sum()), len(array))
    elif len(array) == 1 or array.min() == array.max():
        low, high = _interval_without_spread(metric, array)
    else:
        low, high = _percentiles(
            _means(array, seed=seed), centre=float(array.mean()), items=len(array)
        )
        low, high = _within_bounds(metric, low, high)
    return score_of(metric, float(array.mean()), low=low, high=high, items=len(array))


def score_of(metric: Metric, value: float, *, low: float, high: float, items: int) -> Score:
    """Put a score together; the direction follows from the metric, the interval holds the value."""
    return Score(
        metric=metric,
        value=value,
        low=min(low, value),
        high=max(high, value),
        items=items,
        higher_is_better=metric not in LOWER_IS_BETTER,
    )


# Two measurements of the same items


def difference(
    base: Sequence[float], tuned: Sequence[float], *, metric: Metric, seed: int = 0
) -> Difference:
    """Compare item by item: exact McNemar for right-or-wrong, else the paired bootstrap (ST-02).

    Raises ValueError where the two lists differ in length: they cannot be the same items.
    """
    if len(base) != len(tuned):
        raise ValueError(
            f"{len(base):,} base and {len(tuned):,} tuned values are not the same items"
        )
    before, after = np.asarray(base, dtype=np.float64), np.asarray(tuned, dtype=np.float64)
    if metric in RIGHT_OR_WRONG and _is_binary(before) and _is_binary(after):
        return _binary_difference(before, after)
    items = len(before)
    if items == 0:
        return Difference(
            value=0.0, low=-1.0, high=1.0, p=1.0, test="paired bootstrap", better=None
        )
    gains = after - before
    changed = int(np.count_nonzero(gains))
    if items == 1:
        replicates = np.asarray([-abs(gains[0]), abs(gains[0])])
    else:
        replicates = _means(gains, seed=seed)
    return bootstrap_difference(
        replicates, value=float(gains.mean()), items=items, changed=changed, metric=metric
    )


def bootstrap_difference(
    replicates: Floats, *, value: float, items: int, changed: int, metric: Metric
) -> Difference:
    """Turn resampled differences into a difference with interval and p.

    The replicates are stretched for small samples; `changed` items that differ at all bound p from below
    by the sign-flip test's smallest value, 2 / 2**changed: two items never prove anything.
    """
    if items < 2:
        limit = max(1.0, 2 * abs(value))
        return Difference(
            value=value, low=-limit, high=limit, p=1.0, test="paired bootstrap", better=None
        )
    stretched = _stretch(replicates, centre=value, items=items)
    low, high = (float(bound) for bound in np.percentile(stretched, [2.5, 97.5]))
    tail = min(float(np.mean(stretched <= 0)), float(np.mean(stretched >= 0)))
    p = min(1.0, max(2 * tail, 1 / len(replicates), 2.0 ** (1 - min(changed, 1000))))
    if metric not in UNBOUNDED_METRICS:
        low, high = max(low, -1.0), min(high, 1.0)
    return _agreed(value, low, high, p=p, test="paired bootstrap", metric=metric)


def unpaired_interval(first: Score, second: Score) -> tuple[float, float]:
    """Bound second minus first from their own intervals alone (Newcombe's square-and-add)."""
    value = second.value - first.value
    low = value - math.hypot(second.value - second.low, first.high - first.value)
    high = value + math.hypot(second.high - second.value, first.value - first.low)
    return low, high


# General abilities


def retention(
    base: Mapping[str, Sequence[float]], tuned: Mapping[str, Sequence[float]], *, seed: int = 0
) -> Retention:
    """Give tuned / base over all probe items; the interval by a paired bootstrap within families.

    Right-or-wrong probes are held against Tango's interval too, and the wider counts: a resample cannot
    show a loss that happened to no item. Where the base gets nothing right there is nothing to lose, and
    nothing known: value 1, low 0. Raises ValueError where the two hold different families or items.
    """
    _check_same_items(base, tuned)
    families = {name: _paired(base[name], tuned[name]) for name in base if len(base[name])}
    probes = {
        name: ProbeScore(
            base=float(pair[0].mean()), tuned=float(pair[1].mean()), items=pair.shape[1]
        )
        for name, pair in families.items()
    }
    base_total = sum(float(pair[0].sum()) for pair in families.values())
    if base_total <= 0:
        return Retention(value=1.0, low=0.0, high=1.0, probes=probes)
    value = sum(float(pair[1].sum()) for pair in families.values()) / base_total
    low, high = _ratio_interval(list(families.values()), value=value, seed=seed)
    return Retention(value=value, low=low, high=high, probes=probes)


def keeps_budget(kept: Retention, *, max_forgetting: float) -> bool | None:
    """Test for non-inferiority: True where even the low end keeps the budget, False where not even the high end does."""
    least = 1 - max_forgetting - 1e-9
    if kept.low >= least:
        return True
    return False if kept.high < least else None


# Resampling


def resampled_counts(counts: Sequence[int] | Integers, *, seed: int) -> Integers:
    """Draw how often each kind of item stands in every resample: one row a resample, one column a kind."""
    array = np.asarray(counts, dtype=np.int64)
    generator = np.random.default_rng(seed)
    return generator.multinomial(int(array.sum()), array / array.sum(), size=RESAMPLES)


def _means(values: Floats, *, seed: int) -> Floats:
    """Resample the mean. Distinct values are counted rather than drawn where there are few of them."""
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= FEW_KINDS:
        drawn = resampled_counts(counts, seed=seed)
        return np.asarray(drawn @ distinct / len(values), dtype=np.float64)
    generator = np.random.default_rng(seed)
    rows = max(1, CELLS_AT_ONCE // len(values))
    blocks = [
        values[
            generator.integers(0, len(values), size=(min(rows, RESAMPLES - at), len(values)))
        ].mean(axis=1)
        for at in range(0, RESAMPLES, rows)
    ]
    return np.concatenate(blocks)


def _stretch(replicates: Floats, *, centre: float, items: int) -> Floats:
    """Widen resampled means as Student's t widens the normal: plain percentiles are too narrow for few items.

    Hesterberg 2015 (What teachers should know about the bootstrap), "expanded percentile interval".
    """
    factor = math.sqrt(items / (items - 1)) * student_t_95(items - 1) / Z_95
    return np.asarray(centre + (replicates - centre) * factor, dtype=np.float64)


def _percentiles(replicates: Floats, *, centre: float, items: int) -> tuple[float, float]:
    stretched = _stretch(replicates, centre=centre, items=items)
    low, high = np.percentile(stretched, [2.5, 97.5])
    return float(low), float(high)


def percentile_interval(replicates: Floats, *, centre: float, items: int) -> tuple[float, float]:
    """Give the stretched 95 % percentile interval; the widest possible, 0 to 1, below two items."""
    return (0.0, 1.0) if items < 2 else _percentiles(replicates, centre=centre, items=items)


# Inner parts


def _is_binary(values: Floats) -> bool:
    return bool(np.all((values == 0) | (values == 1)))


def _interval_without_spread(metric: Metric, values: Floats) -> tuple[float, float]:
    """Bound a mean of equal values: bounded ones by the rule of three, others cannot be bounded."""
    value, slack = float(values[0]), rule_of_three(len(values))
    if metric in UNBOUNDED_METRICS:
        return value - abs(value) * slack, value + abs(value) * slack
    return max(0.0, value - slack * value), min(1.0, value + slack * (1 - value))


def _within_bounds(metric: Metric, low: float, high: float) -> tuple[float, float]:
    return (low, high) if metric in UNBOUNDED_METRICS else (max(0.0, low), min(1.0, high))


def _binary_difference(before: Floats, after: Floats) -> Difference:
    only_base = int(np.sum((before == 1) & (after == 0)))
    only_tuned = int(np.sum((before == 0) & (after == 1)))
    items = len(before)
    low, high = paired_interval(only_base, only_tuned, items)
    value = (only_tuned - only_base) / items if items else 0.0
    p = mcnemar(only_base, only_tuned)
    return _agreed(value, low, high, p=p, test="exact McNemar", metric="accuracy")


def _agreed(
    value: float, low: float, high: float, *, p: float, test: str, metric: Metric
) -> Difference:
    """Claim only what interval and test both say; else let the interval touch zero."""
    excludes_zero = low > 0 or high < 0
    if excludes_zero and p < ALPHA:
        better: bool | None = (value > 0) != (metric in LOWER_IS_BETTER)
    else:
        better, low, high = None, min(low, 0.0), max(high, 0.0)
    return Difference(
        value=value, low=min(low, value), high=max(high, value), p=p, test=test, better=better
    )


def _check_same_items(
    base: Mapping[str, Sequence[float]], tuned: Mapping[str, Sequence[float]]
) -> None:
    for name in sorted(set(base) | set(tuned)):
        before, after = len(base.get(name, ())), len(tuned.get(name, ()))
        if before != after:
            raise ValueError(
                f"probes {name!r}: {before:,} base and {after:,} tuned values are not the same items"
            )


def _paired(before: Sequence[float], after: Sequence[float]) -> Floats:
    return np.asarray([before, after], dtype=np.float64)


def _ratio_interval(families: list[Floats], *, value: float, seed: int) -> tuple[float, float]:
    """Bound tuned / base: the wider of the stratified bootstrap and, for right-or-wrong, Tango's interval."""
    items = sum(pair.shape[1] for pair in families)
    if items < 2:
        return 0.0, max(2.0, 2 * value)
    sums = np.zeros((2, RESAMPLES))
    for number, pair in enumerate(families):
        sums += _paired_sums(pair, seed=seed + number)
    drawn = sums[0] > 0
    ratios = np.where(drawn, sums[1] / np.where(drawn, sums[0], 1.0), value)
    low, high = _percentiles(np.asarray(ratios, dtype=np.float64), centre=value, items=items)
    both = np.concatenate(families, axis=1)
    if _is_binary(both):
        lost, won = int(np.sum(both[0] > both[1])), int(np.sum(both[1] > both[0]))
        least, most = paired_interval(lost, won, items)
        base_share = float(both[0].mean())
        low, high = min(low, 1 + least / base_share), max(high, 1 + most / base_share)
    return max(0.0, min(low, value)), max(high, value)


def _paired_sums(pair: Floats, *, seed: int) -> Floats:
    """Resample the sums of base and tuned values of one family together."""
    distinct, counts = np.unique(pair, axis=1, return_counts=True)
    items = pair.shape[1]
    if distinct.shape[1] <= FEW_KINDS:
        drawn = resampled_counts(counts, seed=seed)
        return np.asarray((drawn @ distinct.T).T, dtype=np.float64)
    generator = np.random.default_rng(seed)
    rows = max(1, CELLS_AT_ONCE // items)
    blocks = []
    for at in range(0, RESAMPLES, rows):
        picked = generator.integers(0, items, size=(min(rows, RESAMPLES - at), items))
        blocks.append(pair[:, picked].sum(axis=2))
    return np.concatenate(blocks, axis=1)
