"""Adapters trained from pairs and from attempts: held to the stage's start, saved alone, resumed to the bit."""

from pathlib import Path
from typing import Any

import pytest
import torch
from stage_runs import work_for
from test_dpo import TASK as PAIR_TASK
from test_dpo import dpo, pairs
from test_rft import OWN, letters, rft
from test_rft import TASK as LETTER_TASK
from tiny_model import weights_hash, write_model

from training.checkpoints import folder_for
from training.model import adapter_weights, put_weights, tuned_weights
from training.phases.replaying import Replay
from training.phases.stages import prepare_model, train_stage

LORA = {"rank": 4, "alpha": 8}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_model(tmp_path_factory.mktemp("model"))


def adapted(folder: Path, model: Path, *stages: dict[str, Any], stop_at: int = 0) -> Any:
    first = stages[0]["technique"]
    (folder / "rewards").mkdir(parents=True, exist_ok=True)
    (folder / "rewards" / "letters.py").write_text(OWN)
    rows, task = (pairs(32), PAIR_TASK) if first == "dpo" else (letters(24), LETTER_TASK)
    work = work_for(
        folder, model, rows, stage=stages[0] | {"lora": LORA}, task=task, stop_at=stop_at
    )
    others = [work.config.stages[0].model_copy(update=stage) for stage in stages[1:]]
    work.config = work.config.model_copy(update={"stages": (*work.config.stages, *others)})
    return work


def carry_out_all(work: Any) -> Any:
    """Train every stage, each from the end of the one before, as the pipeline does."""
    model = prepare_model(work, work.config.stages[0])
    for index in range(len(work.config.stages)):
        ended = train_stage(work, index, Replay([], []), model=model, on_checkpoint=lambda _: None)
        if ended != "finished":
            break
    return model


@pytest.mark.slow
@pytest.mark.parametrize(
    "stage", [dpo(), rft(), rft(kl_weight=0.1)], ids=["pairs", "attempts", "attempts held by kl"]
)
def test_an_adapter_is_trained_saved_alone_and_resumed_to_the_same_bits(
    stage: dict[str, Any], model: Path, tmp_path: Path
) -> None:
    name = f"1-{stage['technique']}"
    straight = adapted(tmp_path / "straight", model, stage)
    tuned = carry_out_all(straight)
    carry_out_all(adapted(tmp_path / "broken", model, stage, stop_at=3))
    again = adapted(tmp_path / "broken", model, stage)
    carry_out_all(again)
    end = straight.measured.stages[0].steps
    folders = [folder_for(work.stage_folder(name), end) for work in (straight, again)]
    assert weights_hash(folders[0]) == weights_hash(folders[1])
    assert [path.name for path in folders[0].rglob("*.safetensors")] == [
        "adapter_model.safetensors"
    ]
    saved = tuned_weights(folders[0], straight.loaded)
    assert any(tensor.abs().max() > 0 for key, tensor in saved.items() if "lora_B" in key)
    assert all(torch.equal(tensor, saved[key]) for key, tensor in adapter_weights(tuned).items())


def test_one_adapter_goes_through_two_stages_that_are_each_held_to_their_own_start(
    model: Path, tmp_path: Path
) -> None:
    work = adapted(
        tmp_path / "run", model, rft(kl_weight=0.1), rft(kl_weight=0.1, learning_rate=1e-4)
    )
    tuned = carry_out_all(work)
    assert [stage.name for stage in work.measured.stages] == ["1-rft", "2-rft"]
    assert all(stage.steps == 6 for stage in work.measured.stages)
    before = {key: tensor.clone() for key, tensor in adapter_weights(tuned).items()}
    put_weights(tuned, tuned_weights(folder_for(work.stage_folder("1-rft"), 6), work.loaded))
    assert any(
        not torch.equal(before[key], tensor) for key, tensor in adapter_weights(tuned).items()
    )
