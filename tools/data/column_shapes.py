"""Formats of chat and preference data that are known by their fields alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.choice import Choice
from tools.data.column_facts import ColumnFacts
from tools.data.column_names import fitness, plain
from tools.data.opposites import better_and_worse
from training.text import Text

Roles = dict[str, str | list[str]]
QUESTIONS = frozenset({"question", "questions", "query", "q", "ask", "instruction", "instructions", "问题", "提问", "指令"})  # fmt: skip


@dataclass(frozen=True)
class Columns:
    """The roles of a table's columns, and what else they might have been."""

    choice: Choice[Roles]
    candidates: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Role -> every column that could have it, the chosen one first, where there is more than one."""

    @property
    def roles(self) -> Roles:
        """Role -> column."""
        return self.choice.value

    def one(self, role: str) -> str | None:
        """Give the column of a role that only one column has."""
        found = self.roles.get(role)
        return found if isinstance(found, str) else found[0] if found else None

    def many(self, role: str) -> list[str]:
        """Give all columns of a role."""
        found = self.roles.get(role, [])
        return [found] if isinstance(found, str) else found


def asked_of_many(columns: Sequence[ColumnFacts]) -> list[ColumnFacts]:
    """Find the question where the same few are asked of many materials: however often it comes again, it is what is asked."""
    material = any(column.is_text and fitness(column.name, "context") >= 1.5 for column in columns)
    return [
        column
        for column in columns
        if material and plain(column.name) in QUESTIONS and column.mean_words >= 2
    ]


def known_shape(names: Sequence[str], records: Sequence[dict[str, Any]]) -> Columns | None:
    """Recognise the formats of chat and preference data by their fields."""
    by_plain = {plain(name): name for name in names}
    turns = next((name for name in names if _holds_turns(name, records)), None)
    compared = better_and_worse(names, records)
    if compared is not None:
        chosen, rejected = compared
        roles: Roles = {"chosen": chosen, "rejected": rejected}
        asked = max(
            (name for name in names if name not in (chosen, rejected)),
            key=lambda name: fitness(name, "prompt"),
            default=None,
        )
        if asked is not None and fitness(asked, "prompt") > 0:
            roles["prompt"] = asked
        because = Text(
            "Columns {chosen!r} and {rejected!r} hold a better and a worse answer.",
            chosen=chosen,
            rejected=rejected,
        )
    elif turns is not None:
        roles = {"messages": turns}
        because = Text("Column {column!r} holds whole conversations.", column=turns)
    elif {"instruction", "input", "output"} <= by_plain.keys():
        roles = {
            "prompt": by_plain["instruction"],
            "context": [by_plain["input"]],
            "answer": by_plain["output"],
        }
        because = Text("The columns are instruction, input and output (the Alpaca format).")
    else:
        return None
    used = {
        name for value in roles.values() for name in ([value] if isinstance(value, str) else value)
    }
    if (
        system := next((name for name in names if fitness(name, "system") >= 1.5), None)
    ) and system not in used:
        roles["system"] = system
        used.add(system)
    tools = [name for name in names if plain(name) in {"tools", "functions"} and name not in used]
    if tools:
        roles["context"] = tools
        used.update(tools)
    rest = [name for name in names if name not in used]
    if rest:
        roles["ignore"] = rest
    return Columns(Choice(value=roles, because=because))


def _holds_turns(name: str, records: Sequence[dict[str, Any]]) -> bool:
    if (
        fitness(name, "chosen") >= 1.5
        or fitness(name, "rejected") >= 1.5
        or plain(name) in {"prompt", "completion"}
    ):
        return False
    values = [value for record in records[:50] if (value := record.get(name))]
    return bool(values) and sum(_is_turns(value) for value in values) > 0.5 * len(values)


def _is_turns(value: Any) -> bool:
    if isinstance(value, str):
        head = value.lstrip()[:200]
        return head.startswith("[{") and bool(re.search(r"""['"](role|from)['"]\s*:""", head))
    return (
        isinstance(value, list)
        and bool(value)
        and isinstance(value[0], dict)
        and bool({"role", "from"} & value[0].keys())
    )
