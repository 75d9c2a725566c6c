"""Continued pretraining: nothing of a text is lost, no piece holds two, and bits per byte fall."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from stage_runs import carry_out, work_for
from tiny_model import COLOURS, THINGS, rows, weights_hash, write_model, write_tokenizer

from training.checkpoints import folder_for
from training.cpt import readable, tokenise_texts
from training.errors import TrainingError
from training.phases.asking import ask_rows, compare
from training.rows import Row

TASK = {"task": "documents", "metric": "bits_per_byte", "labels": []}


def texts(count: int, *, start: int = 0) -> list[Row]:
    return [
        Row(id=f"notes.txt:{n}", text=f"The {THINGS[n % 8]} is {COLOURS[n % 4]}. " * (n % 12 + 1))
        for n in range(start, start + count)
    ]


def cpt(**changes: Any) -> dict[str, Any]:
    return {"technique": "cpt", "checkpoints": 2, "max_seq_tokens": 48} | changes


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return write_tokenizer(tmp_path_factory.mktemp("tokenizer"))


@given(st.lists(st.text(min_size=1, max_size=200), min_size=1, max_size=4), st.integers(8, 40))
def test_nothing_of_a_text_is_lost_and_its_end_is_learnt(
    tokenizer: Any, written: list[str], longest: int
) -> None:
    stop = tokenizer.eos_token_id
    given_rows = [Row(id=str(place), text=text) for place, text in enumerate(written)]
    found = tokenise_texts(given_rows, tokenizer, stop_id=stop, max_tokens=longest)
    assert all(0 < len(piece) <= longest for piece in found.input_ids)
    assert list(found.labels) == list(found.input_ids)
    for row in given_rows:
        whole = [
            token
            for name, piece in zip(found.ids, found.input_ids, strict=True)
            for token in piece
            if name == row.id
        ]
        assert whole == [*tokenizer(row.text, add_special_tokens=False)["input_ids"], stop]
    for row, pieces in zip(
        given_rows, readable(given_rows, tokenizer, max_tokens=longest), strict=True
    ):
        assert "".join(piece.text or "" for piece in pieces) == row.text


def test_bits_per_byte_fall_and_less_is_better(model: Path, tmp_path: Path) -> None:
    work = work_for(tmp_path / "run", model, texts(48), stage=cpt(epochs=3), task=TASK)
    held_out = texts(8, start=500)
    before = ask_rows(work, work.loaded.model, held_out, name="before", system=None)
    tuned, ended = carry_out(work)
    after = ask_rows(work, tuned, held_out, name="after", system=None)
    assert ended == "finished"
    assert after.score.value < 0.8 * before.score.value
    assert after.answers[0].endswith(" bits per byte")
    assert compare(work, before, after).better is True


def test_a_text_longer_than_the_model_reads_is_measured_whole(model: Path, tmp_path: Path) -> None:
    work = work_for(tmp_path / "run", model, texts(8), stage=cpt(), task=TASK)
    long = Row(id="long", text="The sky is blue. " * 200)
    asked = ask_rows(work, work.loaded.model, [long], name="long", system=None)
    assert 1 < asked.score.value < 12


def test_a_resumed_stage_ends_with_the_same_bits(model: Path, tmp_path: Path) -> None:
    straight = work_for(tmp_path / "straight", model, texts(32), stage=cpt(), task=TASK)
    carry_out(straight, replay=rows(8))
    broken = work_for(tmp_path / "broken", model, texts(32), stage=cpt(), task=TASK, stop_at=4)
    assert carry_out(broken, replay=rows(8))[1] == "asked"
    again = work_for(tmp_path / "broken", model, texts(32), stage=cpt(), task=TASK)
    carry_out(again, replay=rows(8))
    last = straight.measured.stages[0].steps
    ends = [
        weights_hash(folder_for(work.stage_folder("1-cpt"), last)) for work in (straight, again)
    ]
    assert ends[0] == ends[1]


def test_after_texts_the_models_own_conversations_are_the_examples(
    model: Path, tmp_path: Path
) -> None:
    work = work_for(
        tmp_path / "run", model, texts(16), stage={"technique": "sft", "epochs": 1}, task=TASK
    )
    carry_out(work, replay=rows(16))
    started = next(event for event in work.run.events() if event.code == "stage_started")
    assert (started.facts["rows"], started.facts["replay_tokens"]) == (16, 0)


def test_conversations_alone_cannot_be_read_as_texts(model: Path, tmp_path: Path) -> None:
    work = work_for(tmp_path / "run", model, rows(8), stage=cpt(), task=TASK)
    with pytest.raises(TrainingError, match="no plain text"):
        carry_out(work)
