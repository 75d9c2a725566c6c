"""Marks: outputs worth marking, graders chosen by how they agree, and a test that goes with the run."""

from __future__ import annotations

import json
import random
from pathlib import Path
from string import ascii_lowercase

import pytest

from tools.errors import PlanError
from tools.judging.run_answers import Answered
from tools.marking import marks
from tools.marking.marks import Mark
from training.rows import Message, Row


def row(number: int, answer: str, **facts: object) -> Row:
    turns = (
        Message(role="user", content=f"What is thing {number}?"),
        Message(role="assistant", content=answer),
    )
    return Row(id=f"q.jsonl:{number}", messages=turns, facts=facts)


def sums(count: int = 30) -> list[Answered]:
    """A model that gets every third sum right, with words around it."""
    return [
        Answered(row(number, str(number * 7)), f"I say {number * 7 if number % 3 == 0 else number * 7 + 1}.")
        for number in range(1, count + 1)
    ]  # fmt: skip


def marked(found: list[Answered], good: object) -> list[Mark]:
    return [Mark(row=one.row, answer=one.base, good=good(one)) for one in found]  # type: ignore[operator]


def rows_and_answers(found: list[Answered]) -> tuple[list[Row], list[str]]:
    return [one.row for one in found], [one.base for one in found]


def test_outputs_are_spread_from_like_the_reference_to_unlike_it() -> None:
    picked = marks.outputs(sums(), 10)
    right = sum(one.row.answer in one.base for one in picked)
    assert len(picked) == 10
    assert 1 <= right <= 9
    assert [one.row.id for one in picked] == [one.row.id for one in marks.outputs(sums(), 10)]


def test_the_same_answer_is_not_shown_twice() -> None:
    found = [Answered(row(number, "x"), "always this") for number in range(20)]
    assert len(marks.outputs(found, 10)) == 1


def test_a_program_that_agrees_with_every_mark_comes_first() -> None:
    found = sums()
    made = marked(marks.outputs(found), lambda one: int(one.base[6:-1]) == int(one.row.answer))
    best = marks.propose(made, *rows_and_answers(found))[0]
    assert (best.reward, best.agreed, best.is_sound) == ("number", len(made), True)
    assert best.disagreements == ()


def test_a_mark_that_the_grader_sees_otherwise_is_named() -> None:
    found = sums()
    made = marked(marks.outputs(found), lambda one: int(one.base[6:-1]) == int(one.row.answer))
    made[3] = made[3].model_copy(update={"good": not made[3].good})
    trial = marks.try_grader("number", made, *rows_and_answers(found))
    assert trial.disagreements == (3,)
    assert trial.agreed == len(made) - 1


def style() -> list[Answered]:
    """House style: half of the answers ramble."""
    drawn = random.Random(0)
    made = []
    for number in range(24):
        wanted = " ".join("".join(drawn.choices(ascii_lowercase, k=6)) for _ in range(5))
        said = wanted + " soon" + " and so on and so forth" * 8 * (number % 2)
        made.append(Answered(row(number, wanted), said))
    return made


def test_a_limit_on_length_is_read_off_the_marks_and_stands_as_a_gate() -> None:
    found = style()
    made = marked(marks.outputs(found), lambda one: "so forth" not in one.base)
    assert marks.rules(made) == ["max_words=10"]
    tried = {one.reward: one for one in marks.propose(made, *rows_and_answers(found))}
    gated = next(one for name, one in tried.items() if "max_words=10" in name)
    assert gated.agreed == len(made)
    assert gated.is_sound


def test_a_grader_that_pays_for_bad_answers_comes_last() -> None:
    found = [
        Answered(row(number, "yes" if number % 2 else "no", constraints="max_words=50"), "well")
        for number in range(24)
    ]
    made = marked(found[:8], lambda one: one.row.answer == "yes")
    tried = marks.propose(made, *rows_and_answers(found))
    unsound = next(one for one in tried if one.reward == "constraints")
    assert not unsound.is_sound
    assert tried.index(unsound) == len(tried) - 1


def test_rows_without_references_leave_no_grader_to_propose() -> None:
    asked = Row(id="p:1", messages=(Message(role="user", content="Write a poem"),))
    made = [Mark(row=asked, answer="Roses", good=True)]
    assert marks.propose(made, [asked], ["Roses"]) == []


def test_marks_travel_with_the_run_and_test_its_grader(tmp_path: Path) -> None:
    found = sums()
    made = marked(marks.outputs(found), lambda one: int(one.base[6:-1]) == int(one.row.answer))
    marks.save(tmp_path / "rewards", made)
    assert marks.load(tmp_path / "rewards") == tuple(made)
    assert marks.load(tmp_path / "nowhere") == ()
    marks.recheck("number", made, least_agreed=len(made))
    with pytest.raises(PlanError, match="agrees with"):
        marks.recheck("json", made, least_agreed=len(made))
    with pytest.raises(PlanError, match="no reward named"):
        marks.recheck("nonsense", made, least_agreed=1)


def test_the_untouched_model_is_scored_by_the_grader_on_what_it_has_said() -> None:
    found = marks.baseline(sums(30), "number", name="zero-shot")
    assert (found.metric, found.items, round(found.value, 3)) == ("reward", 30, 0.333)


def test_json_references_are_read_as_fields() -> None:
    rows = [row(number, json.dumps({"city": "Oslo"})) for number in range(3)]
    assert marks.candidates([], rows)[:2] == ["fields", "json"]
