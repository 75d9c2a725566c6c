"""The two halves of an installation: what the page needs, and what only a trainer needs; and how far the second one is.

`make chat` installs the first half, opens the page, and lets the second be installed behind it by a process of its own
(`tools.install`). That process holds a lock and writes its progress; everybody else reads. This module runs before
anything is installed: the standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parents[2]
TRAINS = frozenset(
    {"torch", "transformers", "trl", "peft", "datasets", "accelerate", "rouge-score"}
)
"""Loaded by processes of the trainer alone; the page and the conversation import none of them."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
Stage = Literal["waiting", "resolving", "fetching", "unpacking", "ready", "failed", "cut_off"]
Reason = Literal["network", "disk", "conflict", "other"]


@dataclass(frozen=True)
class Half:
    """How far the second half is. `cut_off` is a reading, never written: nobody carries it on."""

    stage: Stage
    packages: int = 0
    """That are to be added; 0 before this is known."""
    done: int = 0
    """Of these, fetched (while fetching) or in place (while unpacking)."""
    fetched_bytes: int = 0
    bytes: int | None = None
    """To be fetched in all; None where the index does not say."""
    seconds_left: float | None = None
    reason: Reason | None = None
    detail: str = ""
    """The installer's own last words, after a failure."""

    @property
    def is_ready(self) -> bool:
        """Trainers can be started."""
        return self.stage == "ready"

    @property
    def under_way(self) -> bool:
        """Somebody is at it: it ends by itself."""
        return self.stage in {"resolving", "fetching", "unpacking"}


READY = Half("ready")


@dataclass(frozen=True)
class Place:
    """The files of an installation, inside its virtual environment."""

    venv: Path

    @property
    def folder(self) -> Path:
        """Holds everything below."""
        return self.venv / "installing"

    @property
    def lock(self) -> Path:
        """Held by whoever changes the environment, and by the pip it started."""
        return self.folder / "lock"

    @property
    def state(self) -> Path:
        """Replaced in one move, so that nobody reads half of it."""
        return self.folder / "state.json"

    @property
    def pins(self) -> Path:
        """Name and version of all that the first half brought: the second must not change what a page has loaded."""
        return self.folder / "first.txt"

    @property
    def downloads(self) -> Path:
        """Where pip keeps what it is fetching: on the disk of the environment, not in a small /tmp."""
        return self.folder / "downloads"

    @property
    def changing(self) -> Path:
        """There while pip is at work, and after one that was killed."""
        return self.folder / "changing"

    @property
    def log(self) -> Path:
        """What pip printed last."""
        return self.folder / "log.txt"

    def stamps(self) -> dict[str, Any]:
        """Read the state file; empty where there is none or it cannot be read."""
        try:
            found = json.loads(self.state.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, half: Half, **stamps: str | None) -> None:
        """Replace the state; stamps that are not named stay."""
        kept = self.stamps().get("stamps", {}) | stamps
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f"state.{os.getpid()}.tmp"
        draft.write_text(json.dumps({"half": asdict(half), "stamps": kept}), encoding="utf-8")
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(self.state)

    def stamped(self, name: str) -> str | None:
        """Which requirements this part was installed for last."""
        found = self.stamps().get("stamps", {}).get(name)
        return found if isinstance(found, str) else None


def here() -> Place:
    """The environment of this process."""
    return Place(Path(sys.prefix))


def read(place: Place | None = None) -> Half:
    """Say how far the second half is. An environment that was not made by `make chat` is ready: nobody writes there."""
    found = place or here()
    stored = found.stamps().get("half")
    if stored is None:
        return READY
    try:
        half = Half(**stored)
    except TypeError:  # written by another version of us: only its end matters
        half = READY if stored.get("stage") == "ready" else Half("waiting")
    if half.under_way and not is_held(found):
        return Half("cut_off")
    return half


def is_held(place: Place) -> bool:
    """Whether somebody changes the environment now."""
    try:
        descriptor = os.open(place.lock, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextlib.contextmanager
def holding(place: Place, *, wait: bool) -> Iterator[int | None]:
    """Hold the environment's lock; yield its descriptor, or None where somebody else has it and we do not wait.

    Children that are given the descriptor hold the lock too: a pip that outlives us is not joined by a second one.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(place.lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield None
            return
        yield descriptor
    finally:
        os.close(descriptor)


def requirements(project: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Split the project's own list: what the page needs, and everything (with the extra for language models).

    >>> requirements({"dependencies": ["gradio>=6", "torch>=2.6"], "optional-dependencies": {"llm": ["langchain"]}})
    (['gradio>=6'], ['gradio>=6', 'torch>=2.6', 'langchain'])
    """
    listed = [str(one) for one in project["dependencies"]]
    extra = [str(one) for one in project.get("optional-dependencies", {}).get("llm", [])]
    return [one for one in listed if plain(one) not in TRAINS], listed + extra


def plain(requirement: str) -> str:
    """The normal form of a requirement's name (PEP 503).

    >>> plain("Rouge_Score>=0.1.2")
    'rouge-score'
    """
    found = NAME.match(requirement.strip())
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def fingerprint(wanted: list[str], constraints: str) -> str:
    """Changes with whatever an installation depends on: what was installed for another one is not this one."""
    told = json.dumps([sorted(wanted), constraints, sys.version_info[:2]])
    return hashlib.sha256(told.encode("utf-8")).hexdigest()[:16]
