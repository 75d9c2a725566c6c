"""What the quality checks look at, and how they say what they found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.data.personal import Corpus
from tools.profile import Issue, IssueCode, Severity
from training.config import Task
from training.rows import Row
from training.text import Text

EXAMPLE_CHARS = 200


@dataclass(frozen=True)
class Material:
    """Everything the checks look at. Lists run parallel: one entry for each row, in the order of the file."""

    task: Task
    rows: Sequence[Row]
    numbers: Sequence[int]
    asked: Sequence[str]
    answers: Sequence[str]
    tokens: NDArray[np.float64]
    answer_tokens: NDArray[np.float64]
    counts: NDArray[np.int64]
    """Characters of what is asked, by script."""
    language: str
    records: int
    """Records in the files, those without an answer among them."""
    unanswered: Sequence[tuple[int, str]] = ()
    unasked: Sequence[int] = ()
    unreadable: Sequence[tuple[int, str]] = ()
    rated_bad: Sequence[int] = ()
    broken: Sequence[int] = ()
    drop_unanswered: bool = False
    test_rows: int = 0
    variants: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Label as kept -> other spellings that were joined with it."""
    fixed: Sequence[Issue] = ()
    """Found while cleaning: duplicates, conflicts, leakage."""
    encoding_note: str = ""

    @cached_property
    def corpus(self) -> Corpus:
        """What is asked with its answer, row by row, laid out for search."""
        return Corpus(
            [f"{asked}\n{answer}" for asked, answer in zip(self.asked, self.answers, strict=True)]
        )


def example(number: int | str, text: str, **more: Any) -> dict[str, Any]:
    """Show one row, shortened."""
    return {"row": number, "text": shortened(text), **more}


def shortened(text: str) -> str:
    """At most `EXAMPLE_CHARS` letters, with a mark where some are left out."""
    return text if len(text) <= EXAMPLE_CHARS else text[:EXAMPLE_CHARS] + " ..."


SOURCES: dict[IssueCode, str] = {
    "too_few_rows": "TC-03", "small_eval": "TC-01, ST-03", "class_imbalance": "DQ-09, DQ-10", "label_noise": "DQ-07",
    "secrets": "DQ-03, DQ-04", "pii": "DQ-03, DQ-04", "near_duplicates": "DQ-01, DQ-12", "exact_duplicates": "DQ-01",
    "label_conflicts": "DQ-08", "leakage": "CT-01", "contamination": "CT-01", "refusal_imbalance": "DQ-09",
    "outlier_lengths": "DQ-11", "truncation": "DQ-11", "facts_change_use_rag": "TC-05",
}  # fmt: skip
"""The rule behind each finding; those without one are plain facts about the file."""


def issue(
    code: IssueCode,
    severity: Severity,
    *,
    count: int,
    of: int,
    examples: Iterable[Any],
    text: Text,
    fix: Text,
) -> Issue:
    """Make an issue with its share and at most five examples."""
    return Issue(
        code=code,
        severity=severity,
        count=count,
        share=round(count / max(1, of), 4),
        examples=tuple(examples)[:5],
        text=text,
        fix=fix,
        source=SOURCES.get(code),
    )


def shown(
    material: Material, indexes: Iterable[int], *, answer: bool = False
) -> list[dict[str, Any]]:
    """Show the first five of these rows, with their answers where the answer matters."""
    examples = []
    for index in list(indexes)[:5]:
        if index >= len(material.rows):
            break
        more = {"answer": material.answers[index][:EXAMPLE_CHARS]} if answer else {}
        examples.append(example(material.numbers[index], material.asked[index], **more))
    return examples
