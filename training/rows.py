"""Canonical rows: the one form of data that the trainer knows, whatever the person handed over.

A row is a conversation to learn from (`messages`, the last turn the assistant's), or plain text (`text`), or a
pair (`messages` ending with the person, `chosen`, `rejected`). JSON lines, one row a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from training.document import Section

TOOL_COLUMNS = ("tools", "functions")
"""Columns in which a row brings the tools that the model may call."""


class Message(Section):
    """One turn."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: list[dict[str, Any]] | None = None
    name: str | None = None


class Row(Section):
    """One thing to learn from or to be asked."""

    id: str
    """Where it came from: `tickets.csv:17` (line or record number as a person would count it)."""
    messages: tuple[Message, ...] = ()
    text: str | None = None
    chosen: str | None = None
    rejected: str | None = None
    group: str | None = None
    """Rows of one group (a customer, a document) stay on one side of the split."""
    weight: float = Field(default=1.0, ge=0)
    facts: dict[str, Any] = Field(default_factory=dict)
    """Other columns, for rewards and for the report."""

    @property
    def prompt(self) -> tuple[Message, ...]:
        """What is asked: every turn before the last answer."""
        return self.messages[:-1] if self.has_answer else self.messages

    @property
    def answer(self) -> str:
        """The last answer, of a pair the preferred one, or the calls of tools as JSON; empty where there is none."""
        if self.chosen is not None:
            return self.chosen
        if not self.has_answer:
            return ""
        last = self.messages[-1]
        return last.content or calls_as_text(last.tool_calls or ())

    @property
    def tools(self) -> tuple[dict[str, Any], ...]:
        """The tools on offer, where the row brought a column of them."""
        for name, found in self.facts.items():
            if name.lower() not in TOOL_COLUMNS:
                continue
            if isinstance(found, str):
                found = _parsed(found)
            if isinstance(found, list) and found and all(isinstance(one, dict) for one in found):
                return tuple(found)
        return ()

    @property
    def taught(self) -> tuple[Message, ...]:
        """Every turn, the answer to learn last: a pair's preferred answer stands in its place."""
        if self.chosen is None:
            return self.messages
        return (*self.messages, Message(role="assistant", content=self.chosen))

    @property
    def has_answer(self) -> bool:
        """Whether the conversation ends with the assistant."""
        return bool(self.messages) and self.messages[-1].role == "assistant"


def plain_call(call: dict[str, Any]) -> dict[str, Any]:
    """Give a call of a tool by its name and arguments alone, the arguments as an object where they are JSON."""
    inner = call["function"] if isinstance(call.get("function"), dict) else call
    arguments = inner.get("arguments", inner.get("parameters", {}))
    read = _parsed(arguments) if isinstance(arguments, str) else arguments
    return {"name": inner.get("name", ""), "arguments": arguments if read is None else read}


def calls_as_text(calls: Sequence[dict[str, Any]]) -> str:
    """Write calls of tools as JSON: one as an object, several as a list of them; nothing for none.

    >>> calls_as_text([{"function": {"name": "find", "arguments": '{"id": 7}'}}])
    '{"name": "find", "arguments": {"id": 7}}'
    """
    plain = [plain_call(call) for call in calls]
    if not plain:
        return ""
    return json.dumps(plain if len(plain) > 1 else plain[0], ensure_ascii=False)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def read_rows(path: Path) -> list[Row]:
    """Read canonical rows. Raises pydantic's ValidationError: the file was not written by `write_rows`."""
    with path.open(encoding="utf-8") as lines:
        return [Row.model_validate_json(line) for line in lines]


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write canonical rows, leaving out fields that have their default value."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            bare = row.model_dump(mode="json", exclude_defaults=True)
            file.write(json.dumps(bare, ensure_ascii=False) + "\n")
