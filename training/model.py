"""Load a model and its tokenizer by the one real way, and move its weights between base and tuned.

Weights come as safetensors only and no code of a repository is run. What training relies on is checked when
loading, not found out hours later: a chat template that can begin an answer, a token that ends one, padding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from training.chat import thinking_off
from training.config import LoraConfig, ModelConfig
from training.errors import TrainingError
from training.text import Text

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
QUESTION = [{"role": "user", "content": "Is it warm?"}]
ANSWER = "zebra"
"""A word that no template contains, so that it is found again in what a template makes of it."""

Weights = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Loaded:
    """A model ready to be asked and trained, on its device."""

    model: Any
    tokenizer: Any
    device: torch.device
    source: str
    dtype: torch.dtype
    stop_id: int
    """The token that ends an answer in this template: learnt as part of every answer."""
    notes: tuple[Text, ...] = ()


def load(config: ModelConfig, *, device: str = "auto", threads: int | None = None) -> Loaded:
    """Load weights and tokenizer. Raises TrainingError where they are not there or cannot be talked to."""
    if threads is not None:
        torch.set_num_threads(threads)
    where = torch.device(pick_device(device))
    dtype = DTYPES[config.dtype]
    tokenizer = load_tokenizer(config)
    arguments: dict[str, Any] = {"dtype": dtype, "attn_implementation": "sdpa"}
    if config.quantization == "nf4":
        arguments |= {"quantization_config": _nf4(where), "device_map": {"": where}}
    try:
        model = AutoModelForCausalLM.from_pretrained(
            config.source, revision=config.revision, trust_remote_code=False,
            use_safetensors=True, **arguments,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise _cannot_load(config, error) from error
    if config.quantization is None:
        model.to(where)
    model.eval()
    notes = []
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
        notes.append(
            Text("The tokenizer has no padding token, so its end token pads; padding is masked.")
        )
    stop_id = find_stop_id(tokenizer)
    _stop_generation_at(model, tokenizer, stop_id)
    return Loaded(model, tokenizer, where, config.source, dtype, stop_id, tuple(notes))


def pick_device(wanted: str) -> str:
    """Name the device: a GPU where there is one, unless the CPU is asked for."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise TrainingError(
            Text("The run asks for a GPU, and this machine shows none."),
            where="run.json: device",
            what_to_do=Text("Start it on a machine with an NVIDIA GPU, or set the device to auto."),
        )
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return wanted


def load_tokenizer(config: ModelConfig) -> Any:
    """Load the tokenizer and check that its template can begin and end an answer. Raises TrainingError."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            config.source, revision=config.revision, trust_remote_code=False
        )
    except (OSError, ValueError) as error:
        raise _cannot_load(config, error) from error
    if not tokenizer.chat_template:
        raise TrainingError(
            Text("The model has no chat template, so it cannot be asked or taught to answer."),
            where=config.source,
            what_to_do=Text(
                "Choose the instruction-tuned version of this model; its name often ends in -Instruct or -it."
            ),
        )
    if tokenizer.eos_token_id is None:
        raise TrainingError(
            Text("The tokenizer has no end token, so the model could never learn to stop."),
            where=config.source,
            what_to_do=Text("Set eos_token in tokenizer_config.json, or choose another model."),
        )
    _check_template(tokenizer, config.source)
    return tokenizer


def find_stop_id(tokenizer: Any) -> int:
    """Name the token that follows an answer in this template; the tokenizer's end token where none does."""
    text = tokenizer.apply_chat_template(
        [*QUESTION, {"role": "assistant", "content": ANSWER}], tokenize=False
    )
    after = text[text.rindex(ANSWER) + len(ANSWER) :]
    special = special_ids(tokenizer)
    for token in tokenizer(after, add_special_tokens=False)["input_ids"]:
        if token in special:
            return int(token)
    return int(tokenizer.eos_token_id)


def special_ids(tokenizer: Any) -> frozenset[int]:
    """List the tokens that stand for no text: a template's turn marks and ends."""
    added = getattr(tokenizer, "added_tokens_decoder", {})
    marks = {number for number, token in added.items() if getattr(token, "special", False)}
    return frozenset(marks | set(tokenizer.all_special_ids))


def add_adapter(loaded: Loaded, lora: LoraConfig, *, seed: int) -> Any:
    """Put an adapter on every linear layer (LO-01), its first weights drawn from the seed."""
    from peft import LoraConfig as PeftLora  # noqa: PLC0415 - 3 s of import, only for adapters
    from peft import get_peft_model  # noqa: PLC0415

    torch.manual_seed(seed)
    model = loaded.model
    # 4-bit models go without peft's preparation: it would hold embeddings and head in float32
    embeddings = _embedding_names(model) if lora.train_embeddings else None
    return get_peft_model(
        model,
        PeftLora(
            r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules="all-linear",
            modules_to_save=embeddings, ensure_weight_tying=bool(embeddings), task_type="CAUSAL_LM",
        ),
    )  # fmt: skip


def is_adapted(model: Any) -> bool:
    """Say whether a peft adapter sits on the model."""
    return hasattr(model, "peft_config")


def base_weights(model: Any) -> Weights:
    """Copy what training will move, to the CPU: for interpolation, so before training.

    With an adapter only the embeddings in training need a copy; the adapter itself starts at nothing.
    """
    if is_adapted(model):
        return {
            name: _cpu(tensor)
            for name, tensor in adapter_weights(model).items()
            if not _is_lora(name)
        }
    return {name: _cpu(tensor) for name, tensor in model.named_parameters()}


