"""What a run has used of what was agreed, what it answered after each checkpoint, and the end of its log. Reads only."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from pathlib import Path

from training.measured import Spent
from training.rows import Row, read_rows

CHECKPOINT = re.compile(r"dev-(?P<stage>.+)-(?P<step>\d{6})-1\.json")
"""As `training.phases.candidates` names the answers of a checkpoint as trained."""
ROWS_SHOWN = 3
CHECKPOINTS_SHOWN = 6
LOG_LINES = 24
LOG_BYTES = 16_384


@dataclass(frozen=True)
class Answered:
    """One held-out row with what the model said to it after each checkpoint shown."""

    prompt: str
    wanted: str
    said: tuple[str, ...]


@dataclass(frozen=True)
class Progress:
    """A run beyond its events."""

    spent: Spent | None = None
    max_minutes: float | None = None
    max_cost_usd: float = 0.0
    steps: tuple[int, ...] = ()
    """The checkpoints that the answers are from."""
    answered: tuple[Answered, ...] = ()
    log: str = ""


def spent_of(folder: Path) -> Spent | None:
    """What the run has used so far; None before it says so."""
    try:
        return Spent.model_validate(json.loads((folder / "spent.json").read_text("utf-8")))
    except (OSError, ValueError):
        return None


def limits_of(folder: Path) -> tuple[float | None, float]:
    """Minutes and dollars that were agreed to at most."""
    try:
        order = json.loads((folder / "plan.json").read_text("utf-8")).get("order") or {}
        minutes, usd = order.get("max_minutes"), order.get("max_cost_usd") or 0.0
        return (None if minutes is None else float(minutes)), float(usd)
    except (OSError, ValueError, TypeError, AttributeError):
        return None, 0.0


def checkpoints_of(folder: Path) -> list[Path]:
    """The answers on file, one for each checkpoint, the first one first."""
    found = [path for path in (folder / "phases").glob("dev-*-1.json") if CHECKPOINT.fullmatch(path.name)]  # fmt: skip
    return sorted(found, key=lambda path: path.name)


def answers_of(folder: Path, found: Sequence[Path]) -> tuple[tuple[int, ...], tuple[Answered, ...]]:
    """Give the steps, and the rows whose answers moved most; nothing where they cannot be read."""
    chosen = _spread(found)
    try:
        rows = read_rows(folder / "data" / "dev.jsonl")
        said = [json.loads(path.read_text("utf-8"))["value"] for path in chosen]
    except (OSError, ValueError, KeyError, TypeError):
        return (), ()
    if not said or any(not isinstance(one, list) or len(one) != len(rows) for one in said):
        return (), ()
    columns = [tuple(str(one[place]) for one in said) for place in range(len(rows))]
    telling = _telling(columns, [row.answer for row in rows])
    shown = tuple(
        Answered(_asked(rows[place]), rows[place].answer, columns[place])
        for place in telling[:ROWS_SHOWN]
    )
    return tuple(_step(path) for path in chosen), shown


def log_of(folder: Path) -> str:
    """The last lines that the trainer printed; bars that redraw themselves are shown as they ended."""
    try:
        with (folder / "log.txt").open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - LOG_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line.rsplit("\r", 1)[-1].rstrip() for line in text.split("\n")]
    return "\n".join([line for line in lines if line][-LOG_LINES:])


def _spread(found: Sequence[Path]) -> list[Path]:
    """The first, the last, and some between."""
    if len(found) <= CHECKPOINTS_SHOWN:
        return list(found)
    last = len(found) - 1
    return [found[round(at * last / (CHECKPOINTS_SHOWN - 1))] for at in range(CHECKPOINTS_SHOWN)]


def _step(path: Path) -> int:
    named = CHECKPOINT.fullmatch(path.name)
    return int(named["step"]) if named else 0


def _asked(row: Row) -> str:
    turns = [one.content for one in row.prompt if one.role == "user"]
    return turns[-1] if turns else row.text or ""


def _telling(columns: Sequence[tuple[str, ...]], wanted: Sequence[str]) -> list[int]:
    """Places of rows, those whose answers moved most first: in turn one that ends right and one that does not."""

    def moves(place: int) -> tuple[int, int]:
        return -sum(before != after for before, after in pairwise(columns[place])), place

    ends_right = [said[-1].strip() == answer.strip() for said, answer in zip(columns, wanted, strict=True)]  # fmt: skip
    sides = [
        sorted((at for at, right in enumerate(ends_right) if right is side), key=moves)
        for side in (True, False)
    ]
    return [one for pair in zip_longest(*sides) for one in pair if one is not None]
