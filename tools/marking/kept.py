"""Questions that a person kept after trying a model, with the answer they say is right: test items of the next plan.

They stand in `HOME/kept.jsonl`, one line each, beside the hashes and paths of the files that the run learnt from; the
next plan of any of these files measures with them, whoever makes it. They are never learnt from: rows that ask the
same leave the training rows. A later line on the same question replaces the earlier one; one without an answer takes
it back.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tools.data.cleaning import Kept, kept, spelled_as
from tools.data.duplicates import normal
from tools.errors import DataError
from tools.marking.votes import append_line
from training.config import Task
from training.rows import Message, Row
from training.rundir import now
from training.text import Text

FILE = "kept.jsonl"
LONGEST = 20_000
"""Letters of a question or an answer."""
MOST = 200
"""Of one data set: they were picked because of what a model said, so they must not become the test. A guess."""
UNFIT: frozenset[Task] = frozenset({"documents", "preference", "tool_use"})
"""Tasks whose rows are no question with an answer in plain words."""


@dataclass(frozen=True)
class KeptItem:
    """One question with its right answer."""

    prompt: str
    answer: str


@dataclass(frozen=True)
class Joined:
    """What became of the kept questions of a data set."""

    data: Kept
    """The rows to learn from and to hold out, without those that ask the same."""
    items: Kept | None
    """The test items; None where there is none."""
    notes: tuple[Text, ...] = ()


def keep(home: Path, prompt: str, answer: str, *, data: Mapping[str, str]) -> None:
    """Keep a question for the data of these files (path -> hash). Raises DataError."""
    prompt, answer = prompt.strip(), answer.strip()
    before = kept_for(home, data)
    known = {normal(one.prompt) for one in before}
    if not prompt or not answer:
        raise DataError(
            Text("A test item needs a question and its right answer."), where="answer",
            what_to_do=Text("Write down the answer that would be right."),
        )  # fmt: skip
    if max(len(prompt), len(answer)) > LONGEST:
        raise DataError(
            Text("That is too long for a test item."), where="answer",
            what_to_do=Text("Give at most {letters:,} letters.", letters=LONGEST),
        )  # fmt: skip
    if len(before) >= MOST and normal(prompt) not in known:
        raise DataError(
            Text("There are {count} kept questions for this data, and more would make up the test.", count=len(before)),
            where=FILE, what_to_do=Text("Put them into a test file of their own, or take some back."),
        )  # fmt: skip
    _write(home, prompt, answer, data)


def take_back(home: Path, prompt: str, *, data: Mapping[str, str]) -> None:
    """Keep the question no longer."""
    _write(home, prompt.strip(), None, data)


def kept_for(home: Path, data: Mapping[str, str]) -> tuple[KeptItem, ...]:
    """Give what was kept for any of these files (path -> hash), the oldest first. A torn last line was never kept."""
    found: dict[str, KeptItem] = {}
    for line in _lines(home):
        if not _is_of(line, data):
            continue
        found.pop(normal(line["prompt"]), None)
        if line["answer"] is not None:
            found[normal(line["prompt"])] = KeptItem(line["prompt"], line["answer"])
    return tuple(found.values())


def join(data: Kept, items: Sequence[KeptItem], *, task: Task, given: Kept | None) -> Joined:
    """Take the kept questions in: rows that ask the same leave the data, and what `given` asks already is left out."""
    if not items:
        return Joined(data, None)
    if task in UNFIT:
        note = Text(
            "The questions that you kept ({count}) are not used: this data holds no questions with answers in plain words.",
            count=len(items),
        )  # fmt: skip
        return Joined(data, None, (note,))
    rows = [_row(one, place) for place, one in enumerate(items, 1)]
    made = kept(rows, list(range(1, len(rows) + 1)))
    asked = set(given.keys) if given is not None else set()
    made = made.only([place for place, key in enumerate(made.keys) if key not in asked])
    if not made.rows:
        return Joined(data, None)
    mine = set(made.keys)
    if task == "classification":
        made = spelled_as(sorted(set(data.answers)), made)
    left = data.only([place for place, key in enumerate(data.keys) if key not in mine])
    note = Text(
        "Test items that you kept after trying a model: {count}. They were picked because of what it said, so they are no fair sample; nothing is learnt from them.",
        count=len(made.rows),
    )  # fmt: skip
    gone = len(data.rows) - len(left.rows)
    if not gone:
        return Joined(left, made, (note,))
    same = Text("Rows that ask the same as a kept question were taken out: {count}.", count=gone)
    return Joined(left, made, (note, same))


def with_items(test: Kept, items: Kept | None) -> Kept:
    """The test with the kept questions at its end."""
    if items is None:
        return test
    return replace(
        test, rows=[*test.rows, *items.rows], numbers=[*test.numbers, *items.numbers], asked=[*test.asked, *items.asked],
        answers=[*test.answers, *items.answers], keys=[*test.keys, *items.keys],
    )  # fmt: skip


def _row(item: KeptItem, place: int) -> Row:
    turns = (
        Message(role="user", content=item.prompt),
        Message(role="assistant", content=item.answer),
    )
    return Row(id=f"kept:{place}", messages=turns)


def _is_of(line: Mapping[str, Any], data: Mapping[str, str]) -> bool:
    return _any(line["hashes"], data.values()) or _any(line["paths"], data)


def _any(these: Collection[str], those: Collection[str]) -> bool:
    return not set(these).isdisjoint(those)


def _write(home: Path, prompt: str, answer: str | None, data: Mapping[str, str]) -> None:
    line = {"at": now(), "prompt": prompt, "answer": answer, "hashes": sorted(set(data.values())), "paths": sorted(data)}  # fmt: skip
    try:
        home.mkdir(parents=True, exist_ok=True)
        append_line(home / FILE, json.dumps(line, ensure_ascii=False))
    except OSError as error:
        raise DataError(
            Text("The question could not be kept: {reason}.", reason=error.strerror or str(error)),
            where=FILE, what_to_do=Text("Free some space, then keep it again."),
        ) from error  # fmt: skip


def _lines(home: Path) -> list[dict[str, Any]]:
    try:
        lines = (home / FILE).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    return [found for line in lines if (found := _read(line)) is not None]


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(found, dict) and {"prompt", "answer", "hashes", "paths"} <= set(found)
    return found if whole and isinstance(found["prompt"], str) else None
