"""What pip is about to fetch and how far it is: its own report, the sizes that the index tells, the files on the disk.

The standard library only, for `tools.install`.
"""

from __future__ import annotations

import csv
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tools.install.halves import Half, plain

ASKING_S = 5.0
"""For the size of one file; an index that does not answer by then is not asked to."""
ASKED_AT_ONCE = 8
SURE_AFTER_S = 3.0
"""No time is told before this long: the first bytes say nothing about the rest."""
UNPACKED_PER_S = 10e6
EACH_S = 0.5
"""Bytes of packed files unpacked and compiled in a second, and what each package takes besides. Measured on two slow cores."""
FAITH_S = 5.0
"""So long is what was seen of the pace outweighed by what was measured before. A guess; not tuned."""


@dataclass(frozen=True)
class Wheel:
    """One package that is to be added."""

    name: str
    file: str
    url: str = ""
    bytes: int | None = None

    @property
    def is_local(self) -> bool:
        """It lies on this machine already."""
        return self.url.startswith("file:")


def wheels_of(report: Path) -> tuple[Wheel, ...]:
    """Read pip's report of what it would install. Raises OSError and ValueError."""
    listed = json.loads(report.read_text(encoding="utf-8"))["install"]
    found = []
    for one in listed:
        url = str(one.get("download_info", {}).get("url", ""))
        file = unquote(urlsplit(url).path.rpartition("/")[2])
        found.append(Wheel(plain(str(one["metadata"]["name"])), file, url))
    return tuple(found)


def size_at(url: str) -> int | None:
    """The size of a file, asked of whoever has it; None where that is not told."""
    if url.startswith("file:"):
        try:
            return Path(unquote(urlsplit(url).path)).stat().st_size
        except OSError:
            return None
    if not url.startswith("https:"):
        return None
    asked = urllib.request.Request(url, method="HEAD")  # https only, see above
    try:
        with urllib.request.urlopen(asked, timeout=ASKING_S) as answer:
            told = answer.headers.get("Content-Length")
    except (OSError, ValueError):
        return None
    return int(told) if told is not None and told.isdigit() else None


def sized(
    wheels: tuple[Wheel, ...], ask: Callable[[str], int | None] = size_at
) -> tuple[Wheel, ...]:
    """The same with their sizes, where they are told."""
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        sizes = pool.map(ask, [one.url for one in wheels])
        return tuple(replace(one, bytes=size) for one, size in zip(wheels, sizes, strict=True))


@dataclass(frozen=True)
class Clock:
    """When things happened to a pip under way, in seconds of one clock."""

    now: float
    begun: float = 0.0
    unpacking: float | None = None
    """When it began to unpack; None while it fetches."""
    settled: float | None = None
    """When the last package came into its place."""


def progress(
    wheels: tuple[Wheel, ...], fetched: Mapping[str, int], present: set[str], clock: Clock
) -> Half:
    """Say how far a pip under way is. `fetched`: file name -> bytes; `present` names what is wholly installed."""
    known = all(one.bytes is not None for one in wheels)
    far = [one for one in wheels if not one.is_local]
    got = sum(fetched.get(one.file, 0) for one in far)
    total = sum(one.bytes or 0 for one in far) if known else None
    in_place = [one for one in wheels if one.name in present]
    rest_s = _expected_s([one for one in wheels if one.name not in present])
    if clock.unpacking is None:
        done = sum(one.is_local or _is_fetched(one, fetched) for one in wheels)
        left = _left(got, total, clock.now - clock.begun)
        return Half("fetching", len(wheels), done, got, total, None if left is None else left + rest_s)  # fmt: skip
    settled = clock.settled if clock.settled is not None else clock.unpacking
    pace = (settled - clock.unpacking + FAITH_S) / (_expected_s(in_place) + FAITH_S)
    left = pace * rest_s - (clock.now - settled)
    told = left if known and left > 0 else None  # past its time nobody knows
    return Half("unpacking", len(wheels), len(in_place), got, total, told)


def _expected_s(wheels: list[Wheel]) -> float:
    return sum(EACH_S + (one.bytes or 0) / UNPACKED_PER_S for one in wheels)


def _is_fetched(wheel: Wheel, fetched: Mapping[str, int]) -> bool:
    """Whether the file is there, and whole where its size is known."""
    size = fetched.get(wheel.file)
    return size is not None and (wheel.bytes is None or size >= wheel.bytes)


def _left(done: float, total: float | None, elapsed_s: float) -> float | None:
    """Seconds left at the pace so far; None before it can be told."""
    if total is None or elapsed_s < SURE_AFTER_S:
        return None
    if done >= total:
        return 0.0
    return (total - done) * elapsed_s / done if done else None


def unfinished(site: Path) -> list[Path]:
    """The metadata folders of packages that were not wholly written, by their own record of files and sizes.

    pip writes INSTALLER and its RECORD last; after a power cut a file can be there and empty.
    """
    return [
        folder
        for folder in sorted(site.glob("*.dist-info"))
        if not (folder / "INSTALLER").exists() or not _is_whole(site, folder / "RECORD")
    ]


def _is_whole(site: Path, record: Path) -> bool:
    try:
        with record.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, ValueError):
        return False
    return bool(rows) and all(_is_there(site / row[0], row[2]) for row in rows if len(row) == 3)


def _is_there(path: Path, size: str) -> bool:
    if not size.isdigit():
        return True  # what pip makes itself, such as compiled modules, is not recorded with a size
    try:
        return path.stat().st_size == int(size)
    except OSError:
        return False
