"""Read the person's files and make canonical rows of them, before anything is cleaned or split."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tools.choice import Choice
from tools.data.canonical import Canonical, canonical
from tools.data.cleaning import Kept, kept
from tools.data.column_shapes import Columns
from tools.data.columns import assign
from tools.data.message_tables import joined
from tools.data.splits import MAX_DEV, MAX_TEST
from tools.errors import DataError
from training.config import Task
from training.formats import BrokenRowsError, FormatError, Table, files_in, read
from training.rows import Row
from training.text import Text

TEST_FILE = re.compile(
    r"^(.*[-_. ])?(test|eval|evaluation|heldout|holdout|测试|评测)([-_. ].*)?$", re.IGNORECASE
)


@dataclass(frozen=True)
class DataOptions:
    """What the person said about the data."""

    goal: str = ""
    eval_file: Path | None = None
    """Its rows are the test, all of them; their copies leave the training rows."""
    general_file: Path | None = None
    """General data to mix in against forgetting."""
    columns: Mapping[str, Any] | None = None
    """Role -> column; it wins over what the names and contents say."""
    task: Task | None = None
    seed: int = 0
    max_dev: int = MAX_DEV
    max_test: int = MAX_TEST
    skip_broken: bool = False
    """Leave rows out that cannot be read, instead of stopping at the first."""
    for_reward: bool = False
    """A reward says what is right: rows may ask without an answer, and keep the other columns for it."""
    drop_unanswered: bool = False
    """Half or more of the answers may be missing: leave those rows out without asking."""


class BrokenDataError(DataError):
    """Some rows cannot be read; the others can, with `DataOptions(skip_broken=True)`."""

    def __init__(self, error: BrokenRowsError) -> None:
        super().__init__(error.what, where=error.where, what_to_do=error.what_to_do)
        self.broken = error.broken
        self.readable = error.readable


@dataclass
class Gathered:
    """Files read and made into rows, before cleaning."""

    tables: list[Table]
    columns: Columns
    made: Canonical
    notes: list[Text]


def files_and_test(
    files: list[Path], options: DataOptions
) -> tuple[list[Path], DataOptions, list[Text]]:
    """Open folders, and take a file that is called test as the evaluation file."""
    try:
        found, notes = files_in(files)
    except FormatError as error:
        raise DataError(error.what, where=error.where, what_to_do=error.what_to_do) from error
    if not found:
        raise DataError(
            Text("No file was given."), where="-", what_to_do=Text("Give the file with your data.")
        )
    tests = [path for path in found if TEST_FILE.match(path.stem)]
    if options.eval_file is None and len(tests) == 1 and len(found) > 1:
        note = Text("{file} is used as the test, because of its name.", file=tests[0].name)
        rest = [path for path in found if path != tests[0]]
        return rest, replace(options, eval_file=tests[0]), [*notes, note]
    if options.eval_file is not None and len(found) > 1:
        found = [path for path in found if path.resolve() != options.eval_file.resolve()]
    return found, options, list(notes)


def gather(
    files: Sequence[Path], options: DataOptions, *, columns: Mapping[str, Any] | None
) -> Gathered:
    """Read the files and make rows. Raises DataError where there are fewer than two."""
    tables = [_read(path, options) for path in files]
    made = Canonical()
    notes: list[Text] = []
    first: Columns | None = None
    families: dict[tuple[str, ...], list[Table]] = {}
    for table in tables:
        families.setdefault(tuple(sorted(table.columns)), []).append(table)
        notes += table.notes
    for family in families.values():
        roles = _roles(family, columns, options.goal, asks_only=options.for_reward)
        if options.task == "documents":
            roles = _as_texts(roles)
        first = first or roles
        for table in family:
            _extend(made, canonical(table, roles, answered=not _prompts_only(roles, options), beside=options.for_reward))  # fmt: skip
    assert first is not None
    where = ", ".join(table.name for table in tables)
    if len(made.rows) < 2:
        raise _too_little(made, where)
    if len(tables) > 1 and first.one("text"):
        made.rows = [
            row.model_copy(update={"group": row.id.rpartition(":")[0]}) for row in made.rows
        ]
    return Gathered(tables, first, made, [*notes, *made.notes])


def _read(path: Path, options: DataOptions) -> Table:
    try:
        return joined(read(path, skip_broken=options.skip_broken))
    except BrokenRowsError as error:
        raise BrokenDataError(error) from error
    except FormatError as error:
        raise DataError(error.what, where=error.where, what_to_do=error.what_to_do) from error


def _roles(
    family: Sequence[Table], columns: Mapping[str, Any] | None, goal: str, *, asks_only: bool = False
) -> Columns:  # fmt: skip
    if family[0].format in {"txt", "md"}:
        because = Text("The file is plain text.")
        return Columns(Choice(value={"text": "text"}, because=because))
    records = (
        family[0].records if len(family) == 1 else [r for table in family for r in table.records]
    )
    where = ", ".join(table.name for table in family)
    if not records:
        raise DataError(
            Text("There is a header and no row below it."),
            where=where,
            what_to_do=Text("Give a file with at least two rows below the header."),
        )
    return assign(family[0].columns, records, where=where, goal=goal, override=columns, asks_only=asks_only)  # fmt: skip


def _as_texts(columns: Columns) -> Columns:
    """Take what is asked as the text, where the person wants the texts learnt and not the answers."""
    asked = columns.one("prompt")
    if columns.one("text") or asked is None:
        return columns
    ignored = [name for role in columns.roles for name in columns.many(role) if name != asked]
    because = Text("You want texts learnt, so {column!r} is the text.", column=asked)
    return Columns(Choice(value={"text": asked, "ignore": ignored}, because=because, origin="user"))


def _prompts_only(columns: Columns, options: DataOptions) -> bool:
    said = columns.choice.origin == "user" or options.for_reward
    return said and not (columns.one("answer") or columns.one("label"))


def _extend(whole: Canonical, part: Canonical) -> None:
    for name in ("rows", "numbers", "unanswered", "unasked", "unreadable", "rated_bad", "notes"):
        getattr(whole, name).extend(getattr(part, name))


def _too_little(made: Canonical, where: str) -> DataError:
    if made.unanswered:
        return DataError(
            Text(
                "{count:,} {count:row asks|rows ask} something and {rows:,} {rows:has|have} an answer.",
                count=len(made.unanswered) + len(made.rows),
                rows=len(made.rows),
            ),
            where=f"{where} row {made.unanswered[0][0]:,}",
            what_to_do=Text("Fill in the answers, or say which column holds them."),
        )
    if made.unreadable:
        return DataError(
            Text("No conversation could be read: {why}.", why=made.unreadable[0][1]),
            where=f"{where} row {made.unreadable[0][0]:,}",
            what_to_do=Text(
                'Write each conversation as a list of turns: {{"role": "user", "content": ...}}.'
            ),
        )
    return DataError(
        Text(
            "{count:There is|There are} {count} usable {count:row|rows}; at least two are needed, and about 50 to learn from.",
            count=len(made.rows),
        ),
        where=where,
        what_to_do=Text("Give a file with more rows."),
    )


def held_out_rows(gathered: Gathered, options: DataOptions) -> Kept | None:
    """Read the evaluation file with the roles of the training file where it has the same columns."""
    if options.eval_file is None:
        return None
    path = options.eval_file
    try:
        found, _ = files_in([path])
    except FormatError as error:
        raise DataError(error.what, where=error.where, what_to_do=error.what_to_do) from error
    made = Canonical()
    for table in (_read(file, options) for file in found):
        names = {name for role in gathered.columns.roles for name in gathered.columns.many(role)}
        needed = {
            gathered.columns.one(role)
            for role in ("prompt", "answer", "label", "messages", "chosen", "rejected", "text")
        }
        if needed - {None} <= set(table.columns):
            roles = gathered.columns
        else:
            assert names
            roles = _roles([table], None, options.goal, asks_only=options.for_reward)
        _extend(made, canonical(table, roles, answered=not _prompts_only(roles, options), beside=options.for_reward))  # fmt: skip
    if not made.rows:
        raise DataError(
            Text("No row of the evaluation file has a question and an answer."),
            where=str(path),
            what_to_do=Text("Give it the same columns as the training file."),
        )
    if _form(made.rows[0]) != _form(gathered.made.rows[0]):
        raise DataError(
            Text(
                "The evaluation file holds {other}, the training file {form}.",
                other=_form(made.rows[0]),
                form=_form(gathered.made.rows[0]),
            ),
            where=str(path),
            what_to_do=Text("Give it the same columns as the training file."),
        )
    return kept(made.rows, made.numbers)


def _form(row: Row) -> Text:
    if row.chosen is not None:
        return Text("pairs of a better and a worse answer")
    return Text("plain texts") if row.text is not None else Text("questions with answers")
