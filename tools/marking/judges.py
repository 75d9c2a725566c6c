"""Does a judge by rubric see answers as the person does? Checked on answers that they marked, before it grades anything.

A language model that grades others may like length, lists or itself. So it first grades up to fifty answers that the
person called good or bad, and is taken only where it orders them alike (RW-09). What was found is kept in the home under
the judge's own settings: another model, another rubric or another scale is another judge.
"""

from __future__ import annotations

import hashlib
import json
import random
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Literal

from tools.errors import PlanError
from tools.marking.agreement import agreement
from tools.marking.grading import judges
from tools.marking.marks import Mark
from training.chat_server import LOOPBACK
from training.document import Document
from training.errors import TrainingError
from training.rewards import columns_of, judge_settings
from training.rewards.judge import Ask, JudgeSettings, judge
from training.text import Text

LEAST_SPEARMAN = 0.7  # RW-09: Kiln, rag judge templates
MOST_MARKS = 50
"""RW-09 asks for 50 to 100; each is one call."""
LEAST_MARKS = 20
LEAST_OF_A_KIND = 5
"""Fewer say too little: with 20 marks a correlation of 0.7 may be 0.35 as well. Our defaults. [P]"""
FILE = "judged.json"
"""In the run's `rewards/`."""


class Judged(Document):
    """How a judge did on a person's marks."""

    kind: Literal["judged"] = "judged"
    key: str
    """Names the judge by its settings."""
    model: str
    host: str
    marks: int
    good: int
    """Of the marked answers, those that the person called good."""
    spearman: float | None
    """With the person's marks, good and bad counting the same; None where the grades are all the same."""
    low: float = -1.0
    high: float = 1.0
    grade_of_good: float
    grade_of_bad: float
    """Mean grades, 0 to 1."""

    @property
    def is_fit(self) -> bool:
        """Whether it may grade (RW-09)."""
        return self.spearman is not None and self.spearman >= LEAST_SPEARMAN

    @property
    def text(self) -> Text:
        """Say in plain words how it did."""
        facts = {"model": self.model, "marks": self.marks, "good": 100 * self.grade_of_good, "bad": 100 * self.grade_of_bad}  # fmt: skip
        if self.spearman is None:
            return Text(
                "The judge {model} gave all {marks} answers that you marked the same grade, so it tells good from bad not at all.", **facts
            )  # fmt: skip
        facts |= {
            "value": self.spearman,
            "low": self.low,
            "high": self.high,
            "least": LEAST_SPEARMAN,
        }
        if self.is_fit:
            return Text(
                "The judge {model} orders {marks} answers that you marked as you do: Spearman {value:.2f} (between {low:.2f} and {high:.2f}; 1 is your order, 0 is chance, {least} is needed). It gives your good answers {good:.0f} of 100 and your bad ones {bad:.0f}.",
                **facts,
            )
        return Text(
            "The judge {model} does not see answers as you do: on {marks} that you marked, Spearman is {value:.2f} (between {low:.2f} and {high:.2f}; 1 is your order, 0 is chance, {least} is needed). It gives your good answers {good:.0f} of 100 and your bad ones {bad:.0f}.",
            **facts,
        )


def settings_of(written: str, *, folder: Path | None = None) -> JudgeSettings:
    """Read a judge's settings: `judge:FILE`, or `judge:{...}`. Raises RewardError."""
    return judge_settings(written.partition(":")[2].strip(), folder=folder)


def key_of(settings: JudgeSettings) -> str:
    """Name a judge by what it grades with; the key to its door is no part of it."""
    said = settings.model_dump(mode="json", exclude={"key_file"})
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def leaves_machine(settings: JudgeSettings) -> bool:
    """Whether what it grades goes to somebody else's machine."""
    return host_of(settings) not in LOOPBACK


def says(settings: JudgeSettings, marks: Sequence[Mark]) -> list[Text]:
    """What asking it takes, and where the words go: for the yes."""
    count = min(len(marks), MOST_MARKS)
    lines = [Text("The judge {model} grades {count} {count:answer|answers} that you marked: {count} {count:request|requests}, more where one must be asked again.", model=settings.model, count=count)]  # fmt: skip
    if leaves_machine(settings):
        lines.append(Text("Questions and answers are sent to {host}, which may charge for it.", host=host_of(settings)))  # fmt: skip
    else:
        lines.append(Text("It answers on this machine: nothing leaves it, and nothing is to pay."))
    return lines


