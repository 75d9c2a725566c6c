"""Does a reading agree with the label? Pure functions; a reading is a list of plain intent dicts.

`kinds_agree` looks at the kinds only, `agrees` also at the slots that decide what happens next.
Free wording (`true` in a label) is judged by presence: an extra or missing free-text field
is forgiven only where another value-bearing field of the same message was read rightly.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FREE_TEXT = {"goal", "data", "users", "current_solution", "volume", "deadline", "latency"}

Intent = Mapping[str, Any]


def utterances(half: str) -> Iterator[dict[str, Any]]:
    """Yield the labelled messages of one half (`seen`, `held`, `more`, `fresh`), both languages."""
    for path in sorted(HERE.glob(f"*_{half}.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def readings(label: Mapping[str, Any]) -> list[list[Intent]]:
    """Return every reading that counts as right, the preferred one first."""
    return [label["intents"], *label.get("or", [])]


def kinds_agree(label: Mapping[str, Any], intents: Sequence[Intent]) -> bool:
    """Tell whether the kinds are those of an accepted reading, in any order."""
    return any(_kinds(gold) == _kinds(intents) for gold in readings(label))


def agrees(label: Mapping[str, Any], intents: Sequence[Intent]) -> bool:
    """Tell whether kinds and decisive slots are those of an accepted reading."""
    return any(_same(gold, intents) for gold in readings(label))


def is_approval(intents: Sequence[Intent]) -> bool:
    """Tell whether this reading would spend money."""
    return any(intent["kind"] == "approve" for intent in intents)


def may_be_approval(label: Mapping[str, Any]) -> bool:
    """Tell whether any accepted reading is an approval; all else read so is a false approval."""
    return any(is_approval(gold) for gold in readings(label))


def _kinds(intents: Sequence[Intent]) -> list[str]:
    return sorted(str(intent["kind"]) for intent in intents)


def _same(gold: Sequence[Intent], read: Sequence[Intent]) -> bool:
    if _kinds(gold) != _kinds(read):
        return False
    left = list(read)
    for wanted in gold:
        match = next((found for found in left if _intent_agrees(wanted, found)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _intent_agrees(gold: Intent, read: Intent) -> bool:
    kind = gold["kind"]
    if kind != read["kind"]:
        return False
    if kind == "inform":
        return _fields_agree(gold["fields"], read.get("fields") or {})
    if kind == "revise":
        return gold["what"] == read.get("what") and all(
            gold[slot] is None or loosely_equal(gold[slot], read.get(slot))
            for slot in ("direction", "value")
        )
    if kind == "ask":
        topic_agrees = gold["about"] != "glossary" or loosely_equal(
            gold.get("topic"), read.get("topic")
        )
        return gold["about"] == read.get("about") and topic_agrees
    if kind == "approve":
        wanted, found = gold.get("conditions") or {}, read.get("conditions") or {}
        return wanted.keys() == found.keys() and all(
            loosely_equal(wanted[name], found[name]) for name in wanted
        )
    if kind == "provide_data":
        return set(gold["files"]) == {str(name) for name in read.get("files") or ()}
    if kind == "choose":
        return loosely_equal(gold["choice"], read.get("choice"))
    return True


def _fields_agree(gold: Mapping[str, Any], read: Mapping[str, Any]) -> bool:
    decisive = {name for name in gold if gold[name] is not True}
    if any(name not in read or not loosely_equal(gold[name], read[name]) for name in decisive):
        return False
    missing, extra = gold.keys() - read.keys(), read.keys() - gold.keys()
    if not decisive:
        return not missing and extra <= FREE_TEXT
    return missing <= FREE_TEXT and extra <= FREE_TEXT


def loosely_equal(gold: Any, read: Any) -> bool:
    """Compare values as people do: numbers by value, names without case, spaces, hyphens.

    >>> loosely_equal("Llama 3.1 8B", "meta-llama/llama-3.1-8b-instruct"), loosely_equal(0.9, 0.95)
    (True, False)
    """
    if gold is None or read is None:
        return gold is read
    if isinstance(gold, bool) or isinstance(read, bool):
        return gold is read
    if isinstance(gold, int | float):
        try:
            return abs(float(gold) - float(read)) < 1e-9
        except (TypeError, ValueError):
            return False
    if isinstance(gold, list):
        return isinstance(read, list | tuple) and sorted(map(str, gold)) == sorted(map(str, read))
    if isinstance(gold, Mapping):
        return (
            isinstance(read, Mapping)
            and gold.keys() == read.keys()
            and all(loosely_equal(gold[name], read[name]) for name in gold)
        )
    wanted, found = (re.sub(r"[\W_]+", "", str(value)).lower() for value in (gold, read))
    return bool(wanted) and (wanted == found or (len(wanted) > 2 and wanted in found))
