"""The first glance at files that were just handed over: size and about how many lines, in milliseconds, before they are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from training.text import Text, join

GLANCE_BYTES = 1 << 20
LINED = frozenset({".csv", ".tsv", ".jsonl", ".txt", ".md", ".json"})
"""Files whose lines tell something."""
FILES_SHOWN = 8


def glance(files: Sequence[Path]) -> Text:
    """Say of each file how large it is; of text files about how many lines. Reads at most a mebibyte of each."""
    said = [_file(path) for path in files[:FILES_SHOWN]]
    if len(files) > FILES_SHOWN:
        said.append(Text("and {more:,} more {more:file|files}", more=len(files) - FILES_SHOWN))
    return join([Text("- {line}", line=one) for one in said], "\n")


def _file(path: Path) -> Text:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(GLANCE_BYTES)
    except OSError:
        return Text("{name}: it cannot be opened", name=path.name)
    amount = _amount(size)
    if path.suffix.lower() not in LINED or not head:
        return Text("{name}: {amount}", name=path.name, amount=amount)
    lines = head.count(b"\n") + (0 if head.endswith(b"\n") else 1)
    if size <= len(head):
        return Text(
            "{name}: {amount}, {lines:,} {lines:line|lines}",
            name=path.name,
            amount=amount,
            lines=lines,
        )
    about = round(lines * size / len(head), -2)
    return Text(
        "{name}: {amount}, about {lines:,} lines", name=path.name, amount=amount, lines=int(about)
    )


def _amount(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{max(0.1, size / 1e3):,.1f} kB"
