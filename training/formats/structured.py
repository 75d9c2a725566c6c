"""JSON, JSON lines and Parquet: records as programs write them.

A broken line of JSON lines is named and the rest offered. JSON comes in several shapes: a list of
records, records under a key such as `data`, a table of columns, or SQuAD's nesting; all are read.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable
from typing import Any

from training.formats.table import BrokenRowsError, FormatError, Table, spelled
from training.text import Text

HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")
LIST_KEYS = (
    "data",
    "rows",
    "examples",
    "records",
    "items",
    "train",
    "conversations",
    "instances",
    "samples",
)
"""Keys under which the records usually lie; any other key works where only one holds a list."""


def read_json_lines(text: str, *, name: str, encoding: str, skip_broken: bool = False) -> Table:
    """Read one record a line. Raises BrokenRowsError naming the first broken line, with the rest offered."""
    records: list[Any] = []
    numbers: list[int] = []
    broken: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            broken.append((number, str(error)))
            continue
        records.append(value)
        numbers.append(number)
    if broken and not any(isinstance(record, dict | list) for record in records):
        return _read_whole(
            text, name=name, encoding=encoding
        )  # a pretty-printed list, named wrongly
    if broken and not skip_broken:
        number, why = broken[0]
        raise BrokenRowsError(
            Text(
                "Line {line:,} is not valid JSON: {why}. Broken lines in all: {count:,}.",
                line=number,
                why=why,
                count=len(broken),
            ),
            where=f"{name} line {number:,}",
            what_to_do=Text(
                "Repair it, or leave the broken lines out and use the other {readable:,} with --skip-broken.",
                readable=len(records),
            ),
            broken=tuple(line for line, _ in broken),
            readable=len(records),
        )
    if len(records) == 1 and isinstance(records[0], list) and len(records[0]) > 2:
        return _table(records[0], name=name, format="json", encoding=encoding)
    notes: tuple[Text, ...] = ()
    if broken:
        notes = (
            Text(
                "{count:,} broken row(s) were left out: {rows}.",
                count=len(broken),
                rows=spelled([line for line, _ in broken]),
            ),
        )
    table = _table(records, name=name, format="jsonl", encoding=encoding, numbers=numbers)
    return Table(
        **{
            **table.__dict__,
            "notes": table.notes + notes,
            "broken": tuple(line for line, _ in broken),
        }
    )


def read_json(text: str, *, name: str, encoding: str, skip_broken: bool = False) -> Table:
    """Read a JSON file of any known shape. Raises FormatError where it is none."""
    first, _, rest = text.strip().partition("\n")
    if first.startswith("{") and first.rstrip().endswith("}") and rest:
        return read_json_lines(text, name=name, encoding=encoding, skip_broken=skip_broken)
    return _read_whole(text, name=name, encoding=encoding)


def _read_whole(text: str, *, name: str, encoding: str) -> Table:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise FormatError(
            Text("This is not valid JSON: {why}.", why=f"{error.msg}, column {error.colno}"),
            where=f"{name} line {error.lineno:,}",
            what_to_do=Text(
                "Repair that line, or save the records as JSON lines, one record a line."
            ),
        ) from error
    except RecursionError as error:
        raise FormatError(
            Text("This JSON is nested too deeply to be a list of records."),
            where=name,
            what_to_do=Text("Save the records as JSON lines, one record a line."),
        ) from error
    return _table(_records(value, name), name=name, format="json", encoding=encoding)


def read_parquet(raw: bytes, *, name: str) -> Table:
    """Read a Parquet file. Raises FormatError where it is damaged."""
    import pyarrow  # noqa: PLC0415  # 0.2 s, for this format only
    import pyarrow.parquet  # noqa: PLC0415  # as above

    try:
        records = pyarrow.parquet.read_table(io.BytesIO(raw)).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise FormatError(
            Text("This Parquet file cannot be read: {why}.", why=str(error).splitlines()[0]),
            where=name,
            what_to_do=Text("Write it again, or give the table as CSV or JSON lines."),
        ) from error
    return _table(records, name=name, format="parquet", encoding="binary")


def _records(value: Any, name: str) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        if "messages" in value and isinstance(value["messages"], list):
            return [value]
        lists = {key: inner for key, inner in value.items() if isinstance(inner, list)}
        known = [key for key in LIST_KEYS if key in lists and _holds_records(lists[key])]
        if known:
            return _squad(lists[known[0]])
        columns = _columns(value)
        if columns is not None:
            return columns
        if len(lists) == 1:
            return next(iter(lists.values()))
        if value and all(isinstance(inner, dict) for inner in value.values()):
            return [{"key": key, **inner} for key, inner in value.items()]
        if value and all(isinstance(inner, str | int | float) for inner in value.values()):
            return [{"prompt": key, "answer": inner} for key, inner in value.items()]
    raise FormatError(
        Text("No list of records was found in this JSON file."),
        where=name,
        what_to_do=Text(
            'Write the records as a list, [{{"question": ..., "answer": ...}}, ...], or one a line.'
        ),
    )


def _holds_records(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(value, dict | list) for value in values[:20])


def _columns(value: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Read a table of columns: lists of one length, or pandas' dicts of row -> value."""
    columns = list(value.values())
    if columns and all(isinstance(column, list) for column in columns) and len(columns) > 1:
        if len({len(column) for column in columns}) == 1:
            return [dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)]
        return None
    if len(columns) > 1 and all(
        isinstance(column, dict) and all(key.isdigit() for key in column) for column in columns
    ):
        keys: list[str] = list(dict.fromkeys(key for column in columns for key in column))
        return [{name: column.get(key) for name, column in value.items()} for key in keys]
    return None


