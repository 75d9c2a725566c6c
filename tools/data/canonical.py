"""Make canonical rows of a table's records; what cannot become one is listed with its reason."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tools.data.beside import facts_of, weight_column, weight_of
from tools.data.cells import as_text, is_missing
from tools.data.column_shapes import Columns
from tools.data.turns import TurnsError, read_answer, read_turns
from training.formats import Table
from training.rows import Message, Row
from training.text import Text

FREQUENT_WORD = 0.02
"""A label such as `none` that stands in at least this share of the rows is a class, not a gap. A guess."""


Around = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Canonical:
    """The rows of one table, and the records that gave none."""

    rows: list[Row] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    """The row number in the file of each row."""
    unanswered: list[tuple[int, str]] = field(default_factory=list)
    """Records without an answer, with what was asked."""
    unasked: list[int] = field(default_factory=list)
    """Records with nothing asked, or with nothing at all."""
    unreadable: list[tuple[int, str]] = field(default_factory=list)
    """Conversations of no known format, with the reason."""
    rated_bad: list[int] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)

    def add(self, row: Row, number: int) -> None:
        """Keep a row."""
        self.rows.append(row)
        self.numbers.append(number)


def canonical(
    table: Table, columns: Columns, *, answered: bool = True, beside: bool = False
) -> Canonical:
    """Make the rows. `answered=False` keeps records that only ask, and `beside` the other columns, for rewards."""
    made = Canonical()
    weight = weight_column(table, columns)
    if weight is not None:
        made.notes.append(Text("Column {column!r} says how often each row is seen in a pass.", column=weight))  # fmt: skip

    def around(record: dict[str, Any]) -> dict[str, Any]:
        """What every kind of row has beside its turns."""
        return {
            "facts": facts_of(record, columns, keep=beside),
            "weight": weight_of(record, weight),
        }

    if columns.one("chosen"):
        _each(table, made, lambda record: _pair(record, columns), around)
    elif columns.one("messages"):
        _each(table, made, lambda record: _conversation(record, columns, answered=answered), around)
    elif columns.one("text"):
        _texts(table, columns, made)
    elif any(
        isinstance(record.get(columns.one("prompt") or ""), list) for record in table.records[:5]
    ):
        _each(table, made, lambda record: _continued(record, columns), around)
    else:
        _asked_and_answered(table, columns, made, (answered, around))
    return made


def _each(
    table: Table, made: Canonical, read: Callable[[dict[str, Any]], dict[str, Any] | None], around: Around
) -> None:  # fmt: skip
    """Read conversations one by one; the reader gives a row's fields, or None where an answer lacks."""
    for record, number in zip(table.records, table.numbers, strict=True):
        try:
            fields = read(record)
        except TurnsError as error:
            made.unreadable.append((number, str(error)))
            continue
        if fields is None:
            made.unanswered.append((number, as_text(next(iter(record.values()), ""))[:200]))
        else:
            held = around(record)
            fields["facts"] = held["facts"] | fields.get("facts", {})
            made.add(Row(id=f"{table.name}:{number}", weight=held["weight"], **fields), number)


def _pair(record: dict[str, Any], columns: Columns) -> dict[str, Any] | None:
    before, chosen = read_answer(record.get(columns.one("chosen") or ""))
    _, rejected = read_answer(record.get(columns.one("rejected") or ""))
    asked = record.get(columns.one("prompt") or "")
    if isinstance(asked, list | dict) or (
        isinstance(asked, str) and asked.lstrip().startswith('[{"')
    ):
        messages = read_turns(asked)
    elif as_text(asked):
        messages = (*_system(record, columns), Message(role="user", content=as_text(asked)))
    else:
        messages = before
    if not messages:
        messages, chosen, rejected = _hh(chosen, rejected)
    if is_missing(chosen) or is_missing(rejected) or not messages:
        return None
    return {"messages": messages, "chosen": chosen, "rejected": rejected}


def _hh(chosen: str, rejected: str) -> tuple[tuple[Message, ...], str, str]:
    """Split `Human: ... Assistant: ...` transcripts, of which the two differ in the last answer only."""
    cut = chosen.rfind("\n\nAssistant:")
    if cut < 0 or not rejected.startswith(chosen[:cut]):
        return (), chosen, rejected
    messages = []
    for block in chosen[:cut].split("\n\nHuman:"):
        asked, *answers = block.split("\n\nAssistant:")
        if asked.strip():
            messages.append(Message(role="user", content=asked.removeprefix("Human:").strip()))
        messages += [Message(role="assistant", content=answer.strip()) for answer in answers]
    mark = len("\n\nAssistant:")
    return tuple(messages), chosen[cut + mark :].strip(), rejected[cut + mark :].strip()


def _conversation(
    record: dict[str, Any], columns: Columns, *, answered: bool
) -> dict[str, Any] | None:
    messages = read_turns(record.get(columns.one("messages") or ""))
    if messages[0].role != "system":
        messages = (*_system(record, columns), *messages)
    asks = not answered and messages[-1].role == "user"
    while messages and messages[-1].role != "assistant" and not asks:
        messages = messages[:-1]
    last = messages[-1] if messages else None
    if last is None or (is_missing(last.content) and not last.tool_calls):
        return None
    if not any(message.role == "user" for message in messages):
        raise TurnsError("nobody asks anything")
    tools = [name for name in columns.many("context") if record.get(name)]
    facts = {name: record[name] for name in tools}
    return {"messages": messages, "facts": facts, "group": _group(record, columns)}


