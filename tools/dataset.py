"""From the person's files to canonical rows, split and audited, and the profile that describes them.

The one module of the deciding side that reads data files; what it decides about them is in the pure
modules that it calls: columns, task, cleaning, duplicates, splits, quality.
"""

from __future__ import annotations

import gc
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.canonical import Canonical, canonical
from tools.choice import Choice
from tools.cleaning import (
    Kept,
    contaminated,
    drop_copies,
    join_spellings,
    kept,
    settle_conflicts,
    spelled_as,
    take_out_leaks,
)
from tools.columns import Columns, assign
from tools.duplicates import clusters, near, normal
from tools.errors import DataError
from tools.findings import Material, example, issue
from tools.profile import Issue, Profile, TokenCounts
from tools.quality import check
from tools.scripts import TOKENS_PER_TURN, count_scripts, estimate_tokens, main_language
from tools.splits import MAX_DEV, MAX_TEST, sizes, split
from tools.task import find_task, is_final_number, is_json
from training.config import Task
from training.formats import BrokenRowsError, FormatError, Table, files_in, read
from training.rows import Row
from training.text import Text

TEST_FILE = re.compile(
    r"^(.*[-_. ])?(test|eval|evaluation|heldout|holdout|测试|评测)([-_. ].*)?$", re.IGNORECASE
)
SHOWN_ROWS = 3


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
    drop_unanswered: bool = False
    """Half or more of the answers may be missing: leave those rows out without asking."""


@dataclass(frozen=True)
class Dataset:
    """The rows of a run, and what is known about them."""

    profile: Profile
    train: list[Row]
    dev: list[Row]
    test: list[Row]
    replay: list[Row]
    """The person's general file; empty where none was given."""


class BrokenDataError(DataError):
    """Some rows cannot be read; the others can, with `DataOptions(skip_broken=True)`."""

    def __init__(self, error: BrokenRowsError) -> None:
        super().__init__(error.what, where=error.where, what_to_do=error.what_to_do)
        self.broken = error.broken
        self.readable = error.readable


@dataclass
class _Gathered:
    """Files read and made into rows, before cleaning."""

    tables: list[Table]
    columns: Columns
    made: Canonical
    notes: list[Text]


def prepare(files: Sequence[Path], *, options: DataOptions) -> Dataset:
    """Read, clean, split and describe. Raises DataError: what is wrong, where, and what to do."""
    with _collector_paused():
        return _prepare(files, options)


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


