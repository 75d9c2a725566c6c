"""What a person may set with `--set name=value`, what is possible, and what is published as safe.

A name nobody knows is refused with the nearest one; a value out of the possible range is refused; a value
out of the safe range is kept and warned about with its source.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

from tools.deciding.wishes import EVERY, read_words
from tools.errors import PlanError
from training.config import Metric, Technique
from training.text import Text


@dataclass(frozen=True)
class Setting:
    """One name: the type of its value, and the range outside which it means nothing."""

    kind: type
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    above_low: bool = False
    """`low` itself is not allowed."""


TECHNIQUES: tuple[Technique, ...] = get_args(Technique)
STAGE_SETTINGS: dict[str, Setting] = {
    "learning_rate": Setting(float, 0, 1, above_low=True),
    "epochs": Setting(float, 0, 200, above_low=True),
    "batch_size": Setting(int, 1, 4096),
    "micro_batch_size": Setting(int, 1, 4096),
    "lora_rank": Setting(int, 0, 1024),
    "lora_alpha": Setting(int, 1, 4096),
    "lora_dropout": Setting(float, 0, 0.9),
    "schedule": Setting(str, choices=("cosine", "linear", "constant")),
    "warmup_share": Setting(float, 0, 0.9),
    "weight_decay": Setting(float, 0, 1),
    "max_grad_norm": Setting(float, 0, 1000, above_low=True),
    "max_seq_tokens": Setting(int, 8, 1_048_576),
    "packing": Setting(bool),
    "train_embeddings": Setting(bool),
    "gradient_checkpointing": Setting(bool),
    "checkpoints": Setting(int, 1, 100),
}
EXTRA_SETTINGS: dict[Technique, dict[str, Setting]] = {
    "cpt": {"replay_order": Setting(str, choices=("even", "late"))},
    "dpo": {"preference_strength": Setting(float, 0, 100, above_low=True)},
    "rft": {"group_size": Setting(int, 2, 256), "kl_weight": Setting(float, 0, 100)},
}
"""What only one technique has."""
FACTOR_WORDS = {"half": 0.5, "double": 2.0, "twice": 2.0}
FACTOR = re.compile(r"^(?:x|\*|×)\s*(\d*\.?\d+)$|^([+-]\s*\d*\.?\d+)\s*%$", re.IGNORECASE)
PERCENT = re.compile(r"^(\d*\.?\d+)\s*[%％]$")
ALIASES = {name: f"evaluation.{name}" for name in ("metric", "target", "max_forgetting")}
"""Names that options of the command line have made familiar."""
SETTINGS: dict[str, Setting] = {
    "model": Setting(str),
    "seed": Setting(int, 0, 2**31 - 1),
    "candidates": Setting(str),
    "candidates.minutes": Setting(float, 0, 1e5, above_low=True),
    "model.quantization": Setting(str, choices=("none", "nf4")),
    "replay.share": Setting(float, 0, 0.95),
    "replay.source": Setting(str, choices=("none", "self", "file")),
    "replay.min_rows": Setting(int, 0, 1_000_000),
    "replay.loss": Setting(str, choices=("kl", "tokens")),
    "probe.run": Setting(bool),
    "probe.compute": Setting(float, 0, 0.5, above_low=True),
    "evaluation.metric": Setting(str, choices=get_args(Metric)),
    "evaluation.target": Setting(float, 0, 1),
    "evaluation.max_forgetting": Setting(float, 0, 1),
    "evaluation.dev_items": Setting(int, 0, 1_000_000),
    "evaluation.probe_items": Setting(int, 0, 100_000),
    "evaluation.final_probe_items": Setting(int, 0, 100_000),
    "evaluation.few_shot_examples": Setting(int, 0, 64),
    "evaluation.prompt_variants": Setting(int, 0, 4),
    "evaluation.max_new_tokens": Setting(int, 1, 32_768),
    "evaluation.robustness": Setting(bool),
    "reward.trusted": Setting(bool),
    "budget.minutes": Setting(float, 0, 1e6, above_low=True),
    "budget.usd": Setting(float, 0, 1e7),
    "budget.usd_per_hour": Setting(float, 0, 1e5),
    **{
        f"{technique}.{name}": setting
        for technique in TECHNIQUES
        for name, setting in (STAGE_SETTINGS | EXTRA_SETTINGS.get(technique, {})).items()
    },
    **{f"{EVERY}.{name}": setting for name, setting in STAGE_SETTINGS.items()},
}
TRUE_WORDS = frozenset({"true", "yes", "on", "1"})
FALSE_WORDS = frozenset({"false", "no", "off", "0"})


def read(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Check names, types and possible ranges. Raises PlanError, naming the nearest name or the range."""
    known = {ALIASES.get(name, name): value for name, value in sorted(raw.items())}
    return {name: _value(name, value, _setting(name)) for name, value in known.items()}


