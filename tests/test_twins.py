"""After texts, the manners of the twin that answers are added to the untuned one."""

from pathlib import Path

import pytest
import torch
from stage_runs import work_for
from test_cpt import TASK, cpt, texts
from tiny_model import rows, write_model

from tools.deciding.models import answering_twin
from training.config import LoraConfig, ModelConfig
from training.model import Weights, load
from training.phases.replaying import Replay
from training.pipeline import _train
from training.rows import write_rows
from training.twins import add_difference
from training.work import Work


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("twins")
    return write_model(folder / "base", seed=0), write_model(folder / "answers", seed=1)


def weights_of(source: Path) -> Weights:
    model = load(ModelConfig(name="tiny", source=str(source), dtype="float32"), device="cpu").model
    return {name: tensor.detach() for name, tensor in model.named_parameters()}


def read_then_talk(
    folder: Path, base: Path, *, instruct: str | None, lora: LoraConfig | None = None
) -> Work:
    """Texts, then conversations, both at a rate that moves nothing that one could see."""
    work = work_for(folder, base, texts(16), stage=cpt(learning_rate=1e-9), task=TASK)
    write_rows(work.run.data / "dev.jsonl", texts(4, start=50))
    read = work.config.stages[0].model_copy(update={"lora": lora})
    talk = read.model_copy(update={"technique": "sft", "max_seq_tokens": 96})
    named = work.config.model.model_copy(update={"instruct": instruct})
    work.config = work.config.model_copy(update={"stages": (read, talk), "model": named})
    model, ended = _train(work, Replay(rows(16), []))
    assert ended == "finished"
    work.base["ended"] = model.get_input_embeddings().weight.detach().clone()
    return work


def test_what_tuning_changed_is_added_to_what_reading_changed() -> None:
    base, answers = {"w": torch.tensor([1.0, 2.0])}, {"w": torch.tensor([1.5, 0.0])}
    read = {"w": torch.tensor([1.25, 2.5])}
    added = add_difference(read, base=base, instruct=answers)
    assert added is not None
    assert added["w"].tolist() == [1.75, 0.5]
    assert add_difference(read, base=base, instruct={"v": torch.zeros(2)}) is None
    assert add_difference(read, base=base, instruct={"w": torch.zeros(3)}) is None


def test_between_texts_and_conversations_the_manners_come_back(
    twins: tuple[Path, Path], tmp_path: Path
) -> None:
    base, answers = twins
    work = read_then_talk(tmp_path / "run", base, instruct=str(answers))
    name = "model.embed_tokens.weight"
    assert torch.allclose(work.base["ended"], weights_of(answers)[name], atol=1e-5)
    (event,) = [one for one in work.run.events() if one.code == "manners_added"]
    assert "was added" in event.text


def test_without_a_twin_nothing_is_added(twins: tuple[Path, Path], tmp_path: Path) -> None:
    base, _ = twins
    work = read_then_talk(tmp_path / "run", base, instruct=None)
    assert torch.allclose(work.base["ended"], weights_of(base)["model.embed_tokens.weight"], atol=1e-5)  # fmt: skip
    assert not [one for one in work.run.events() if one.code == "manners_added"]


def test_a_twin_that_is_not_there_is_told_and_the_run_goes_on(
    twins: tuple[Path, Path], tmp_path: Path
) -> None:
    work = read_then_talk(tmp_path / "run", twins[0], instruct=str(tmp_path / "nowhere"))
    assert any("could not be added" in note for note in work.measured.notes)


def test_the_twin_is_found_from_the_untuned_model() -> None:
    assert answering_twin("Qwen/Qwen3-1.7B-Base") == "Qwen/Qwen3-1.7B"
    assert answering_twin("Qwen/Qwen3-1.7B") is None
