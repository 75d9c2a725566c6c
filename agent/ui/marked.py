"""Two texts side by side with what differs marked, as HTML. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from agent.ui.safe import show

PIECE = re.compile(r"\s+|[A-Za-z0-9_]+|.", re.DOTALL)
"""Words stay whole; every other letter, a Han character too, is a piece of its own."""
LETTERS = 600
"""Longer texts are cut before they are compared: the time grows with the square."""


def differences(left: str, right: str) -> tuple[str, str]:
    """Give both texts as HTML, what the other has not in `<mark>`; a screen reader hears it as marked."""
    a, b = (PIECE.findall(text[:LETTERS]) for text in (left, right))
    shown: tuple[list[str], list[str]] = ([], [])
    for kind, a0, a1, b0, b1 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        for place, part in ((0, "".join(a[a0:a1])), (1, "".join(b[b0:b1]))):
            if part:
                safe = show(part, LETTERS)
                shown[place].append(safe if kind == "equal" else f"<mark>{safe}</mark>")
    ends = ("…" if len(left) > LETTERS else "", "…" if len(right) > LETTERS else "")
    return "".join(shown[0]) + ends[0], "".join(shown[1]) + ends[1]
