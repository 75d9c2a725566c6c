"""A random model of about 20,000 parameters with a tokenizer of its own, written in a second; and run directories."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from training.config import RunConfig
from training.rows import Message, Row, write_rows
from training.rundir import RunDir

ROOT = Path(__file__).parent.parent
CHATML = """{%- for message in messages %}
{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""
COLOURS = ("red", "green", "blue", "white")
THINGS = ("apple", "leaf", "sky", "snow", "fire", "grass", "sea", "milk")


def write_tokenizer(folder: Path, template: str | None = CHATML, **settings: Any) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=384, special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
    )  # fmt: skip
    words = [*COLOURS, *THINGS, "user", "assistant", "system", "What colour is the"] * 50
    raw.train_from_iterator(words, trainer)
    named = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"} | settings
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, padding_side="right", **named)
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    return tokenizer


def write_model(folder: Path, config: Any = None, *, seed: int = 0) -> Path:
    """Write weights and tokenizer; a Llama unless a config of another family is given."""
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig

    tokenizer = write_tokenizer(folder)
    config = config or LlamaConfig(
        vocab_size=384, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=256, tie_word_embeddings=True,
    )  # fmt: skip
    config.eos_token_id, config.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    config.bos_token_id = None
    torch.manual_seed(seed)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return folder


def rows(count: int, *, start: int = 0) -> list[Row]:
    return [
        Row(
            id=f"colours.csv:{number + 2}",
            messages=(
                Message(role="user", content=f"What colour is the {THINGS[number % 8]} {number}?"),
                Message(role="assistant", content=COLOURS[number % 8 % 4]),
            ),
        )
        for number in range(start, start + count)
    ]


def run_config(model: Path, **changes: Any) -> dict[str, Any]:
    stage = {
        "technique": "sft", "learning_rate": 3e-3, "epochs": 2, "batch_size": 8, "micro_batch_size": 8,
        "max_seq_tokens": 96, "checkpoints": 3,
    }  # fmt: skip
    stage |= changes.pop("stage", {})
    raw: dict[str, Any] = {
        "kind": "run", "run": "tiny", "device": "cpu", "threads": 1,
        "model": {"name": "tiny", "source": str(model), "dtype": "float32"},
        "task": {
            "task": "classification", "metric": "accuracy", "labels": list(COLOURS), "max_new_tokens": 6,
        },
        "stages": [stage],
        "measure": {"dev_items": 16, "probe_items": 0, "final_probe_items": 0, "robustness": False},
    }  # fmt: skip
    return raw | changes


def make_run(folder: Path, raw: dict[str, Any], *, train: int = 64) -> RunDir:
    run = RunDir(folder / raw["run"])
    run.data.mkdir(parents=True)
    for name, split in (
        ("train", rows(train)),
        ("dev", rows(16, start=1000)),
        ("test", rows(16, start=2000)),
    ):
        write_rows(run.data / f"{name}.jsonl", split)
    RunConfig.from_json(raw).save(run.path / "run.json")
    return run


def start(run: RunDir, *, root: Path = ROOT, cwd: Path | None = None) -> "subprocess.Popen[str]":
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", "CI": "1"}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "training", str(run.path)], cwd=cwd or run.path, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def finish(run: RunDir, **options: Any) -> int:
    process = start(run, **options)
    process.communicate(timeout=300)
    return process.returncode


def fault(run: RunDir, place: str, call: int, kind: str) -> int:
    """Start the run and let it meet its fault; give its exit status."""
    command = [
        sys.executable,
        "-P",
        str(ROOT / "tests" / "faulty_trainer.py"),
        str(run.path),
        place,
        str(call),
        kind,
    ]
    environment = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        command, env=environment, capture_output=True, timeout=300, check=False
    ).returncode


def weights_hash(folder: Path) -> str:
    found = sorted(folder.glob("*.safetensors"))
    assert found, f"no weights in {folder}"
    return hashlib.sha256(b"".join(path.read_bytes() for path in found)).hexdigest()


def events(run: RunDir, code: str) -> list[dict[str, Any]]:
    return [json.loads(event.model_dump_json()) for event in run.events() if event.code == code]