def refuse_few(marks: Sequence[Mark]) -> None:
    """Raise PlanError where the marks are too few to tell anything."""
    good = sum(mark.good for mark in marks)
    if len(marks) >= LEAST_MARKS and min(good, len(marks) - good) >= LEAST_OF_A_KIND:
        return
    raise PlanError(
        Text("{marks} {marks:mark|marks}, {good} of them good, {marks:is|are} too few to check a judge by.", marks=len(marks), good=good), where="marks",
        what_to_do=Text(
            "Mark at least {least} answers, better {most}, with at least {kind} good and {kind} bad ones among them.",
            least=LEAST_MARKS, most=MOST_MARKS, kind=LEAST_OF_A_KIND,
        ),
    )  # fmt: skip


def check(settings: JudgeSettings, marks: Sequence[Mark], *, ask: Ask | None = None) -> Judged:
    """Let the judge grade what was marked, and compare. Raises RewardError where it cannot be asked or read.

    Of more than fifty marks, fifty are drawn. Raises PlanError for too few. `ask` stands in for the network.
    """
    refuse_few(marks)
    drawn = list(marks)
    if len(drawn) > MOST_MARKS:
        drawn = random.Random(0).sample(drawn, MOST_MARKS)
    columns = columns_of([mark.row for mark in drawn])
    grades = judge(
        [mark.answer for mark in drawn], settings=settings, prompt=columns["prompt"], answer=columns["answer"], ask=ask
    )  # fmt: skip
    good = [mark.good for mark in drawn]
    found = agreement(good, grades)
    return Judged(
        key=key_of(settings), model=settings.model, host=host_of(settings), marks=len(drawn), good=sum(good),
        spearman=None if found is None else found.value, low=-1.0 if found is None else found.low, high=1.0 if found is None else found.high,
        grade_of_good=_mean(grades, good, True), grade_of_bad=_mean(grades, good, False),
    )  # fmt: skip


def keep(home: Path, found: Judged) -> None:
    """Keep what was found, for every plan of this home."""
    folder = home / "judges"
    folder.mkdir(parents=True, exist_ok=True)
    found.save(folder / f"{found.key}.json")


def known(home: Path, written: str | None) -> tuple[Judged, ...]:
    """Give what is kept of the judges that a reward asks. Raises PlanError for one that was not checked, or did not pass."""
    found = []
    for one in judges(written):
        try:
            settings = settings_of(one)
        except TrainingError as error:
            raise PlanError(error.what, where="--reward", what_to_do=error.what_to_do) from error
        path = home / "judges" / f"{key_of(settings)}.json"
        if not path.exists():
            raise PlanError(
                Text("The judge {model} was not checked on your own marks, so nobody knows whether it sees answers as you do.", model=settings.model),
                where="--reward", what_to_do=_how(one),
            )  # fmt: skip
        judged = Judged.load(path)
        if not judged.is_fit:
            raise PlanError(
                judged.text, where="--reward",
                what_to_do=Text("Write the rubric more exactly or take another model, and check it again: {how}", how=_how(one)),
            )  # fmt: skip
        found.append(judged)
    return tuple(found)


def save(folder: Path, found: Sequence[Judged]) -> None:
    """Write what was found of a run's judges into its `rewards/`."""
    if found:
        folder.mkdir(exist_ok=True)
        lines = [json.dumps(one.as_json(), ensure_ascii=False) for one in found]
        (folder / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def load(folder: Path) -> tuple[Judged, ...]:
    """Read what was found of a run's judges; none where it has none."""
    try:
        lines = (folder / FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    return tuple(Judged.from_json(json.loads(line)) for line in lines)


def _how(written: str) -> Text:
    name = written.partition(":")[2].strip()
    shown = "judge.json" if name.startswith("{") else name
    return Text(
        "Mark answers and let it grade them: tunesmith judge sheet -o marks.csv, fill the column is_good in, then tunesmith judge check {file} --marks marks.csv",
        file=shown,
    )


def _mean(grades: Sequence[float], good: Sequence[bool], wanted: bool) -> float:
    return fmean(grade for grade, mark in zip(grades, good, strict=True) if mark is wanted)


def host_of(settings: JudgeSettings) -> str:
    """Name the server that it is asked at."""
    return urllib.parse.urlsplit(settings.url).hostname or settings.url
