"""Confirm a plan's memory once before anything is spent: one step traced without a card, in a process of its own.

The closed form of `tools.resources` decides, in microseconds; `training.dry_run` builds the model itself and counts. Where
the two differ by more than a tenth, the plan is made again with the closed form brought to what was traced.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.machine import GIB, config_here
from tools.plan import StagePlan
from tools.resources import (
    ALLOCATOR_SLACK,
    CUDA_CONTEXT_GIB,
    Load,
    embedding_params,
    held_on_gpu_gib,
    loaded_bytes,
    lora_params,
)
from training.catalog import ModelCard
from training.document import Section
from training.text import Text

APART = 0.10
"""A larger difference decides anew (published memory peaks)."""
SAME_MODEL = 0.03
"""The model built must have the parameters of its card to this share, or the card was read wrongly."""
TIMEOUT_S = 60.0
"""A trace takes 3 to 11 processor-seconds; a machine that needs a minute for it is busy."""
TYPES = {
    "qwen3": "qwen3", "llama": "llama", "smollm2": "llama", "smollm3": "smollm3", "granite": "granite", "mistral": "mistral",
    "olmo3": "olmo3", "phi": "phi3", "qwen2": "qwen2",
}  # fmt: skip
"""transformers' name of a family, where its dimensions alone describe the model."""

Run = Callable[[str], str]
"""Takes a setup as JSON to what was traced, as JSON; raises OSError or subprocess.SubprocessError."""


class DryRun(Section):
    """What a trace found for one way of training one model. `held_gib` is None where it could not be made."""

    key: str
    """Of the way of training, whatever its sizes: the correction holds for all of them."""
    held_gib: float | None = None
    """Before the allocator's slack and the context."""
    closed_gib: float = 0.0
    """What the closed form said of the same."""
    by_formula: bool = False
    """The 4-bit weights were put in by formula."""
    reason: Text | None = None

    @property
    def factor(self) -> float:
        """What the closed form is to be multiplied by: 1 where both agree to a tenth, or where nothing was traced."""
        if self.held_gib is None or not self.closed_gib:
            return 1.0
        found = self.held_gib / self.closed_gib
        return found if abs(found - 1) > APART else 1.0


def key_of(load: Load) -> str:
    """Name a way of training: the model, what of it is trained, and what is held or computed twice."""
    trained = f"lora{'-dropout' if load.dropout else ''}" if load.lora_rank else "all"
    trained += "-embeddings" if load.embeddings else ""
    parts = [load.card.id, trained, "nf4" if load.quantized else "whole", "again" if load.gradient_checkpointing else "kept"]  # fmt: skip
    return " ".join(parts)


def dry_run(load: Load, stage: StagePlan | None = None, *, run: Run | None = None) -> DryRun:
    """Trace this training. Where that cannot be, `reason` says why in one sentence; nothing is raised."""
    key = key_of(load)
    if load.card.family not in TYPES and config_here(load.card.id) is None:
        return DryRun(key=key, reason=Text(
            "The description of {model} (config.json) is not on this machine, so its memory was reckoned and not tried out.", model=load.card.id,
        ))  # fmt: skip
    try:
        found = json.loads((run or in_a_process)(json.dumps(described(load, stage))))
    except subprocess.TimeoutExpired:
        return DryRun(key=key, reason=Text(
            "Trying out the memory took longer than {seconds:.0f} seconds, so it was only reckoned.", seconds=TIMEOUT_S,
        ))  # fmt: skip
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return _failed(key, type(error).__name__)
    if "reason" in found:
        return _failed(key, str(found["reason"]))
    built = float(found["params"])
    expected = load.card.params + lora_params(load.card, load.lora_rank)
    expected += embedding_params(load.card) if load.embeddings else 0
    if abs(built / expected - 1) > SAME_MODEL:
        return _failed(key, f"{built / 1e9:.2f} of {expected / 1e9:.2f} billion parameters")
    held = float(found["peak_gib"])
    if (
        load.quantized
    ):  # traced in 16 bits; what 4 bits save is known by formula (published memory peaks)
        held += (loaded_bytes(load) - 2 * load.card.params) / GIB
    return DryRun(
        key=key, held_gib=held, closed_gib=held_on_gpu_gib(load), by_formula=load.quantized
    )


def described(load: Load, stage: StagePlan | None) -> dict[str, Any]:
    """The setup that `training.dry_run` reads."""
    embeddings = stage is not None and stage.train_embeddings is not None
    return {
        "config": _config(load.card),
        "dtype": "bfloat16" if load.lora_rank else "float32",
        "lora_rank": load.lora_rank,
        "train_embeddings": bool(embeddings and stage and stage.train_embeddings and stage.train_embeddings.value),
        "dropout": 0.05 if load.dropout else 0.0,
        "sequences": load.micro_batch * load.sequences_each,
        "tokens": load.longest_tokens,
        "gradient_checkpointing": load.gradient_checkpointing,
    }  # fmt: skip


def told(found: DryRun) -> Text | None:
    """One sentence for the person: what was tried, or why not. None where there is nothing to say."""
    if found.held_gib is None:
        return found.reason
    peak = found.held_gib * ALLOCATOR_SLACK + CUDA_CONTEXT_GIB
    closed = found.closed_gib * ALLOCATOR_SLACK + CUDA_CONTEXT_GIB
    if found.factor != 1.0:
        return Text(
            "I tried out the memory of one step without a card: {peak:.1f} GiB, where I had reckoned {closed:.1f} GiB, so I planned again with that.",
            peak=peak, closed=closed,
        )  # fmt: skip
    return Text(
        "I tried out the memory of one step without a card: {peak:.1f} GiB, as reckoned ({closed:.1f} GiB).",
        peak=peak, closed=closed,
    )  # fmt: skip


def in_a_process(setup: str) -> str:
    """Trace in a process of its own, so that nobody who plans waits for torch. Raises OSError and SubprocessError."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "training.dry_run"], input=setup, capture_output=True, text=True,
        timeout=TIMEOUT_S, check=False, cwd=Path(__file__).parents[1],
        env=_environment(),
    )  # fmt: skip
    if not done.stdout:
        raise subprocess.CalledProcessError(done.returncode, "training.dry_run", stderr=done.stderr)
    return done.stdout


def _config(card: ModelCard) -> dict[str, Any]:
    """The model's own description where it lies here, else one made from its card's dimensions."""
    found = config_here(card.id)
    if found is not None:
        return found
    return {
        "model_type": TYPES[card.family], "hidden_size": card.hidden, "intermediate_size": card.intermediate,
        "num_hidden_layers": card.layers, "num_attention_heads": card.heads, "num_key_value_heads": card.kv_heads,
        "head_dim": card.head_dim, "vocab_size": card.vocab, "tie_word_embeddings": card.tied,
        "max_position_embeddings": card.context, "pad_token_id": None,
    }  # fmt: skip


def _environment() -> dict[str, str]:
    root = str(Path(__file__).parents[1])
    return os.environ | {"PYTHONPATH": root, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}


def _failed(key: str, reason: str) -> DryRun:
    said = Text(
        "The memory of one step could not be tried out ({reason}), so it was only reckoned.",
        reason=reason,
    )
    return DryRun(key=key, reason=said)
