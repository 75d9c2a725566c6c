"""The one writer of `status.json`, `events.jsonl` and `spent.json` while a run lives.

A heartbeat thread renews the status and what was spent, so that a killed run has lost at most one beat of
its account. Whether the run lives is still read off its lock; the heartbeat only tells people.
"""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from training.document import write_json
from training.measured import Spent
from training.rundir import Event, RunDir, State, Status, last_event_number, now
from training.text import Text

HEARTBEAT_S = 5.0
MAX_RSS_PER_GIB = 1024**3 if sys.platform == "darwin" else 1024**2  # macOS counts bytes, Linux KiB


@dataclass(frozen=True)
class Place:
    """Where in a run something happens. `stage` is None outside the stages."""

    stage: str | None = None
    step: int = 0
    steps: int = 0


class Telemetry:
    """Says what happens in the run directory. Use it as a context manager: the heartbeat ends with it."""

    def __init__(
        self, run: RunDir, *, started: float, usd_per_hour: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """Mend the end of `events.jsonl` and count this attempt. `started` is the clock when the process began."""
        self.run = run
        self.usd_per_hour = usd_per_hour
        self.device = ""
        self.first_step_after_s: float | None = None
        self._clock = clock
        self._started = started
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._earlier = _read_spent(run)
        mend_events(run)
        self._next_event = last_event_number(run) + 1
        self._status = Status(
            run=run.id, state="starting", at=now(), text=Text("The run is starting.")
        )
        self._write_status()
        self._write_spent()  # an attempt that is killed at once counts too
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Telemetry:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        with self._lock:
            self._write_spent()

    def event(self, code: str, text: Text, *, at: Place = Place(), **facts: Any) -> None:
        """Append one event in words; numbers go on from the attempt before."""
        with self._lock:
            event = Event(
                n=self._next_event, at=now(), run=self.run.id, stage=at.stage,
                step=at.step if at.stage else None, code=code, text=text, facts=facts,
            )  # fmt: skip
            self.run.append_event(event)
            self._next_event += 1

    def progress(self, state: State, text: Text, *, at: Place = Place()) -> None:
        """Replace the status."""
        with self._lock:
            self._status = Status(
                run=self.run.id, state=state, at=now(), text=text,
                stage=at.stage, step=at.step, steps=at.steps,
            )  # fmt: skip
            self._write_status()

    def fail(self, text: Text, error: dict[str, str]) -> None:
        """Leave last words: what went wrong, where, and what to do."""
        with self._lock:
            last = self._status
            self._status = last.model_copy(
                update={"state": "failed", "at": now(), "text": text, "error": error}
            )
            self._write_status()

    def elapsed_s(self) -> float:
        """Seconds since this process began."""
        return self._clock() - self._started

    def minutes(self) -> float:
        """Minutes spent over all attempts."""
        return self._earlier.minutes + self.elapsed_s() / 60

    def spent(self) -> Spent:
        """What the run used so far, over all attempts."""
        minutes = self.minutes()
        return Spent(
            minutes=minutes,
            peak_gib=max(self._earlier.peak_gib or 0.0, peak_gib()),
            cost_usd=minutes / 60 * self.usd_per_hour,
            device=self.device,
            attempts=self._earlier.attempts + 1,
            first_step_after_s=self.first_step_after_s or self._earlier.first_step_after_s,
        )

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_S):
            with self._lock:
                self._status = self._status.model_copy(update={"at": now()})
                try:
                    self._write_status()
                    self._write_spent()
                except OSError as error:  # a full disk ends the run where it matters, not here
                    sys.stderr.write(f"heartbeat: {error}\n")

    def _write_status(self) -> None:
        self.run.write_status(self._status)

    def _write_spent(self) -> None:
        write_json(self.run.path / "spent.json", self.spent().model_dump(mode="json"))


def mend_events(run: RunDir) -> None:
    """Cut a last line that a killed writer left without its end."""
    path = run.path / "events.jsonl"
    if not path.exists():
        return
    with path.open("r+b") as file:
        raw = file.read()
        whole = raw.rfind(b"\n") + 1
        if whole < len(raw):
            file.truncate(whole)


def peak_gib() -> float:
    """Peak memory: the allocator's on a GPU, the process's resident set elsewhere."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        return float(torch.cuda.max_memory_allocated()) / 1024**3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MAX_RSS_PER_GIB


def _read_spent(run: RunDir) -> Spent:
    try:
        return Spent.model_validate(json.loads((run.path / "spent.json").read_text()))
    except FileNotFoundError:
        return Spent(attempts=0)
