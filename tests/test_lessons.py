"""Lessons: real plans with one thing wrong, and a sentence made of the run's own numbers."""

import csv
from pathlib import Path

import pytest

from tools.deciding.overrides import read
from training.measured import Candidate, Measured, Retention, Score, StageRecord
from training.practice import samples
from training.practice.lessons import LESSONS, Lesson, find
from training.practice.samples import maths
from training.rewards import named
from training.rewards.calibrate import calibrate
from training.rows import Message, Row
from training.text import Text


def score(value: float, items: int = 100) -> Score:
    return Score(metric="accuracy", value=value, low=value, high=value, items=items)


def measured(*, recoveries: int = 0) -> Measured:
    stage = StageRecord(
        name="1-sft", technique="sft", steps=9, train_tokens=9, replay_tokens=0, minutes=1, tokens_per_second=1,
        ended_because=Text("Done."), recoveries=recoveries,
    )  # fmt: skip
    chosen = Candidate(
        stage="1-sft", step=9, interpolation=1, task=score(0.71, 20), retention=0.3, chosen=True
    )
    return Measured(
        run="lesson", complete=True, tuned=score(0.97), retention=Retention(value=0.23, low=0.2, high=0.3),
        candidates=(chosen,), stages=(stage,),
    )  # fmt: skip


def messages(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["message"], row["topic"]) for row in csv.DictReader(file)]


def test_there_are_four_lessons_with_names_of_their_own() -> None:
    assert [lesson.name for lesson in LESSONS] == [
        "no-replay", "rate-x10", "leaked-test", "paid-for-length",
    ]  # fmt: skip
    assert find("rate-x10") is LESSONS[1]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_lesson_writes_its_files_and_sets_only_known_values(
    lesson: Lesson, tmp_path: Path
) -> None:
    data = lesson.prepare(tmp_path)
    assert all(path.is_file() and path.parent == tmp_path for path in data.files)
    assert data.eval_file is None or data.eval_file.is_file()
    assert read(lesson.overrides).keys() == lesson.overrides.keys()
    assert samples.find(lesson.sample).goal == lesson.goal


def test_the_leaked_test_is_made_of_training_messages_of_the_same_topic(tmp_path: Path) -> None:
    data = find("leaked-test").prepare(tmp_path)
    assert data.eval_file is not None
    known = set(messages(data.files[0]))
    for text, topic in messages(data.eval_file):
        assert any(
            text == f"{one} {other}"
            for one, its in known
            for other, also in known
            if its == also == topic and text.startswith(one) and text.endswith(other)
        ), text


def test_the_other_lessons_test_on_messages_that_were_never_seen(tmp_path: Path) -> None:
    data = find("no-replay").prepare(tmp_path)
    assert data.eval_file is not None
    asked, known = messages(data.eval_file), {text for text, _ in messages(data.files[0])}
    assert len(asked) == 100
    assert not known & {text for text, _ in asked}


def test_what_was_learnt_is_said_with_the_runs_own_numbers() -> None:
    assert "97% of the messages right and keeps 23%" in find("no-replay").learnt(measured())
    assert "97% on the test" in find("leaked-test").learnt(measured())
    assert "71% on 20 messages it had never seen" in find("leaked-test").learnt(measured())
    assert "taken back" not in find("rate-x10").learnt(measured())
    assert "taken back 2 times by the guard" in find("rate-x10").learnt(measured(recoveries=2))


def test_the_wrong_reward_passes_every_trial_and_still_pays_for_words(tmp_path: Path) -> None:
    data = find("paid-for-length").prepare(tmp_path)
    assert data.reward is not None and find("paid-for-length").needs == "rft"
    reward = named(data.reward, folder=tmp_path, trusted=True)
    rows = [
        Row(id=str(place), messages=(Message(role="user", content=one["question"]), Message(role="assistant", content=one["answer"])))
        for place, one in enumerate(maths.build(rows=40))
    ]  # fmt: skip
    assert calibrate(reward, rows).is_sound
    scores = reward(["7", "so well then I think that it is 7", "no idea at all"], answer=["7"] * 3)
    terse, wordy, wrong = scores
    assert terse is not None and wordy is not None and wrong is not None
    assert wrong < terse < wordy
