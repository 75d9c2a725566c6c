"""Chat logs with one message in a row become conversations; other tables stay as they are."""

import csv
import json
from pathlib import Path

import pytest

from tools.data.message_tables import joined
from tools.dataset import DataOptions, prepare
from tools.errors import DataError
from training.formats import read


def table(path: Path, columns: list[str], rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def log(threads: int) -> list[tuple[str, ...]]:
    """Two threads at a time, their messages in between each other."""
    turns = []
    for number in range(0, threads, 2):
        for role, said in (("Customer", "Where is parcel {n}?"), ("Agent", "Parcel {n} comes today."), ("Customer", "Thanks"), ("Agent", "Gladly, number {n}.")):  # fmt: skip
            turns += [(f"c{n}", role, said.format(n=n)) for n in (number, number + 1)]
    return turns


def test_the_messages_of_each_conversation_are_joined_in_their_order(tmp_path: Path) -> None:
    path = table(tmp_path / "log.csv", ["conversation_id", "speaker", "text"], log(30))
    made = prepare([path], options=DataOptions())
    assert (made.profile.rows, made.profile.usable, made.profile.task.value) == (30, 30, "dialogue")
    assert any("120 rows were joined into 30 conversations" in note for note in made.profile.notes)
    row = next(row for row in [*made.train, *made.dev, *made.test] if row.id == "log.csv:3")
    assert [turn.content for turn in row.messages] == [
        "Where is parcel 1?", "Parcel 1 comes today.", "Thanks", "Gladly, number 1.",
    ]  # fmt: skip


def test_each_system_turn_begins_a_conversation_where_no_column_tells_them_apart(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.jsonl"
    turns = [
        {"role": role, "content": f"{role} {number}"}
        for number in range(5)
        for role in ("system", "user", "assistant")
    ]
    path.write_text("\n".join(map(json.dumps, turns)))
    found = joined(read(path))
    assert [len(record["messages"]) for record in found.records] == [3] * 5
    assert found.numbers == [1, 4, 7, 10, 13]


def test_one_chat_is_one_row_and_not_a_table_of_roles(tmp_path: Path) -> None:
    path = tmp_path / "chat.json"
    path.write_text(json.dumps([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}] * 40))  # fmt: skip
    with pytest.raises(DataError, match="1 usable row"):
        prepare([path], options=DataOptions())


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        (["role", "text"], [("nurse", "I help people"), ("doctor", "I heal people")]),
        (["from", "value"], [("user", "a"), ("user", "b")]),
        (["text", "label"], [("user", "assistant"), ("assistant", "user")]),
        (["speaker", "text"], [("user", "a"), ("assistant", "b"), ("", "c")]),
    ],
)
def test_a_table_that_is_no_log_stays_as_it_is(
    tmp_path: Path, columns: list[str], rows: list[tuple[str, ...]]
) -> None:
    found = read(table(tmp_path / "table.csv", columns, rows))
    assert joined(found) is found