def parse(pairs: list[str]) -> dict[str, Any]:
    """Read `name=value` pairs as the command line gives them. Raises PlanError."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        words = None if sign else read_words(pair)
        if words is not None:
            found |= words
            continue
        if not sign:
            raise PlanError(
                Text("{pair!r} is not a setting.", pair=pair), where="--set",
                what_to_do=Text("Write it as name=value, such as sft.learning_rate=1e-4; a few wishes are understood in words, such as half the rate, 30% general data, cheaper."),
            )  # fmt: skip
        found[name.strip()] = value.strip()
    return read(found)


def settings_of(technique: str) -> dict[str, Setting]:
    """The settings that a stage of this technique has, by their bare names."""
    return STAGE_SETTINGS | {
        name: one
        for known, extra in EXTRA_SETTINGS.items()
        if known == technique
        for name, one in extra.items()
    }


def factor_of(value: Any) -> float | None:
    """What a value such as `half`, `x1.5` or `+20%` multiplies by; None where it is no such value.

    >>> factor_of("half"), factor_of("x1.5"), factor_of("-20%"), factor_of("0.5")
    (0.5, 1.5, 0.8, None)
    """
    if not isinstance(value, str):
        return None
    word = value.strip().lower()
    if word in FACTOR_WORDS:
        return FACTOR_WORDS[word]
    match = FACTOR.match(word)
    if match is None:
        return None
    factor = (
        float(match.group(1))
        if match.group(1)
        else 1 + float(match.group(2).replace(" ", "")) / 100
    )
    return round(factor, 6) if factor > 0 else None


def _setting(name: str) -> Setting:
    if name in SETTINGS:
        return SETTINGS[name]
    bare = name.rpartition(".")[2]
    same = [known for known in SETTINGS if known.rpartition(".")[2] == bare]
    near = sorted(same, key=lambda known: not known.startswith("sft.")) or get_close_matches(
        name, SETTINGS, n=1, cutoff=0.5
    )
    nearest = near[0] if near else "sft.learning_rate"
    raise PlanError(
        Text("There is no setting named {name!r}.", name=name), where="--set",
        what_to_do=Text("The nearest name is {nearest}.", nearest=nearest),
    )  # fmt: skip


def _value(name: str, value: Any, setting: Setting) -> Any:
    factor = factor_of(value) if setting.kind in {int, float} and name != "seed" else None
    if factor is not None:
        return f"x{factor:g}"
    share = (
        PERCENT.match(str(value).strip())
        if setting.kind is float and setting.high is not None and setting.high <= 1
        else None
    )
    if share is not None:
        value = float(share.group(1)) / 100
    read_value = _typed(name, value, setting)
    if setting.choices and read_value not in setting.choices:
        raise _refusal(name, value, Text("one of {choices}", choices=", ".join(setting.choices)))
    if isinstance(read_value, int | float) and not isinstance(read_value, bool):
        too_low = setting.low is not None and (
            read_value < setting.low or (setting.above_low and read_value == setting.low)
        )
        if (
            too_low
            or (setting.high is not None and read_value > setting.high)
            or read_value != read_value
        ):
            span = Text("a number from {low:g} to {high:g}", low=setting.low, high=setting.high)
            above = Text(
                "a number above {low:g}, at most {high:g}", low=setting.low, high=setting.high
            )
            raise _refusal(name, value, above if setting.above_low else span)
    return read_value


def _typed(name: str, value: Any, setting: Setting) -> Any:
    if setting.kind is bool:
        word = str(value).strip().lower()
        if word in TRUE_WORDS | FALSE_WORDS:
            return word in TRUE_WORDS
        raise _refusal(name, value, Text("true or false"))
    if setting.kind is str:
        return str(value).strip()
    try:
        number = float(json.loads(value)) if isinstance(value, str) else float(value)
    except (ValueError, TypeError):
        raise _refusal(name, value, Text("a number")) from None
    if setting.kind is int:
        if number != number or number in {float("inf"), float("-inf")} or number != int(number):
            raise _refusal(name, value, Text("a whole number"))
        return int(number)
    return number


def _refusal(name: str, value: Any, wanted: Text) -> PlanError:
    return PlanError(
        Text("{name} cannot be {value!r}.", name=name, value=str(value)), where="--set",
        what_to_do=Text("Give it {wanted}.", wanted=wanted),
    )  # fmt: skip
