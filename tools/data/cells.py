"""What a cell says: its text, and whether it says anything."""

from __future__ import annotations

import json
from typing import Any

ALWAYS_MISSING = frozenset({
    "", "nan", "null", "n/a", "#n/a", "#na", "<na>", "n.a.", "nil", "undefined", "#value!", "#ref!",
    "#name?", "#div/0!", "<null>", "(null)", "(blank)", "(empty)", "[empty]", "nat",
})  # fmt: skip
SOMETIMES_MISSING = frozenset({"none", "na", "-", "--", "---", "?", ".", "无", "空", "tbd"})
"""Words that are missing values in a column of texts, but may be a class of their own among labels."""


def as_text(value: Any) -> str:
    """Write a value as a person would, stripped; lists and objects become JSON.

    >>> as_text(2.0), as_text(True), as_text({"a": 1})
    ('2', 'true', '{"a": 1}')
    """
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value != value:
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value).strip()


def is_missing(text: str, *, label: bool = False) -> bool:
    """Whether a cell's text stands for nothing. For labels, words such as `none` may be a class."""
    if len(text) > 10:
        return False
    bare = text.strip().lower()
    return bare in ALWAYS_MISSING or (not label and bare in SOMETIMES_MISSING)
