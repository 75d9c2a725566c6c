"""Four short runs where one thing is wrong, to see with one's own eyes what it does.

A lesson trains the practice model on a part of a sample for less than a minute. It is the ordinary job with a few values
set badly on purpose (`overrides`, named as `--set` names them), or with data spoilt on purpose (`prepare`). What was learnt
is said with the numbers of that very run.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.config import Technique
from training.measured import Measured, Score
from training.practice import samples
from training.practice.samples import maths, support
from training.text import Text

_SHORT: dict[str, Any] = {
    "evaluation.dev_items": 40,
    "evaluation.probe_items": 70,
    "evaluation.final_probe_items": 140,
    "evaluation.robustness": False,
    "evaluation.few_shot_examples": 0,
    "evaluation.prompt_variants": 0,
    "evaluation.max_forgetting": 1.0,
    "budget.minutes": 15.0,
    "sft.checkpoints": 2,
}
"""Measured on less than an ordinary run, so that a lesson stays under a minute; its intervals are wide, and shown."""
_FEW_STEPS: dict[str, Any] = {"sft.epochs": 6.0, "sft.batch_size": 16}


@dataclass(frozen=True)
class LessonData:
    """The files that a lesson trains on."""

    files: tuple[Path, ...]
    eval_file: Path | None = None
    reward: str | None = None
    """A reward of the lesson's own, with the path of its file."""


@dataclass(frozen=True)
class Lesson:
    """One run with one thing wrong."""

    name: str
    title: Text
    story: Text
    """What will be done, what is wrong with it, and what to watch."""
    sample: str
    """The sample set it is about, by name."""
    goal: Text
    prepare: Callable[[Path], LessonData]
    """Writes the lesson's own files into a folder."""
    learnt: Callable[[Measured], Text]
    """Says what was learnt, with the numbers of the finished run."""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    techniques: tuple[Technique, ...] = ("sft",)
    """Insisted on: the advice would often be not to train at all."""
    needs: str | None = None
    """A technique without which the lesson cannot run."""
    model: str = "practice"


def _support_rows(folder: Path, *, rows: int, held_out: int) -> LessonData:
    """Write a clean part of the support sample: none of the planted troubles, only the messages."""
    made = support.build(rows=rows + 40, held_out=held_out + 10)
    spoilt = {
        place
        for pairs in (made.exact_duplicates, made.near_duplicates, made.conflicts)
        for pair in pairs
        for place in pair
    }
    spoilt |= set(made.cards) | {place for _, place in made.leaked}
    leaked = {place for place, _ in made.leaked}
    good = [row for place, row in enumerate(made.messages) if place not in spoilt]
    apart = [row for place, row in enumerate(made.held_out) if place not in leaked]
    return LessonData(
        (_table(folder / "messages.csv", good[:rows]),),
        _table(folder / "messages_test.csv", apart[:held_out]),
    )


def _plain_data(folder: Path) -> LessonData:
    return _support_rows(folder, rows=300, held_out=100)


def _leaked_data(folder: Path) -> LessonData:
    """Make the test of the training messages: two of one topic in one mail, as a second export of the inbox would be.

    A search for copies finds none, because each is only half of the mail; a model that knows both by heart finds both.
    """
    data = _support_rows(folder, rows=240, held_out=10)
    with data.files[0].open(encoding="utf-8", newline="") as file:
        rows = [support.Message(row["message"], row["topic"]) for row in csv.DictReader(file)]
    rng = random.Random("leaked test")
    joined = []
    for first in rng.sample(rows, 100):
        second = rng.choice([row for row in rows if row.topic == first.topic and row != first])
        joined.append(support.Message(f"{first.text} {second.text}", first.topic))
    return LessonData(data.files, _table(folder / "messages_test.csv", joined))


def _maths_data(folder: Path) -> LessonData:
    path = folder / "word_problems.jsonl"
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in maths.build(rows=120))
    path.write_text("".join(lines), encoding="utf-8")
    (folder / "length_reward.py").write_text(_LENGTH_REWARD, encoding="utf-8")
    return LessonData((path,), reward=f"python:{folder.resolve() / 'length_reward.py'}")


_LENGTH_REWARD = '''"""Pays for the right number, and a little for words, so that answers are not so terse. That little is enough."""

import re


def reward(completions, answer, **columns):
    paid = []
    for completion, wanted in zip(completions, answer):
        numbers = re.findall(r"-?\\d+", completion)
        right = bool(numbers) and numbers[-1] == wanted.strip()
        words = set(re.findall(r"[A-Za-z]+", completion.lower()))
        paid.append(0.75 * right + 0.25 * min(len(words) / 8, 1.0))
    return paid
'''
"""It passes every trial on bad answers: none of them is paid half as much as a right one."""


def _table(path: Path, rows: Sequence[support.Message]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("message", "topic"))
        writer.writerows((row.text, row.topic) for row in rows)
    return path


