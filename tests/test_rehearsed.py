"""Conversations that were written before: in part, or by whoever built the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from training import rehearsed, replay
from training.practice import MODEL_DIR
from training.practice.rehearse import ROWS, SEED

OPTIONS = replay.Options(batch_rows=16)


class CannotWrite:
    """The model, as far as it is looked at; asked to write, it fails."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def __getattr__(self, name: str) -> Any:
        assert name != "generate", "it was written before"
        return getattr(self.model, name)


@pytest.fixture(scope="module")
def practice() -> Iterator[tuple[Any, Any]]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(MODEL_DIR, dtype=torch.float32)
    yield model, AutoTokenizer.from_pretrained(MODEL_DIR)
    torch.set_num_threads(threads)


def test_what_there_was_time_for_is_kept_and_gone_on_from_to_the_same_rows(
    practice: tuple[Any, Any], tmp_path: Path
) -> None:
    time_for = iter([True, True, False])
    part = replay.write(
        *practice, rows=50, seed=1, options=OPTIONS, cache=tmp_path, go_on=lambda: next(time_for)
    )
    assert part.interrupted and 0 < len(part.rows) < 50
    whole = replay.write(*practice, rows=50, seed=1, options=OPTIONS, cache=tmp_path)
    assert not whole.interrupted and whole.known >= len(part.rows)
    alone = replay.write(*practice, rows=50, seed=1, options=OPTIONS)
    assert whole.content_hash == alone.content_hash


def test_what_is_known_is_read_even_when_the_time_is_up(
    practice: tuple[Any, Any], tmp_path: Path
) -> None:
    before = replay.write(*practice, rows=20, seed=1, options=OPTIONS, cache=tmp_path)
    again = replay.write(
        *practice, rows=20, seed=1, options=OPTIONS, cache=tmp_path, go_on=lambda: False
    )
    assert again.rows == before.rows and not again.interrupted


def test_what_comes_with_a_model_is_not_written_again_unless_its_weights_were_changed(
    practice: tuple[Any, Any], tmp_path: Path
) -> None:
    model, tokenizer = practice
    first = replay.write(*practice, rows=20, seed=1, options=OPTIONS, cache=tmp_path / "blocks")
    folder = tmp_path / "model"
    folder.mkdir()
    packed = rehearsed.pack(tmp_path / "blocks", folder, rows={1: len(first.rows)})
    shipped = rehearsed.read_blocks(folder)
    again = replay.write(
        CannotWrite(model), tokenizer, rows=20, seed=1, options=OPTIONS, shipped=shipped
    )
    assert again.rows == first.rows and again.known == 20
    assert rehearsed.rows_with(folder, seed=1) == 20 and rehearsed.rows_with(folder, seed=2) == 0
    before = packed.read_bytes()
    rehearsed.pack(tmp_path / "blocks", folder, rows={1: len(first.rows)})
    assert packed.read_bytes() == before
    weight = model.model.norm.weight
    with torch.no_grad():
        weight.mul_(1.25)
    try:
        with pytest.raises(AssertionError, match="written before"):
            replay.write(
                CannotWrite(model), tokenizer, rows=20, seed=1, options=OPTIONS, shipped=shipped
            )
    finally:
        with torch.no_grad():
            weight.div_(1.25)


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04 cut", b"no archive at all"])
def test_an_archive_that_cannot_be_read_brings_nothing(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / rehearsed.FILE).write_bytes(raw)
    assert rehearsed.read_blocks(tmp_path) == {} and rehearsed.rows_with(tmp_path, seed=0) == 0


def test_a_block_that_was_changed_is_written_again(
    practice: tuple[Any, Any], tmp_path: Path
) -> None:
    first = replay.write(*practice, rows=20, seed=1, options=OPTIONS, cache=tmp_path)
    name, said = next((path.name, json.loads(path.read_text())) for path in tmp_path.glob("*.json"))
    said["conversations"][0][0]["content"] = "Say something else."
    again = replay.write(
        *practice, rows=20, seed=1, options=OPTIONS, shipped={name: json.dumps(said)}
    )
    assert again.rows == first.rows


def test_the_practice_model_brings_what_its_plans_rehearse(practice: tuple[Any, Any]) -> None:
    model, tokenizer = practice
    shipped = rehearsed.read_blocks(MODEL_DIR)
    found = replay.write(CannotWrite(model), tokenizer, rows=ROWS, seed=SEED, shipped=shipped)
    assert len(found.rows) == found.known == rehearsed.rows_with(MODEL_DIR, seed=SEED) == ROWS, (
        "run python -m training.practice.rehearse after each build"
    )
