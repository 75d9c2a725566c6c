"""Questions that have no answer yet, read from the person's files as rows without an answer: for a teacher to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tools.choice import Choice
from tools.data.canonical import canonical
from tools.data.cells import as_text, is_missing
from tools.data.column_names import fitness
from tools.data.column_shapes import Columns
from tools.data.message_tables import joined
from tools.data.turns import TurnsError, read_turns
from tools.errors import DataError
from training.formats import FormatError, Table, files_in, read
from training.rows import Row
from training.text import Text

Roles = Mapping[str, str | list[str]]
CLEARLY_A_QUESTION = 1.0
"""From this fitness on a column's name says that it is asked."""


def unanswered(files: Sequence[Path], roles: Roles) -> list[Row]:
    """Give the rows of the person's own files that ask something and have no answer. Raises DataError."""
    asked, answer = roles.get("prompt"), roles.get("label") or roles.get("answer")
    if not isinstance(asked, str) or not isinstance(answer, str):
        return []
    found: list[Row] = []
    for table in _tables(files):
        if asked in table.columns and answer in table.columns:
            gaps = [
                index
                for index, record in enumerate(table.records)
                if is_missing(as_text(record.get(answer)), label="label" in roles)
            ]
            found += _rows(_only(table, gaps), asked, roles)
    return found


def questions(file: Path, roles: Roles) -> list[Row]:
    """Give what a file asks, whatever answers stand beside it. Raises DataError where nothing is asked.

    The column is the one that asks in the person's own data, else the one whose name says so, else the only one.
    """
    found: list[Row] = []
    for table in _tables([file]):
        turns = next((name for name in table.columns if name in ("messages", "conversations")), "")
        if turns:
            found += _from_conversations(table, turns)
        else:
            found += _rows(table, _asking_column(table, roles), roles)
    if not found:
        raise DataError(
            Text("The file asks nothing."), where=str(file),
            what_to_do=Text("Give a file with one question a row, in a column called {name!r}.", name=str(roles.get("prompt", "prompt"))),
        )  # fmt: skip
    return found


def _tables(files: Sequence[Path]) -> list[Table]:
    try:
        return [joined(read(file)) for file in files_in(list(files))[0]]
    except FormatError as error:
        raise DataError(error.what, where=error.where, what_to_do=error.what_to_do) from error


def _only(table: Table, indexes: Sequence[int]) -> Table:
    return replace(
        table,
        records=[table.records[index] for index in indexes],
        numbers=[table.numbers[index] for index in indexes],
    )


def _rows(table: Table, asked: str, roles: Roles) -> list[Row]:
    named: dict[str, str | list[str]] = {"prompt": asked}
    for role in ("system", "context"):
        columns = roles.get(role, [])
        there = [name for name in ([columns] if isinstance(columns, str) else columns) if name in table.columns]  # fmt: skip
        if there:
            named[role] = there[0] if role == "system" else there
    because = Text("You said which columns to use.")
    reading = Columns(Choice(value=named, because=because, origin="user"))
    return canonical(table, reading, answered=False).rows


def _asking_column(table: Table, roles: Roles) -> str:
    own = roles.get("prompt")
    if isinstance(own, str) and own in table.columns:
        return own
    if len(table.columns) == 1:
        return table.columns[0]
    fitting = sorted(table.columns, key=lambda name: -fitness(name, "prompt"))
    if fitting and fitness(fitting[0], "prompt") >= CLEARLY_A_QUESTION:
        return fitting[0]
    raise DataError(
        Text("No column says that it holds the questions. The columns are: {columns}.", columns=", ".join(table.columns)),
        where=table.name,
        what_to_do=Text("Call that column {name!r}, as in your own data.", name=own if isinstance(own, str) else "prompt"),
    )  # fmt: skip


def _from_conversations(table: Table, column: str) -> list[Row]:
    """Take what stands before the last answer; conversations of no known form are an error, not a gap."""
    rows = []
    for record, number in zip(table.records, table.numbers, strict=True):
        try:
            turns = read_turns(record.get(column))
        except TurnsError as error:
            raise DataError(
                Text("This conversation cannot be read: {why}.", why=str(error)),
                where=f"{table.name} row {number:,}",
                what_to_do=Text(
                    'Write each conversation as a list of turns: {{"role": "user", "content": ...}}.'
                ),
            ) from error
        while turns and turns[-1].role != "user":
            turns = turns[:-1]
        if turns:
            rows.append(Row(id=f"{table.name}:{number}", messages=tuple(turns)))
    return rows
