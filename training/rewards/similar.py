"""How like the reference is the completion, letter by letter?"""

from __future__ import annotations

from collections.abc import Sequence

from training.metrics import chrf
from training.rewards.reward import spoken

LONGER_IS_FREE = 1.25
"""A completion may be this many times as long as the reference before length costs. A guess; not tuned."""


def similar(completions: Sequence[str], *, answer: Sequence[str]) -> list[float]:
    """Score chrF (Popovic 2015), 0 to 1, lowered in proportion where the completion is much too long.

    chrF weighs recall, so that five times the reference would still be paid 0.55: length has to cost.

    >>> similar(["the cat sat", ""], answer=["the cat sat"] * 2)
    [1.0, 0.0]
    """
    return [
        _likeness(spoken(completion), wanted)
        for completion, wanted in zip(completions, answer, strict=True)
    ]


def _likeness(completion: str, wanted: str) -> float:
    if not completion or not wanted:
        return 0.0
    if completion == wanted.strip():
        return 1.0  # chrF gives texts shorter than its n-grams less
    fair = LONGER_IS_FREE * len(wanted) / len(completion)
    return round(chrf(wanted, completion) * min(1.0, fair), 6)
