"""Questions kept after trying a model: test items of the next plan of the same data, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.data.duplicates import normal
from tools.dataset import DataOptions, Dataset, prepare
from tools.errors import DataError
from tools.marking.kept import FILE, MOST, KeptItem, keep, kept_for, take_back

DATA = {"/home/me/tickets.csv": "abc"}


def tickets(folder: Path, rows: int = 60) -> Path:
    path = folder / "tickets.csv"
    lines = [
        f"message number {place} about the {('card' if place % 2 else 'door')},{('lost' if place % 2 else 'open')}"
        for place in range(rows)
    ]
    path.write_text("text,label\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(folder: Path, *items: KeptItem, **options: object) -> Dataset:
    return prepare([tickets(folder)], options=DataOptions(**options), items=items)  # type: ignore[arg-type]


def test_a_kept_question_is_asked_in_the_test_and_never_learnt(tmp_path: Path) -> None:
    before = read(tmp_path)
    made = read(tmp_path, KeptItem("where is my parcel", "lost"), KeptItem("my key broke", "open"))
    assert made.profile.kept == 2 and before.profile.kept == 0
    assert made.profile.splits["test"] == before.profile.splits["test"] + 2
    assert [row.answer for row in made.test[-2:]] == ["lost", "open"]
    assert made.train == before.train and made.dev == before.dev
    assert "you kept after trying a model: 2" in str(made.profile.notes[-1])


def test_a_row_that_asks_the_same_leaves_what_is_learnt(tmp_path: Path) -> None:
    before = read(tmp_path)
    learnt = before.train[0].prompt[0].content
    made = read(tmp_path, KeptItem(learnt.upper() + " ", before.train[0].answer))
    keys = [normal(row.prompt[0].content) for row in (*made.train, *made.dev)]
    assert normal(learnt) not in keys
    assert [normal(row.prompt[0].content) for row in made.test].count(normal(learnt)) == 1
    assert "were taken out: 1" in str(made.profile.notes[-1])


def test_a_kept_answer_is_spelled_as_the_labels_are(tmp_path: Path) -> None:
    made = read(tmp_path, KeptItem("where is my parcel", "LOST"), KeptItem("hello", "greeting"))
    assert [row.answer for row in made.test[-2:]] == ["lost", "greeting"]
    strange = next(one for one in made.profile.issues if "greeting" in str(one.text))
    assert strange.count == 1


def test_texts_have_no_questions_to_keep(tmp_path: Path) -> None:
    made = read(tmp_path, KeptItem("what is it", "this"), task="documents")
    assert made.profile.kept == 0 and "you kept (1) are not used" in str(made.profile.notes[-1])


def test_what_a_test_file_asks_already_is_not_asked_twice(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("text,label\nwhere is my parcel,lost\nmy key broke,open\n", encoding="utf-8")
    made = read(tmp_path, KeptItem("Where is my parcel", "open"), eval_file=own)
    assert made.profile.kept == 0 and len(made.test) == 2


def test_the_last_word_on_a_question_holds_and_can_be_taken_back(tmp_path: Path) -> None:
    keep(tmp_path, "a question", "first", data=DATA)
    keep(tmp_path, "A  question", "second", data=DATA)
    keep(tmp_path, "another", "yes", data=DATA)
    assert [one.answer for one in kept_for(tmp_path, DATA)] == ["second", "yes"]
    take_back(tmp_path, "a question", data=DATA)
    assert [one.prompt for one in kept_for(tmp_path, DATA)] == ["another"]
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"prompt": "torn')
    keep(tmp_path, "after", "it", data=DATA)
    assert [one.prompt for one in kept_for(tmp_path, DATA)] == ["another", "after"]


def test_kept_questions_belong_to_the_files_by_content_or_place(tmp_path: Path) -> None:
    keep(tmp_path, "a question", "yes", data=DATA)
    assert kept_for(tmp_path, {"/elsewhere/copy.csv": "abc"})
    assert kept_for(tmp_path, {"/home/me/tickets.csv": "edited since"})
    assert not kept_for(tmp_path, {"/elsewhere/other.csv": "xyz"})


@pytest.mark.parametrize(
    ("prompt", "answer", "said"),
    [("", "yes", "right answer"), ("why", "  ", "right answer"), ("why", "x" * 20_001, "too long")],
)
def test_half_an_item_is_refused(tmp_path: Path, prompt: str, answer: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        keep(tmp_path, prompt, answer, data=DATA)


def test_kept_questions_do_not_become_the_test(tmp_path: Path) -> None:
    for place in range(MOST):
        keep(tmp_path, f"question {place}", "yes", data=DATA)
    with pytest.raises(DataError, match="more would make up the test"):
        keep(tmp_path, "one more", "yes", data=DATA)
    keep(tmp_path, "question 3", "no", data=DATA)
