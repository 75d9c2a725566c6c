"""Is the completion JSON that keeps to a schema?

A checker of our own for the keywords that people use (JSON Schema 2020-12); a schema with any other keyword is
refused, because a rule that is not checked would be paid for when broken. `format` is a remark, as in the standard.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from training.rewards.reward import RewardError, spoken
from training.text import Text

REMARKS = frozenset(
    [
        "$schema",
        "$id",
        "$comment",
        "$defs",
        "definitions",
        "title",
        "description",
        "default",
        "examples",
        "format",
        "deprecated",
        "readOnly",
        "writeOnly",
    ]
)
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "number": (int, float), "integer": (int, float),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip
LONGEST_MATCHED = 2_000
"""Characters; a longer string does not match any `pattern`: patterns can take for ever on long noise."""
DEEPEST = 60

Rule = Callable[[Any, Any, dict[str, Any]], bool]
"""The keyword's value, the instance, the whole schema around the keyword."""


def json_schema(completions: Sequence[str], *, schema: dict[str, Any]) -> list[float]:
    """Score 1.0 where the whole completion is strict JSON that keeps to `schema`.

    Raises RewardError where the schema has a keyword that is not checked here.

    >>> json_schema(['{"n": 1}', '{"n": "1"}', "n"], schema={"type": "object", "properties": {"n": {"type": "integer"}}})
    [1.0, 0.0, 0.0]
    """
    check_schema(schema)
    return [float(_is_valid(spoken(completion), schema)) for completion in completions]


def json_valid(completions: Sequence[str]) -> list[float]:
    """Score 1.0 where the whole completion is strict JSON.

    >>> json_valid(['[1, 2]', '[1, 2', 'Here it is: [1, 2]'])
    [1.0, 0.0, 0.0]
    """
    return [float(_is_valid(spoken(completion), True)) for completion in completions]


def check_schema(schema: Any) -> None:
    """Refuse a schema that is not wholly checked here. Raises RewardError."""
    for part in _parts(schema, 0):
        if not isinstance(part, dict | bool):
            raise _refused(Text("{part} stands where a schema should", part=repr(part)[:60]))
        for keyword, value in part.items() if isinstance(part, dict) else ():
            if keyword not in RULES and keyword not in REMARKS:
                raise _refused(Text("its keyword {keyword} is not checked here", keyword=keyword))
            if keyword == "type" and not _are_types(value):
                raise _refused(Text("{value} is not a type", value=repr(value)[:60]))


def _are_types(value: Any) -> bool:
    named = value if isinstance(value, list) else [value]
    return bool(named) and all(isinstance(one, str) and one in TYPES for one in named)


def keeps(value: Any, schema: Any, root: Any, depth: int = 0) -> bool:
    """Say whether a JSON value keeps to a schema that `check_schema` has passed."""
    if isinstance(schema, bool):
        return schema
    if depth > DEEPEST:
        return False
    around = {"schema": schema, "root": root, "depth": depth + 1}
    return all(
        RULES[word](wanted, value, around) for word, wanted in schema.items() if word in RULES
    )


def _is_valid(text: str, schema: Any) -> bool:
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        return keeps(value, schema, schema)
    except (ValueError, RecursionError):
        return False


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _inner(value: Any, schema: Any, around: dict[str, Any]) -> bool:
    return keeps(value, schema, around["root"], around["depth"])


def _type(wanted: Any, value: Any, around: dict[str, Any]) -> bool:
    return any(_is_a(value, name) for name in ([wanted] if isinstance(wanted, str) else wanted))


def _is_a(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, TYPES[name])


