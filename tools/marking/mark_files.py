"""Answers to mark, as a sheet that people fill in, and the marks read back from it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tools.errors import DataError
from tools.judging.run_answers import Answered
from tools.marking.marks import Mark, outputs
from training.formats import FormatError, Table, read
from training.rows import Message, Row
from training.text import Text

QUESTION, ANSWER, REFERENCE, GOOD = "question", "answer", "reference", "is_good"
"""`good` alone would be the name of a column and what stands in it: then nobody can tell the header from a row."""
YES = frozenset(
    {"yes", "y", "good", "1", "1.0", "true", "x", "ok", "+", "👍", "✓", "好", "是", "对"}
)
NO = frozenset(
    {"no", "n", "bad", "0", "0.0", "false", "-", "👎", "✗", "坏", "差", "否", "不", "不好", "错"}
)


def write_sheet(path: Path, found: Sequence[Answered], count: int) -> int:
    """Write different answers of a model with an empty column for the marks; how many. Raises OSError."""
    picked = outputs(found, count)
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow((QUESTION, ANSWER, REFERENCE, GOOD))
        sheet.writerows((one.prompt, one.base, one.row.answer, "") for one in picked)
    return len(picked)


def read_marks(path: Path) -> tuple[tuple[Mark, ...], int]:
    """Read the marks of a sheet, and count the rows without one. Raises DataError."""
    try:
        table = read(path)
    except FormatError as error:
        raise DataError(error.what, where=error.where, what_to_do=error.what_to_do) from error
    table = _with_names(table)
    missing = [name for name in (QUESTION, ANSWER, GOOD) if name not in table.columns]
    if missing:
        raise DataError(
            Text("The sheet of marks has no column called {name}.", name=missing[0]), where=path.name,
            what_to_do=Text("It needs the columns question, answer and is_good; reference is welcome."),
        )  # fmt: skip
    marks, open_ones = [], 0
    for number, record in zip(table.numbers, table.records, strict=True):
        said = str(record[GOOD] if record[GOOD] is not None else "").strip().casefold()
        if not said:
            open_ones += 1
            continue
        if said not in YES | NO:
            raise DataError(
                Text("The mark {said!r} in row {number:,} is neither good nor bad.", said=said[:40], number=number),
                where=path.name, what_to_do=Text("Write yes or no, good or bad, or 1 or 0; leave it empty to leave the row out."),
            )  # fmt: skip
        marks.append(Mark(row=_row(f"{path.name}:{number}", record), answer=str(record[ANSWER] or ""), good=said in YES))  # fmt: skip
    return tuple(marks), open_ones


def _with_names(table: Table) -> Table:
    """Give the columns their names: `good` is taken too, and a first row that is the header after all."""
    first = [str(value) for value in table.records[0].values()] if table.records else []
    if {QUESTION, ANSWER} <= set(first) and not {QUESTION, ANSWER} & set(table.columns):
        old, names = table.columns, first
        table = replace(table, columns=tuple(names), numbers=table.numbers[1:], records=[
            dict(zip(names, (record[column] for column in old), strict=True)) for record in table.records[1:]
        ])  # fmt: skip
    if "good" not in table.columns or GOOD in table.columns:
        return table
    renamed = {name: GOOD if name == "good" else name for name in table.columns}
    return replace(table, columns=tuple(renamed.values()), records=[
        {renamed[name]: value for name, value in record.items()} for record in table.records
    ])  # fmt: skip


def _row(name: str, record: dict[str, Any]) -> Row:
    turns = [Message(role="user", content=str(record[QUESTION] or ""))]
    reference = str(record.get(REFERENCE) or "")
    if reference:
        turns.append(Message(role="assistant", content=reference))
    return Row(id=name, messages=tuple(turns))
