"""Who writes the attempts in learning by trial: vLLM where it is installed and has room on the card, else the library itself.

vLLM shares the card with the training (TRL's `colocate` mode) and sleeps while weights are updated. Never run by us on a
card: what is here follows TRL's code, and is tried with a stand-in of vLLM's interface. Attempts written by it are not
repeated to the bit after a stop.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import torch

from training.model import Loaded
from training.text import Text

Writer = Literal["vllm", "transformers"]
OLDEST, NEWEST = (0, 22), (0, 31)
"""The versions that TRL 1.16 was written for; with others it only warns."""
LEAST_SHARE = 0.3
"""Of the card, for vLLM. TRL's default."""
CACHE_BYTES = 2 << 30
"""Room for what vLLM remembers of the attempts, besides the weights. Our default; not measured."""
UPDATE_BYTES = 12
"""Of each trained weight, still to be allocated when training begins: its gradient and AdamW's two averages in float32."""


def installed_vllm() -> str | None:
    """Name the version of vLLM that is installed; None where there is none."""
    try:
        return version("vllm")
    except PackageNotFoundError:
        return None


def choose_writer(
    loaded: Loaded, model: Any, *, installed: str | None, quantized: bool, ran_out: bool
) -> tuple[Writer, Text | None]:
    """Choose who writes, and say why not vLLM where it is installed and there is a card.

    `ran_out`: a step of this stage did not fit in memory before; vLLM's share is then given back first.
    """
    if installed is None or loaded.device.type != "cuda":
        return "transformers", None
    if not _supported(installed):
        return "transformers", Text(
            "vLLM {version} is not used for the attempts: it must be {oldest} to {newest}.",
            version=installed, oldest="{}.{}".format(*OLDEST), newest="{}.{}".format(*NEWEST),
        )  # fmt: skip
    if quantized:
        return "transformers", Text("vLLM is not used for the attempts: the weights are in 4 bits.")
    if ran_out:
        return "transformers", Text("vLLM is not used any more for the attempts: memory ran out.")
    if share_of_card(model, *torch.cuda.mem_get_info()) is None:
        return "transformers", Text(
            "vLLM is not used for the attempts: a second copy of the weights does not fit on the card."
        )
    return "vllm", None


def share_of_card(model: Any, free_bytes: int, total_bytes: int) -> float | None:
    """Give the share of the card that vLLM needs beside the training; None where there is no room for it."""
    weights = [(one.numel(), one.element_size(), one.requires_grad) for one in model.parameters()]
    needed = sum(count * size for count, size, _ in weights) + CACHE_BYTES
    share = max(LEAST_SHARE, needed / total_bytes)
    to_come = UPDATE_BYTES * sum(count for count, _, trained in weights if trained)
    return share if share * total_bytes <= free_bytes - to_come else None


def arguments_for(writer: Writer, *, share: float, most_tokens: int) -> dict[str, Any]:
    """Give what GRPOConfig is told. `most_tokens` are those of a question and an attempt together."""
    if writer == "transformers":
        return {"use_vllm": False}
    return {
        "use_vllm": True, "vllm_mode": "colocate", "vllm_enable_sleep_mode": True,
        "vllm_gpu_memory_utilization": share, "vllm_max_model_length": most_tokens,
    }  # fmt: skip


def _supported(installed: str) -> bool:
    numbers = tuple(int(number) for number in re.findall(r"\d+", installed)[:2])
    return OLDEST <= numbers <= NEWEST
