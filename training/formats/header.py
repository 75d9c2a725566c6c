"""Find the header in rows of cells, as exports have it: titles on top, empty columns, names twice.

Nothing is done in silence: whatever was passed over or renamed comes back as a note.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from training.text import Text

LOOK_AHEAD = 60
"""Rows looked at to find the header and the usual width."""
LONGEST_NAME = 80
"""A header cell longer than this many characters is a sentence, so the first row is data. A guess."""


class Numbered(NamedTuple):
    """A row of cells with its number in the file."""

    number: int
    cells: Sequence[Any]


class Grid(NamedTuple):
    """A table whose columns are named."""

    columns: tuple[str, ...]
    rows: list[Numbered]
    notes: tuple[Text, ...]
    """What was passed over or renamed."""


def is_blank(cell: Any) -> bool:
    """Whether a cell holds nothing but space."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def name_columns(rows: list[Numbered]) -> Grid:
    """Split titles, header and data. Blank rows go; an empty input gives an empty grid."""
    filled = [row for row in rows if not all(is_blank(cell) for cell in row.cells)]
    if not filled:
        return Grid((), [], ())
    notes: list[Text] = []
    start = _header_index(filled)
    if start:
        notes.append(
            Text(
                "The first {count} row(s) stand above the table and were passed over: {text!r}.",
                count=start,
                text=str(next(c for c in filled[0].cells if not is_blank(c)))[:60],
            )
        )
    header, data = filled[start], filled[start + 1 :]
    title = [str(cell).strip() for cell in header.cells]
    again = [row for row in data if [str(cell).strip() for cell in row.cells] == title]
    if len(again) > max(1, 0.05 * len(data)):
        again = []  # too often for a header: data without one
    if again:
        data = [row for row in data if [str(cell).strip() for cell in row.cells] != title]
    if _is_data(header, data):
        notes.append(
            Text("The table has no header, so its columns are called column 1, column 2, ...")
        )
        names: list[str] = ["" for _ in header.cells]
        data = filled[start:]
    else:
        if again:
            notes.append(
                Text(
                    "The header stands again in {count} row(s), first in row {row:,}; they were passed over.",
                    count=len(again),
                    row=again[0].number,
                )
            )
        names = ["" if is_blank(cell) else " ".join(str(cell).split()) for cell in header.cells]
    width = _used_width(names, data)
    columns, renamed = _unique(names[:width] + [""] * (width - len(names)))
    if renamed:
        notes.append(
            Text("Column names that occur twice were numbered: {names}.", names=", ".join(renamed))
        )
    return Grid(columns, data, tuple(notes))


def _header_index(rows: list[Numbered]) -> int:
    """Give the first row that is about as wide as the table is: what stands above are titles."""
    widths = [sum(not is_blank(cell) for cell in row.cells) for row in rows[:LOOK_AHEAD]]
    usual = Counter(widths).most_common(1)[0][0]
    if usual < 2:
        usual = max(widths) if sum(width >= 2 for width in widths) > len(widths) / 2 else 1
    for index, width in enumerate(widths):
        if width >= max(1, 0.6 * usual) and (width >= 2 or usual < 2):
            return index
    return 0


def _is_data(header: Numbered, data: list[Numbered]) -> bool:
    """Tell a first row that is already data: sentences, numbers, or values that come again below."""
    cells = [str(cell).strip() for cell in header.cells if not is_blank(cell)]
    if [cell for cell in cells if cell.isdigit()] in (
        [str(position) for position in range(len(cells))],
        [str(position) for position in range(len(cells) - 1)],
    ):
        return False  # pandas numbers columns that have no name
    if any(
        len(cell) > LONGEST_NAME or re.fullmatch(r"[-+]?\d+([.,]\d+)?%?", cell) for cell in cells
    ):
        return len(cells) > 1 or len(data) > 0
    if any(
        len(cell.split()) >= 4 and cell.endswith(("?", ".", "!", "？", "。", "！"))
        for cell in cells
    ):
        return True
    for index, cell in enumerate(header.cells):
        if is_blank(cell):
            continue
        below = [row.cells[index] for row in data[:2000] if index < len(row.cells)]
        again = sum(
            isinstance(value, str) and value.strip() == str(cell).strip() for value in below
        )
        if again >= 2 and again >= 0.005 * len(below):
            return True
    return False


def _used_width(names: list[str], data: list[Numbered]) -> int:
    """Drop unnamed columns at the right end that hold nothing."""
    width = max(len(names), max((len(row.cells) for row in data), default=0))
    while width and not (width <= len(names) and names[width - 1]):
        if any(width <= len(row.cells) and not is_blank(row.cells[width - 1]) for row in data):
            break
        width -= 1
    return width


def _unique(names: list[str]) -> tuple[tuple[str, ...], list[str]]:
    seen: Counter[str] = Counter()
    unique: list[str] = []
    renamed: list[str] = []
    for position, name in enumerate(names, start=1):
        name = name or f"column {position}"
        seen[name] += 1
        if seen[name] > 1:
            name = f"{name} ({seen[name]})"
            renamed.append(name)
        unique.append(name)
    return tuple(unique), renamed
