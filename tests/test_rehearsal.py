"""The untouched model as teacher: the distance is right, in pieces too; it holds a model closer; a stop changes nothing."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.stage_runs import carry_out, work_for
from tests.test_sft import LORA, StopAt
from tests.tiny_model import rows, weights_hash, write_model
from training.checkpoints import folder_for
from training.config import LoraConfig, ModelConfig, ReplayConfig, StageConfig
from training.data import MASKED, Sequences, tokenise
from training.losses import TAUGHT_BY_LABEL, Likeliest, Targets, Whole, learnt_loss
from training.mixture import mix
from training.model import (
    Loaded,
    add_adapter,
    base_weights,
    load,
    put_weights,
    tuned_weights,
    untouched,
)
from training.rehearsal import load_targets, positions_of, save_targets, targets_of
from training.rows import Message, Row
from training.rundir import RunDir
from training.sft import Lesson, train
from training.telemetry import Telemetry


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_model(tmp_path_factory.mktemp("model"))


def general_rows(count: int) -> list[Row]:
    said = ("Good morning", "Count to three", "Name a bird", "Say it again")
    return [
        Row(
            id=f"g{number}",
            messages=(
                Message(role="user", content=f"{said[number % 4]} {number}"),
                Message(role="assistant", content=f"well {number % 7} sea leaf"),
            ),
        )
        for number in range(count)
    ]


@pytest.fixture
def lesson(model_folder: Path, tmp_path: Path) -> Callable[..., Lesson]:
    def make(
        name: str, *, lora: LoraConfig | None = None, loss: str = "kl", stop_at: int = 0, whole: bool | None = None, **changes: Any
    ) -> Lesson:  # fmt: skip
        settings = {
            "technique": "sft", "learning_rate": 3e-3, "epochs": 2, "batch_size": 8, "micro_batch_size": 8,
            "max_seq_tokens": 96, "checkpoints": 1, "lora": lora,
        } | changes  # fmt: skip
        stage = StageConfig.model_validate(settings)
        loaded = load(
            ModelConfig(name="tiny", source=str(model_folder), dtype="float32"), device="cpu"
        )
        own = tokenise(rows(24), loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=96)
        general = tokenise(
            general_rows(24), loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=96
        )
        model = add_adapter(loaded, lora, seed=0) if lora else loaded.model
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        return Lesson(
            name="1-sft", stage=stage, folder=folder, loaded=loaded, model=model, sequences=own, replay=general,
            mixture=mix(own.lengths, general.lengths, share=0.5, epochs=stage.epochs, batch_size=8, seed=0),
            seed=0, telemetry=Telemetry(RunDir(folder), started=time.monotonic()),
            stopping=StopAt(stop_at),  # type: ignore[arg-type]
            on_checkpoint=lambda checkpoint: None, micro_batch_size=stage.micro_batch_size,
            gradient_checkpointing=False, targets=targets_of(model, general, whole=whole) if loss == "kl" else None,
        )  # fmt: skip

    return make


def final_weights(made: Lesson) -> dict[str, torch.Tensor]:
    return tuned_weights(folder_for(made.folder, made.steps), made.loaded)


def same(first: Targets, second: Targets) -> bool:
    """To the bit."""
    assert type(first) is type(second)
    return all(
        torch.equal(one, other)
        for one, other in zip(vars(first).values(), vars(second).values(), strict=True)
    )


def drift(made: Lesson) -> float:
    """How far the model is from the untouched one on the general rows, in nats a token."""
    made.model.eval()
    now = load(ModelConfig(name="tiny", source=made.loaded.source, dtype="float32"), device="cpu")
    before = targets_of(now.model, made.replay, whole=True)
    after = targets_of(made.model, made.replay, whole=True)
    assert isinstance(before, Whole)
    assert isinstance(after, Whole)
    logits = after.hidden_ND.float() @ after.head_VD.T
    return float(before.distance(logits, torch.arange(len(logits)))) / len(logits)


def test_the_distance_is_the_divergence_of_the_library() -> None:
    torch.manual_seed(0)
    ours, theirs = torch.randn(5, 40), torch.log_softmax(torch.randn(5, 40), -1)
    every, rows_N = theirs.topk(40), torch.arange(5)  # noqa: N806 - N positions
    expected = torch.nn.functional.kl_div(
        torch.log_softmax(ours, -1), theirs, log_target=True, reduction="sum"
    )
    found = Likeliest(every.indices, every.values).distance(ours, rows_N)
    assert float(found) == pytest.approx(float(expected))
    assert float(Whole(theirs, torch.eye(40)).distance(ours, rows_N)) == pytest.approx(
        float(expected)
    )
    few = theirs.topk(10)
    some = Likeliest(few.indices, few.values)
    assert 0 < float(some.distance(ours, rows_N)) < float(expected)
    assert float(some.distance(theirs, rows_N)) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("whole", [True, False], ids=["every word", "likeliest words"])
def test_the_untouched_model_is_at_no_distance_from_itself(
    lesson: Callable[..., Lesson], whole: bool
) -> None:
    made = lesson("still", whole=whole)
    assert made.targets is not None
    ids = torch.tensor([made.replay.input_ids[3]])
    taught = torch.tensor([positions_of(made.replay)[3]])
    labels = torch.tensor([made.replay.labels[3]])
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    made.model.eval()
    found = learnt_loss(made.model, batch, labels, None, taught_BT=taught, targets=made.targets)
    assert float(found.detach()) == pytest.approx(0, abs=1e-3)
    plain = learnt_loss(made.model, batch, labels, None)
    assert float(plain.detach()) > 1


@pytest.mark.parametrize("whole", [True, False], ids=["every word", "likeliest words"])
def test_pieces_add_up_to_the_whole(lesson: Callable[..., Lesson], whole: bool) -> None:
    made = lesson("pieces", whole=whole)
    put_weights(
        made.model, {name: weight * 1.1 for name, weight in base_weights(made.model).items()}
    )
    length = min(len(made.sequences.input_ids[0]), len(made.replay.input_ids[0]))
    ids = torch.tensor([made.sequences.input_ids[0][-length:], made.replay.input_ids[0][-length:]])
    labels = torch.tensor([made.sequences.labels[0][-length:], made.replay.labels[0][-length:]])
    taught = torch.tensor([[TAUGHT_BY_LABEL] * length, positions_of(made.replay)[0][-length:]])
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    found = []
    for at_once in (1 << 25, 384 * 2):
        made.model.zero_grad()
        loss = learnt_loss(
            made.model, batch, labels, None, taught_BT=taught, targets=made.targets, at_once=at_once
        )
        loss.backward()
        gradients = {name: weight.grad.clone() for name, weight in made.model.named_parameters()}
        found.append((float(loss.detach()), gradients))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    for name, gradient in found[0][1].items():
        assert torch.allclose(gradient, found[1][1][name], atol=1e-5), name


@pytest.mark.slow
def test_a_teacher_holds_the_model_closer_than_its_own_words_do(
    lesson: Callable[..., Lesson],
) -> None:
    taught, worded = lesson("taught", epochs=6), lesson("worded", epochs=6, loss="tokens")
    for made in (taught, worded):
        train(made)
    assert drift(taught) < 0.5 * drift(worded)


@pytest.mark.slow
@pytest.mark.parametrize("lora", [None, LORA], ids=["all weights", "adapter with dropout"])
def test_a_resumed_rehearsal_ends_with_the_same_bits(
    lesson: Callable[..., Lesson], lora: LoraConfig | None
) -> None:
    straight = lesson("straight", lora=lora)
    train(straight)
    broken = lesson("broken", lora=lora, stop_at=3)
    assert train(broken)[1] == "asked"
    assert train(lesson("broken", lora=lora))[1] == "finished"
    last = straight.steps
    assert weights_hash(folder_for(straight.folder, last)) == weights_hash(
        folder_for(broken.folder, last)
    )


@pytest.mark.parametrize("whole", [True, False], ids=["every word", "likeliest words"])
def test_rehearsing_eight_at_once_equals_eight_one_by_one(
    lesson: Callable[..., Lesson], whole: bool
) -> None:
    together = lesson("together", whole=whole)
    apart = lesson("apart", micro_batch_size=1, whole=whole)
    losses = [list(train(each)[0].guard.recent) for each in (together, apart)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    other = final_weights(apart)
    for name, tensor in final_weights(together).items():
        assert torch.allclose(tensor, other[name], atol=2e-4), name


@pytest.mark.parametrize("whole", [True, False], ids=["every word", "likeliest words"])
def test_the_teacher_is_kept_in_a_file_and_known_by_its_rows(
    lesson: Callable[..., Lesson], tmp_path: Path, whole: bool
) -> None:
    made = lesson("kept", whole=whole)
    assert made.targets is not None
    path = tmp_path / "rehearsal.safetensors"
    assert load_targets(path, made.replay) is None
    save_targets(path, made.targets, made.replay)
    again = load_targets(path, made.replay)
    assert again is not None
    assert same(again, made.targets)
    fewer = replace(made.replay, input_ids=made.replay.input_ids[1:], labels=made.replay.labels[1:])
    assert load_targets(path, fewer) is None
    path.write_bytes(b"cut off")
    assert load_targets(path, made.replay) is None


@pytest.mark.parametrize("lora", [None, LORA], ids=["all weights", "adapter"])
def test_the_teacher_is_the_untouched_model_even_after_training(
    lesson: Callable[..., Lesson], lora: LoraConfig | None
) -> None:
    made = lesson("later", lora=lora)
    base = base_weights(made.model)
    train(made)
    moved = targets_of(made.model, made.replay)
    with untouched(made.model, base):
        teacher = targets_of(made.model, made.replay)
    assert made.targets is not None
    assert same(teacher, made.targets)
    assert not same(moved, made.targets)
    assert same(targets_of(made.model, made.replay), moved)


def test_every_learnt_position_has_a_number_of_its_own() -> None:
    made = Sequences(
        ids=("a", "b"), input_ids=([1, 2, 3], [4, 5, 6, 7]), weights=(1.0, 1.0),
        labels=([MASKED, 2, 3], [4, MASKED, 6, MASKED]),
    )  # fmt: skip
    assert positions_of(made) == [[-1, 0, 1], [-1, -1, 2, -1]]


def test_a_stage_asks_the_teacher_once_and_says_so(model_folder: Path, tmp_path: Path) -> None:
    stage = {"technique": "sft", "learning_rate": 3e-3, "epochs": 1, "checkpoints": 1}
    work = work_for(tmp_path / "run", model_folder, rows(16), stage=stage, task={})
    work.config = work.config.model_copy(
        update={"replay": ReplayConfig(source="self", share=0.5, loss="kl")}
    )
    _, ended = carry_out(work, replay=general_rows(16))
    assert ended == "finished"
    asked = [event for event in work.run.events() if event.code == "teacher_asked"]
    learnt = sum(len(labels) for labels in whole_conversations(work.loaded, general_rows(16)))
    assert [event.facts["places"] for event in asked] == [
        learnt - 16
    ]  # nothing is before the first
    (kept,) = (work.run.path / "phases" / "teacher").glob("*.safetensors")
    before = kept.read_bytes()
    carry_out(work, replay=general_rows(16))
    assert kept.read_bytes() == before
    assert len([event for event in work.run.events() if event.code == "teacher_asked"]) == 1


def whole_conversations(loaded: Loaded, general: list[Row]) -> tuple[list[int], ...]:
    return tokenise(general, loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=96).input_ids


def test_a_narrow_models_whole_judgement_is_kept_and_a_wide_ones_likeliest_words(
    lesson: Callable[..., Lesson],
) -> None:
    made = lesson("narrow", loss="tokens")
    assert isinstance(targets_of(made.model, made.replay), Whole)  # 2 x 32 bytes against 6 x 64
    assert isinstance(targets_of(made.model, made.replay, kept=10), Likeliest)
    made.model.config.final_logit_softcapping = 30.0
    assert isinstance(targets_of(made.model, made.replay), Likeliest)