def _squad(records: list[Any]) -> list[Any]:
    """Flatten SQuAD's articles -> paragraphs -> questions; anything else is returned as it is."""
    if not all(isinstance(record, dict) and "paragraphs" in record for record in records):
        return records
    return [
        {
            "context": paragraph.get("context", ""),
            "question": asked.get("question", ""),
            "answer": next((given.get("text", "") for given in asked.get("answers") or []), ""),
            "title": article.get("title", ""),
        }
        for article in records
        for paragraph in article["paragraphs"]
        for asked in paragraph.get("qas", [])
    ]


def _table(
    values: Iterable[Any],
    *,
    name: str,
    format: str,
    encoding: str,
    numbers: list[int] | None = None,
) -> Table:
    """Make records of whatever the list holds. Strings become texts, lists become conversations."""
    values = list(values)
    values, mended = _without_half_characters(values)
    if not values:
        raise FormatError(
            Text("The file holds no record."),
            where=name,
            what_to_do=Text("Give a file with at least two records."),
        )
    numbers = numbers or list(range(1, len(values) + 1))
    records: list[dict[str, Any]] = []
    for number, value in zip(numbers, values, strict=True):
        if isinstance(value, dict):
            records.append(value)
        elif isinstance(value, str):
            records.append({"text": value})
        elif isinstance(value, list) and value and all(isinstance(turn, dict) for turn in value):
            records.append({"messages": value})
        elif isinstance(value, list) and len(value) >= 2:
            records.append({f"column {index}": cell for index, cell in enumerate(value, start=1)})
        else:
            raise FormatError(
                Text(
                    "Record {row:,} is {kind}, not an object with named fields.",
                    row=number,
                    kind=type(value).__name__,
                ),
                where=f"{name} record {number:,}",
                what_to_do=Text(
                    'Write each record as an object, such as {{"question": ..., "answer": ...}}.'
                ),
            )
    columns = tuple(dict.fromkeys(key for record in records for key in record))
    notes: tuple[Text, ...] = ()
    if mended:
        rows = spelled([numbers[place] for place in mended])
        notes = (
            Text(
                "{count:,} record(s) hold half of a character (a lone surrogate); a replacement sign stands there now: {rows}.",
                count=len(mended), rows=rows,
            ),
        )  # fmt: skip
    return Table(name, format, encoding, columns, records, numbers, notes)


def _without_half_characters(values: list[Any]) -> tuple[list[Any], list[int]]:
    """Put U+FFFD for what JSON can escape but no file can hold; also give the places where that was done."""
    made, mended = [], []
    for place, value in enumerate(values):
        whole = _whole(value)
        made.append(whole)
        if whole is not value:
            mended.append(place)
    return made, mended


def _whole(value: Any) -> Any:
    """The same object where nothing had to be replaced."""
    if isinstance(value, str):
        return HALF_CHARACTER.sub("\ufffd", value) if HALF_CHARACTER.search(value) else value
    if isinstance(value, dict):
        pairs = [(_whole(key), _whole(inner)) for key, inner in value.items()]
        same = all(key is old for (key, _), old in zip(pairs, value, strict=True)) and all(
            inner is old for (_, inner), old in zip(pairs, value.values(), strict=True)
        )
        return value if same else dict(pairs)
    if isinstance(value, list):
        inside = [_whole(inner) for inner in value]
        same = all(new is old for new, old in zip(inside, value, strict=True))
        return value if same else inside
    return value
