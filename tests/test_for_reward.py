"""Rows for rewards: questions without answers, the columns a reward reads, and how often a row is seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.data.gather import DataOptions
from tools.dataset import Dataset, prepare
from tools.errors import DataError, PlanError
from tools.marking.grading import try_out
from training.rewards import columns_of, named


def prepared(folder: Path, records: list[dict[str, Any]], **options: Any) -> Dataset:
    file = folder / "rows.jsonl"
    file.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    return prepare([file], options=DataOptions(**options))


PROGRAMS = [
    {"prompt": f"Write a function add_{n}(x) that adds {n} to x.", "tests": f"assert add_{n}(1) == {n + 1}"}
    for n in range(60)
]  # fmt: skip


def test_questions_need_no_answers_where_a_reward_says_what_is_right(tmp_path: Path) -> None:
    made = prepared(tmp_path, PROGRAMS, for_reward=True)
    assert made.profile.task.value == "code" and made.profile.columns["prompt"] == "prompt"
    assert all(not row.has_answer and row.facts["tests"] for row in made.train)
    assert not [issue for issue in made.profile.issues if issue.severity == "blocking"]
    with pytest.raises(DataError):
        prepared(tmp_path, PROGRAMS)


def test_an_answer_under_an_odd_name_is_still_the_answer_beside_a_reward(tmp_path: Path) -> None:
    rows = [{"Text": f"My parcel number {n} is late again", "Cat.": ["late", "lost"][n % 2]} for n in range(60)]  # fmt: skip
    made = prepared(tmp_path, rows, for_reward=True)
    assert all(row.has_answer for row in made.train)


def test_a_question_at_the_end_of_a_conversation_is_kept_for_a_reward(tmp_path: Path) -> None:
    rows = [{"messages": [{"role": "user", "content": f"Name a colour beside number {n}"}]} for n in range(60)]  # fmt: skip
    made = prepared(tmp_path, rows, for_reward=True, goal="Name colours")
    assert [message.role for message in made.train[0].messages] == ["user"]
    assert made.profile.task.value == "generation"


def test_a_reward_reads_the_columns_beside_question_and_answer(tmp_path: Path) -> None:
    rows = [
        {"question": f"What is {n} and {n + 9}?", "answer": f"It is {2 * n + 9}.", "constraints": "max_words=3"}
        for n in range(60)
    ]  # fmt: skip
    made = prepared(tmp_path, rows, for_reward=True)
    scores = named("constraints")(["short", "this is much too long"], **columns_of(made.train[:2]))
    assert scores == [1.0, 0.0]
    assert prepared(tmp_path, rows).train[0].facts == {}


def test_a_column_that_a_reward_lacks_is_told_before_anything_starts(tmp_path: Path) -> None:
    rows = [{"question": f"What is {n} and {n + 9}?", "answer": f"It is {2 * n + 9}."} for n in range(60)]  # fmt: skip
    made = prepared(tmp_path, rows, for_reward=True)
    with pytest.raises(PlanError, match="needs tests"):
        try_out("tests", made.train)


def test_rules_that_cannot_be_checked_are_told_before_anything_starts(tmp_path: Path) -> None:
    rows = [{"question": f"Describe lamp {n} in few words", "constraints": "max_words 3"} for n in range(60)]  # fmt: skip
    made = prepared(tmp_path, rows, for_reward=True)
    with pytest.raises(PlanError, match="not a rule"):
        try_out("constraints", made.train)


@pytest.mark.parametrize(("name", "weighs"), [("weight", True), ("sample_weight", True), ("mass", False)])  # fmt: skip
def test_a_conversation_is_seen_as_often_as_its_weight_says(
    tmp_path: Path, name: str, weighs: bool
) -> None:
    rows = [
        {"messages": [{"role": "user", "content": f"Hi {n}"}, {"role": "assistant", "content": f"Hello {n}"}], name: 0.5}
        for n in range(60)
    ]  # fmt: skip
    made = prepared(tmp_path, rows)
    assert {row.weight for row in made.train} == ({0.5} if weighs else {1.0})
    assert any("how often" in str(note) for note in made.profile.notes) == weighs


def test_kilograms_beside_a_question_are_no_weight_of_the_row(tmp_path: Path) -> None:
    rows = [{"question": f"How heavy is parcel {n}?", "answer": f"About {n} kilograms.", "weight": n + 2} for n in range(60)]  # fmt: skip
    assert {row.weight for row in prepared(tmp_path, rows).train} == {1.0}


def test_thoughts_in_a_field_of_their_own_are_kept_before_the_answer(tmp_path: Path) -> None:
    rows = [
        {"messages": [{"role": "user", "content": f"What is {n} and 2?"}, {"role": "assistant", "reasoning_content": f"{n} + 2 = {n + 2}", "content": str(n + 2)}]}
        for n in range(60)
    ]  # fmt: skip
    made = prepared(tmp_path, rows, goal="Solve the problems")
    assert all(
        row.answer.startswith("<think>\n") and "</think>" in row.answer for row in made.train
    )
    assert made.profile.task.value == "reasoning" and made.profile.checkable