def _equal(first: Any, second: Any) -> bool:
    """Compare as JSON does: 1 equals 1.0, and true equals nothing but true."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(
            _equal(first[key], second[key]) for key in first
        )
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_equal, first, second))
    return bool(first == second)


def _of(*kinds: type) -> Callable[[Callable[[Any, Any], bool]], Rule]:
    """Make a rule that holds for every value of other kinds, as the standard says."""

    def made(rule: Callable[[Any, Any], bool]) -> Rule:
        def checked(wanted: Any, value: Any, around: dict[str, Any]) -> bool:
            applies = isinstance(value, kinds) and not isinstance(value, bool)
            return not applies or rule(wanted, value)

        return checked

    return made


def _properties(wanted: Any, value: Any, around: dict[str, Any]) -> bool:
    if not isinstance(value, dict):
        return True
    return all(_inner(value[name], part, around) for name, part in wanted.items() if name in value)


def _additional(wanted: Any, value: Any, around: dict[str, Any]) -> bool:
    if not isinstance(value, dict):
        return True
    named = around["schema"].get("properties", {})
    return all(_inner(inner, wanted, around) for name, inner in value.items() if name not in named)


def _items(wanted: Any, value: Any, around: dict[str, Any]) -> bool:
    if not isinstance(value, list):
        return True
    first = len(around["schema"].get("prefixItems", ()))
    return all(_inner(inner, wanted, around) for inner in value[first:])


def _prefix(wanted: Any, value: Any, around: dict[str, Any]) -> bool:
    return not isinstance(value, list) or all(
        _inner(inner, part, around) for inner, part in zip(value, wanted, strict=False)
    )


def _unique(wanted: Any, value: Any) -> bool:
    return not wanted or not any(
        _equal(first, second) for place, first in enumerate(value) for second in value[:place]
    )


def _reference(wanted: Any, value: Any, around: dict[str, Any]) -> bool:
    return _inner(value, _resolve(wanted, around["root"]), around)


def _resolve(reference: Any, root: Any) -> Any:
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise _refused(
            Text("{reference} points outside the schema", reference=repr(reference)[:60])
        )
    part = root
    for step in reference.lstrip("#/").split("/") if reference != "#" else ():
        try:
            part = part[step.replace("~1", "/").replace("~0", "~")]
        except (KeyError, TypeError):
            raise _refused(
                Text("{reference} points to nothing", reference=reference[:60])
            ) from None
    return part


def _matches(wanted: Any, value: Any) -> bool:
    return len(value) <= LONGEST_MATCHED and re.search(wanted, value) is not None


RULES: dict[str, Rule] = {
    "type": _type,
    "enum": lambda wanted, value, around: any(_equal(value, one) for one in wanted),
    "const": lambda wanted, value, around: _equal(value, wanted),
    "properties": _properties,
    "required": _of(dict)(lambda wanted, value: all(name in value for name in wanted)),
    "additionalProperties": _additional,
    "minProperties": _of(dict)(lambda wanted, value: len(value) >= wanted),
    "maxProperties": _of(dict)(lambda wanted, value: len(value) <= wanted),
    "items": _items,
    "prefixItems": _prefix,
    "minItems": _of(list)(lambda wanted, value: len(value) >= wanted),
    "maxItems": _of(list)(lambda wanted, value: len(value) <= wanted),
    "uniqueItems": _of(list)(_unique),
    "minLength": _of(str)(lambda wanted, value: len(value) >= wanted),
    "maxLength": _of(str)(lambda wanted, value: len(value) <= wanted),
    "pattern": _of(str)(_matches),
    "minimum": _of(int, float)(lambda wanted, value: value >= wanted),
    "maximum": _of(int, float)(lambda wanted, value: value <= wanted),
    "exclusiveMinimum": _of(int, float)(lambda wanted, value: value > wanted),
    "exclusiveMaximum": _of(int, float)(lambda wanted, value: value < wanted),
    "multipleOf": _of(int, float)(
        lambda wanted, value: abs(value / wanted - round(value / wanted)) < 1e-9
    ),
    "allOf": lambda wanted, value, around: all(_inner(value, part, around) for part in wanted),
    "anyOf": lambda wanted, value, around: any(_inner(value, part, around) for part in wanted),
    "oneOf": lambda wanted, value, around: sum(_inner(value, part, around) for part in wanted) == 1,
    "not": lambda wanted, value, around: not _inner(value, wanted, around),
    "$ref": _reference,
}


def _parts(schema: Any, depth: int) -> list[Any]:
    """Give the schema and every schema inside it; pointers and patterns are tried on the way."""
    found = [schema]
    if not isinstance(schema, dict) or depth > DEEPEST:
        return found
    for keyword, value in schema.items():
        if keyword in {"properties", "$defs", "definitions"}:
            inner = list(value.values()) if isinstance(value, dict) else [value]
        elif keyword in {"allOf", "anyOf", "oneOf", "prefixItems"}:
            inner = list(value)
        elif keyword in {"items", "additionalProperties", "not"}:
            inner = [value]
        else:
            inner = []
        if keyword == "pattern":
            _try_pattern(value)
        for part in inner:
            found.extend(_parts(part, depth + 1))
    return found


def _try_pattern(pattern: Any) -> None:
    try:
        re.compile(pattern)
    except (re.error, TypeError):
        raise _refused(Text("{pattern} is not a pattern", pattern=repr(pattern)[:60])) from None


def _refused(why: Text) -> RewardError:
    return RewardError(
        Text("The JSON schema of the reward cannot be used: {why}.", why=why),
        where="json_schema",
        what_to_do=Text(
            "Write the schema with type, enum, properties, required, items and limits."
        ),
    )
