"""What every reader gives back, and the one error that every reader raises."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from training.text import Text


class FormatError(ValueError):
    """A file cannot be read as it stands. Says what, where, and what to do now."""

    def __init__(self, what: Text, *, where: str, what_to_do: Text) -> None:
        super().__init__(f"{what} ({where}) {what_to_do}")
        self.what = what
        self.where = where
        self.what_to_do = what_to_do


class BrokenRowsError(FormatError):
    """Some rows cannot be read; the others can, and are offered by `skip_broken`."""

    def __init__(
        self, what: Text, *, where: str, what_to_do: Text, broken: tuple[int, ...], readable: int
    ) -> None:
        super().__init__(what, where=where, what_to_do=what_to_do)
        self.broken = broken
        self.readable = readable


@dataclass(frozen=True)
class Table:
    """The records of one file, with their row numbers as a person would count them."""

    name: str
    """The file's name, with the sheet where there are several: `book.xlsx#Tickets`."""
    format: str
    """`csv`, `tsv`, `xlsx`, `json`, `jsonl`, `parquet`, `txt` or `md`."""
    encoding: str
    columns: tuple[str, ...]
    records: list[dict[str, Any]]
    numbers: list[int]
    """Delimited files and sheets: the row as a spreadsheet shows it. JSON lines: the line. Else: from 1."""
    notes: tuple[Text, ...] = ()
    """What was found out or done while reading, for the person to check."""
    broken: tuple[int, ...] = field(default=())
    """Rows that could not be read and were left out, because that was asked for."""


def spelled(numbers: tuple[int, ...] | list[int], most: int = 5) -> str:
    """Write the first few row numbers in one phrase."""
    shown = ", ".join(f"{number:,}" for number in numbers[:most])
    return shown if len(numbers) <= most else f"{shown}, ..."