def trainable_weights(model: Any) -> Weights:
    """Copy the weights that training moves, as `put_weights` takes them: to begin again from."""
    found = adapter_weights(model) if is_adapted(model) else dict(model.named_parameters())
    return {name: _cpu(tensor) for name, tensor in found.items()}


@contextmanager
def untouched(model: Any, base: Weights) -> Iterator[None]:
    """Hold the model at its untouched weights inside, and give it back what training had moved.

    `base` is what `base_weights` copied before training.
    """
    if is_adapted(model):
        with model.disable_adapter():
            yield
        return
    if all(torch.equal(_cpu(weight), base[name]) for name, weight in model.named_parameters()):
        yield
        return
    moved = trainable_weights(model)
    put_weights(model, base)
    try:
        yield
    finally:
        put_weights(model, moved)


def tuned_weights(folder: Path, loaded: Loaded) -> Weights:
    """Read a checkpoint's weights by the library's own loading code; an adapter's from its file."""
    if (folder / "adapter_config.json").exists():
        from peft import load_peft_weights  # noqa: PLC0415 - 3 s of import, only for adapters

        return dict(load_peft_weights(str(folder), device="cpu"))
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=loaded.dtype, trust_remote_code=False, use_safetensors=True
    )
    return {name: tensor.detach() for name, tensor in model.named_parameters()}


def interpolate(base: Mapping[str, torch.Tensor], tuned: Weights, share: float) -> Weights:
    """Give base + share * (tuned - base), CF-16. An adapter is scaled: its base is nothing.

    Only the second factor of each adapter is scaled, so the product scales by `share`. At 1 the tuned
    weights come back untouched, bit for bit.
    """
    if share == 1.0:
        return tuned
    moved: Weights = {}
    for name, tensor in tuned.items():
        if name in base:
            start = base[name].float()
            moved[name] = (start + share * (tensor.float() - start)).to(tensor.dtype)
        elif _is_lora(name):
            moved[name] = (
                tensor * share if ".lora_B" in name or "lora_embedding_B" in name else tensor
            )
        else:
            raise KeyError(f"no base weights for {name!r}, so it cannot be interpolated")
    return moved


def put_weights(model: Any, weights: Weights) -> None:
    """Give the live model these weights, in place."""
    if is_adapted(model):
        from peft import set_peft_model_state_dict  # noqa: PLC0415 - 3 s of import, only for adapters

        set_peft_model_state_dict(model, weights)
        return
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weights[name])


def save_weights(model: Any, folder: Path) -> None:
    """Write the model, or its adapter, as safetensors with all that loading it needs."""
    model.save_pretrained(folder)


def adapter_weights(model: Any) -> Weights:
    """Give the adapter's weights by the names its file uses."""
    from peft import get_peft_model_state_dict  # noqa: PLC0415 - 3 s of import, only for adapters

    return dict(get_peft_model_state_dict(model, save_embedding_layers=False))


def _embedding_names(model: Any) -> list[str]:
    embedding = model.get_input_embeddings()
    return [
        name.rsplit(".", 1)[-1] for name, module in model.named_modules() if module is embedding
    ]


def _is_lora(name: str) -> bool:
    return ".lora_" in name


def _cpu(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().to("cpu", copy=True)


def _nf4(device: torch.device) -> Any:
    from transformers import BitsAndBytesConfig  # noqa: PLC0415 - only for 4-bit weights

    if device.type != "cuda":
        raise TrainingError(
            Text("4-bit weights need an NVIDIA GPU."),
            where="run.json: model.quantization",
            what_to_do=Text("Leave the quantization out, or run on a GPU."),
        )
    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )  # fmt: skip


def _check_template(tokenizer: Any, source: str) -> None:
    """Refuse a template that writes a turn's beginning with the answer: the model would not be asked so."""
    switches = thinking_off(tokenizer)
    asked = tokenizer.apply_chat_template(
        QUESTION, tokenize=False, add_generation_prompt=True, **switches
    )
    whole = tokenizer.apply_chat_template(
        [*QUESTION, {"role": "assistant", "content": ANSWER}], tokenize=False, **switches
    )
    between = whole[len(asked) : whole.rfind(ANSWER)] if whole.startswith(asked) else ""
    tokens = set(tokenizer(between, add_special_tokens=False)["input_ids"])
    if ANSWER not in whole or ("think" not in between and special_ids(tokenizer) & tokens):
        raise TrainingError(
            Text(
                "The model's chat template has no generation prompt, so the model cannot be asked as it was taught."
            ),
            where=source,
            what_to_do=Text(
                "Choose a model whose chat template knows add_generation_prompt, or correct chat_template.jinja."
            ),
        )


def _stop_generation_at(model: Any, tokenizer: Any, stop_id: int) -> None:
    """Let generation end where answers end in training, besides where the model's maker ended it."""
    known = model.generation_config.eos_token_id
    known = known if isinstance(known, list) else [known]
    stops = [
        number
        for number in dict.fromkeys([stop_id, tokenizer.eos_token_id, *known])
        if number is not None
    ]
    model.generation_config.eos_token_id = stops
    model.generation_config.pad_token_id = tokenizer.pad_token_id


def _cannot_load(config: ModelConfig, error: Exception) -> TrainingError:
    first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return TrainingError(
        Text("The model {name} could not be loaded: {reason}", name=config.name, reason=first_line),
        where=config.source,
        what_to_do=Text(
            "Check its name, that this machine can reach the model hub or has the folder, and that the "
            "weights are safetensors files."
        ),
    )
