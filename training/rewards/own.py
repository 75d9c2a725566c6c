"""A person's own reward: a Python file with a function `reward(completions, **columns)`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.rewards import sandbox
from training.rewards.sandbox import Limits


def own(
    completions: Sequence[str], *, file: Path, columns: dict[str, Sequence[Any]], limits: Limits | None = None,
    trusted: bool = False,
) -> list[float]:  # fmt: skip
    """Score with the function `reward` of `file`, shut in (see `sandbox.py`).

    The function names the columns that it wants; the packages of this Python are there to read. Raises RewardError
    where it raises, hangs, or needs more than it may.
    """
    order = {
        "kind": "reward",
        "source": file.read_text(encoding="utf-8"),
        "completions": list(completions),
        "columns": {name: list(values) for name, values in columns.items()},
    }
    return list(
        sandbox.scores_of(
            sandbox.run(order, limits=limits, trusted=trusted), name=f"python:{file.name}"
        )
    )
