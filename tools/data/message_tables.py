"""Tables with one message in a row, as chat logs are exported: their rows belong together as conversations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tools.data.cells import as_text
from tools.data.turns import ROLES
from training.formats import Table
from training.text import Text

SPEAKERS = ("role", "from", "speaker")
CONTENTS = ("content", "value", "text", "message")
THREADS = (
    "conversation_id", "conversation", "session_id", "thread_id", "chat_id", "dialogue_id", "dialog_id", "对话id", "会话id",
)  # fmt: skip
"""Columns that say which conversation a message belongs to."""


def joined(table: Table) -> Table:
    """Join the messages of each conversation into one record; any other table comes back as it is.

    Without a column that tells conversations apart, each system turn begins a new one.
    """
    columns = {name.strip().lower(): name for name in table.columns}
    speaker = next((columns[name] for name in SPEAKERS if name in columns), None)
    content = next((columns[name] for name in CONTENTS if name in columns), None)
    if speaker is None or content is None or not _is_talk(table, speaker):
        return table
    thread = next((columns[name] for name in THREADS if name in columns), None)
    found: dict[str, list[int]] = {}
    current = 0
    for index, record in enumerate(table.records):
        if thread is None and index and _role(record, speaker) == "system":
            current += 1
        key = str(current) if thread is None else as_text(record.get(thread))
        found.setdefault(key, []).append(index)
    records = [
        {"messages": [_turn(table.records[index], speaker, content) for index in members]}
        for members in found.values()
    ]
    note = Text(
        "Each row is one message here: {rows:,} {rows:row was|rows were} joined into {count:,} {count:conversation|conversations}.",
        rows=len(table.records), count=len(records),
    )  # fmt: skip
    return replace(
        table, columns=("messages",), records=records, notes=(*table.notes, note),
        numbers=[table.numbers[members[0]] for members in found.values()],
    )  # fmt: skip


def _is_talk(table: Table, speaker: str) -> bool:
    """Whether every row has somebody who speaks, a person and an assistant among them."""
    roles = {_role(record, speaker) for record in table.records}
    return None not in roles and {"user", "assistant"} <= roles


def _role(record: dict[str, Any], speaker: str) -> str | None:
    return ROLES.get(as_text(record.get(speaker)).lower())


def _turn(record: dict[str, Any], speaker: str, content: str) -> dict[str, Any]:
    turn = {"role": as_text(record.get(speaker)), "content": record.get(content)}
    calls = record.get("tool_calls")
    return turn | {"tool_calls": calls} if isinstance(calls, list) and calls else turn
