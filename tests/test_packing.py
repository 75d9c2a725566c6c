"""Packed rows learn what they learn alone: same losses, same steps, same bits after a stop."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.stage_runs import StopAt
from tests.tiny_model import rows, weights_hash, write_model
from training.checkpoints import folder_for
from training.config import ModelConfig, StageConfig
from training.cpt import tokenise_texts
from training.data import MASKED, Sequences, tokenise
from training.losses import learnt_loss
from training.mixture import mix
from training.model import Loaded, load, tuned_weights
from training.packing import inputs_of, keeps_rows_apart, labels_of, pack
from training.practice import MODEL_DIR
from training.rehearsal import targets_of
from training.rows import Row
from training.rundir import RunDir
from training.sft import Lesson, _packed, train
from training.telemetry import Telemetry

NOTHING = Sequences((), (), (), ())


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_model(tmp_path_factory.mktemp("model"))


def loaded_from(folder: Path) -> Loaded:
    return load(ModelConfig(name="tiny", source=str(folder), dtype="float32"), device="cpu")


def lesson(
    model_folder: Path, folder: Path, *, rehearse: bool = False, stop_at: int = 0, **changes: Any
) -> Lesson:
    settings = {
        "technique": "sft", "learning_rate": 3e-3, "epochs": 2, "batch_size": 8, "micro_batch_size": 2,
        "max_seq_tokens": 96, "checkpoints": 2, "packing": True,
    } | changes  # fmt: skip
    stage = StageConfig.model_validate(settings)
    loaded = loaded_from(model_folder)
    own = tokenise(rows(43), loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=96)
    general = tokenise(rows(9, start=500), loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=96)
    general = replace(general, labels=general.input_ids) if rehearse else NOTHING
    folder.mkdir(exist_ok=True)
    return Lesson(
        name="1-sft", stage=stage, folder=folder, loaded=loaded, model=loaded.model, sequences=own, replay=general,
        mixture=mix(own.lengths, general.lengths, share=0.3 if rehearse else 0, epochs=2, batch_size=8, seed=0),
        targets=targets_of(loaded.model, general) if rehearse else None,
        seed=0, telemetry=Telemetry(RunDir(folder), started=time.monotonic()), stopping=StopAt(stop_at),  # type: ignore[arg-type]
        on_checkpoint=lambda checkpoint: None, micro_batch_size=stage.micro_batch_size, gradient_checkpointing=False,
    )  # fmt: skip


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=70),
    st.integers(1, 12),
    st.integers(1, 4),
)
def test_every_row_is_packed_once_in_its_own_step_and_no_sequence_overflows(
    lengths: list[int], batch: int, at_once: int
) -> None:
    packed = pack(lengths, batch_size=batch, at_once=at_once, most_tokens=50)
    steps = -(-len(lengths) // batch)
    for step in range(steps):
        parts = packed.micro_batches[step * packed.each : (step + 1) * packed.each]
        held = sorted(place for part in parts for one in part for place in one)
        assert held == list(range(step * batch, min((step + 1) * batch, len(lengths))))
        assert len(parts) == packed.each or step == steps - 1
    for part in packed.micro_batches:
        assert 1 <= len(part) <= at_once
        assert all(sum(lengths[at] for at in one) <= 50 or len(one) == 1 for one in part)


def test_packed_rows_of_the_practice_model_are_read_to_the_same_logits_and_losses() -> None:
    loaded = load(
        ModelConfig(name="practice", source=str(MODEL_DIR), dtype="float32"), device="cpu"
    )
    loaded.model.eval()
    found = tokenise(rows(6), loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=200)
    packs = [[0, 1, 2], [3, 4]]
    inputs = inputs_of([[found.input_ids[row] for row in one] for one in packs], padding=0)
    labels = labels_of([[found.labels[row] for row in one] for one in packs])
    with torch.no_grad():
        logits = loaded.model(**inputs, use_cache=False).logits
        together = learnt_loss(loaded.model, inputs, labels, 1)
        apart = torch.zeros(())
        for line, one in enumerate(packs):
            start = 0
            for row in one:
                ids = torch.tensor([found.input_ids[row]])
                alone = loaded.model(input_ids=ids, use_cache=False).logits[0]
                here = logits[line, start : start + ids.shape[1]]
                assert torch.allclose(here, alone, atol=1e-4), f"row {row}"
                apart += learnt_loss(
                    loaded.model, {"input_ids": ids}, torch.tensor([found.labels[row]]), 1
                )
                start += ids.shape[1]
    assert float(together) == pytest.approx(float(apart), rel=1e-5)


@pytest.mark.parametrize("rehearse", [False, True], ids=["alone", "with rehearsal"])
def test_a_packed_training_takes_the_same_steps_to_the_same_weights(
    model_folder: Path, tmp_path: Path, rehearse: bool
) -> None:
    packed = lesson(model_folder, tmp_path / "packed", rehearse=rehearse)
    apart = lesson(model_folder, tmp_path / "apart", rehearse=rehearse, packing=False)
    losses = [list(train(each)[0].guard.recent) for each in (packed, apart)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert packed.steps == apart.steps
    first, second = (
        tuned_weights(folder_for(each.folder, each.steps), each.loaded) for each in (packed, apart)
    )
    for name, tensor in first.items():
        assert torch.allclose(tensor, second[name], atol=3e-4), name
    (event,) = [one for one in packed.telemetry.run.events() if one.code == "packed"]
    assert event.facts["sequences"] < len(packed.mixture.order) / 2


def test_a_packed_training_resumed_ends_with_the_same_bits(
    model_folder: Path, tmp_path: Path
) -> None:
    straight = lesson(model_folder, tmp_path / "straight", rehearse=True)
    train(straight)
    broken = lesson(model_folder, tmp_path / "broken", rehearse=True, stop_at=3)
    assert train(broken)[1] == "asked"
    train(lesson(model_folder, tmp_path / "broken", rehearse=True))
    assert weights_hash(folder_for(straight.folder, straight.steps)) == weights_hash(
        folder_for(broken.folder, straight.steps)
    )


def test_less_memory_means_more_pieces_of_the_same_step(model_folder: Path, tmp_path: Path) -> None:
    wide = lesson(model_folder, tmp_path / "wide", micro_batch_size=4, max_seq_tokens=48)
    narrow = lesson(model_folder, tmp_path / "narrow", micro_batch_size=1, max_seq_tokens=48)
    losses = [list(train(each)[0].guard.recent) for each in (wide, narrow)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_the_first_token_of_a_text_is_not_learnt_from_the_text_before_it() -> None:
    labels = labels_of([[[5, 6], [7, 8, 9]], [[4, 3]]])
    assert labels.tolist() == [[MASKED, 6, MASKED, 8, 9], [MASKED, 3, *[MASKED] * 3]]


def test_texts_cut_into_pieces_are_packed_too(model_folder: Path) -> None:
    loaded = loaded_from(model_folder)
    texts = [Row(id=str(at), text="red apple green leaf " * at) for at in range(1, 9)]
    cut = tokenise_texts(texts, loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=40)
    packed = pack(cut.lengths, batch_size=16, at_once=1, most_tokens=40)
    assert len(packed.micro_batches) < len(cut.lengths)


def test_a_model_that_carries_a_state_along_is_not_packed() -> None:
    from transformers import AutoModelForCausalLM, MambaConfig

    config = MambaConfig(
        vocab_size=384, hidden_size=32, state_size=4, num_hidden_layers=1, expand=1, time_step_rank=2
    )  # fmt: skip
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    assert not keeps_rows_apart(model, [[5, 6, 7], [8, 9, 10]], padding=0)


def test_where_rows_cannot_be_kept_apart_every_row_has_its_own_sequence_and_that_is_told(
    model_folder: Path, tmp_path: Path
) -> None:
    one_row = lesson(model_folder, tmp_path / "a", rehearse=False)
    mixed_up = replace(one_row, model=_ReadsThrough(one_row.model))
    assert _packed(mixed_up) is None
    (event,) = list(one_row.telemetry.run.events())
    assert event.code == "not_packed"


class _ReadsThrough:
    """Ignores positions, as a model that counts by itself would."""

    training = False

    def __init__(self, model: Any) -> None:
        self._model, self.config, self.device = model, model.config, model.device

    def eval(self) -> None: ...

    def train(self, mode: bool) -> None: ...

    def __call__(self, input_ids: torch.Tensor, position_ids: torch.Tensor, **options: Any) -> Any:
        return self._model(input_ids=input_ids, **options)


def test_a_llama_keeps_packed_rows_apart(model_folder: Path) -> None:
    made = loaded_from(model_folder)
    some = tokenise(rows(4), made.tokenizer, stop_id=made.stop_id, max_tokens=96).input_ids
    assert keeps_rows_apart(made.model, some, padding=0)
