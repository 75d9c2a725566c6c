"""Pairs and texts on the practice model itself: each must teach what it is for, shown by a paired interval."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from stage_runs import carry_out, work_for

from training.measured import Difference
from training.phases.asking import Asked, ask_rows, compare
from training.practice import MODEL_DIR
from training.practice.samples import write
from training.rows import Message, Row

pytestmark = pytest.mark.slow
MEDICAL = Path(__file__).parents[2] / "shared" / "data" / "medquad" / "qa.jsonl"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def gained(
    folder: Path,
    train: Sequence[Row],
    test: Sequence[Row],
    *,
    stage: dict[str, Any],
    task: dict[str, Any],
) -> tuple[Asked, Asked, Difference]:
    """Train one stage on the practice model; give what it could do before and after, and the difference."""
    common = {"batch_size": 16, "micro_batch_size": 16, "max_seq_tokens": 192, "checkpoints": 2}
    work = work_for(folder, MODEL_DIR, train, stage=common | stage, task={"labels": []} | task)
    before = ask_rows(work, work.loaded.model, test, name="before", system=None)
    model, ended = carry_out(work)
    assert ended == "finished"
    after = ask_rows(work, model, test, name="after", system=None)
    return before, after, compare(work, before, after)


def test_from_pairs_the_kinder_answer_becomes_likelier(tmp_path: Path) -> None:
    write(tmp_path / "samples")
    records = [
        json.loads(line)
        for line in (tmp_path / "samples" / "tone_pairs_300.jsonl").read_text().splitlines()
    ]
    pairs = [
        Row(
            id=f"tone:{n}", messages=(Message(role="user", content=record["prompt"]),),
            chosen=record["chosen"], rejected=record["rejected"],
        )
        for n, record in enumerate(records)
    ]  # fmt: skip
    before, after, difference = gained(
        tmp_path / "run", pairs[:220], pairs[220:],
        stage={"technique": "dpo", "learning_rate": 1e-4, "epochs": 1},
        task={"task": "preference", "metric": "accuracy"},
    )  # fmt: skip
    assert difference.low > 0, (before.score, after.score)


@pytest.mark.skipif(not MEDICAL.exists(), reason="the medical texts are not here")
def test_from_texts_the_field_becomes_less_surprising(tmp_path: Path) -> None:
    records = [json.loads(line) for line in MEDICAL.read_text(encoding="utf-8").splitlines()[:400]]
    texts = [
        Row(id=f"medquad:{n}", text=record["answer"][:1500])
        for n, record in enumerate(records)
        if record.get("answer")
    ]
    before, after, difference = gained(
        tmp_path / "run", texts[:160], texts[160:200],
        stage={"technique": "cpt", "learning_rate": 1e-3, "epochs": 1, "max_seq_tokens": 128},
        task={"task": "documents", "metric": "bits_per_byte"},
    )  # fmt: skip
    assert after.score.value < 0.92 * before.score.value, (before.score, after.score)
    assert difference.better is True
