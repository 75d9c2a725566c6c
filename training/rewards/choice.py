"""Did the completion choose the right one of the lettered answers?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from training.answers import fold
from training.rewards.reward import spoken

MARKED = re.compile(
    r"(?:answer|choice|option|答案|选项?)\s*(?:is|:|=|是|为)?\s*[\s:*(\[]*([A-Z])\b(?![\w'])",
    re.IGNORECASE,
)
ALONE = re.compile(r"(?<![\w'])\(?([A-Z])\)?(?![\w'])")


def choice(
    completions: Sequence[str], *, answer: Sequence[str], letters: str = "ABCDE"
) -> list[float]:
    """Score 1.0 where the completion settles on the reference's letter.

    The last `answer: B` counts; without one, a letter counts only where it is the only one named. A completion
    that names several without settling is paid nothing.

    >>> choice(["(B)", "A or B", "A is wrong. Answer: B", "b"], answer=["B"] * 4)
    [1.0, 0.0, 1.0, 1.0]
    """
    wanted = [_letter(str(reference), letters) for reference in answer]
    return [
        float(letter is not None and _letter(completion, letters) == letter)
        for completion, letter in zip(completions, wanted, strict=True)
    ]


def _letter(text: str, letters: str) -> str | None:
    bare = fold(spoken(text))
    if len(bare.strip("()[]. *")) == 1:
        bare = bare.upper()
    marked: list[str] = [
        found.upper() for found in MARKED.findall(bare) if found.upper() in letters
    ]
    if marked:
        return marked[-1]
    named: set[str] = {found for found in ALONE.findall(bare) if found in letters}
    return named.pop() if len(named) == 1 else None
