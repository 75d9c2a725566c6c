"""Trace one step of training without a card: every tensor has a shape and no content, and what is alive is counted.

A process of its own, `python -P -m training.dry_run < setup.json`, so that whoever plans never imports torch. It builds
the model from its description alone, no weights are read, and prints what the step holds at its worst moment. The
allocator's slack and the driver's own share are left to the reader (`tools.resources`); 4-bit weights and written
attempts cannot be traced and are reckoned by formula there.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
import weakref
from typing import Any, Literal

import torch
from pydantic import Field
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

from training.document import Section

GIB = 1024**3
BLOCK_BYTES = 512
"""What CUDA's allocator rounds to (published memory peaks)."""
HEAD_BYTES = 512 * 1024**2
"""Of a fused head: a 4096 x 32768 tile in bf16 with float32 gradients (published memory peaks)."""
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Setup(Section):
    """One training as the trainer would carry it out on a card."""

    config: dict[str, Any]
    """The model's `config.json`, with its `model_type`."""
    dtype: Literal["float32", "bfloat16"]
    """Of the loaded weights."""
    lora_rank: int = Field(ge=0)
    """0 trains all weights."""
    targets: str | tuple[str, ...] = "all-linear"
    train_embeddings: bool = False
    dropout: float = 0.0
    sequences: int = Field(ge=1)
    """In memory at once."""
    tokens: int = Field(ge=8)
    """Of each of them."""
    gradient_checkpointing: bool = False
    autocast: bool = True
    """Products in bfloat16, as the trainer computes them on a card."""
    fused_head: bool = True
    """The trainer never holds all logits; published comparisons may."""
    optimizer: Literal["fused", "foreach"] = "fused"
    """`foreach` copies while it updates, as PyTorch's default does; ours does not."""


class Traced(Section):
    """What the second step holds, in GiB."""

    weights_gib: float
    standing_gib: float
    """Between two steps: weights, the optimizer's state."""
    peak_gib: float
    params: int
    seconds: float


