"""Which grader thinks as this person does? Outputs to mark good or bad, and graders tried on the marks.

Learning by trial pays a model by a grader, so the grader is chosen by how well it agrees with a person's marks on a
few of the model's own answers: programs first, then likeness to the reference, then a judge by a rubric (RW-01). The
marks stay in the run directory and are its grader's test. Nothing here starts a model.
"""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tools.errors import PlanError
from tools.judging.run_answers import Answered
from training.document import Section
from training.errors import TrainingError
from training.measured import NamedScore
from training.rewards import RewardError, columns_of, named
from training.rewards.calibrate import Calibration, calibrate
from training.rewards.similar import similar
from training.rows import Row
from training.statistics import score
from training.text import Text

FILE = "marks.jsonl"
"""In the run's `rewards/`."""
SHOWN = 10
"""Outputs put up for marking: eight to twelve can be read in two minutes. A guess; not tuned."""
CALIBRATED_ON = 24
MOST_SHORT_LETTERS = 40
STEP_WORDS = 5
"""A limit on words that was read off marks is rounded up to a multiple of this. A guess; not tuned."""
Polarity = Literal["good", "bad"]
ENDS_WITH_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?\W*$")
WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+(?:['’-]\w+)*")


class Mark(Section):
    """A person's word on one answer."""

    row: Row
    answer: str
    good: bool


@dataclass(frozen=True)
class Trial:
    """A grader, tried on the marks and on answers that are bad on purpose."""

    reward: str
    scores: tuple[float, ...]
    """One for each mark, in their order."""
    cut: float
    """From this score on, the grader's word is taken for "good"."""
    disagreements: tuple[int, ...]
    """The places of the marks that it sees otherwise."""
    calibration: Calibration

    @property
    def agreed(self) -> int:
        """How many marks it agrees with."""
        return len(self.scores) - len(self.disagreements)

    @property
    def is_sound(self) -> bool:
        """Whether it pays for nothing that is bad on purpose."""
        return self.calibration.is_sound


def outputs(found: Sequence[Answered], count: int = SHOWN, *, seed: int = 0) -> list[Answered]:
    """Pick answers of the untouched model to mark: spread from like the reference to unlike it, no two the same."""
    different = {one.base.strip(): one for one in found if one.base.strip()}
    order = list(different.values())
    random.Random(seed).shuffle(order)
    likeness = similar([one.base for one in order], answer=[one.row.answer for one in order])
    ranked = [order[at] for at in sorted(range(len(order)), key=lambda at: (likeness[at], len(order[at].base)))]  # fmt: skip
    count = min(count, len(ranked))
    picked = [ranked[(2 * at + 1) * len(ranked) // (2 * count)] for at in range(count)]
    random.Random(seed).shuffle(picked)  # the order must not tell which are right
    return picked


def try_grader(
    written: str, marks: Sequence[Mark], rows: Sequence[Row], base_answers: Sequence[str], *, folder: Path | None = None
) -> Trial:  # fmt: skip
    """Score the marked answers and calibrate on `rows`. Raises RewardError where the grader cannot score these."""
    reward = named(written, folder=folder)
    scores = reward([mark.answer for mark in marks], **columns_of([mark.row for mark in marks]))
    cut = _cut(scores, [mark.good for mark in marks])
    wrong = tuple(at for at, mark in enumerate(marks) if (scores[at] >= cut) != mark.good)
    drawn = random.Random(0).sample(range(len(rows)), min(CALIBRATED_ON, len(rows)))
    found = calibrate(
        reward, [rows[at] for at in drawn], base_answers=[base_answers[at] for at in drawn]
    )
    return Trial(written, tuple(scores), cut, wrong, found)


def propose(marks: Sequence[Mark], rows: Sequence[Row], base_answers: Sequence[str]) -> list[Trial]:
    """Try every grader that fits the rows; the sound ones first, then by agreement, then programs before likeness."""
    tried = []
    for written in candidates(marks, rows):
        try:
            tried.append(try_grader(written, marks, rows, base_answers))
        except RewardError:
            continue  # it needs a column that these rows lack: it is no candidate
    return sorted(tried, key=lambda one: (not one.is_sound, -one.agreed))


def candidates(marks: Sequence[Mark], rows: Sequence[Row]) -> list[str]:
    """Name the graders that the rows allow, programs first."""
    facts = set.intersection(*(set(row.facts) for row in rows)) if rows else set()
    found: list[str] = [name for name in ("tests", "constraints") if name in facts]
    references = [row.answer.strip() for row in rows]
    if references and all(references):
        if all(re.fullmatch(r"\(?[A-Ea-e]\)?", one) for one in references):
            found.append("choice")
        if all(_is_json_object(one) for one in references):
            found += ["fields", "json"]
        if all(ENDS_WITH_NUMBER.search(one) for one in references):
            found.append("number")
        if all(len(one) <= MOST_SHORT_LETTERS for one in references):
            found.append("match")
        found.append("similar")
        found += [_gated(rule) for rule in rules(marks)]
    return found


def rules(marks: Sequence[Mark]) -> list[str]:
    """Read limits off the marks: a length that parts good answers from bad ones."""
    good = [len(WORDS.findall(mark.answer)) for mark in marks if mark.good]
    bad = [len(WORDS.findall(mark.answer)) for mark in marks if not mark.good]
    if not good or not bad:
        return []
    found = []
    most = -(-max(good) // STEP_WORDS) * STEP_WORDS
    if any(words > most for words in bad):
        found.append(f"max_words={most}")
    least = min(good) // STEP_WORDS * STEP_WORDS
    if least and any(words < least for words in bad):
        found.append(f"min_words={least}")
    return found


def recheck(written: str | None, marks: Sequence[Mark], *, least_agreed: int) -> None:
    """Raise PlanError where a plan's grader agrees with fewer of the marks than the one they were made for."""
    if not marks or written is None or least_agreed <= 0:
        return  # a judge is held to its order of the marks, which was checked before (`tools.marking.judges`)
    try:
        reward = named(written)
        scores = reward([mark.answer for mark in marks], **columns_of([mark.row for mark in marks]))
    except TrainingError as error:
        raise PlanError(error.what, where="reward", what_to_do=error.what_to_do) from error
    cut = _cut(scores, [mark.good for mark in marks])
    agreed = sum((value >= cut) == mark.good for value, mark in zip(scores, marks, strict=True))
    if agreed < least_agreed:
        raise PlanError(
            Text("The grader {name} agrees with {agreed} of your {marks} marks; {least} were agreed on before.",
                 name=written, agreed=agreed, marks=len(marks), least=least_agreed),
            where="reward",
            what_to_do=Text("Take the grader that fitted, or mark the answers again."),
        )  # fmt: skip


def baseline(found: Sequence[Answered], written: str, *, name: str) -> NamedScore:
    """Score the untouched model's kept answers by a grader. Raises RewardError."""
    values = named(written)([one.base for one in found], **columns_of([one.row for one in found]))
    return NamedScore(name=name, **score("reward", values).model_dump())


def save(folder: Path, marks: Sequence[Mark]) -> None:
    """Write the marks into a run's `rewards/`, one a line."""
    folder.mkdir(exist_ok=True)
    lines = [mark.model_dump_json(exclude_defaults=True) for mark in marks]
    (folder / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def load(folder: Path) -> tuple[Mark, ...]:
    """Read the marks of a run; none where there are none."""
    try:
        lines = (folder / FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    return tuple(Mark.model_validate_json(line) for line in lines)


def _cut(scores: Sequence[float], good: Sequence[bool]) -> float:
    """Give the score that parts good from bad best; 0.5 where the scores are 0 or 1, or only one kind was marked."""
    if all(value in (0.0, 1.0) for value in scores) or all(good) or not any(good):
        return 0.5
    steps = sorted(set(scores))
    between = [(low + high) / 2 for low, high in itertools.pairwise(steps)]
    places = [0.5, *between]
    return max(
        places,
        key=lambda cut: (
            sum((value >= cut) == mark for value, mark in zip(scores, good, strict=True)),
            -abs(cut - 0.5),
        ),
    )


def _gated(rule: str) -> str:
    settings = {"parts": [{"reward": "similar", "weight": 1}], "gate": f"constraints:{rule}"}
    return "sum:" + json.dumps(settings)


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
