"""Which rows a teacher wrote: they say so in the file, and are never measured with (SY-05, SY-08)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.rows import Row

ORIGIN, TEACHER = "origin", "teacher"


def marked(teacher: str) -> dict[str, str]:
    """Give the marks of a row that this teacher wrote."""
    return {ORIGIN: TEACHER, TEACHER: teacher}


def of_record(record: Mapping[str, Any]) -> dict[str, str]:
    """Give the marks that a record carries; empty for a row of the person's own.

    >>> of_record({"origin": "teacher", "teacher": "m"}), of_record({"origin": "teacher"})
    ({'origin': 'teacher', 'teacher': 'm'}, {})
    """
    name = record.get(TEACHER)
    return marked(name) if record.get(ORIGIN) == TEACHER and isinstance(name, str) and name else {}


def is_teachers(row: Row) -> bool:
    """Say whether a teacher wrote the row."""
    return bool(row.facts) and bool(of_record(row.facts))
