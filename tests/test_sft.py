"""What training promises: resumed equals uninterrupted, 1x8 equals 8x1, only answers teach, bad steps are survived."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.tiny_model import COLOURS, rows, weights_hash, write_model
from training.checkpoints import folder_for, newest_resumable, whole
from training.config import LoraConfig, ModelConfig, StageConfig
from training.data import MASKED, Sequences, tokenise
from training.evaluate import answer
from training.guard import FIRST_LOSSES, UnstableError
from training.losses import learnt_loss
from training.mixture import mix
from training.model import add_adapter, interpolate, load, put_weights, tuned_weights
from training.rundir import RunDir
from training.sft import Lesson, Progress, train
from training.telemetry import Telemetry

LORA = LoraConfig(rank=4, alpha=8, dropout=0.1)


@dataclass
class StopAt:
    """Asks to stop at one step, as a person would."""

    step: int = 0
    lesson: Lesson | None = None
    terminated: bool = False
    can_save: bool = False
    asked: int = 0

    def reason(self) -> str | None:
        self.asked += 1
        return "asked" if self.asked == self.step else None


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def lesson(model_folder: Path, tmp_path: Path) -> Callable[..., Lesson]:
    def make(
        name: str = "a", *, lora: LoraConfig | None = None, stop_at: int = 0, **changes: Any
    ) -> Lesson:
        settings = {
            "technique": "sft", "learning_rate": 3e-3, "epochs": 2, "batch_size": 8, "micro_batch_size": 8,
            "max_seq_tokens": 96, "checkpoints": 2, "lora": lora,
        } | changes  # fmt: skip
        stage = StageConfig.model_validate(settings)
        loaded = load(
            ModelConfig(name="tiny", source=str(model_folder), dtype="float32"), device="cpu"
        )
        own = tokenise(rows(40), loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=96)
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        return Lesson(
            name="1-sft", stage=stage, folder=folder, loaded=loaded,
            model=add_adapter(loaded, lora, seed=0) if lora else loaded.model,
            sequences=own, replay=Sequences((), (), (), ()),
            mixture=mix(own.lengths, [], share=0, epochs=stage.epochs, batch_size=8, seed=0),
            seed=0, telemetry=Telemetry(RunDir(folder), started=time.monotonic()),
            stopping=StopAt(stop_at),  # type: ignore[arg-type]
            on_checkpoint=lambda checkpoint: None, micro_batch_size=stage.micro_batch_size,
            gradient_checkpointing=False,
        )  # fmt: skip

    return make


@pytest.mark.parametrize("lora", [None, LORA], ids=["all weights", "adapter with dropout"])
def test_a_resumed_training_ends_with_the_same_bits(
    lesson: Callable[..., Lesson], lora: LoraConfig | None
) -> None:
    straight = lesson("straight", lora=lora)
    assert train(straight)[1] == "finished"
    broken = lesson("broken", lora=lora, stop_at=3)
    assert train(broken)[1] == "asked"
    middle = newest_resumable(broken.folder)
    assert middle is not None
    assert middle.step == 3
    progress, ended = train(lesson("broken", lora=lora))
    assert (ended, progress.step) == ("finished", 10)
    assert weights_hash(folder_for(straight.folder, 10)) == weights_hash(
        folder_for(broken.folder, 10)
    )


def test_embeddings_beside_an_adapter_learn_at_their_own_rate_also_after_a_stop(
    lesson: Callable[..., Lesson],
) -> None:
    lora = LoraConfig(rank=4, alpha=8, train_embeddings=True)
    options: dict[str, Any] = {"lora": lora, "schedule": "constant", "warmup_share": 0.0}

    def moved(made: Lesson) -> float:
        start = made.model.get_input_embeddings().original_module.weight
        train(made)
        now = made.model.get_input_embeddings().modules_to_save["default"].weight
        return float((now - start).abs().mean().detach())

    full = moved(lesson("full", **options))
    slow = lesson("slow", embedding_rate_share=0.2, **options)
    assert 0.1 * full < moved(slow) < 0.35 * full
    train(lesson("broken", embedding_rate_share=0.2, stop_at=3, **options))
    train(lesson("broken", embedding_rate_share=0.2, **options))
    folders = [folder_for(slow.folder.parent / name, 10) for name in ("slow", "broken")]
    assert weights_hash(folders[0]) == weights_hash(folders[1])


def test_eight_at_once_equal_eight_one_by_one(lesson: Callable[..., Lesson]) -> None:
    together, apart = lesson("together"), lesson("apart", micro_batch_size=1)
    losses = [list(train(each)[0].guard.recent) for each in (together, apart)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    first, second = (
        tuned_weights(folder_for(each.folder, 10), each.loaded) for each in (together, apart)
    )
    for name, tensor in first.items():
        assert torch.allclose(tensor, second[name], atol=2e-4), name


def test_only_the_tokens_of_answers_carry_a_gradient(lesson: Callable[..., Lesson]) -> None:
    made = lesson()
    ids = torch.tensor([made.sequences.input_ids[0], made.sequences.input_ids[8]][:1])
    labels = torch.tensor([made.sequences.labels[0]])
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    model = made.model
    learnt_loss(model, batch, labels, None).backward()
    ours = {name: weight.grad.clone() for name, weight in model.named_parameters()}
    model.zero_grad()
    logits = model(**batch).logits[0, :-1]
    targets = labels[0, 1:]
    picked = targets != MASKED
    assert 0 < int(picked.sum()) < 8
    torch.nn.functional.cross_entropy(logits[picked], targets[picked]).backward()
    for name, weight in model.named_parameters():
        assert torch.allclose(ours[name], weight.grad, atol=1e-6), name
    model.zero_grad()
    learnt_loss(model, batch, torch.full_like(labels, MASKED), None).backward()
    assert all(float(weight.grad.abs().sum()) == 0 for weight in model.parameters())


def test_our_loss_is_the_librarys(lesson: Callable[..., Lesson]) -> None:
    from trl.trainer.utils import add_fused_lm_head

    made = lesson()
    chosen = [0, 11, 22]
    longest = max(len(made.sequences.input_ids[at]) for at in chosen)
    ids = torch.tensor(
        [
            made.sequences.input_ids[at] + [0] * (longest - len(made.sequences.input_ids[at]))
            for at in chosen
        ]
    )
    labels = torch.tensor(
        [
            made.sequences.labels[at] + [MASKED] * (longest - len(made.sequences.labels[at]))
            for at in chosen
        ]
    )
    batch = {"input_ids": ids, "attention_mask": (ids != 0).long()}
    ours = learnt_loss(made.model, batch, labels, None)
    add_fused_lm_head(made.model)
    theirs = made.model(**batch, labels=labels, fused_lm_head=True).loss
    assert float(ours.detach()) == pytest.approx(float(theirs.detach()), rel=1e-5)


def test_the_model_learns_where_an_answer_ends(lesson: Callable[..., Lesson]) -> None:
    made = lesson(epochs=12, learning_rate=1e-2)

    def ask() -> set[str]:
        prompts = [row.prompt for row in rows(8)]
        return set(answer(made.model, made.loaded.tokenizer, prompts, max_new_tokens=12))

    assert not ask() <= set(COLOURS)
    train(made)
    assert ask() <= set(COLOURS), "an answer that does not end by itself goes on after the word"


def test_one_bad_step_is_skipped_and_leaves_no_trace(lesson: Callable[..., Lesson]) -> None:
    made = lesson()
    count = 0

    def poison(gradient: torch.Tensor) -> torch.Tensor:
        nonlocal count
        count += 1
        return gradient * math.nan if count == 4 else gradient

    next(iter(made.model.parameters())).register_hook(poison)
    progress, ended = train(made)
    assert (ended, progress.guard.skipped) == ("finished", 1)
    assert all(bool(torch.isfinite(weight).all()) for weight in made.model.parameters())
    codes = [event.code for event in made.telemetry.run.events()]
    assert codes.count("step_skipped") == 1


def test_a_spike_is_skipped_told_and_leaves_no_trace(lesson: Callable[..., Lesson]) -> None:
    @dataclass
    class Underway(Lesson):
        """As after many steps."""

        def begin(self, progress: Progress) -> None:
            guard = progress.guard
            guard.last.extend([6.0 + 0.1 * math.sin(step) for step in range(100)])
            guard.last_shares.extend([1.0] * 100)
            guard.first, guard.first_shares = [6.0] * FIRST_LOSSES, [1.0] * FIRST_LOSSES

    made = Underway(**vars(lesson()))
    count = 0

    def far_off(head: Any, inputs: Any, logits: torch.Tensor) -> torch.Tensor:
        nonlocal count
        count += 1
        before.append([weight.detach().clone() for weight in made.model.parameters()])
        return logits * 1000 if count == 4 else logits

    before: list[list[torch.Tensor]] = []
    made.model.get_output_embeddings().register_forward_hook(far_off)
    progress, ended = train(made)
    assert (ended, progress.guard.spikes, progress.guard.skipped) == ("finished", 1, 0)
    assert all(map(torch.equal, before[3], before[4])), "the weights stand still at that step"
    assert not all(map(torch.equal, before[4], before[5]))
    (event,) = [one for one in made.telemetry.run.events() if one.code == "step_skipped"]
    assert "far above" in event.text


def test_a_streak_of_bad_steps_ends_the_attempt(lesson: Callable[..., Lesson]) -> None:
    made = lesson()
    next(iter(made.model.parameters())).register_hook(lambda gradient: gradient * math.nan)
    with pytest.raises(UnstableError, match="not_finite at step 3"):
        train(made)


def test_a_recovery_goes_on_at_the_reduced_rate(lesson: Callable[..., Lesson]) -> None:
    train(lesson("slow", stop_at=4, schedule="constant", warmup_share=0.0))
    again = replace(lesson("slow", schedule="constant", warmup_share=0.0), rate_scale=0.5)
    train(again)
    rates = [
        event.facts["learning_rate"]
        for event in again.telemetry.run.events()
        if event.code == "step"
    ]
    assert rates[:4] == pytest.approx([3e-3] * 4)
    assert rates[4:] == pytest.approx([1.5e-3] * 6)


def test_only_the_newest_checkpoint_carries_the_optimizer(lesson: Callable[..., Lesson]) -> None:
    made = lesson()
    train(made)
    assert [(found.step, found.resumable) for found in whole(made.folder)] == [
        (5, False),
        (10, True),
    ]
    assert Progress.read(folder_for(made.folder, 10)).tokens == made.mixture.own_tokens


@pytest.mark.parametrize("lora", [None, LORA], ids=["all weights", "adapter"])
def test_interpolation_runs_from_the_base_to_the_checkpoint(
    lesson: Callable[..., Lesson], lora: LoraConfig | None
) -> None:
    from training.model import base_weights

    made = lesson(lora=lora)
    made.model.eval()
    base = base_weights(made.model)
    prompt = torch.tensor([made.sequences.input_ids[0]])

    def logits() -> torch.Tensor:
        made.model.eval()
        with torch.no_grad():
            return made.model(prompt).logits

    untouched = logits()
    train(made)
    trained = logits()
    tuned = tuned_weights(folder_for(made.folder, 10), made.loaded)
    put_weights(made.model, interpolate(base, tuned, 0.0))
    assert torch.allclose(logits(), untouched, atol=1e-5)
    put_weights(made.model, interpolate(base, tuned, 0.5))
    assert not torch.allclose(logits(), untouched, atol=1e-3)
    assert not torch.allclose(logits(), trained, atol=1e-3)
    put_weights(made.model, interpolate(base, tuned, 1.0))
    assert torch.equal(logits(), trained)
