"""A blind vote for work where many answers are right: which of two answers does a person prefer?

The person sees the untouched and the tuned model's answers to the same test item without knowing which is which.
Which of them stands on the left follows from the run and the item alone, so page, terminal and scripts agree, and a
vote is never counted for the wrong side. Votes are appended to `votes.jsonl`; a later vote on an item replaces the
earlier one. Numbers that compare wordings (chrF, ROUGE) stay an orientation.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from tools.errors import RunError
from tools.judging.results import VoteTally
from tools.judging.run_answers import Answered, answered
from training.intervals import wilson
from training.rundir import now
from training.statistics import difference, score_of
from training.text import Text

FILE = "votes.jsonl"
COUNT = 20
"""Pairs put up: 20 without ties show a preference of three to one (15 of 20: sign test p = 0.04)."""
Choice = Literal["left", "right", "same"]
Preferred = Literal["base", "tuned", "same"]


@dataclass(frozen=True)
class Pair:
    """Two answers to one test item, sides shuffled. Nothing in it tells which model wrote which."""

    item: str
    prompt: str
    left: str
    right: str


def pairs(run_dir: Path, count: int = COUNT, seed: int = 0) -> tuple[Pair, ...]:
    """Give up to `count` test items whose two answers differ, drawn by `seed`. Raises RunError."""
    differing = [one for one in _both(run_dir) if _is_different(one)]
    drawn = random.Random(seed).sample(differing, min(count, len(differing)))
    return tuple(_pair(run_dir, one) for one in drawn)


def record(run_dir: Path, item: str, choice: Choice) -> None:
    """Append a vote: the left answer, the right one, or none better. Raises RunError for an unknown item or choice."""
    if choice not in get_args(Choice):
        raise RunError(
            Text("{choice} is no vote.", choice=repr(choice)),
            where=item,
            what_to_do=Text("Say left, right or same."),
        )
    if item not in {one.row.id for one in _both(run_dir) if _is_different(one)}:
        raise RunError(
            Text("There is no pair called {item} to vote on.", item=repr(item)),
            where=run_dir.name,
            what_to_do=Text("Vote on the items that the list of pairs gives."),
        )
    vote = {"at": now(), "item": item, "choice": choice, "preferred": _preferred(run_dir, item, choice)}  # fmt: skip
    append_line(run_dir / FILE, json.dumps(vote, ensure_ascii=False))


def tally(run_dir: Path) -> VoteTally | None:
    """Count the votes, the last one of each item; None where there are none.

    The share is of the votes that preferred one side. The difference counts every vote; its p is the sign test's,
    which ties do not enter.
    """
    found = votes(run_dir)
    if not found:
        return None
    tuned = sum(one == "tuned" for one in found.values())
    base = sum(one == "base" for one in found.values())
    low, high = wilson(tuned, tuned + base)
    share = tuned / (tuned + base) if tuned + base else 0.5
    compared = difference(
        [float(one == "base") for one in found.values()],
        [float(one == "tuned") for one in found.values()],
        metric="accuracy",
    )
    return VoteTally(
        votes=len(found), tuned=tuned, base=base, same=len(found) - tuned - base,
        score=score_of("vote", share, low=low, high=high, items=tuned + base),
        difference=compared.model_copy(update={"test": "exact sign test"}),
    )  # fmt: skip


def votes(run_dir: Path) -> dict[str, Preferred]:
    """Give item -> what was preferred last. A torn last line was never a vote."""
    try:
        lines = (run_dir / FILE).read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return {}
    found: dict[str, Preferred] = {}
    for line in lines:
        vote = _read(line)
        if vote is not None:
            found[vote["item"]] = vote["preferred"]
    return found


def _both(run_dir: Path) -> list[Answered]:
    found = [one for one in answered(run_dir) if one.tuned is not None]
    if not found:
        raise RunError(
            Text("This run has no tuned model whose answers could be compared."),
            where=run_dir.name,
            what_to_do=Text("Vote when a training run has ended."),
        )
    return found


def _is_different(one: Answered) -> bool:
    return one.base.strip() != (one.tuned or "").strip()


def _tuned_is_left(run_dir: Path, item: str) -> bool:
    return hashlib.sha256(f"{run_dir.name}\n{item}".encode()).digest()[0] % 2 == 0


def _pair(run_dir: Path, one: Answered) -> Pair:
    sides = (one.tuned or "", one.base)
    left, right = sides if _tuned_is_left(run_dir, one.row.id) else sides[::-1]
    return Pair(one.row.id, one.prompt, left, right)


def _preferred(run_dir: Path, item: str, choice: Choice) -> Preferred:
    if choice == "same":
        return "same"
    return "tuned" if (choice == "left") == _tuned_is_left(run_dir, item) else "base"


def append_line(path: Path, line: str) -> None:
    """Write one line in one piece, after whatever a crash may have left unfinished."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, (("\n" if torn else "") + line + "\n").encode("utf-8"))
    finally:
        os.close(descriptor)


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        vote = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(vote, dict) and {"item", "preferred"} <= set(vote)
    return vote if whole and vote["preferred"] in get_args(Preferred) else None
