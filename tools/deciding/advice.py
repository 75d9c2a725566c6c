"""What is advised, and the limits the advice rests on: shared by those who advise and those who read it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from tools.facts import Facts
from tools.plan import PlanWarning
from tools.profile import IssueCode
from training.config import Task, Technique
from training.text import Text

RUNNABLE: frozenset[Technique] = frozenset({"cpt", "sft", "dpo", "rft"})
"""The techniques that a trainer exists for. The one place to change when another can run."""
ORDER: tuple[Technique, ...] = ("cpt", "sft", "dpo", "rft")  # TC-19
KNOWLEDGE_TASKS: frozenset[Task] = frozenset({"qa", "dialogue", "generation", "documents"})
"""Tasks whose answers carry facts; in the others facts are in the question."""
CLOSED_TASKS: frozenset[Task] = frozenset({"classification"})
ALREADY_GOOD = 0.95  # TC-02: AWS nova-rft "reward >95 %: RFT may be unnecessary"
MIN_ITEMS_TO_JUDGE = 30  # ST-08: fewer show only differences of 20 points
MIN_EXAMPLES = 50  # TC-03
UNKNOWN_FACTS = 0.1  # TC-05 [P]: with examples shown, hardly one answer in ten was known
MIN_PAIRS = 500  # TC-14
MIN_PROMPTS = 100  # TC-13: AWS nova-rft
SMALL_CORPUS_TOKENS = 10_000_000  # TC-11 [P]
BIG_CORPUS_TOKENS = 1_000_000_000  # TC-12 [P]


@dataclass(frozen=True)
class Advice:
    """What to do and why. `code` is set where the advice is not to train."""

    pipeline: tuple[Technique, ...]
    because: Text
    source: str
    rules: tuple[str, ...]
    code: IssueCode | None = None
    warnings: tuple[PlanWarning, ...] = field(default=())
    handed: tuple[Text, ...] = ()
    """What to use instead of training: a prompt to copy."""


def distilling(facts: Facts, *, questions: bool = True) -> str:
    """The command that lets a teacher write rows for these data; capital letters stand for what only the person knows."""
    files = [shlex.quote(Path(file).name) for file in facts.data] or ["DATA"]
    asked = ["--prompts", "QUESTIONS"] if questions else []
    goal = shlex.quote(facts.goal) if facts.goal else "TEXT"
    said = ["--teacher", "NAME", "--url", "ADDRESS", "--goal", goal, "--out", "rows.jsonl"]
    return " ".join(["tunesmith", "distill", *files, *asked, *said])
