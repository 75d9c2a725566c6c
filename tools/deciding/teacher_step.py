"""Distillation as a step before the training: where a stronger model at hand should write rows, how many, and what follows.

It is a step of its own with a yes of its own (it may cost, and the words may leave the machine), so the plan proposes it with
the command ready to use; the rows that pass the checks make the next plan. The person's own rows stay the test (SY-05).
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from tools.choice import WHOLE
from tools.deciding.advice import MIN_EXAMPLES, Advice, distilling
from tools.deciding.models import compared_cards
from tools.deciding.window import TOO_HARD
from tools.facts import Facts
from tools.plan import TeacherStep
from training.catalog import BY_ID, ModelCard
from training.config import Task
from training.text import Text, join

SEED_ROWS = 20  # SY-09: 10 to 20 hand-made examples, also the base of the test
GOOD_ROWS = 500  # science.md 11: good from 500 on; TC-09
RICH_ROWS = 10_000  # SY-01: 10k teacher examples made a 4B student as good as its 120B teacher on 7 of 8 tasks
FIRST_ROWS = 2_000
"""Rows to ask for where the work is to move to a smaller model: the first of those ten thousand; our default."""
STRONGER = 3.0
"""A model on this machine counts as a teacher from so many times the size on; our default."""
MOST_ON_PROCESSORS = 2e9
"""Weights of a teacher that answers without a graphics card; our default."""
NOT_TAUGHT: frozenset[Task] = frozenset({"documents", "preference"})
NO_REMEDY = frozenset({"facts_change_use_rag", "already_good", "simple_model_enough"})
"""Where nothing is to be trained for another reason than the rows, more rows are no remedy."""


@dataclass(frozen=True)
class Teacher:
    """A stronger model at hand."""

    name: str
    outside: bool
    """Its words go to somebody else's machine."""


def propose(facts: Facts, card: ModelCard, advice: Advice) -> TeacherStep | None:
    """Say whether a stronger model should write rows first; None where no rule says so, or none is at hand."""
    if facts.profile.task.value in NOT_TAUGHT or advice.code in NO_REMEDY:
        return None
    if any(issue.severity == "blocking" for issue in facts.profile.issues):
        return None
    teacher = teacher_of(facts, card)
    if teacher is None:
        return None
    found = _reason(facts, advice, teacher)
    if found is None:
        return None
    wanted, because, rules = found
    if teacher.outside:
        because = join([because, Text("Its terms must allow training on its answers.")])
    return TeacherStep(
        teacher=teacher.name, outside=teacher.outside, because=because, rules=rules,
        source="TC-07, TC-17, SY-01: distillabs.ai, thinkingmachines.ai/blog/on-policy-distillation",
        rows=WHOLE(
            value=wanted,
            because=Text("Verified answers to begin with; then measure, and ask for more where it pays."),
            source="SY-01, SY-09", origin="default",
        ),
        command=_command(facts, teacher), then=_next_plan(facts),
    )  # fmt: skip


def teacher_of(facts: Facts, card: ModelCard) -> Teacher | None:
    """The stronger model: the one that does the work today, else a larger one whose weights are here.

    Where nothing may leave the machine, only one that is here.
    """
    named = facts.strong_model
    if named is not None and facts.said("privacy") != "local":
        return Teacher(named, outside=True)
    larger = [
        known for name in facts.machine.models_here
        if (known := BY_ID.get(name.lower())) and known.kind != "base" and known.params >= STRONGER * card.params
    ]  # fmt: skip
    larger += [
        other for other in compared_cards(facts).values() if other.params >= STRONGER * card.params
    ]
    able = [other for other in larger if _can_answer(other, facts)]
    if not able:
        return None
    return Teacher(max(able, key=lambda other: other.params).id, outside=False)


def _can_answer(card: ModelCard, facts: Facts) -> bool:
    """Whether it could answer here in reasonable time: on a card that holds it, or small enough for processors."""
    if not facts.machine.gpus:
        return card.params <= MOST_ON_PROCESSORS
    return card.params * 2 / 2**30 <= 0.8 * facts.machine.gib


def _reason(
    facts: Facts, advice: Advice, teacher: Teacher
) -> tuple[int, Text, tuple[str, ...]] | None:
    rows, name = facts.profile.usable or facts.profile.rows, teacher.name
    rates = facts.success_rates
    if rates and sum(rates) / len(rates) <= TOO_HARD:
        return GOOD_ROWS, Text("The model succeeds too seldom to learn from its own attempts; answers of {teacher} that pass your check are the cheaper way in.", teacher=name), ("TC-17", "RF-02", "SY-02")  # fmt: skip
    if not facts.answered:
        if facts.reward is not None:
            return None
        return rows, join([
            Text("Your rows have no answers, and {teacher} can write them.", teacher=name),
            _seeds(),
        ]), ("TC-07", "TC-17", "SY-09")  # fmt: skip
    if rows < MIN_EXAMPLES:
        parts = [Text("{rows:,} {rows:row is|rows are} too few to train on, and {teacher} can answer more questions like them.", rows=rows, teacher=name)]  # fmt: skip
        return GOOD_ROWS, join(parts + ([] if rows >= SEED_ROWS else [_seeds()])), ("TC-03", "TC-07", "SY-01", "SY-09")  # fmt: skip
    if rows < GOOD_ROWS:
        return GOOD_ROWS - rows, Text("{rows:,} rows can be trained on, but from about {good} on results are good: {teacher} can write the rest.", rows=rows, good=GOOD_ROWS, teacher=name), ("TC-09", "SY-01", "SY-05")  # fmt: skip
    if facts.strong_model is not None and rows < RICH_ROWS:
        return FIRST_ROWS, Text("{teacher} does the work today; its checked answers are the cheapest way to bring the smaller model up to it.", teacher=name), ("TC-07", "SY-01", "SY-05")  # fmt: skip
    return None


def _seeds() -> Text:
    return Text("Write some {seeds} answers yourself first: they show the form, and they are the test.", seeds=SEED_ROWS)  # fmt: skip


def _command(facts: Facts, teacher: Teacher) -> str:
    made = distilling(facts, questions=facts.answered)
    if teacher.outside:
        return made.replace("--teacher NAME", f"--teacher {shlex.quote(teacher.name)}", 1)
    return made.replace("--teacher NAME --url ADDRESS", f"--teacher {shlex.quote(teacher.name)}", 1)


def _next_plan(facts: Facts) -> str:
    files = [shlex.quote(Path(file).name) for file in facts.data] or ["DATA"]
    goal = shlex.quote(facts.goal) if facts.goal else "TEXT"
    return " ".join(["tunesmith", "plan", *files, "rows.jsonl", "--goal", goal, "--skip-broken"])
