"""The reward a person names: tried when the plan is made, and its files taken into the run.

A reward that takes a file names it after the colon: `python:mine.py`. In the plan the path is absolute; in the run
directory the file lies in `rewards/` and is named alone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.errors import PlanError
from training.errors import TrainingError
from training.rewards import columns_of, lacking, named
from training.rows import Row
from training.text import Text

Change = Callable[[Path], str]
TRIED_ROWS = 3
TAKES_FILE = frozenset({"python", "json_schema", "judge", "sum"})


def settled(written: str | None) -> str | None:
    """Give the reward with the absolute path of its file. Raises PlanError where it cannot be used."""
    if written is None:
        return None
    made = _with_path(written, lambda path: str(path.expanduser().resolve()))
    try:
        named(made)
    except TrainingError as error:
        raise PlanError(error.what, where="--reward", what_to_do=error.what_to_do) from error
    for part in _parts(made):
        settled(part)
    return made


def try_out(written: str | None, rows: Sequence[Row], *, trusted: bool = False) -> None:
    """See that the rows have what the reward reads, and let rules and the person's own code score reference answers.

    Raises PlanError where a column lacks, where the code raises, gives the wrong number of scores, or cannot be shut in and
    is not `trusted`: before anything is loaded.
    """
    made = settled(written)
    if made is not None and rows:
        _refuse_lacking(made, rows)
    for part in [made, *_parts(made)] if made is not None else []:
        if not part.startswith(("python:", "constraints")) or not rows:
            continue
        tried = rows[:TRIED_ROWS] if part.startswith("python:") else rows
        try:
            named(part, trusted=trusted)([row.answer for row in tried], **columns_of(tried))
        except TrainingError as error:
            raise PlanError(error.what, where="--reward", what_to_do=error.what_to_do) from error


def _refuse_lacking(written: str, rows: Sequence[Row]) -> None:
    column = lacking(named(written, trusted=True), rows)
    if column is None:
        return
    missing = sum(1 for row in rows if lacking(named(written, trusted=True), [row]) is not None)
    raise PlanError(
        Text("The reward {name} needs {column}, and {missing:,} of {rows:,} rows do not have it.", name=written, column=column, missing=missing, rows=len(rows)),
        where="--reward",
        what_to_do=Text("Add that column to your rows, or name a reward that does without: json_schema, regex, constraints or judge."),
    )  # fmt: skip


def in_run(written: str | None) -> str | None:
    """Give the reward as the run directory names it: its file without the folders."""
    return None if written is None else _with_path(written, lambda path: path.name)


def files_of(written: str | None) -> list[Path]:
    """Name the files that a reward reads, those of its parts too."""
    if written is None:
        return []
    own = _file(written)
    parts = [path for part in _parts(written) for path in files_of(part)]
    return parts if own is None else [own, *parts]


def copy_files(written: str | None, folder: Path) -> None:
    """Copy the files that the reward needs into `folder`. Raises OSError."""
    for one in ([written] if written else []) + (_parts(written) if written else []):
        path = _file(one)
        if path is not None:
            folder.mkdir(exist_ok=True)
            shutil.copyfile(path, folder / path.name)


def judges(written: str | None) -> list[str]:
    """Name the judges by rubric that a reward asks, those of its parts too."""
    if written is None:
        return []
    own = [written] if written.partition(":")[0].strip() == "judge" else []
    return own + [one for part in _parts(written) for one in judges(part)]


def _file(written: str) -> Path | None:
    name, _, argument = written.partition(":")
    if name.strip() not in TAKES_FILE or not argument.strip() or argument.lstrip().startswith("{"):
        return None
    return Path(argument.strip())


def _with_path(written: str, change: Change) -> str:
    path = _file(written)
    return written if path is None else f"{written.partition(':')[0].strip()}:{change(path)}"


def _parts(written: str) -> list[str]:
    """Give the rewards that a sum is made of, those that take a file too."""
    name, _, argument = written.partition(":")
    if name.strip() != "sum":
        return []
    path = _file(written)
    try:
        settings = json.loads(argument if path is None else path.read_text(encoding="utf-8"))
        parts = [str(part["reward"]) for part in settings["parts"]]
        return parts + ([str(settings["gate"])] if settings.get("gate") else [])
    except (OSError, ValueError, KeyError, TypeError):
        return []  # `named` has said, or will say, what is wrong with it