def _prepare(files: Sequence[Path], options: DataOptions) -> Dataset:
    files, options, notes = _own_test_file([Path(file) for file in files], options)
    gathered = _gather(files, options, columns=options.columns)
    held_out = _held_out(gathered, options)
    task = find_task(gathered.made.rows, gathered.columns, goal=options.goal, given=options.task)
    columns = _named_for(gathered.columns, task.value)
    data = kept(gathered.made.rows, gathered.made.numbers)
    if task.value == "classification":
        data = join_spellings(data)
    data = settle_conflicts(drop_copies(data), task.value)
    audits: list[Issue] = []
    if held_out is not None:
        if task.value == "classification":
            held_out = spelled_as(sorted(set(data.answers)), held_out)
        data, leak = take_out_leaks(data, held_out)
        audits += [leak] if leak is not None else []
        _refuse_all_leaked(data, options)
        audits += _unknown_labels(data, held_out, task.value)
    parts, near_copies = _split(data, task.value, options, held_out)
    audits += [near_copies] if near_copies is not None else []
    test = held_out or data.only(parts[2])
    if (overlap := contaminated([data.keys[i] for i in (*parts[0], *parts[1])], test)) is not None:
        audits.append(overlap)
    profile = _profile(
        gathered,
        data,
        columns=columns,
        task=task,
        audits=audits,
        test=test,
        parts=parts,
        options=options,
    )
    profile = profile.model_copy(
        update={"notes": (*notes, *profile.notes), "files": tuple(map(str, files))}
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


def _own_test_file(
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


def _gather(
    files: Sequence[Path], options: DataOptions, *, columns: Mapping[str, Any] | None
) -> _Gathered:
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
        roles = _roles(family, columns, options.goal)
        first = first or roles
        for table in family:
            _extend(made, canonical(table, roles, answered=not _prompts_only(roles)))
    assert first is not None
    where = ", ".join(table.name for table in tables)
    if len(made.rows) < 2:
        raise _too_little(made, where)
    if len(tables) > 1 and first.one("text"):
        made.rows = [
            row.model_copy(update={"group": row.id.rpartition(":")[0]}) for row in made.rows
        ]
    return _Gathered(tables, first, made, notes)


def _read(path: Path, options: DataOptions) -> Table:
    try:
        return read(path, skip_broken=options.skip_broken)
    except BrokenRowsError as error:
        raise BrokenDataError(error) from error
    except FormatError as error:
        raise DataError(error.what, where=error.where, what_to_do=error.what_to_do) from error


def _roles(family: Sequence[Table], columns: Mapping[str, Any] | None, goal: str) -> Columns:
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
    return assign(family[0].columns, records, where=where, goal=goal, override=columns)


def _prompts_only(columns: Columns) -> bool:
    return columns.choice.origin == "user" and not (columns.one("answer") or columns.one("label"))


def _extend(whole: Canonical, part: Canonical) -> None:
    for name in ("rows", "numbers", "unanswered", "unasked", "unreadable", "rated_bad", "notes"):
        getattr(whole, name).extend(getattr(part, name))


def _too_little(made: Canonical, where: str) -> DataError:
    if made.unanswered:
        return DataError(
            Text(
                "{count:,} rows ask something and {rows:,} have an answer.",
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
            "There is {count} usable row; at least two are needed, and about 50 to learn from.",
            count=len(made.rows),
        ),
        where=where,
        what_to_do=Text("Give a file with more rows."),
    )


def _held_out(gathered: _Gathered, options: DataOptions) -> Kept | None:
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
            roles = _roles([table], None, options.goal)
        _extend(made, canonical(table, roles))
    if not made.rows:
        raise DataError(
            Text("No row of the evaluation file has a question and an answer."),
            where=str(path),
            what_to_do=Text("Give it the same columns as the training file."),
        )
    return kept(made.rows, made.numbers)


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
                "{count:,} evaluation rows have a label that no training row has: {labels}.",
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


def _split(
    data: Kept, task: Task, options: DataOptions, held_out: Kept | None
) -> tuple[tuple[list[int], list[int], list[int]], Issue | None]:
    """Draw the parts from whole clusters of copies, near copies and groups (DQ-12)."""
    distinct = list(dict.fromkeys(data.keys))
    place = {key: index for index, key in enumerate(distinct)}
    language = "zh" if _is_han(distinct) else "en"
    found = near(distinct, han=language == "zh")
    groups: dict[str, list[int]] = {}
    for row, key in zip(data.rows, data.keys, strict=True):
        if row.group is not None:
            groups.setdefault(row.group, []).append(place[key])
    if len(groups) < 10:
        groups = {}
    ids, threshold = clusters(len(distinct), found, joined=list(groups.values()))
    of_row = [int(ids[place[key]]) for key in data.keys]
    wanted_dev, wanted_test = sizes(
        len(data.rows), max_dev=options.max_dev, max_test=options.max_test
    )
    wanted = (wanted_dev, 0 if held_out is not None else wanted_test)
    labels = data.answers if task == "classification" else None
    parts = split(of_row, wanted=wanted, seed=options.seed, labels=labels)
    close = found.above(threshold)
    touched = sorted({*close.left.tolist(), *close.right.tolist()})
    if not touched:
        return parts, None
    index_of = {key: index for index, key in reversed(list(enumerate(data.keys)))}
    order = np.argsort(-close.similarity, kind="stable")[:5].tolist()
    examples = []
    for pair in order:
        left, right = (index_of[distinct[int(side[pair])]] for side in (close.left, close.right))
        examples.append(
            example(
                data.numbers[right],
                data.asked[right],
                like=data.numbers[left],
                similarity=round(float(close.similarity[pair]), 2),
            )
        )
    count = (
        sum(key in near_keys for key in data.keys)
        if (near_keys := {distinct[i] for i in touched})
        else 0
    )
    return parts, issue(
        "near_duplicates",
        "warning" if count > 0.3 * len(data.rows) else "info",
        count=count,
        of=len(data.rows),
        examples=examples,
        text=Text(
            "{count:,} rows are nearly the same as another row: at least {share:.0%} of their letter groups are shared (DQ-01).",
            count=count,
            share=threshold,
        ),
        fix=Text(
            "They are kept, and near copies stand on one side of the split, so that the test does not ask what was learnt by heart (DQ-12)."
        ),
    )


def _is_han(keys: Sequence[str]) -> bool:
    return main_language(keys[:500], count_scripts(keys[:500])) in {"zh", "ja"}


def _profile(
    gathered: _Gathered, data: Kept, *, columns: Columns, task: Choice[Task], audits: list[Issue],
    test: Kept, parts: tuple[list[int], list[int], list[int]], options: DataOptions,
) -> Profile:  # fmt: skip
    made, tables = gathered.made, gathered.tables
    counts = count_scripts(data.asked)
    answer_tokens = estimate_tokens(count_scripts(data.answers))
    turns = np.array([max(1, len(row.messages)) for row in data.rows])
    tokens = estimate_tokens(counts) + answer_tokens + turns * TOKENS_PER_TURN
    records = sum(len(table.records) for table in tables)
    material = Material(
        task=task.value, rows=data.rows, numbers=data.numbers, asked=data.asked, answers=data.answers,
        tokens=tokens, answer_tokens=answer_tokens, counts=counts, language=main_language(data.asked, counts),
        records=records, unanswered=made.unanswered, unasked=made.unasked, unreadable=made.unreadable,
        rated_bad=made.rated_bad, broken=[number for table in tables for number in table.broken],
        drop_unanswered=options.drop_unanswered, test_rows=len(test.rows), variants=data.variants,
        fixed=[*data.issues, *audits],
    )  # fmt: skip
    labels = dict(Counter(data.answers).most_common()) if task.value == "classification" else {}
    sides = [sum(turn.role == "user" for turn in row.messages) for row in data.rows] or [1]
    return Profile(
        rows=records,
        format=", ".join(dict.fromkeys(table.format for table in tables)),
        encoding=", ".join(dict.fromkeys(table.encoding for table in tables)),
        columns=columns.roles,
        columns_because=columns.choice.because,
        column_candidates=columns.candidates,
        notes=tuple(gathered.notes),
        task=task,
        tokens=_token_counts(tokens, answer_tokens),
        issues=check(material),
        splits={"train": len(parts[0]), "dev": len(parts[1]), "test": len(test.rows)},
        sample=tuple(
            row.model_dump(mode="json", exclude_defaults=True) for row in data.rows[:SHOWN_ROWS]
        ),
        language=material.language,
        labels=labels,
        usable=len(data.rows) + (len(test.rows) if options.eval_file is not None else 0),
        turns_p50=float(np.median(sides)) or 1.0,
        distinct_answer_share=round(
            len({normal(a) for a in data.answers}) / max(1, len(data.answers)), 4
        ),
        checkable=_checkable(task.value, data.answers),
    )


def _token_counts(tokens: NDArray[np.float64], answers: NDArray[np.float64]) -> TokenCounts:
    p50, p95, p99 = (round(float(value)) for value in np.percentile(tokens, [50, 95, 99]))
    return TokenCounts(
        p50=p50,
        p95=p95,
        p99=p99,
        max=round(float(tokens.max())),
        total=round(float(tokens.sum())),
        answer_p99=round(float(np.percentile(answers, 99))),
        answer_total=round(float(answers.sum())),
    )


def _checkable(task: Task, answers: Sequence[str]) -> bool:
    """Whether a program can say if an answer is right: a label, JSON, or a final number."""
    if task == "classification":
        return True
    sampled = answers[:: max(1, len(answers) // 500)]
    if task in {"extraction", "tool_use"}:
        return sum(map(is_json, sampled)) >= 0.7 * len(sampled)
    return task == "reasoning" and sum(
        is_final_number(a) or a[:1].isdigit() or a[:1] == "-" for a in sampled
    ) >= 0.7 * len(sampled)


def _general(options: DataOptions) -> list[Row]:
    """Read the general data for replay, whatever their form."""
    if options.general_file is None:
        return []
    found, _, _ = _own_test_file(
        [options.general_file], replace(options, eval_file=options.general_file)
    )
    gathered = _gather(found, options, columns=None)
    data = drop_copies(kept(gathered.made.rows, gathered.made.numbers))
    return data.rows
