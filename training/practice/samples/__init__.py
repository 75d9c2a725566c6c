"""Sample data to try everything with: our own, written by a seed, with the troubles that real data have.

What was planted in them is known to the generators alone (`support.build(seed)` tells); nothing of it is written beside
the files. Nothing here is part of the practice model's curriculum, of the probes, or of anybody's real data.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.practice.samples import forms, mandarin, maths, support, tone
from training.text import Text

_MANUAL = Path(__file__).parent / "manual_12p.md"


@dataclass(frozen=True)
class Sample:
    """One set of files, and what a person might want of it."""

    name: str
    title: Text
    files: tuple[str, ...]
    """Under the folder that `write` was given. The first is the data."""
    goal: Text
    """A goal to start with, as the person would say it."""
    says: Text
    """What it is, and what is interesting about it."""
    eval_file: str | None = None
    """Which of the files is kept for the final test."""

    @property
    def data_files(self) -> tuple[str, ...]:
        """The files to learn from."""
        return tuple(name for name in self.files if name != self.eval_file)


SAMPLES: tuple[Sample, ...] = (
    Sample(
        "support",
        Text("Support messages"),
        ("support_600.csv", "support_eval.csv"),
        Text("Sort our support messages by topic."),
        Text(
            "600 messages of a shop's customers with one of eight topics. Like any real export it has doubles, card numbers, two messages with contradicting topics, and test messages that also stand in the training file."
        ),
        eval_file="support_eval.csv",
    ),
    Sample(
        "forms",
        Text("Booking requests"),
        ("forms_400.jsonl",),
        Text(
            "Turn booking requests into JSON with name, date, guests, nights, room, breakfast and phone."
        ),
        Text(
            "400 booking requests, from filled-in forms to chatty mails, each with the record that is wanted."
        ),
    ),
    Sample(
        "maths",
        Text("Word problems"),
        ("maths_150.jsonl",),
        Text("Solve word problems; I can only check the final number."),
        Text("150 word problems whose answer is one number, so that every answer can be checked."),
    ),
    Sample(
        "tone",
        Text("A kinder tone"),
        ("tone_pairs_300.jsonl",),
        Text("Answer our customers in a kinder tone; I have pairs of a better and a worse reply."),
        Text("300 customer messages, each with a kind and a curt reply that say the same."),
    ),
    Sample(
        "manual",
        Text("A product manual"),
        ("manual_12p.md",),
        Text(
            "Answer questions about our coffee machine from the manual; prices and firmware change monthly."
        ),
        Text(
            "A product manual of twelve pages. Its prices and error codes change every month, which is a case for looking things up rather than for training."
        ),
    ),
    Sample(
        "chinese",
        Text("Chinese messages"),
        ("messages_zh_600.csv",),
        Text("Sort our Chinese customer messages by topic."),
        Text("600 Chinese messages of a shop's customers with one of eight topics."),
    ),
)
"""Everything that `write` writes, for the page and the command line."""


def write(folder: Path, *, seed: int = 0) -> list[Path]:
    """Write all sample files and give their paths. Files of the same names are replaced; equal seeds write equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    made = support.build(seed)
    shop = [(f"T{1000 + place}", row.text, row.topic) for place, row in enumerate(made.messages)]
    held_out = [
        (f"E{1000 + place}", row.text, row.topic) for place, row in enumerate(made.held_out)
    ]
    heads = ("ticket", "message", "topic")
    return [
        _table(folder / "support_600.csv", heads, shop),
        _table(folder / "support_eval.csv", heads, held_out),
        _lines(folder / "forms_400.jsonl", forms.build(seed)),
        _lines(folder / "maths_150.jsonl", maths.build(seed)),
        _lines(folder / "tone_pairs_300.jsonl", tone.build(seed)),
        _copy(folder / "manual_12p.md"),
        _table(folder / "messages_zh_600.csv", ("消息", "主题"), mandarin.build(seed)),
    ]


def files_of(name: str, folder: Path) -> list[Path]:
    """Give the files of one sample, written into the folder where they are not yet. Raises KeyError."""
    paths = [folder / file for file in find(name).files]
    if not all(path.exists() for path in paths):
        write(folder)
    return paths


def find(name: str) -> Sample:
    """Give the sample of this name. Raises KeyError."""
    return {sample.name: sample for sample in SAMPLES}[name]


def _table(path: Path, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heads)
        writer.writerows(rows)
    return path


def _lines(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")
    return path


def _copy(path: Path) -> Path:
    path.write_bytes(_MANUAL.read_bytes())
    return path