def _continued(record: dict[str, Any], columns: Columns) -> dict[str, Any] | None:
    """Read turns whose answer stands in a column of its own, as text or as turns."""
    before = read_turns(record.get(columns.one("prompt") or ""))
    _, answer = read_answer(record.get(columns.one("answer") or columns.one("label") or ""))
    if is_missing(answer):
        return None
    return {
        "messages": (*before, Message(role="assistant", content=answer)),
        "group": _group(record, columns),
    }


def _texts(table: Table, columns: Columns, made: Canonical) -> None:
    column = columns.one("text") or ""
    documents = {record.get("document") for record in table.records}
    for record, number in zip(table.records, table.numbers, strict=True):
        text = as_text(record.get(column))
        if is_missing(text):
            made.unasked.append(number)
            continue
        group = _group(record, columns)
        if group is None and len(documents) > 1:
            group = as_text(record.get("document")) or None
        made.add(Row(id=f"{table.name}:{number}", text=text, group=group), number)


def _asked_and_answered(
    table: Table, columns: Columns, made: Canonical, how: tuple[bool, Around]
) -> None:
    """Make rows of a prompt and an answer. `how`: whether each must be answered, and what a row has beside them."""
    answered, around = how
    prompt, answer = (
        columns.one("prompt") or "",
        columns.one("label") or columns.one("answer") or "",
    )
    is_label = columns.one("label") is not None
    rating = columns.one("rating")
    kept_words = _classes(table, answer) if is_label else frozenset()
    context = columns.many("context")
    plain = not context and not columns.one("system") and not columns.many("group") and not rating
    replies: dict[str, Message] = {}
    labels: dict[str, str] = {}
    for record, number in zip(table.records, table.numbers, strict=True):
        asked = as_text(record.get(prompt))
        said = _answer_of(record.get(answer), labels if is_label else None) if answer else ""
        if is_missing(asked):
            made.unasked.append(number)
            continue
        if is_missing(said, label=is_label and said.lower() in kept_words):
            if answered:
                made.unanswered.append((number, asked[:200]))
                continue
            said = ""
        if rating and as_text(record.get(rating)).lower() in {
            "false",
            "0",
            "no",
            "n",
            "bad",
            "down",
            "否",
        }:
            made.rated_bad.append(number)
            continue
        before = () if plain else _system(record, columns)
        if context:
            asked = _with_context(record, asked, context)
        turns = [*before, Message(role="user", content=asked)]
        if said:
            if said not in replies:
                replies[said] = Message(role="assistant", content=said)
            turns.append(replies[said])
        row = Row(
            id=f"{table.name}:{number}",
            messages=tuple(turns),
            group=None if plain else _group(record, columns),
            **around(record),
        )
        made.add(row, number)


def _answer_of(value: Any, labels: dict[str, str] | None) -> str:
    """Write an answer; labels come again and again, so each is written once."""
    if labels is None or not isinstance(value, str):
        return _answer_text(value, is_label=labels is not None)
    if value not in labels:
        labels[value] = _answer_text(value, is_label=True)
    return labels[value]


def _answer_text(value: Any, *, is_label: bool) -> str:
    """Write an answer: a label on one line, a list of one alternative as that alternative, objects as JSON."""
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return value[0].strip() if len(value) == 1 else json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict) and isinstance(value.get("text"), list) and value["text"]:
        return as_text(value["text"][0])  # SQuAD's {"text": [...], "answer_start": [...]}
    text = as_text(value)
    return " ".join(text.split()) if is_label else text


def _classes(table: Table, answer: str) -> frozenset[str]:
    """Give the words such as `none` that stand so often among the labels that they must be a class."""
    texts = Counter(map(as_text, (record.get(answer) for record in table.records)))
    counts: Counter[str] = Counter()
    for text, times in texts.items():
        if is_missing(text) and not is_missing(text, label=True):
            counts[text.lower()] += times
    return frozenset(
        word for word, count in counts.items() if count >= FREQUENT_WORD * len(table.records)
    )


def _system(record: dict[str, Any], columns: Columns) -> tuple[Message, ...]:
    column = columns.one("system")
    text = as_text(record.get(column)) if column else ""
    return () if is_missing(text) else (Message(role="system", content=text),)


def _group(record: dict[str, Any], columns: Columns) -> str | None:
    parts = [as_text(record.get(name)) for name in columns.many("group")]
    return " / ".join(parts) if parts and all(not is_missing(part) for part in parts) else None


def _with_context(record: dict[str, Any], asked: str, context: list[str]) -> str:
    """Put the context before the question, named in plain words."""
    given = [(name, as_text(record.get(name))) for name in context]
    given = [(name, text) for name, text in given if not is_missing(text)]
    if not given:
        return asked
    if len(given) == 1 and given[0][0].strip().lower() in {"input", "inputs"}:
        return f"{asked}\n\n{given[0][1]}"  # Alpaca: the instruction first, then what it is about
    lower = {name.strip().lower() for name, _ in given}
    if lower <= {
        "subject",
        "title",
        "headline",
        "标题",
        "主题行",
        "email_subject",
        "email subject",
    }:
        return "\n\n".join([f"{name.strip()}: {text}" for name, text in given] + [asked])
    blocks = [
        f"{'Context' if len(given) == 1 else name.strip().capitalize()}:\n{text}"
        for name, text in given
    ]
    return "\n\n".join([*blocks, f"Question: {asked}"])
