"""The run directory: the only thing the agent and the GPU node share.

    runs/2026-11-20-support-3f2a/
        run.json  plan.json   what was asked for         written once, by the tools
        data/*.jsonl          canonical rows             written once, by the tools
        lock  status.json     where it has got to        the process that holds the lock
        events.jsonl          what happened, in words    appended by that process
        measured.json         what was measured          by the trainer, at the end (and after the baselines)
        results.json          the report                 by the tools, from measured.json
        stages/1-sft/checkpoints/step-000120/

Readers never wait on writers: status is replaced atomically, events only grow. Whether a run lives is read
off the lock, not off a process id: ids are used again, and heartbeats guess.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from training.config import RunConfig
from training.document import Document, Section, write_json
from training.text import Text

State = Literal["starting", "measuring", "training", "evaluating", "done", "failed", "stopped"]
FINISHED = frozenset({"done", "failed", "stopped"})
LOCK_ATTEMPTS = 10
Reading = State | Literal["queued", "lost"]


class Status(Document):
    """Where a run has got to. `queued` and `lost` are readings, never written."""

    kind: Literal["status"] = "status"
    run: str
    state: State
    stage: str | None = None
    """Such as `1-sft`; None outside the stages."""
    step: int = 0
    steps: int = 0
    """Optimizer steps of the present stage in all."""
    at: str
    """UTC, ISO 8601."""
    text: Text
    error: dict[str, str] | None = None
    """Of a failed run: `what` and `where`, and `what_to_do` where the trainer knows it."""


class Event(Section):
    """One thing that happened. `code` is for programs, `text` for people, `facts` for charts."""

    n: int
    at: str
    run: str
    stage: str | None = None
    step: int | None = None
    code: str
    text: Text
    facts: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True)
class RunDir:
    """The paths of one run, and the few operations both sides share."""

    path: Path

    @property
    def id(self) -> str:
        """The run's name."""
        return self.path.name

    @property
    def data(self) -> Path:
        """The folder of canonical rows."""
        return self.path / "data"

    @property
    def stages(self) -> Path:
        """The folder with one folder for each stage."""
        return self.path / "stages"

    def config(self) -> RunConfig:
        """Read `run.json`. Raises FileNotFoundError and pydantic's ValidationError."""
        return RunConfig.load(self.path / "run.json")

    def status(self) -> Status | None:
        """Read `status.json`; None before the trainer has written it."""
        try:
            return Status.load(self.path / "status.json")
        except FileNotFoundError:
            return None

    def reading(self) -> Reading:
        """Say how the run stands: the written state, or `queued` or `lost` where nobody holds the lock."""
        status = self.status()
        if status is not None and status.state in FINISHED:
            return status.state
        if self.is_locked():
            return status.state if status is not None else "starting"
        return "queued" if status is None else "lost"

    def write_status(self, status: Status) -> None:
        """Replace the status in one move, so that a reader never sees half of it."""
        status.save(self.path / "status.json")

    def events(self, after: int = 0) -> Iterator[Event]:
        """Yield the events numbered above `after`. A last line without its line end is not there yet."""
        try:
            raw = (self.path / "events.jsonl").read_bytes()
        except FileNotFoundError:
            return
        new: list[dict[str, Any]] = []
        lines = [line for line in raw.splitlines(keepends=True) if line.endswith(b"\n")]
        for line in reversed(lines):  # numbers only grow: what was read before is not parsed again
            stored = json.loads(line)
            if stored["n"] <= after:
                break
            new.append(stored)
        for stored in reversed(new):
            stored["text"] = Text.restore(stored["text"])
            yield Event.model_validate(stored)

    def last_heard(self) -> tuple[int, float | None]:
        """The number of the last event, and the minutes left that were told last; None where none were.

        Whoever watches asks this every second: only as many lines are read as it takes to find both.
        """
        try:
            lines = (self.path / "events.jsonl").read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return 0, None
        while lines and not lines[-1].endswith(b"\n"):
            lines.pop()
        last = int(json.loads(lines[-1])["n"]) if lines else 0
        for line in reversed(lines):
            if b'"seconds_left"' in line:
                left = json.loads(line)["facts"].get("seconds_left")
                if left is not None:
                    return last, float(left) / 60
        return last, None

    def append_event(self, event: Event) -> None:
        """Append one event, with its sentence's template. Only the holder of the lock may."""
        stored = event.model_dump(mode="json") | {"text": event.text.store()}
        line = json.dumps(stored, ensure_ascii=False) + "\n"
        with (self.path / "events.jsonl").open("ab") as file:
            file.write(line.encode("utf-8"))

    def lock(self) -> int:
        """Take the run's lock and return its descriptor: open for as long as the run lives.

        Raises BlockingIOError where another process has it.
        """
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        for attempt in range(LOCK_ATTEMPTS):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
            except BlockingIOError:
                if attempt == LOCK_ATTEMPTS - 1:
                    os.close(descriptor)
                    raise
                time.sleep(0.05)  # a reader's glance in `is_locked` holds it for microseconds
        raise AssertionError("unreachable")

    def is_locked(self) -> bool:
        """Say whether a living process carries out this run."""
        try:
            descriptor = os.open(self.path / "lock", os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def request_stop(self) -> None:
        """Ask the trainer to stop at its next step and keep its best checkpoint. Survives a restart."""
        write_json(self.path / "stop", {"at": now()})

    def stop_requested(self) -> bool:
        """Say whether somebody asked this run to stop."""
        return (self.path / "stop").exists()


def now() -> str:
    """The time as UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def last_event_number(run: RunDir) -> int:
    """The number of the last whole event; 0 where there is none."""
    number = 0
    for event in run.events():
        number = event.n
    return number
