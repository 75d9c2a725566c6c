"""Does a pattern find in the completion what it should?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from training.answers import normalise
from training.rewards import sandbox
from training.rewards.reward import RewardError, spoken
from training.rewards.sandbox import Limits
from training.text import Text

SECONDS = 5.0
"""For all completions together. A pattern that needs longer backtracks without end on some of them."""


def regex(
    completions: Sequence[str], *, pattern: str, answer: Sequence[str] | None = None
) -> list[float]:
    """Score 1.0 where the pattern is found; where it has a group `answer`, its last find must be the reference.

    Of a reference in which the pattern is found too, only that part counts. Searched in a process of its own, because Python's patterns cannot be interrupted. Raises RewardError where the
    pattern is wrong or takes too long.

    >>> regex(["<a>4</a> or <a>7</a>", "7"], pattern="<a>(?P<answer>.*?)</a>", answer=["7", "7"])
    [1.0, 0.0]
    """
    check_pattern(pattern)
    wanted_too = list(answer) if answer is not None and compares(pattern) else []
    order = {
        "kind": "search",
        "pattern": pattern,
        "texts": [spoken(completion) for completion in [*completions, *wanted_too]],
    }
    outcome = sandbox.run(order, limits=Limits(seconds=SECONDS), trusted=True, packages=False)
    if outcome.how != "done":
        raise _refused(Text("it takes too long on some answer"), pattern)
    said, meant = outcome.value[: len(completions)], outcome.value[len(completions) :]
    if not wanted_too:
        return [float(found is not None) for found in said]
    return [
        float(found is not None and normalise(found) == normalise(whole if part is None else part))
        for found, part, whole in zip(said, meant, wanted_too, strict=True)
    ]


def compares(pattern: str) -> bool:
    """Say whether the pattern has a group `answer`, to be compared with the reference."""
    return "answer" in re.compile(pattern).groupindex


def check_pattern(pattern: str) -> None:
    """Refuse what is no pattern. Raises RewardError."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise _refused(Text("{said}", said=str(error)), pattern) from None


def _refused(why: Text, pattern: str) -> RewardError:
    return RewardError(
        Text("The pattern {pattern} cannot be used: {why}.", pattern=repr(pattern)[:120], why=why),
        where="regex",
        what_to_do=Text(
            "Write a simpler pattern; a group named answer is compared with the reference."
        ),
    )
