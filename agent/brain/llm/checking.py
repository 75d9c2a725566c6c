"""Which of a model's intents a message bears out. What the model says is a reading, not a decision.

Numbers must stand in the message, words of closed vocabularies must be in them, and nothing that starts, spends or ends
anything is taken. Where one intent cannot be borne out, the whole reading is dropped and the rules' reading counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from agent.brain.protocol import Context, Intent
from agent.brain.rules import asking, figures, lexicon
from tools import numerals
from tools.brief import FIELD_FORMS
from training.config import Metric, Task

MOST_INTENTS = 6
SETTINGS = (
    "learning_rate", "epochs", "batch_size", "micro_batch_size", "lora_rank", "lora_alpha", "warmup_share", "weight_decay",
    "max_grad_norm", "max_seq_tokens", "checkpoints", "schedule", "packing", "gradient_checkpointing", "replay_share", "model",
    "technique", "seed", "budget", "success", "metric", "column", "max_forgetting", "task", "goal", "language", "facts_change",
    "privacy", "hardware", "deadline", "latency", "data", "rows", "mixture", "eval", "plan", "start", "dropout", "quantization", "probe",
)  # fmt: skip
SHARES = frozenset({"replay_share", "success", "max_forgetting", "warmup_share"})
"""Said in percent, kept as a share of one."""
NUMBERS = frozenset(
    {"learning_rate", "epochs", "batch_size", "micro_batch_size", "lora_rank", "lora_alpha", "weight_decay", "max_grad_norm", "max_seq_tokens", "checkpoints",
     "seed", "dropout", "eval", "rows"}
) | SHARES  # fmt: skip
SWITCHES = frozenset({"packing", "gradient_checkpointing", "probe"})
TECHNIQUES = frozenset({"sft", "dpo", "rft", "cpt", "grpo", "full", "none", "no training"})
FREE = frozenset(
    {"goal", "volume", "hardware", "deadline", "latency", "users", "current_solution", "data", "must_not_get_worse"}
)  # fmt: skip
"""Fields of which only the presence is taken: the tools read the words themselves."""
CLOSED: dict[str, frozenset[Any]] = {
    "task": frozenset(get_args(Task)),
    "privacy": frozenset({"local", "public", "any"}),
    "facts_change": frozenset({"often", "rarely", "never", "yearly", "monthly", "weekly", "daily"}),
}
ENDING = frozenset({"stop", "resume"})
"""Ends or goes on with a run: done where the rules read it too, else offered as a button."""
BY_RULES_ONLY = frozenset({"mark", "vote"})
LANGUAGE_CODE = re.compile(r"[a-z]{2,3}")
FIGURE = re.compile(r"\d[\d.,  '’]*\d|\d")  # the apostrophes of Swiss numbers


@dataclass(frozen=True)
class Message:
    """A message with what it is read against."""

    text: str
    context: Context
    rules: Sequence[Intent]
    """The rules' reading of it."""
    recent: Sequence[dict[str, str]] = ()
    """What was said last, the oldest first."""


def borne_out(intents: Sequence[Intent], message: Message) -> list[Intent] | None:
    """Give the intents in the form the conversation takes; None where one of them is more than the message says."""
    if not 1 <= len(intents) <= MOST_INTENTS:
        return None
    numbers = numbers_in(message.text)
    read_by_rules = {intent.kind for intent in message.rules}
    taken: list[Intent] = []
    for intent in intents:
        checked = _checked(intent, message, numbers)
        if checked is None:
            return None
        if intent.kind in ENDING and intent.kind not in read_by_rules:
            readings = (Intent(kind=intent.kind), Intent(kind="status"))
            checked = Intent(kind="unclear", words=message.text, readings=readings)
        taken.append(checked)
    return taken


def _checked(intent: Intent, message: Message, numbers: frozenset[float]) -> Intent | None:
    kind, context = intent.kind, message.context
    bare = Intent(kind=kind, words=message.text)
    if kind == "approve" or intent.conditions:
        return None  # never on a model's word: the rules hear a yes before the model is asked
    same = next((one for one in message.rules if _alike(one, intent)), None)
    if same is not None:
        return same
    if intent.readings or kind in BY_RULES_ONLY:
        return None
    if kind == "inform":
        fields = {
            name: _field(name, value, message, numbers) for name, value in intent.fields.items()
        }
        if not fields or any(value is _NOT_SAID for value in fields.values()):
            return None
        if any(value is None and name != context.question for name, value in fields.items()):
            return None
        return bare.model_copy(update={"fields": fields})
    if kind == "choose":
        most = context.num_choices
        if not most or not (intent.choice == "last" or 1 <= (intent.choice or 0) <= most):
            return None
        return bare.model_copy(update={"choice": intent.choice})
    if kind == "provide_data":
        if not all(name and name in message.text for name in intent.files):
            return None
        return bare.model_copy(update={"files": intent.files})
    if kind == "revise":
        return _revision(bare, intent, numbers)
    if kind == "ask":
        if intent.about is None:
            asked = next((one for one in message.rules if one.kind == "ask"), bare)
            return asked.model_copy(update={"free": True, "about": asked.about or "what"})
        topic = intent.topic[:60] if intent.topic else None
        suppose = _supposed(message.text) if intent.about == "what_if" else {}
        return bare.model_copy(update={"about": intent.about, "topic": topic, "suppose": suppose})
    return bare


