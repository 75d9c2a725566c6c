"""Ways of asking an untouched model: an instruction, and answered examples, the same for all or those most like the item.

No torch, and nothing but the standard library: the same examples are found wherever the prompt is used later.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from training.rows import Row

GROUP = 3
"""Letters in a group: words share groups with their other forms, and Chinese needs no word boundaries."""
MOST_COMMON = 0.2
"""Groups that more than this share of the rows have say nothing about likeness."""
MOST_CANDIDATES = 3_000
"""Rows that examples are looked for in; more are drawn from evenly. Our default."""
MOST_LETTERS = 1_000


class Similar:
    """Finds the rows most like an item: those that share rare groups of letters with it."""

    def __init__(self, rows: Sequence[Row]) -> None:
        answered = [row for row in rows if row.has_answer and row.answer.strip()]
        step = max(1, math.ceil(len(answered) / MOST_CANDIDATES))
        self.rows = answered[::step]
        found = [_groups(row) for row in self.rows]
        counts = Counter(group for groups in found for group in groups)
        common = max(2.0, MOST_COMMON * len(self.rows))
        self._weight = {
            group: math.log(len(self.rows) / count) + 1e-6
            for group, count in counts.items()
            if count <= common
        }
        self._holders: dict[str, list[int]] = defaultdict(list)
        self._length = [0.0] * len(self.rows)
        for place, groups in enumerate(found):
            for group in groups & self._weight.keys():
                self._holders[group].append(place)
                self._length[place] += self._weight[group] ** 2

    def to(self, row: Row, count: int) -> list[Row]:
        """The `count` rows most like this one, the likest last, where a model heeds it most; never the row itself."""
        shared: dict[int, float] = defaultdict(float)
        for group in _groups(row) & self._weight.keys():
            for place in self._holders[group]:
                shared[place] += self._weight[group] ** 2
        own = tuple(turn.content for turn in row.prompt)
        ranked = sorted(
            (place for place in shared if tuple(turn.content for turn in self.rows[place].prompt) != own),
            key=lambda place: (-shared[place] / math.sqrt(self._length[place]), place),
        )  # fmt: skip
        return [self.rows[place] for place in reversed(ranked[:count])]


def written_out(system: str | None, shots: Sequence[Row], *, language: str = "en") -> str:
    """The prompt as one text to copy: the instruction, then the examples.

    >>> written_out("Say which topic it is.", [])
    'Say which topic it is.'
    """
    asked, answered = ("问：", "答：") if language == "zh" else ("Question: ", "Answer: ")
    parts = [system] if system else []
    parts += [f"{asked}{_question(row)}\n{answered}{row.answer}" for row in shots]
    return "\n\n".join(parts)


def _question(row: Row) -> str:
    return "\n".join(turn.content for turn in row.prompt if turn.role != "system")


def _groups(row: Row) -> set[str]:
    text = f" {' '.join(_question(row).lower().split())[:MOST_LETTERS]} "
    return {text[at : at + GROUP] for at in range(len(text) - GROUP + 1)}
