"""Several rewards as one, with a gate in front.

Format is a gate, never a bonus (RW-03): in a group of wrong answers an additive format bonus would teach long, wrong
and well-formed ones (tinker-cookbook, open-instruct `additive_format_reward False`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.rewards.reward import Reward

GATE_OPENS_AT = 0.5


def weighted(
    completions: Sequence[str],
    *,
    parts: Sequence[tuple[float, Reward]],
    gate: Reward | None = None,
    columns: dict[str, Sequence[Any]],
) -> list[float]:
    """Score the weighted mean of the parts, and 0.0 where the gate scores under a half.

    Weights are shares: they are divided by their sum, so that the whole stays between the parts' bounds.
    """
    total = sum(weight for weight, _ in parts)
    scores = [0.0] * len(completions)
    for weight, reward in parts:
        for place, score in enumerate(reward(completions, **columns)):
            scores[place] += weight / total * score
    if gate is None:
        return scores
    opened = gate(completions, **columns)
    return [
        score if held >= GATE_OPENS_AT else 0.0 for score, held in zip(scores, opened, strict=True)
    ]