_NOT_SAID = object()


def _alike(one: Intent, other: Intent) -> bool:
    """Whether two intents want the same, whatever words they were read from."""
    return one.model_copy(update={"words": ""}) == other.model_copy(update={"words": ""})


def _field(name: str, value: Any, message: Message, numbers: frozenset[float]) -> Any:
    """One field of the brief as the conversation takes it; `_NOT_SAID` where the message does not bear it out."""
    if name not in FIELD_FORMS:
        return _NOT_SAID
    if value is None or any(one.fields.get(name) == value for one in message.rules):
        return value
    if name in CLOSED:
        return value if isinstance(value, str) and value in CLOSED[name] else _NOT_SAID
    if name in FREE or value is True:
        return True
    if name == "success":
        return float(value) if _said(value, numbers, 100.0) and 0 < value <= 1 else True
    if name == "budget":
        return _limit(value, numbers)
    if name == "language":
        codes = [value] if isinstance(value, str) else value
        good = isinstance(codes, list) and all(
            isinstance(code, str) and LANGUAGE_CODE.fullmatch(code) for code in codes
        )
        return codes if good and codes else _NOT_SAID
    if name == "base_model":
        return value if isinstance(value, str) and _stands_in(value, message.text) else _NOT_SAID
    return _NOT_SAID


def _limit(value: Any, numbers: frozenset[float]) -> Any:
    if not isinstance(value, dict) or not value:
        return _NOT_SAID
    known = set(value) <= {"usd", "eur", "cny", "minutes"}
    borne = all(
        _said(one, numbers, 1 / 60 if name == "minutes" else 1.0) for name, one in value.items()
    )
    return value if known and borne else _NOT_SAID


def _revision(bare: Intent, intent: Intent, numbers: frozenset[float]) -> Intent | None:
    what, value = intent.what, intent.value
    if what not in SETTINGS:
        return None
    if value is not None:
        value = _new_value(what, value, bare.words, numbers)
        if value is None:
            return None
    return bare.model_copy(update={"what": what, "value": value, "direction": intent.direction})


def _new_value(what: str, value: Any, message: str, numbers: frozenset[float]) -> Any:
    """The value in the form that revisions take; None where the message does not bear it out."""
    if what == "budget":
        limit = _in_units(value)
        return limit if _limit(limit, numbers) is not _NOT_SAID else None
    if what in NUMBERS:
        number = _number(value)
        if number is None or not _said(number, numbers, 100.0 if what in SHARES else 1.0):
            return None
        return number / 100 if what in SHARES and number > 1 else number
    if isinstance(value, bool):
        return value if what in SWITCHES else None
    if not isinstance(value, str):
        return None
    parts = [part for part in re.split(r"[,+ ]+", value.lower()) if part]
    closed = {"technique": TECHNIQUES, "metric": frozenset(get_args(Metric)), **CLOSED}.get(what)
    if closed is not None:
        return value.lower() if all(part in closed for part in parts) else None
    return value if _stands_in(value, message) else None


def _in_units(value: Any) -> Any:
    """A limit of money or time, by its unit; a bare number is dollars."""
    if isinstance(value, str):
        folded = lexicon.fold(value)
        limit: dict[str, float] = dict(figures.money(folded))
        minutes = figures.minutes(folded)
        if minutes is not None:
            limit["minutes"] = minutes
        return limit or {"usd": _number(value)}
    return {"usd": value} if isinstance(value, int | float) else value


def _number(value: Any) -> float | int | None:
    """A number, out of a string where it stands in one; a share in percent becomes one of 0 to 1."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str):
        return None
    found = numerals.number(value.lower().strip(" %"))
    if found is None:
        return None
    if "%" in value:
        return found / 100
    return int(found) if found == int(found) and "." not in value else found


def _supposed(message: str) -> dict[str, Any]:
    return asking.supposed(lexicon.fold(message))


def _stands_in(value: str, message: str) -> bool:
    """Whether the words of a value stand in the message."""
    folded = message.lower()
    return bool(value.strip()) and all(word in folded for word in value.lower().split())


def numbers_in(message: str) -> frozenset[float]:
    """Every number a message can be read to hold: in digits, of any country's way of writing, or in English or Chinese words.

    >>> sorted(numbers_in("1.500 Zeilen, 0,5 oder zehn"))
    [0.5, 1.5, 1500.0]
    """
    found: set[float] = set()
    for match in FIGURE.finditer(message):
        text = re.sub(r"[  '’]", "", match.group())
        for written in (text.replace(",", ""), text.replace(".", "").replace(",", ".")):
            try:
                found.add(float(written))
            except ValueError:
                continue
    folded = lexicon.fold(message)
    for spelt in re.finditer(rf"{numerals.NUMBER}", folded):
        value = numerals.number(spelt.group())
        if value is not None:
            found.add(value)
    for match in re.finditer(r"\d+(?:\.\d+)?e-?\d+", folded):
        found.add(float(match.group()))
    return frozenset(found)


def _said(value: Any, numbers: frozenset[float], factor: float = 1.0) -> bool:
    """Whether a number stands in the message, as it is or in the unit that is `factor` times smaller."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return any(
        abs(value * times - number) <= 1e-6 * max(1.0, abs(number))
        for times in (1.0, factor)
        for number in numbers
    )
