"""Two columns whose names are opposites and that both hold texts: a better and a worse answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tools.data.column_facts import facts
from tools.data.column_names import fitness, plain

OPPOSITES: tuple[tuple[str, str], ...] = (
    ("chosen", "rejected"), ("accepted", "rejected"), ("preferred", "rejected"), ("preferred", "dispreferred"), ("preferred", "nonpreferred"),
    ("better", "worse"), ("best", "worst"), ("good", "bad"), ("winner", "loser"), ("winning", "losing"), ("win", "lose"), ("liked", "disliked"),
    ("approved", "rejected"), ("positive", "negative"), ("pos", "neg"), ("upvoted", "downvoted"),
    ("优选", "拒绝"), ("更好", "更差"), ("较好", "较差"), ("好", "坏"), ("好", "差"), ("优", "劣"), ("优", "差"), ("正例", "负例"), ("喜欢", "不喜欢"), ("采纳", "拒绝"),
)  # fmt: skip
"""A word in a column's name, and the word its counterpart has in that place."""


def better_and_worse(
    names: Sequence[str], records: Sequence[dict[str, Any]]
) -> tuple[str, str] | None:
    """Name the columns of the better and the worse answer, or None.

    The names differ in one word and that word is an opposite (`good_reply` and `bad_reply`); counts
    and labels under such names (`positive`, `negative`) are none, since answers are texts or turns.
    """
    by_plain = {plain(name): name for name in names}
    for better, worse in OPPOSITES:
        for bare, name in by_plain.items():
            other = by_plain.get(_counterpart(bare, better, worse) or "")
            if other and other != name and _is_answer(name, records) and _is_answer(other, records):
                return name, other
    chosen = next((name for name in names if fitness(name, "chosen") >= 1.5), None)
    rejected = next((name for name in names if fitness(name, "rejected") >= 1.5), None)
    return (chosen, rejected) if chosen and rejected else None


def _counterpart(bare: str, better: str, worse: str) -> str | None:
    if not better.isascii():
        return bare.replace(better, worse, 1) if better in bare and worse not in bare else None
    parts = bare.split("_")
    if better not in parts:
        return None
    return "_".join(worse if part == better else part for part in parts)


def _is_answer(name: str, records: Sequence[dict[str, Any]]) -> bool:
    held = facts(name, records)
    return held.nested > 0.5 or (held.cells > 0 and held.numeric < 0.5 and not held.is_closed)