def _learnt_no_replay(measured: Measured) -> Text:
    return Text(
        "It now gets {tuned:.0%} of the messages right and keeps {kept:.0%} of what it could do before: whatever is not rehearsed while a model learns, it loses.",
        tuned=_value(measured.tuned),
        kept=measured.retention.value if measured.retention else 0.0,
    )


def _learnt_too_fast(measured: Measured) -> Text:
    recoveries = sum(stage.recoveries for stage in measured.stages)
    if not recoveries:
        return Text(
            "At ten times the rate it got {tuned:.0%} of the messages right and kept {kept:.0%} of what it could do: a higher rate is not a faster way to the same place.",
            tuned=_value(measured.tuned),
            kept=measured.retention.value if measured.retention else 0.0,
        )
    return Text(
        "At ten times the rate it was taken back {recoveries:,} times by the guard, got {tuned:.0%} of the messages right and kept {kept:.0%} of what it could do: a higher rate is not a faster way to the same place.",
        recoveries=recoveries,
        tuned=_value(measured.tuned),
        kept=measured.retention.value if measured.retention else 0.0,
    )


def _learnt_leaked(measured: Measured) -> Text:
    chosen = next((candidate for candidate in measured.candidates if candidate.chosen), None)
    return Text(
        "It scored {leaked:.0%} on the test that was made of its training messages, and {fresh:.0%} on {items:,} messages it had never seen: a score on known questions measures memory, and is worth nothing.",
        leaked=_value(measured.tuned),
        items=chosen.task.items if chosen else 0,
        fresh=_value(chosen.task if chosen else None),
    )


def _learnt_length(measured: Measured) -> Text:
    names = {score.name: score for score in measured.baselines}
    before = names.get(measured.baseline_chosen or "")
    return Text(
        "It was paid a little for words beside the right number: its answers went from {short:.1f} to {long:.1f} words, and the share of right ones from {before:.0%} to {after:.0%}. A model learns what is paid, not what was meant.",
        short=_words([sample.base for sample in measured.samples]),
        long=_words([sample.tuned for sample in measured.samples]),
        before=_value(before),
        after=_value(measured.tuned),
    )


def _words(answers: Sequence[str]) -> float:
    return sum(len(answer.split()) for answer in answers) / len(answers) if answers else 0.0


def _value(score: Score | None) -> float:
    return score.value if score is not None else 0.0


LESSONS: tuple[Lesson, ...] = (
    Lesson(
        "no-replay",
        Text("Nothing to rehearse"),
        Text(
            "The practice model learns to sort messages, and no general data are mixed in. Watch the second number of the report: what is left of everything else."
        ),
        "support",
        samples.find("support").goal,
        _plain_data,
        _learnt_no_replay,
        overrides=_SHORT | _FEW_STEPS | {"replay.share": 0.0, "sft.learning_rate": 2e-3},
    ),
    Lesson(
        "rate-x10",
        Text("Ten times too fast"),
        Text(
            "The same job with ten times the learning rate of the first lesson, and with rehearsal. Watch the loss: where it jumps, the guard goes back and slows down, and where it does not, the report still shows the harm."
        ),
        "support",
        samples.find("support").goal,
        _plain_data,
        _learnt_too_fast,
        overrides=_SHORT
        | _FEW_STEPS
        | {
            "sft.epochs": 4.0,
            "sft.learning_rate": 2e-2,
            "replay.share": 0.5,
            "replay.min_rows": 300,
        },
    ),
    Lesson(
        "leaked-test",
        Text("A test that was seen before"),
        Text(
            "Every test message is put together from two training messages, so that no search for copies finds it. Compare the score on them with the score on messages that were really held out."
        ),
        "support",
        samples.find("support").goal,
        _leaked_data,
        _learnt_leaked,
        overrides=_SHORT
        | {
            "sft.epochs": 15.0,
            "sft.batch_size": 16,
            "sft.learning_rate": 2e-3,
            "replay.share": 0.0,
        },
    ),
    Lesson(
        "paid-for-length",
        Text("A reward that pays for length"),
        Text(
            "The model tries word problems and is paid for the right number, and a little for words, so that it is not so terse. The reward passes every trial. Watch what the answers look like when it has risen."
        ),
        "maths",
        samples.find("maths").goal,
        _maths_data,
        _learnt_length,
        overrides={name: value for name, value in _SHORT.items() if not name.startswith("sft.")}
        | {
            "evaluation.metric": "numeric",
            "rft.checkpoints": 2,
            "rft.epochs": 3.0,
            "rft.learning_rate": 3e-4,
        },
        techniques=("rft",),
        needs="rft",
    ),
)
"""In the order in which they are best taken."""


def find(name: str) -> Lesson:
    """Give the lesson of this name. Raises KeyError."""
    return {lesson.name: lesson for lesson in LESSONS}[name]
