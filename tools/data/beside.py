"""What stands beside a question and its answer: columns that a reward reads, and how often a row is to be seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.data import origin
from tools.data.cells import as_text
from tools.data.column_names import plain
from tools.data.column_shapes import Columns
from training.formats import Table

WEIGHT_NAMES = frozenset({"sample_weight", "row_weight", "example_weight", "training_weight", "样本权重", "行权重", "训练权重"})  # fmt: skip
"""A bare `weight` may be kilograms: it counts only beside whole conversations and pairs."""
BARE_WEIGHT = frozenset({"weight", "权重"})
MOST_WEIGHT = 100.0
"""A larger number is no weight of a row. Our default."""


def weight_column(table: Table, columns: Columns) -> str | None:
    """Find the column that says how often each row is to be seen; None where no column surely does."""
    names = WEIGHT_NAMES
    if columns.one("messages") or columns.one("chosen"):
        names = names | BARE_WEIGHT
    found = [name for name in table.columns if plain(name) in names]
    if len(found) != 1:
        return None
    values = [_number(record.get(found[0])) for record in table.records]
    return found[0] if any(value is not None and value != 1.0 for value in values) else None


def weight_of(record: Mapping[str, Any], column: str | None) -> float:
    """Give how often a row is to be seen in a pass; 1 where nothing, or nothing possible, is said."""
    if column is None:
        return 1.0
    found = _number(record.get(column))
    return 1.0 if found is None else found


def facts_of(record: Mapping[str, Any], columns: Columns, *, keep: bool) -> dict[str, Any]:
    """Give what a row carries besides its turns: a teacher's marks, and with `keep` every column that has no part in them."""
    held = {
        name: record[name] for name in columns.many("ignore") if keep and not _empty(record, name)
    }
    return held | origin.of_record(record)


def _empty(record: Mapping[str, Any], name: str) -> bool:
    return record.get(name) is None or as_text(record.get(name)) == ""


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if 0 <= found <= MOST_WEIGHT else None
