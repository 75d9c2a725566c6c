"""The columns beside question and answer: system prompt, context and ratings, then ids, dates, groups, and what is ignored."""

from __future__ import annotations

from tools.data.column_facts import ColumnFacts
from tools.data.column_names import fitness, plain
from tools.data.column_shapes import Roles

MIN_GROUPS = 20
"""A column groups rows only where it makes at least 20 groups. A guess."""


def used_names(roles: Roles) -> set[str]:
    """Give the columns that have a role."""
    return {
        name for value in roles.values() for name in ([value] if isinstance(value, str) else value)
    }


def add_helpers(roles: Roles, measured: dict[str, ColumnFacts], answer: ColumnFacts) -> None:
    """Find the system prompt, the context that goes before the question, and ratings of the answers."""
    used = used_names(roles)
    asked = plain(str(roles["prompt"]))
    context: list[str] = []
    for column in measured.values():
        if column.name in used or not column.cells:
            continue
        if fitness(column.name, "system") >= 1.5:
            roles["system"] = column.name
        elif (
            ((column.is_text or column.nested > 0.5) and fitness(column.name, "context") >= 1.5)
            or (column.is_text and fitness(column.name, "heading") >= 1.5 and "label" in roles)
            or (
                asked in {"instruction", "instructions"}
                and plain(column.name) in {"input", "inputs"}
            )
        ):
            context.append(column.name)
        elif column.yes_no and "answer" in roles and fitness(column.name, "rating") >= 1.5:
            roles["rating"] = column.name
    if context:
        roles["context"] = context


def set_aside(roles: Roles, measured: dict[str, ColumnFacts]) -> None:
    """Name ids, dates and groups; what is left is ignored."""
    used = used_names(roles)
    kept: dict[str, list[str]] = {"id": [], "date": [], "group": [], "ignore": []}
    for column in measured.values():
        if column.name in used:
            continue
        if fitness(column.name, "group") >= 1 and _groups(column):
            kept["group"].append(column.name)
        elif column.dates > 0.5:
            kept["date"].append(column.name)
        elif (
            fitness(column.name, "id") >= 1 or column.identifiers > 0.7
        ) and column.distinct > 0.9 * column.cells:
            kept["id"].append(column.name)
        else:
            kept["ignore"].append(column.name)
    if "group" not in roles and kept["group"]:
        kept["group"].sort(key=lambda name: -fitness(name, "group"))
        kept["ignore"] += kept["group"][1:]
        kept["group"] = kept["group"][:1]
    for role, names in kept.items():
        if names and role not in roles:
            roles[role] = names[0] if role in {"id", "date", "group"} and len(names) == 1 else names


def _groups(column: ColumnFacts) -> bool:
    """Whether a column splits the rows into many groups of several rows."""
    if column.is_text and column.mean_words > 8:
        return False
    return column.distinct >= MIN_GROUPS and column.repeated >= 0.1
