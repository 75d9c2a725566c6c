"""Are the fields of the JSON answer the right ones, with the right values?"""

from __future__ import annotations

from collections.abc import Sequence

from training.answers import field_f1


def fields(completions: Sequence[str], *, answer: Sequence[str]) -> list[float]:
    """Score F1 over the fields of both JSON values, nested ones by their path, lists in any order.

    Made-up fields cost as much as missing ones.

    >>> fields(['{"a": 1, "b": 2}', "a=1"], answer=['{"a": 1, "b": 3}'] * 2)
    [0.5, 0.0]
    """
    return [
        field_f1(wanted, completion) for completion, wanted in zip(completions, answer, strict=True)
    ]
