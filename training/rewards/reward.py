"""What a reward is: a pure function of completions and columns, with its name and the columns it needs.

Nothing here clamps: a reward that raises, returns the wrong number of scores or something that is no number is
refused with words, because a trainer would otherwise learn from the damage.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.answers import THINKING
from training.errors import TrainingError
from training.rows import Row
from training.text import Text

Score = Callable[..., list[float]]
"""`score(completions, *, <columns>) -> list[float]`."""


class RewardError(TrainingError):
    """The reward cannot be used as it stands."""


@dataclass(frozen=True)
class Reward:
    """A way to score completions. Calling it gives one finite number for each."""

    name: str
    """As the person wrote it: `number:0.01`."""
    columns: tuple[str, ...]
    """The columns it reads besides the completions."""
    score: Score
    optional: tuple[str, ...] = ()
    """Columns it reads where the data have them."""
    reads_all: bool = False
    """Whether it is handed every column: a person's own code names the columns it wants by itself."""

    def __call__(self, completions: Sequence[str], **columns: Sequence[Any]) -> list[float]:
        """Score completions; columns it does not read are left aside. Raises RewardError."""
        missing = [name for name in self.columns if name not in columns]
        if missing:
            raise RewardError(
                Text(
                    "The reward {name} needs the column {column}.",
                    name=self.name,
                    column=missing[0],
                ),
                where=self.name,
                what_to_do=Text("Add that column to the data, or choose another reward."),
            )
        wanted = columns if self.reads_all else (*self.columns, *self.optional)
        read = {name: columns[name] for name in wanted if name in columns}
        for name, values in read.items():
            if len(values) != len(completions):
                raise ValueError(
                    f"{len(values)} values of {name!r} for {len(completions)} completions"
                )
        return _checked(self.name, self.score(list(completions), **read), len(completions))


def columns_of(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Give the columns of rows by name: every fact (None where a row lacks it), `prompt` and `answer`.

    `prompt` is the last turn of the person; `answer` is the reference, empty where there is none.
    """
    names = dict.fromkeys(name for row in rows for name in row.facts)
    columns: dict[str, list[Any]] = {name: [row.facts.get(name) for row in rows] for name in names}
    columns["prompt"] = [_question(row) for row in rows]
    columns["answer"] = [row.answer for row in rows]
    return columns


def lacking(reward: Reward, rows: Sequence[Row]) -> str | None:
    """Name the first column the reward needs and some row does not have; None where all have all."""
    for name in reward.columns:
        for row in rows:
            value = {"prompt": _question(row), "answer": row.answer}.get(name, row.facts.get(name))
            if value is None or value == "":
                return name
    return None


def grader(reward: Reward) -> Callable[[Row, str], float]:
    """Give the reward as a scorer of one answer to one row, as `training.metrics` wants it."""

    def grade(row: Row, answer: str) -> float:
        return reward([answer], **columns_of([row]))[0]

    return grade


def spoken(completion: str) -> str:
    """Give what the model says after thinking aloud, without spaces around it."""
    return THINKING.sub("", completion, count=1).strip()


def _question(row: Row) -> str:
    asked = [message.content for message in row.prompt if message.role == "user"]
    return asked[-1] if asked else ""


def _checked(name: str, scores: Any, wanted: int) -> list[float]:
    if not isinstance(scores, Sequence | Mapping) or isinstance(scores, str | Mapping):
        raise _misbehaved(
            name, Text("it returned {kind} instead of a list", kind=type(scores).__name__)
        )
    if len(scores) != wanted:
        raise _misbehaved(
            name,
            Text("it returned {got} scores for {wanted} answers", got=len(scores), wanted=wanted),
        )
    for score in scores:
        if (
            isinstance(score, bool)
            or not isinstance(score, int | float)
            or not math.isfinite(score)
        ):
            raise _misbehaved(name, Text("it returned {score} as a score", score=repr(score)[:80]))
    return [float(score) for score in scores]


def _misbehaved(name: str, how: Text) -> RewardError:
    return RewardError(
        Text("The reward {name} does not work: {how}.", name=name, how=how),
        where=name,
        what_to_do=Text("Return one finite number for each answer, such as 0.0 to 1.0."),
    )
