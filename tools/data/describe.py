"""Describe the data: the profile, from the cleaned rows and what was found on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.choice import Choice
from tools.data.cleaning import Kept
from tools.data.column_shapes import Columns
from tools.data.duplicates import normal
from tools.data.findings import Material
from tools.data.gather import DataOptions, Gathered
from tools.data.quality import MIN_ROWS, check
from tools.data.scripts import TOKENS_PER_TURN, count_scripts, estimate_tokens, main_language
from tools.data.splits import Split
from tools.data.task import is_final_number, is_json
from tools.profile import Issue, Profile, TokenCounts
from training.chat import pick_shots
from training.config import Task
from training.rewards.reward import spoken
from training.rows import Row

SHOWN_ROWS = 3
SHOTS = 10
"""As many as the advice speaks of."""


@dataclass(frozen=True)
class Prepared:
    """Everything that is known when the rows are clean and split."""

    gathered: Gathered
    data: Kept
    columns: Columns
    task: Choice[Task]
    test: Kept
    parts: Split
    audits: list[Issue]
    options: DataOptions
    items: Kept | None = None
    """Of the test: the questions that the person kept."""


def describe(prepared: Prepared) -> Profile:
    """Count, estimate and check; the profile is the same whenever the rows are."""
    gathered, data, task = prepared.gathered, prepared.data, prepared.task
    columns, test, parts, options = (
        prepared.columns,
        prepared.test,
        prepared.parts,
        prepared.options,
    )
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
        fixed=[*data.issues, *prepared.audits],
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
        shots=_shots(data, parts[0], task.value),
        language=material.language,
        labels=labels,
        usable=len(data.rows),
        turns_p50=float(np.median(sides)) or 1.0,
        distinct_answer_share=round(
            len({normal(a) for a in set(data.answers)}) / max(1, len(data.answers)), 4
        ),
        checkable=_checkable(task.value, data.answers),
        kept=len(prepared.items.rows) if prepared.items is not None else 0,
    )


def _shots(data: Kept, train: Sequence[int], task: Task) -> tuple[dict[str, Any], ...]:
    """Give the rows that a prompt would show, where nothing but a prompt can be made of them (TC-03)."""
    if len(data.rows) >= MIN_ROWS:
        return ()
    kinds: dict[str, list[Row]] = {}
    for index in train:
        kinds.setdefault(data.answers[index] if task == "classification" else "", []).append(
            data.rows[index]
        )
    turns = zip_longest(*(pick_shots(rows, SHOTS) for rows in kinds.values()))
    rows = [row for turn in turns for row in turn if row is not None][:SHOTS]
    return tuple(row.model_dump(mode="json", exclude_defaults=True) for row in rows)


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
    sampled = [spoken(answer) for answer in answers[:: max(1, len(answers) // 500)]]
    if task in {"extraction", "tool_use"}:
        return sum(map(is_json, sampled)) >= 0.7 * len(sampled)
    return task == "reasoning" and sum(
        is_final_number(a) or a[:1].isdigit() or a[:1] == "-" for a in sampled
    ) >= 0.7 * len(sampled)
