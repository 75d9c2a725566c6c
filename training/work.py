"""What every phase of a run is handed, and the memory of a run: each finished piece of work stands in `phases/`.

A piece is a file that appears whole or not at all, so a run that was killed goes on after the last one.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from training.config import RunConfig
from training.document import write_json
from training.errors import TrainingError
from training.identity import model_hash
from training.measured import Measured
from training.model import Loaded, Weights, load
from training.rows import Row, read_rows
from training.rundir import RunDir
from training.stopping import Stopping
from training.telemetry import Telemetry
from training.text import Text


@dataclass
class Work:
    """One run in progress."""

    run: RunDir
    config: RunConfig
    telemetry: Telemetry
    stopping: Stopping
    measured: Measured
    base: Weights = field(default_factory=dict)
    """The untouched weights, copied before training: for interpolation."""
    model_key: str = ""
    """Hash of the untouched weights; there once the model is loaded."""
    taken_over: list[str] = field(default_factory=list)
    """Pieces of work that another run had done and that fit this one."""
    _heard: list[Text] = field(default_factory=list)

    @cached_property
    def loaded(self) -> Loaded:
        """The model, loaded when first needed."""
        loaded = load(self.config.model, device=self.config.device, threads=self.config.threads)
        self.telemetry.device = loaded.device.type
        self.model_key = model_hash(loaded.model)
        for note in loaded.notes:
            self.note(note)
        return loaded

    def let_go(self) -> None:
        """Free the memory of the run's model: it is loaded again when it is needed again."""
        self.__dict__.pop("loaded", None)

    def rows(self, name: str) -> list[Row]:
        """Read `data/NAME.jsonl`; empty where there is none."""
        path = self.run.data / f"{name}.jsonl"
        return read_rows(path) if path.exists() else []

    @cached_property
    def test(self) -> list[Row]:
        """The test rows: measured before, and once after."""
        return self.rows("test")

    @cached_property
    def dev(self) -> list[Row]:
        """The rows that choose, as many as the plan says, drawn by the seed."""
        rows = self.rows("dev")
        wanted = self.config.measure.dev_items
        if wanted >= len(rows):
            return rows
        drawn = sorted(random.Random(self.config.seed).sample(range(len(rows)), wanted))
        return [rows[index] for index in drawn]

    def learn(self, **known: Any) -> None:
        """Put newly measured things into `measured.json`."""
        self.measured = self.measured.model_copy(update={**known, "spent": self.telemetry.spent()})
        self.measured.save(self.run.path / "measured.json")

    def note(self, text: Text) -> None:
        """Tell the reader of the report something, once."""
        self._heard.append(text)
        if text not in self.measured.notes:
            self.learn(notes=(*self.measured.notes, text))

    def has(self, name: str, *, key: str | None = None) -> bool:
        """Say whether a piece of work is done, and done on what `key` stands for."""
        path = self._piece(name)
        return path.exists() and (key is None or _read(path).get("key") == key)

    def once(self, name: str, make: Callable[[], Any], *, key: str | None = None) -> Any:
        """Give the JSON value of `phases/NAME.json`, made now where it is not there yet, with its seconds and its notes.

        `key` is a hash of what the value rests on: one that another run left here and that rests on something else is
        told and made again.
        """
        path = self._piece(name)
        if path.exists() and not self.has(name, key=key):
            self.telemetry.event(
                "measured_again",
                Text("An earlier measurement of the untouched model does not fit this run, so it is made again ({name}).", name=name),
                name=name,
            )  # fmt: skip
            path.unlink()
        if not path.exists():
            began, heard = self.telemetry.elapsed_s(), len(self._heard)
            value = make()
            path.parent.mkdir(exist_ok=True)
            notes = [text.store() for text in self._heard[heard:]]
            seconds = self.telemetry.elapsed_s() - began
            stored = {"seconds": seconds, "run": self.config.run, "notes": notes, "value": value}
            write_json(path, stored if key is None else stored | {"key": key})
        stored = _read(path)
        for text in stored.get("notes", []):
            self.note(Text.restore(text))
        if stored.get("run", self.config.run) != self.config.run and name not in self.taken_over:
            self.taken_over.append(name)
        return stored["value"]

    def seconds(self, name: str) -> float:
        """Say how long a piece of work took; 0 where it is not done."""
        if not self.has(name):
            return 0.0
        return float(_read(self._piece(name))["seconds"])

    def stage_folder(self, name: str) -> Path:
        """Give the folder of a stage, such as `stages/1-sft`."""
        folder = self.run.stages / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _piece(self, name: str) -> Path:
        return self.run.path / "phases" / f"{name}.json"


def _read(path: Path) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return stored


def _sha256(path: Path) -> str | None:
    if not path.exists():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_hashes(work: Work) -> None:
    """Compare `data/` with what was planned. A changed file is told; raises TrainingError for the test items."""
    for name, planned in work.config.hashes.items():
        path = work.run.data / name
        if _sha256(path) == planned:
            continue
        if name.startswith("../rewards/"):
            raise TrainingError(
                Text("The reward is not the one that was planned: {name} was changed.", name=path.name),
                where=str(path), what_to_do=Text("Make a new plan with the reward as it is now."),
            )  # fmt: skip
        if name == "test.jsonl":
            raise TrainingError(
                Text(
                    "The test items are not the ones that were planned: before and after could not be compared."
                ),
                where=str(path),
                what_to_do=Text("Make a new plan from the data as it is now."),
            )
        work.note(Text("data/{name} was changed after the plan was made.", name=name))
