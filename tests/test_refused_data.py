"""Data that cannot be learnt from, or not read: said with the way out."""

from pathlib import Path
from typing import Any

import pytest

from tests.data_files import A, B, C, labelled, lines, ready, sentences, table
from tools.dataset import BrokenDataError, refuse_unusable
from tools.errors import DataError

BAD_ROWS: list[tuple[str, list[tuple[str, str]], str]] = [
    ("one row", [("only this text here", "a")], "1 usable row"),
    ("header only", [], "no row below"),
    ("no answers at all", [(text, "") for text in sentences(60)], "no column holds answers"),
]


@pytest.mark.parametrize(("name", "rows", "what"), BAD_ROWS)
def test_what_cannot_be_learnt_from_is_refused(
    tmp_path: Path, name: str, rows: list[Any], what: str
) -> None:
    with pytest.raises(DataError, match=what) as caught:
        ready(table(tmp_path / "t.csv", ("text", "label"), rows))
    assert caught.value.where.startswith("t.csv") and caught.value.what_to_do


@pytest.mark.parametrize(
    ("answers", "code"),
    [(["same"] * 100, "one_class"), (["", "yes it is so and so"] * 50, "missing_answers")],
)
def test_same_or_missing_answers_are_described_and_then_refused(
    tmp_path: Path, answers: list[str], code: str
) -> None:
    rows = [
        (text, (answer and f"{answer} {i}" * (code == "missing_answers")) or answer)
        for i, (text, answer) in enumerate(zip(sentences(100), answers, strict=True))
    ]
    made = ready(table(tmp_path / "t.csv", ("question", "answer"), rows))
    assert made.profile.issues[0].code == code and made.profile.issues[0].severity == "blocking"
    with pytest.raises(DataError) as caught:
        refuse_unusable(made.profile)
    assert caught.value.what == made.profile.issues[0].text


def test_contradictions_alone_leave_nothing_to_learn(tmp_path: Path) -> None:
    rows = [("where is my card", "bill"), ("Where is my  card", "login")]
    with pytest.raises(DataError, match="Without copies and contradictions 0 usable row"):
        ready(table(tmp_path / "t.csv", ("text", "label"), rows))


def test_a_task_that_the_rows_cannot_serve_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="preference"):
        ready(labelled(tmp_path / "t.csv"), task="preference")


def test_texts_can_be_learnt_from_a_table_with_labels(tmp_path: Path) -> None:
    made = ready(labelled(tmp_path / "t.csv"), task="documents")
    assert made.profile.columns["text"] == "text" and made.train[0].text


def test_an_evaluation_file_of_another_form_is_refused(tmp_path: Path) -> None:
    held = lines(
        tmp_path / "h.jsonl",
        [{"prompt": a, "chosen": b, "rejected": c} for a, b, c in zip(A, B, C, strict=True)],
    )
    with pytest.raises(DataError, match="evaluation file holds pairs"):
        ready(labelled(tmp_path / "t.csv"), eval_file=held)


@pytest.mark.parametrize(
    "junk",
    [b"{", b"[[1]]", b'{"a": {"b": 1}}', b'"x"\n"y"\n', b"\xff\xfe\x00", b",,,\n,,,\n", b'"\n'],
)
@pytest.mark.parametrize("name", ["t.csv", "t.json", "t.jsonl", "t.txt", "t.xlsx", "t.parquet"])
def test_junk_is_a_data_error_and_never_another(tmp_path: Path, name: str, junk: bytes) -> None:
    (tmp_path / name).write_bytes(junk)
    with pytest.raises(DataError) as caught:
        ready(tmp_path / name)
    assert caught.value.where and caught.value.what_to_do


def test_broken_rows_are_offered_to_be_left_out(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "t.jsonl", [{"question": a, "answer": b} for a, b in zip(A, B, strict=True)]
    )
    path.write_text(path.read_text() + '\n{"question": ', encoding="utf-8")
    with pytest.raises(BrokenDataError) as caught:
        ready(path)
    assert (caught.value.broken, caught.value.readable) == ((61,), 60)
    assert ready(path, skip_broken=True).profile.rows == 60
