"""400 booking requests, from filled-in forms to chatty mails, with the record that is wanted of each."""
# ruff: noqa: SIM905  # word lists read best as lines of words

from __future__ import annotations

import json
import random

from training.practice.grammar import expand

FIELDS = ("name", "date", "guests", "nights", "room", "breakfast", "phone")
_FIRST = "Nora Iain Petra Luca Sofie Marek Aylin Tom Chiara Joost Hannah Ravi Mei Omar Lucia Pavel Greta Sean Ines Yuki".split()
_LAST = "Berg Novak Rossi Klein Murphy Costa Dubois Larsen Ferrari Meyer Okafor Tanaka Silva Horvat Weber Jensen".split()
_MONTHS = (
    "January February March April May June July August September October November December".split()
)
_ROOMS = "single double family suite".split()
_NUMBERS = "zero one two three four five six seven eight nine ten".split()

# Every form says some of the fields; `{guests}` and `{nights}` as figures, `{guests_word}` in words.
_FORMS = (
    "Name: {name}\nArrival: {date}\nNights: {nights}\nGuests: {guests}\nRoom: {room}\nBreakfast: {yes}\nPhone: {phone}",
    "BOOKING REQUEST\nguest name .... {name}\narrival date .... {date}\nnumber of nights .... {nights}\npersons .... {guests}\nroom type .... {room}\nbreakfast .... {yes}\nphone .... {phone}",
    "[Hello|Hi|Good morning], I would like to book a {room} room for {guests_word} [people|persons|guests] from {date}, {nights} nights, {with} breakfast. My name is {name}, phone {phone}.",
    "[Dear hotel|Dear team], we arrive on {date} and stay for {nights_word} nights. We are {guests_word} and need a {room} room. [Breakfast: {yes}|We would like it {with} breakfast]. [Regards|Best wishes|Thank you], {name} ({phone})",
    "{name} / {date} / {nights} nights / {guests} guests / {room} / breakfast {yes} / {phone}",
    "[Can you book|Please reserve] a {room} room {with} breakfast for {name}? {guests_word} [people|persons], {date}, {nights_word} nights. You can reach me at {phone}.",
    "Room: {room}; guests: {guests}; from {date} for {nights} nights; breakfast: {yes}; booked by {name}, tel. {phone}",
    "[It is|This is] {name}. Is there a {room} room on {date}? [We need it for|It would be for] {nights_word} nights and {guests_word} [people|guests], {with} breakfast please. My number is {phone}.",
)
_PARTIAL: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Name: {name}\nArrival: {date}\nNights: {nights}\nGuests: {guests}\nRoom: {room}\nBreakfast:\nPhone:",
        ("breakfast", "phone"),
    ),
    (
        "[Hi|Hello], {name} here. A {room} room for {guests_word} from {date}, {nights} nights please.",
        ("breakfast", "phone"),
    ),
    (
        "Please book a {room} room {with} breakfast on {date} for {nights_word} nights. {name}, {phone}",
        ("guests",),
    ),
    (
        "{name} would like to come on {date} with {guests_word} people, {with} breakfast. Call {phone}.",
        ("nights", "room"),
    ),
    (
        "[Do you have|Have you got] a {room} room for {guests_word} people for {nights_word} nights? Call {name} at {phone}.",
        ("date", "breakfast"),
    ),
)
_CORRECTED = (
    "[Hello|Hi], {name} again. I wrote {other} nights, but we need {nights_word} nights: a {room} room for {guests_word} from {date}, {with} breakfast, phone {phone}.",
    "A {room} room for {name}, {date}, {nights} nights, {with} breakfast. Not {other} guests as I said on the phone but {guests_word}. {phone}",
)


def build(seed: int = 0, *, rows: int = 400) -> list[dict[str, str]]:
    """Write `{"input", "output"}` rows; the output is JSON with all of `FIELDS`, null where the form does not say."""
    rng = random.Random(f"forms/{seed}")
    found: dict[str, dict[str, str]] = {}
    while len(found) < rows:
        row = _row(rng)
        found.setdefault(row["input"], row)
    return list(found.values())


def _row(rng: random.Random) -> dict[str, str]:
    day, month = rng.randint(1, 28), rng.randrange(12)
    year = rng.choice([2026, 2027])
    guests, nights, breakfast = rng.randint(2, 6), rng.randint(2, 10), rng.random() < 0.5
    record = {
        "name": f"{rng.choice(_FIRST)} {rng.choice(_LAST)}",
        "date": f"{year}-{month + 1:02}-{day:02}",
        "guests": guests,
        "nights": nights,
        "room": rng.choice(_ROOMS),
        "breakfast": breakfast,
        "phone": f"0{rng.randint(100, 999)} {rng.randint(100_000, 999_999)}",
    }
    shown = rng.choice(
        [
            f"{day} {_MONTHS[month]} {year}",
            f"{_MONTHS[month]} {day}, {year}",
            f"{day:02}.{month + 1:02}.{year}",
            f"{year}-{month + 1:02}-{day:02}",
        ]
    )
    kind = rng.random()
    missing: tuple[str, ...] = ()
    if kind < 0.65:
        wording = rng.choice(_FORMS)
    elif kind < 0.9:
        wording, missing = rng.choice(_PARTIAL)
    else:
        wording = rng.choice(_CORRECTED)
    slots = record | {
        "date": shown,
        "guests_word": _NUMBERS[guests],
        "nights_word": _NUMBERS[nights],
        "yes": ("yes" if breakfast else "no"),
        "with": ("with" if breakfast else "without"),
        "other": rng.choice([number for number in range(1, 9) if number not in (guests, nights)]),
    }
    text = expand(rng, wording, {}, **slots)
    if rng.random() < 0.15:
        text = text.lower().replace(str(record["name"]).lower(), str(record["name"]))
    wanted = {field: None if field in missing else record[field] for field in FIELDS}
    return {"input": text, "output": json.dumps(wanted, ensure_ascii=False)}
