"""Give a model that has read texts its manners back: what its maker's tuning changed is added to what the reading changed.

Wanted where texts are read into the untuned twin of a model that answers: reading moves the twin, and the difference between
the two twins still holds (Chat Vector, 2310.04799: instruct minus base added to a further trained base). A short training on
conversations follows all the same. Only where all weights are trained: an adapter would be served on other weights than it
was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from transformers import AutoModelForCausalLM

from training.model import Weights
from training.telemetry import Place
from training.text import Text
from training.work import Work

DONE = "manners-added"


def with_manners(work: Work, weights: Weights, *, stage: str) -> Weights:
    """Add the twins' difference to the weights that a stage of reading left, where the run names the twin that answers.

    They come back as they are where that cannot be done, and the reason is told.
    """
    source = work.config.model.instruct
    if source is None:
        return weights
    why_not: str
    if work.config.stages[0].lora is not None:
        why_not = Text("an adapter is trained, and not all weights")
    else:
        try:
            added = add_difference(weights, base=work.base, instruct=_weights_of(source))
        except (OSError, ValueError) as error:
            lines = str(error).strip().splitlines()
            why_not = lines[0] if lines else type(error).__name__
        else:
            if added is not None:
                _tell(work, stage, Text("What makes {instruct} answer was added to what was learnt from the texts: its weights less those of {base}.", instruct=source, base=work.config.model.name))  # fmt: skip
                return added
            why_not = Text("its weights have other names or sizes")
    _tell(work, stage, Text("The manners of {instruct} could not be added to what was learnt from the texts: {why}. The conversations that follow teach them alone.", instruct=source, why=why_not))  # fmt: skip
    return weights


def add_difference(
    weights: Weights, *, base: Mapping[str, torch.Tensor], instruct: Mapping[str, torch.Tensor]
) -> Weights | None:
    """Give weights + (instruct - base), added in float32; None where the three are not weights of one kind of model."""
    if not weights.keys() == base.keys() == instruct.keys():
        return None
    if any(not tensor.shape == base[name].shape == instruct[name].shape for name, tensor in weights.items()):  # fmt: skip
        return None
    return {
        name: (tensor.float() + instruct[name].float() - base[name].float()).to(tensor.dtype)
        for name, tensor in weights.items()
    }


def _weights_of(source: str) -> Weights:
    model = AutoModelForCausalLM.from_pretrained(
        source, dtype="auto", trust_remote_code=False, use_safetensors=True
    )
    return {name: tensor.detach() for name, tensor in model.named_parameters()}


def _tell(work: Work, stage: str, text: Text) -> None:
    """Say it once, also where a stopped run comes through here again."""
    if not work.has(DONE):
        work.once(DONE, lambda: str(text))
        work.note(text)
        work.telemetry.event("manners_added", text, at=Place(stage))
