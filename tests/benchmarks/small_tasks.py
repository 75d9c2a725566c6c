"""Small tasks for the benches that train many times: each gives pairs of a question and its one right answer.

`TASKS` are the built-in samples as they are. `SHORT` are six of about twenty tokens a row, so that hundreds of trainings
fit into an hour of one core: sorting in English and in Chinese, a label with a second bit, one field, a record of two, a
date rewritten.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterable
from pathlib import Path

from training.practice.grammar import capitalised, expand
from training.practice.samples import forms, mandarin, support, tone

KEPT = Path(os.environ.get("TUNESMITH_BENCH", Path.home() / ".cache" / "tunesmith" / "bench-plans"))
"""Where finished runs lie, so that a bench that was stopped goes on where it was."""
ROWS = 1200
LONG_ROWS = 2100
SHORT_ROWS = 1600
"""From which each seed draws its own rows."""
SHORT_LETTERS, SHORT_SIGNS = 60, 20
"""Of a short question, in English and in Chinese."""
Pair = tuple[str, str]
Make = Callable[[], list[Pair]]

TASKS: dict[str, Make] = {
    "support": lambda: [(one.text, one.topic) for one in support.build(rows=ROWS).messages],
    "mandarin": lambda: mandarin.build(rows=ROWS),
    "forms": lambda: [(one["input"], one["output"]) for one in forms.build(rows=ROWS)],
    "tone": lambda: [(one["prompt"], one["chosen"]) for one in tone.build(rows=ROWS)],
    "night": lambda: [(one["input"], _field(one["output"], "nights")) for one in forms.build(1, rows=ROWS)],
    "urgent": lambda: [(text, f"{topic}!" if "!" in text else topic) for text, topic in mandarin.build(1, rows=ROWS)],
}  # fmt: skip
"""Sorting in English and Chinese, whole records, one field of them, a tone, and a label with a second bit in Chinese."""


def _of_length(pairs: Iterable[Pair], most: int) -> list[Pair]:
    """The first `SHORT_ROWS` different questions of at most so many letters."""
    found = {asked: answer for asked, answer in pairs if len(asked) <= most}
    return list(found.items())[:SHORT_ROWS]


def _support() -> list[Pair]:
    made = support.build(2, rows=4 * SHORT_ROWS).messages
    return _of_length(((one.text, one.topic) for one in made), SHORT_LETTERS)


def _mandarin() -> list[Pair]:
    return _of_length(mandarin.build(2, rows=2 * SHORT_ROWS), SHORT_SIGNS)


def _urgent() -> list[Pair]:
    """The topic, and a mark where the message is loud."""
    made = mandarin.build(3, rows=2 * SHORT_ROWS)
    loud = ((text, f"{topic}！" if "！" in text or "急" in text else topic) for text, topic in made)
    return _of_length(loud, SHORT_SIGNS)


_STAYS = (
    "[A|One] {room} room for {word} nights[, please|]", "{nights} nights, {room}[ room|]", "[We|My wife and I] stay {word} nights, {room} room",
    "[Is there|Have you] a {room} room from {day} for {nights} nights?", "{room} [room|], arriving {day}, {word} nights", "[Not {other} but {word}|{word}] nights in a {room} room",
)  # fmt: skip
_STAY_LISTS = {"day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()}  # noqa: SIM905
_ROOMS = ("single", "double", "family", "suite")
_COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")  # fmt: skip


def _stays(seed: str) -> list[tuple[str, str, int]]:
    """Short bookings: what is said, the room, the nights."""
    draw, found = random.Random(seed), dict[str, tuple[str, str, int]]()
    while len(found) < SHORT_ROWS:
        room, nights = draw.choice(_ROOMS), draw.randrange(2, 10)
        other = draw.choice([number for number in range(2, 10) if number != nights])
        opening = draw.choice(["", "", "Hi, ", "Hello, ", "Good morning, ", f"{draw.choice(_NAMES)} here: "])  # fmt: skip
        body = expand(draw, draw.choice(_STAYS), _STAY_LISTS, room=room, nights=nights, word=_COUNTS[nights - 2], other=_COUNTS[other - 2])  # fmt: skip
        text = capitalised(opening + body + draw.choice(["", "", ".", "!", ". Thanks"]))
        found.setdefault(text, (text, room, nights))
    return list(found.values())


_NAMES = ("Nora", "Iain", "Petra", "Luca", "Sofie", "Marek", "Aylin", "Tom", "Chiara", "Joost")


def _nights() -> list[Pair]:
    return [(text, str(nights)) for text, _, nights in _stays("nights")]


def _record() -> list[Pair]:
    return [(text, json.dumps({"room": room, "nights": nights})) for text, room, nights in _stays("record")]  # fmt: skip


def _dates() -> list[Pair]:
    """A date as people write it, and as machines do."""
    draw, found = random.Random("dates"), dict[str, str]()
    while len(found) < SHORT_ROWS:
        day, month, year = draw.randint(1, 28), draw.randrange(12), draw.randint(2024, 2029)
        name = draw.choice([_MONTHS[month], _MONTHS[month][:3]])
        written = draw.choice([f"{day} {name} {year}", f"{name} {day}, {year}", f"{day}. {name} {year}", f"{day:02}.{month + 1:02}.{year}"])  # fmt: skip
        said = draw.choice(["", "", "on ", "from ", "Date: ", "by "]) + written
        found.setdefault(said, f"{year}-{month + 1:02}-{day:02}")
    return list(found.items())


LONG: dict[str, Make] = {
    "support": lambda: [(one.text, one.topic) for one in support.build(rows=LONG_ROWS).messages],
    "mandarin": lambda: mandarin.build(rows=LONG_ROWS),
}
"""The first two of `TASKS` with more rows, for trainings of minutes."""
SHORT: dict[str, Make] = {
    "support": _support, "mandarin": _mandarin, "urgent": _urgent,
    "nights": _nights, "record": _record, "dates": _dates,
}  # fmt: skip


def _field(record: str, name: str) -> str:
    return str(json.loads(record)[name])
