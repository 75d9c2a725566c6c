"""Is the completion the reference, to the letter or but for case, spaces and outer punctuation?"""

from __future__ import annotations

from collections.abc import Sequence

from training.answers import normalise
from training.rewards.reward import spoken


def exact(completions: Sequence[str], *, answer: Sequence[str]) -> list[float]:
    """Score 1.0 where the completion is the reference to the letter, but for spaces around it.

    >>> exact(["Paris", " Paris ", "paris"], answer=["Paris"] * 3)
    [1.0, 1.0, 0.0]
    """
    return [
        float(spoken(completion) == wanted.strip())
        for completion, wanted in zip(completions, answer, strict=True)
    ]


def match(completions: Sequence[str], *, answer: Sequence[str]) -> list[float]:
    """Score 1.0 where both are the same but for case, runs of spaces, and quotes and punctuation at the ends.

    >>> match(["“paris.”", "Paris, France"], answer=["Paris"] * 2)
    [1.0, 0.0]
    """
    return [
        float(normalise(spoken(completion)) == normalise(wanted) != "")
        for completion, wanted in zip(completions, answer, strict=True)
    ]
