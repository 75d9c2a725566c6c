"""The plain mathematics of small samples: intervals of shares, exact tests, and how many items are enough.

Only the standard library; shares are 0 to 1 throughout. Rule ids name their source in the rule base.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

Z_95 = NormalDist().inv_cdf(0.975)
ALPHA = 0.05


def wilson(successes: float, items: int, *, z: float = Z_95) -> tuple[float, float]:
    """Give Wilson's interval of a share (ST-01); (0, 1) where there are no items.

    >>> low, high = wilson(25, 50)
    >>> round((high - low) / 2, 3)
    0.134
    """
    if items == 0:
        return 0.0, 1.0
    share = successes / items
    spread = z * math.sqrt(share * (1 - share) / items + z * z / (4 * items * items))
    centre = share + z * z / (2 * items)
    scale = 1 + z * z / items
    low = 0.0 if successes == 0 else max(0.0, (centre - spread) / scale)
    high = 1.0 if successes == items else min(1.0, (centre + spread) / scale)
    return low, high


def rule_of_three(items: int) -> float:
    """Give the upper 95 % bound of a share of which no case was seen in `items` (ST-04); 1 for no items."""
    return 1.0 if items == 0 else 1 - ALPHA ** (1 / items)


def mcnemar(only_base: int, only_tuned: int) -> float:
    """Give the exact two-sided p of McNemar's test: are the items that changed an even coin's throws (ST-02).

    >>> mcnemar(0, 6), mcnemar(3, 3)
    (0.03125, 1.0)
    """
    discordant, rarer = only_base + only_tuned, min(only_base, only_tuned)
    if discordant == 0:
        return 1.0
    logs = [
        math.lgamma(discordant + 1) - math.lgamma(k + 1) - math.lgamma(discordant - k + 1)
        for k in range(rarer + 1)
    ]
    tail = math.fsum(math.exp(log - discordant * math.log(2)) for log in logs)
    return min(1.0, round(2 * tail, 15))


def paired_interval(
    only_base: int, only_tuned: int, items: int, *, z: float = Z_95
) -> tuple[float, float]:
    """Give Tango's score interval of the difference of two paired shares (Tango 1998, Stat Med 17:891).

    It stays honest where nothing changed: 0 of 400 still leaves +-1 point.
    """
    if items == 0:
        return -1.0, 1.0
    value = (only_tuned - only_base) / items

    def too_far(delta: float) -> bool:
        return abs(_tango(only_base, only_tuned, items, delta)) > z

    low = -1.0 if value <= -1 else _boundary(too_far, outside=-1.0, inside=value)
    high = 1.0 if value >= 1 else _boundary(too_far, outside=1.0, inside=value)
    return low, high


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values for having looked at several probes (ST-07)."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, running = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted


def share_drop_p(before: float, after: float, items: int) -> float:
    """Give the one-sided p that a share fell, from the shares alone: unpaired, so on the careful side."""
    if items == 0 or after >= before:
        return 1.0
    pooled = (before + after) / 2
    error = math.sqrt(2 * pooled * (1 - pooled) / items)
    return 1 - NormalDist().cdf((before - after) / error)


def student_t_95(freedom: int) -> float:
    """Give the two-sided 95 % point of Student's t: exact to 4 degrees, then Cornish and Fisher's series."""
    exact = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}
    if freedom in exact:
        return exact[freedom]
    z = Z_95
    series = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return float(sum(term / freedom**power for power, term in enumerate(series)))


def required_items(
    smallest_difference: float, discordant_share: float, *, power: float = 0.8
) -> int:
    """Count the paired items that show a difference with `power`, two-sided .05 (ST-03).

    Shares, 0 to 1. Raises ValueError where so few items change that the difference cannot exist.

    >>> required_items(0.05, 0.2)
    626
    """
    if not 0 < smallest_difference <= discordant_share <= 1:
        raise ValueError(
            f"a difference of {smallest_difference:g} needs at least that share of changed items, "
            f"not {discordant_share:g}"
        )
    spread = math.sqrt(discordant_share - smallest_difference**2)
    root = Z_95 * math.sqrt(discordant_share) + NormalDist().inv_cdf(power) * spread
    return math.ceil(root * root / smallest_difference**2 - 1e-9)


def detectable_difference(items: int, discordant_share: float, *, power: float = 0.8) -> float:
    """Give the smallest difference that `items` paired items show; `discordant_share` where none is."""
    if items == 0 or required_items(discordant_share, discordant_share, power=power) > items:
        return discordant_share
    return _boundary(
        lambda d: required_items(d, discordant_share, power=power) > items,
        outside=1e-4,
        inside=discordant_share,
    )


def required_probe_items(
    max_forgetting: float,
    *,
    base_share: float,
    discordant_share: float = 0.1,
    expected: float = 1.0,
    power: float = 0.8,
) -> int:
    """Count the probes that show that the budget is kept, where the true retention is `expected`.

    Raises ValueError where it does not keep the budget anyway, or the base gets nothing right.
    """
    room = base_share * (expected - (1 - max_forgetting))
    if room <= 0:
        raise ValueError(
            f"a retention of {expected:g} at a base of {base_share:g} leaves no room within {max_forgetting:g}"
        )
    root = (Z_95 + NormalDist().inv_cdf(power)) * math.sqrt(discordant_share)
    return math.ceil(root * root / room**2)


def _tango(only_base: int, only_tuned: int, items: int, delta: float) -> float:
    """Standardise the observed difference against `delta`, with the nuisance share at its likeliest."""
    numerator = only_tuned - only_base - items * delta
    a = 2.0 * items
    b = -only_tuned - only_base + (2 * items - only_tuned + only_base) * delta
    c = -only_base * delta * (1 - delta)
    nuisance = max(0.0, (math.sqrt(max(0.0, b * b - 4 * a * c)) - b) / (2 * a))
    variance = items * (2 * nuisance + delta * (1 - delta))
    if variance <= 0:
        return 0.0 if abs(numerator) < 1e-12 else math.copysign(math.inf, numerator)
    return numerator / math.sqrt(variance)


def _boundary(too_far: Callable[[float], bool], *, outside: float, inside: float) -> float:
    """Halve towards the point between `inside` and `outside` where `too_far` begins."""
    if not too_far(outside):
        return outside
    for _ in range(50):
        middle = (outside + inside) / 2
        if too_far(middle):
            outside = middle
        else:
            inside = middle
    return inside
