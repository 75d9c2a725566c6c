"""General rows beside pairs and attempts: learnt at the wanted share, by words or from the untouched model, resumed to the bit."""

from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from stage_runs import carry_out, work_for
from test_dpo import TASK as PAIR_TASK
from test_dpo import dpo, pairs
from test_rft import OWN, letters, rft
from test_rft import TASK as LETTER_TASK
from tiny_model import rows, weights_hash, write_model

from training.alongside import lay_out
from training.checkpoints import folder_for
from training.config import ReplayConfig
from training.data import MASKED, Sequences, tokenise
from training.evaluate import nll_per_token
from training.losses import learnt_loss

GENERAL = {"dpo": letters(40), "rft": rows(40, start=5000)}
"""Of another kind than what the stage learns."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_model(tmp_path_factory.mktemp("model"))


def rehearsing(
    folder: Path, model: Path, technique: str, *, share: float = 0.5, loss: Literal["tokens", "kl"] = "tokens",
    stop_at: int = 0, **stage: Any,
) -> Any:  # fmt: skip
    if technique == "dpo":
        work = work_for(
            folder, model, pairs(32), stage=dpo(**stage), task=PAIR_TASK, stop_at=stop_at
        )
    else:
        (folder / "rewards").mkdir(parents=True, exist_ok=True)
        (folder / "rewards" / "letters.py").write_text(OWN)
        work = work_for(
            folder, model, letters(24), stage=rft(**stage), task=LETTER_TASK, stop_at=stop_at
        )
    replay = ReplayConfig(source="file", share=share, loss=loss) if share else ReplayConfig()
    work.config = work.config.model_copy(update={"replay": replay})
    return work


def general_loss(model: Any, work: Any, technique: str) -> float:
    losses = nll_per_token(model, work.loaded.tokenizer, GENERAL[technique])
    return sum(one.nats for one in losses) / sum(one.tokens for one in losses)


@pytest.mark.slow
@pytest.mark.parametrize("technique", ["dpo", "rft"])
def test_a_resumed_stage_with_general_rows_ends_with_the_same_bits(
    technique: str, model: Path, tmp_path: Path
) -> None:
    straight = rehearsing(tmp_path / "straight", model, technique)
    assert carry_out(straight, replay=GENERAL[technique])[1] == "finished"
    broken = rehearsing(tmp_path / "broken", model, technique, stop_at=3)
    assert carry_out(broken, replay=GENERAL[technique])[1] == "asked"
    again = rehearsing(tmp_path / "broken", model, technique)
    assert carry_out(again, replay=GENERAL[technique])[1] == "finished"
    steps = straight.measured.stages[0].steps
    ends = [
        weights_hash(folder_for(work.stage_folder(f"1-{technique}"), steps))
        for work in (straight, again)
    ]
    assert ends[0] == ends[1]
    alone = rehearsing(tmp_path / "alone", model, technique, share=0)
    carry_out(alone)
    assert weights_hash(folder_for(alone.stage_folder(f"1-{technique}"), steps)) != ends[0]
    assert straight.measured.stages[0].replay_tokens > 0
    assert alone.measured.stages[0].replay_tokens == 0


@pytest.mark.slow
@pytest.mark.parametrize("technique", ["dpo", "rft"])
def test_general_rows_are_learnt_besides(technique: str, model: Path, tmp_path: Path) -> None:
    after = []
    for share in (0.0, 0.7):
        work = rehearsing(tmp_path / str(share), model, technique, share=share, epochs=6)
        tuned, _ = carry_out(work, replay=GENERAL[technique])
        after.append(general_loss(tuned, work, technique))
    assert after[1] < after[0] - 1, after


def test_the_untouched_model_teaches_what_it_held_likely(model: Path, tmp_path: Path) -> None:
    technique, moved = "dpo", {}
    for name, share in (("alone", 0.0), ("taught", 0.7)):
        work = rehearsing(
            tmp_path / name, model, technique, share=share, loss="kl", epochs=6, learning_rate=1e-2
        )
        before = general_loss(work.loaded.model, work, technique)
        tuned, _ = carry_out(work, replay=GENERAL[technique])
        moved[name] = abs(general_loss(tuned, work, technique) - before)
    assert moved["taught"] < moved["alone"] / 2, moved


def test_the_parts_of_a_step_add_up_to_its_mean(model: Path, tmp_path: Path) -> None:
    work = rehearsing(tmp_path / "run", model, "dpo")
    loaded = work.loaded
    general = tokenise(
        GENERAL["dpo"], loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=96, system=None
    )
    laid_out = lay_out(general, None, share=0.5, steps=3, own_tokens=200.0, seed=4)
    assert laid_out is not None
    parts = [laid_out.loss(loaded.model, 1, part=part, parts=3) for part in range(3)]
    total = sum(float(part.detach()) for part in parts if part is not None)
    chosen = [general.labels[row] for row in laid_out.steps[1]]
    learnt = sum(label != MASKED for labels in chosen for label in labels[1:])
    by_hand = sum(
        float(
            learnt_loss(
                loaded.model, {"input_ids": torch.tensor([general.input_ids[row]])},
                torch.tensor([general.labels[row]]), 1,
            ).detach()
        )
        for row in laid_out.steps[1]
    )  # fmt: skip
    assert total == pytest.approx(by_hand / learnt, rel=1e-4)


def test_no_general_row_comes_twice_before_all_came_once() -> None:
    general = Sequences(
        tuple("abcde"),
        tuple([1] * 10 for _ in "abcde"),
        tuple([1] * 10 for _ in "abcde"),
        (1.0,) * 5,
    )
    laid_out = lay_out(general, None, share=0.5, steps=5, own_tokens=21.0, seed=0)
    assert laid_out is not None
    assert [len(rows) for rows in laid_out.steps] == [2] * 5
    flat = [row for rows in laid_out.steps for row in rows]
    assert sorted(flat[:5]) == sorted(flat[5:]) == list(range(5))
    assert (laid_out.total_tokens, laid_out.passes) == (100, 2.0)
    assert lay_out(general, None, share=0.0, steps=5, own_tokens=21.0, seed=0) is None
