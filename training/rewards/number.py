"""Did the completion end on the right number?"""

from __future__ import annotations

from collections.abc import Sequence

from training.answers import numbers_agree


def number(
    completions: Sequence[str], *, answer: Sequence[str | float], tolerance: float = 1e-6
) -> list[float]:
    """Score 1.0 where the last number written agrees with the reference's last number.

    `tolerance` is relative, absolute below 1. The last number counts, not any: a completion that tries every
    value in turn must not be paid for having mentioned the right one.

    >>> number(["6 x 7 = 42", "perhaps 42, or 43"], answer=["#### 42", 42])
    [1.0, 0.0]
    """
    return [
        float(numbers_agree(str(wanted), completion, tolerance=tolerance))
        for completion, wanted in zip(completions, answer, strict=True)
    ]
