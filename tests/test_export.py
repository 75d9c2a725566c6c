"""What is exported answers exactly as what was measured; real architectures load, train and come back."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.tiny_model import make_run, rows, run_config, write_model, write_tokenizer
from training.checkpoints import write_folder
from training.config import LoraConfig, ModelConfig
from training.data import tokenise
from training.errors import TrainingError
from training.export import export, load_chosen
from training.measured import Measured, Score
from training.model import (
    add_adapter,
    base_weights,
    interpolate,
    load,
    put_weights,
    save_weights,
    trainable_weights,
)
from training.rundir import RunDir
from training.text import Text

LORA = LoraConfig(rank=4, alpha=8)


def real_configs() -> dict[str, Any]:
    """The families most often tuned, shrunk: real configuration classes, hence real modelling code."""
    from transformers import Gemma3TextConfig, LlamaConfig, Qwen3Config, SmolLM3Config

    size = {
        "vocab_size": 384, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 4,
        "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 256,
    }  # fmt: skip
    return {
        "llama": LlamaConfig(**size, tie_word_embeddings=False),
        "qwen3": Qwen3Config(**size, head_dim=16, tie_word_embeddings=True),
        "gemma3": Gemma3TextConfig(**size, head_dim=16, sliding_window=32),
        "smollm3": SmolLM3Config(**size, pad_token_id=0, bos_token_id=1, eos_token_id=2),
    }


def teach(model: Any, batch: dict[str, torch.Tensor], steps: int = 5) -> None:
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(steps):
        model(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()


def logits(model: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    with torch.no_grad():
        return model(input_ids=batch["input_ids"]).logits


def tuned_run(
    folder: Path, source: Path, *, lora: LoraConfig | None, share: float
) -> tuple[RunDir, dict[str, Any]]:
    """A run whose model was tuned a little and kept at some interpolation."""
    run = make_run(folder, run_config(source))
    loaded = load(run.config().model, device="cpu")
    model = add_adapter(loaded, lora, seed=0) if lora else loaded.model
    sequences = tokenise(rows(1), loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=96)
    ids, labels = torch.tensor([sequences.input_ids[0]]), torch.tensor([sequences.labels[0]])
    base = base_weights(model)
    batch = {"input_ids": ids, "labels": labels}
    untouched = logits(model, batch)
    model.train()
    teach(model, batch)
    put_weights(model, interpolate(base, trainable_weights(model), share))
    choice = {
        "stage": "1-sft",
        "step": 5,
        "interpolation": share,
        "kind": "adapter" if lora else "full",
    }

    def fill(target: Path) -> None:
        save_weights(model, target)
        loaded.tokenizer.save_pretrained(target)
        (target / "choice.json").write_text(json.dumps(choice))

    write_folder(run.path / "chosen", fill)
    score = Score(metric="accuracy", value=0.75, low=0.5, high=0.9, items=16)
    Measured(run=run.id, complete=True, tuned=score, notes=(Text("A note."),)).save(
        run.path / "measured.json"
    )
    expected = logits(model, batch)
    assert not torch.allclose(expected, untouched, atol=1e-3)
    return run, {"batch": batch, "logits": expected}


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma3", "smollm3"])
@pytest.mark.parametrize("lora", [None, LORA], ids=["all weights", "adapter"])
def test_chosen_weights_reload_to_the_same_logits(
    tmp_path: Path, family: str, lora: LoraConfig | None
) -> None:
    source = write_model(tmp_path / "model", real_configs()[family])
    run, known = tuned_run(tmp_path, source, lora=lora, share=0.85)
    model, _ = load_chosen(run)
    assert torch.equal(logits(model, known["batch"]), known["logits"])


@pytest.mark.parametrize("lora", [None, LORA], ids=["all weights", "adapter"])
def test_a_merged_export_needs_nothing_beside_it(tmp_path: Path, lora: LoraConfig | None) -> None:
    run, known = tuned_run(tmp_path, write_model(tmp_path / "model"), lora=lora, share=1.0)
    to = export(run, tmp_path / "out" / "merged", format="merged")
    loaded = load(ModelConfig(name="mine", source=str(to), dtype="float32"), device="cpu")
    assert torch.allclose(logits(loaded.model, known["batch"]), known["logits"], atol=1e-5)
    assert loaded.tokenizer.chat_template
    card = (to / "README.md").read_text()
    assert "| tuned | 0.750 accuracy | 0.500 to 0.900 | 16 |" in card
    assert not {"choice.json", "complete.json"} & {path.name for path in to.iterdir()}


def test_an_exported_adapter_sits_on_its_base(tmp_path: Path) -> None:
    from peft import PeftModel

    source = write_model(tmp_path / "model")
    run, known = tuned_run(tmp_path, source, lora=LORA, share=0.7)
    to = export(run, tmp_path / "adapter", format="adapter")
    base = load(ModelConfig(name="tiny", source=str(source), dtype="float32"), device="cpu").model
    assert torch.equal(
        logits(PeftModel.from_pretrained(base, to).eval(), known["batch"]), known["logits"]
    )


def test_an_adapter_with_embeddings_interpolates_them_too(tmp_path: Path) -> None:
    source = write_model(tmp_path / "model")
    lora = LoraConfig(rank=4, alpha=8, train_embeddings=True)
    run, known = tuned_run(tmp_path, source, lora=lora, share=0.5)
    model, _ = load_chosen(run)
    assert torch.allclose(logits(model, known["batch"]), known["logits"], atol=1e-6)


def test_what_cannot_be_exported_is_refused_with_what_to_do(tmp_path: Path) -> None:
    bare = make_run(tmp_path / "bare", run_config(tmp_path))
    with pytest.raises(TrainingError, match="kept no weights"):
        export(bare, tmp_path / "x", format="merged")
    run, _ = tuned_run(tmp_path, write_model(tmp_path / "model"), lora=None, share=1.0)
    with pytest.raises(TrainingError, match="no adapter to export"):
        export(run, tmp_path / "x", format="adapter")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(TrainingError, match="not empty"):
        export(run, tmp_path / "full", format="merged")
    assert (tmp_path / "full" / "thesis.txt").read_text() == "mine"


def test_weights_that_are_not_safetensors_are_refused(tmp_path: Path) -> None:
    source = write_model(tmp_path / "model")
    (source / "model.safetensors").unlink()
    write_tokenizer(source)
    (source / "pytorch_model.bin").write_bytes(b"not looked at")
    with pytest.raises(TrainingError, match="could not be loaded"):
        load(ModelConfig(name="old", source=str(source), dtype="float32"), device="cpu")
