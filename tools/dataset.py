"""From the person's files to canonical rows, split and audited, and the profile that describes them.

The one module of the deciding side that reads data files; what it decides about them is in the pure
modules that it calls: columns, task, cleaning, duplicates, splits, quality.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tools.data.cleaning import (
    Kept,
    contaminated,
    drop_copies,
    join_spellings,
    kept,
    settle_conflicts,
    spelled_as,
    take_out_leaks,
)
from tools.data.column_shapes import Columns
from tools.data.describe import Prepared, describe
from tools.data.findings import example, issue
from tools.data.gather import BrokenDataError, DataOptions, files_and_test, gather, held_out_rows
from tools.data.holdout import hold_out
from tools.data.task import find_task
from tools.errors import DataError
from tools.marking import kept as kept_items
from tools.marking.kept import KeptItem
from tools.profile import Issue, Profile
from training.config import Task
from training.rows import Row
from training.text import Text

__all__ = ["BrokenDataError", "DataOptions", "Dataset", "prepare", "refuse_unusable"]


@dataclass(frozen=True)
class Dataset:
    """The rows of a run, and what is known about them."""

    profile: Profile
    train: list[Row]
    dev: list[Row]
    test: list[Row]
    replay: list[Row]
    """The person's general file; empty where none was given."""


def prepare(
    files: Sequence[Path], *, options: DataOptions, items: Sequence[KeptItem] = ()
) -> Dataset:
    """Read, clean, split and describe. Raises DataError: what is wrong, where, and what to do.

    `items`: questions that the person kept for this data; they join the test.
    """
    with _collector_paused():
        return _prepare(files, options, items)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Make many rows without looking for garbage among them: a fifth of the time, measured on 100,000 rows."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _prepare(files: Sequence[Path], options: DataOptions, items: Sequence[KeptItem]) -> Dataset:
    files, options, notes = files_and_test([Path(file) for file in files], options)
    gathered = gather(files, options, columns=options.columns)
    held_out = held_out_rows(gathered, options)
    task = find_task(gathered.made.rows, gathered.columns, goal=options.goal, given=options.task)
    columns = _named_for(gathered.columns, task.value)
    data = kept(gathered.made.rows, gathered.made.numbers)
    if task.value == "classification":
        data = join_spellings(data)
    data = settle_conflicts(drop_copies(data), task.value)
    _refuse_nothing_left(data, files)
    audits: list[Issue] = []
    if held_out is not None:
        if task.value == "classification":
            held_out = spelled_as(sorted(set(data.answers)), held_out)
        data, leak = take_out_leaks(data, held_out)
        audits += [leak] if leak is not None else []
        _refuse_all_leaked(data, options)
        audits += _unknown_labels(data, held_out, task.value)
    mine = kept_items.join(data, items, task=task.value, given=held_out)
    data, own = mine.data, mine.items
    _refuse_nothing_left(data, files)
    audits += _unknown_labels(data, own, task.value) if own is not None else []
    parts, near_copies = hold_out(data, task.value, options, held_out)
    audits += [near_copies] if near_copies is not None else []
    test = kept_items.with_items(held_out or data.only(parts[2]), own)
    if (overlap := contaminated([data.keys[i] for i in (*parts[0], *parts[1])], test)) is not None:
        audits.append(overlap)
    prepared = Prepared(gathered, data, columns, task, test, parts, audits, options, own)
    profile = describe(prepared)
    profile = profile.model_copy(
        update={"notes": (*notes, *profile.notes, *mine.notes), "files": tuple(map(str, files))}
    )
    return Dataset(
        profile=profile,
        train=[data.rows[i] for i in parts[0]],
        dev=[data.rows[i] for i in parts[1]],
        test=list(test.rows),
        replay=_general(options),
    )


def refuse_unusable(profile: Profile) -> None:
    """Raise DataError for the first blocking issue: called before anything is planned or started."""
    for found in profile.issues:
        if found.severity == "blocking":
            where = ", ".join(Path(file).name for file in profile.files) or profile.format
            rows = [
                str(shown["row"])
                for shown in found.examples
                if isinstance(shown, dict) and "row" in shown
            ]
            raise DataError(
                found.text, where=f"{where} row {rows[0]}" if rows else where, what_to_do=found.fix
            )


def _refuse_nothing_left(data: Kept, files: Sequence[Path]) -> None:
    if len(data.rows) < 2:
        raise DataError(
            Text(
                "Without copies and contradictions {count} usable {count:row is|rows are} left; at least two are needed, and about 50 to learn from.",
                count=len(data.rows),
            ),
            where=", ".join(file.name for file in files),
            what_to_do=Text("Give more rows that differ, and one answer for each question."),
        )


def _refuse_all_leaked(data: Kept, options: DataOptions) -> None:
    if len(data.rows) < 2:
        raise DataError(
            Text("Every training row also stands in the evaluation file."),
            where=str(options.eval_file),
            what_to_do=Text(
                "Give another evaluation file, or none: then some of the rows are held out."
            ),
        )


def _unknown_labels(data: Kept, held_out: Kept, task: Task) -> list[Issue]:
    """Labels that are asked for and cannot have been learnt."""
    if task != "classification":
        return []
    known = set(data.answers)
    strange = [index for index, answer in enumerate(held_out.answers) if answer not in known]
    if not strange:
        return []
    labels = sorted({held_out.answers[index] for index in strange})
    return [
        issue(
            "class_imbalance",
            "warning",
            count=len(strange),
            of=len(held_out.rows),
            examples=[
                example(held_out.numbers[i], held_out.asked[i], label=held_out.answers[i])
                for i in strange[:5]
            ],
            text=Text(
                "{count:,} evaluation {count:row has|rows have} a label that no training row has: {labels}.",
                count=len(strange),
                labels=", ".join(labels[:5]),
            ),
            fix=Text("Add training rows with these labels, or expect these rows to be wrong."),
        )
    ]


def _named_for(columns: Columns, task: Task) -> Columns:
    """Call the answer `label` in a classification, and `answer` elsewhere."""
    wrong, right = ("answer", "label") if task == "classification" else ("label", "answer")
    if wrong not in columns.roles:
        return columns
    roles = {right if role == wrong else role: name for role, name in columns.roles.items()}
    candidates = {
        right if role == wrong else role: names for role, names in columns.candidates.items()
    }
    return Columns(columns.choice.model_copy(update={"value": roles}), candidates)


def _general(options: DataOptions) -> list[Row]:
    """Read the general data for replay, whatever their form."""
    if options.general_file is None:
        return []
    found, _, _ = files_and_test(
        [options.general_file], replace(options, eval_file=options.general_file)
    )
    gathered = gather(found, options, columns=None)
    data = drop_copies(kept(gathered.made.rows, gathered.made.numbers))
    return data.rows