class Alive(TorchDispatchMode):  # type: ignore[misc]
    """Counts the bytes of all storages that are alive, and remembers the most."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.peak = 0
        self._sizes: dict[int, int] = {}

    def add(self, value: Any) -> None:
        """Count a tensor's storage once, until it is freed."""
        if not isinstance(value, torch.Tensor):
            return
        storage = value.untyped_storage()
        key = storage._cdata
        size = -(-storage.nbytes() // BLOCK_BYTES) * BLOCK_BYTES
        if key in self._sizes or not size:
            return
        self._sizes[key] = size
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._free, key)

    def _free(self, key: int) -> None:
        self.now -= self._sizes.pop(key, 0)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Carry the operation out, and count what it made."""
        made = func(*args, **(kwargs or {}))
        for value in tree_iter(made):
            self.add(value)
        return made


def trace(setup: Setup) -> Traced:
    """Trace two steps and give what the second one holds. Raises what building or running such a model raises."""
    began = time.monotonic()
    model = _model(setup)
    alive = Alive()
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    _empty(model, mode)
    with mode:
        weights = [*model.parameters(), *model.buffers()]
        for weight in weights:
            alive.add(weight)
        held = alive.now
        trained = [weight for weight in model.parameters() if weight.requires_grad]
        how = {"fused": setup.optimizer == "fused", "foreach": setup.optimizer == "foreach"}
        optimizer = torch.optim.AdamW(trained, lr=1e-4, **how)
        with alive:
            _step(model, optimizer, setup)
            standing, alive.peak = alive.now, alive.now
            _step(model, optimizer, setup)
    return Traced(
        weights_gib=held / GIB, standing_gib=standing / GIB, peak_gib=alive.peak / GIB,
        params=sum(weight.numel() for weight in model.parameters()), seconds=time.monotonic() - began,
    )  # fmt: skip


def _model(setup: Setup) -> Any:
    from transformers import AutoConfig, AutoModelForCausalLM  # noqa: PLC0415 - seconds of import

    described = {key: value for key, value in setup.config.items() if key not in UNWANTED}
    config = AutoConfig.for_model(**described)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(
            config.get_text_config(), dtype=DTYPES[setup.dtype], attn_implementation="sdpa"
        )
        if setup.lora_rank:
            model = _adapted(model, setup)
    model.train()
    if setup.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        if setup.lora_rank:
            model.enable_input_require_grads()
    return model


UNWANTED = frozenset({"torch_dtype", "dtype", "quantization_config", "auto_map", "_name_or_path"})
"""What a stored configuration says of its weights as they lie on disk; the setup says how they are loaded."""


def _adapted(model: Any, setup: Setup) -> Any:
    from peft import LoraConfig, get_peft_model  # noqa: PLC0415 - seconds of import

    targets = setup.targets if isinstance(setup.targets, str) else list(setup.targets)
    embedding = model.get_input_embeddings()
    saved = [
        name.rsplit(".", 1)[-1] for name, module in model.named_modules() if module is embedding
    ]
    return get_peft_model(
        model,
        LoraConfig(
            r=setup.lora_rank, lora_alpha=2 * setup.lora_rank, lora_dropout=setup.dropout, target_modules=targets,
            modules_to_save=saved if setup.train_embeddings else None,
            ensure_weight_tying=setup.train_embeddings, task_type="CAUSAL_LM",
        ),
    )  # fmt: skip


def _empty(model: Any, mode: FakeTensorMode) -> None:
    """Give the model tensors without content in place of those that describe it; shared ones stay shared."""
    made: dict[int, Any] = {}
    with mode:
        for module in model.modules():
            for name, weight in list(module._parameters.items()):
                if weight is None:
                    continue
                if id(weight) not in made:
                    bare = torch.empty(weight.shape, dtype=weight.dtype, device="cpu")
                    made[id(weight)] = nn.Parameter(bare, requires_grad=weight.requires_grad)
                module._parameters[name] = made[id(weight)]
            for name, buffer in list(module._buffers.items()):
                if buffer is not None:
                    module._buffers[name] = torch.empty(
                        buffer.shape, dtype=buffer.dtype, device="cpu"
                    )


def _step(model: Any, optimizer: Any, setup: Setup) -> None:
    """One step as `training.loop` makes it: forward in bfloat16, backward, clipping, the optimizer."""
    ids = torch.zeros((setup.sequences, setup.tokens), dtype=torch.long)
    with torch.autocast("cpu", torch.bfloat16, enabled=setup.autocast):
        loss = _loss(model, ids, fused=setup.fused_head)
    loss.backward()
    del loss
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()


def _loss(model: Any, ids: torch.Tensor, *, fused: bool) -> torch.Tensor:
    if not fused:
        given = {"num_items_in_batch": ids.numel()}
        found: torch.Tensor = model(
            input_ids=ids, labels=ids.clone(), use_cache=False, **given
        ).loss
        return found
    whole = model.get_base_model() if hasattr(model, "get_base_model") else model
    hidden = whole.base_model(input_ids=ids, use_cache=False).last_hidden_state
    tile = torch.empty(HEAD_BYTES, dtype=torch.uint8)  # what the fused head works in, for a moment
    del tile
    return hidden.sum()


def main() -> int:
    """Read a setup, print what it holds; on trouble print one line that says why, and give 1."""
    warnings.filterwarnings("ignore")
    try:
        traced = trace(Setup.model_validate(json.load(sys.stdin)))
    except Exception as error:  # noqa: BLE001 - the edge: whatever a strange description raises is told
        said = str(error).strip().splitlines()
        sys.stdout.write(
            json.dumps({"reason": f"{type(error).__name__}: {said[0] if said else ''}"})
        )
        return 1
    sys.stdout.write(traced.model_dump_json())
    return 0


if __name__ == "__main__":
    sys.exit(main())
