"""Arms of a comparison on small tasks: our plan, what others do against forgetting, and how each run is carried out and kept.

A run is laid out as the product lays it out and carried out by the trainer in a forked process. What the untouched model does
is done once for each task and seed. A finished run keeps only its figures, under a name that holds the practice model's
weights and the run's configuration, so a bench can be stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from agent.engine import PlanRequest
from agent.local.planning import facts_of
from tests.benchmarks import forked
from tests.benchmarks.small_tasks import KEPT, Make
from tools.dataset import DataOptions, prepare
from tools.decide import decide, understand
from tools.deciding.compose import run_config
from tools.jobs.handover import hand_over, keep
from tools.machine import look
from training.config import RunConfig
from training.measured import Candidate, Measured
from training.practice import MODEL_DIR
from training.rows import write_rows
from training.rundir import RunDir

FORGOTTEN = 0.05
"""Allowed; a point above it is worth what it exceeds it by, taken off."""
DRAWS = 4000
LAST_ONLY = {"dev_items": 20, "probe_items": 0, "interpolations": [1.0]}
"""Of a policy that keeps its last step, whatever it is worth."""
FIXED_SHARES = {"no replay": 0.0, "fixed 10 %": 0.1, "fixed 50 %": 0.5}
POLICIES = ("no replay", "fixed 10 %", "fixed 50 %", "last checkpoint", "minimum loss")
"""What ours is compared with: the last two are other choices among the checkpoints of our training."""
CHOICES, SPENT = "choices.json", "cpu.json"
T = TypeVar("T")
Worth = dict[str, float]


@dataclass(frozen=True)
class Size:
    """How large the arms of a bench are."""

    folder: str
    """Inside `KEPT`."""
    tasks: Mapping[str, Make]
    rows: int
    test_rows: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of the plan."""
    measured: Mapping[str, Any] = field(default_factory=dict)
    """Of the run: how much is asked."""


@dataclass(frozen=True)
class Arms:
    """One task with one seed: its own rows and test, and the same untouched model for every run."""

    size: Size
    name: str
    seed: int

    def ours(self, *, with_trials: bool = False) -> dict[str, Any]:
        """Give our plan's run for these rows, without short trainings before it unless they are wanted."""
        data, test = self._files()
        made = prepare([data], options=DataOptions(eval_file=test, seed=self.seed))
        request = PlanRequest(
            brief=understand("", made.profile, {}), profile=made.profile, files=(data,), model="practice", seed=self.seed,
            insist=("sft",), max_forgetting=FORGOTTEN, overrides=dict(self.size.settings),
        )  # fmt: skip
        plan = decide(facts_of(request, look()))
        raw = run_config(plan, made.profile, run="policies").as_json()
        raw["measure"] |= dict(self.size.measured)
        raw["task"] |= {"prompts": [], "few_shot_examples": 0}
        raw |= {"budget": {}, "threads": 1, "hashes": {}}
        return raw if with_trials else raw | {"probe": None}

    def policies(self) -> dict[str, Worth]:
        """Give what ours and every policy reached."""
        raw = self.ours()
        run = self.carry_out("ours", raw)
        found = {"ours": result(run), **choices(run)}
        for policy, share in FIXED_SHARES.items():
            words = "-".join(policy.replace("%", "").split())
            found[policy] = result(self.carry_out(words, fixed(raw, share)))
        return found

    def carry_out(self, key: str, raw: Mapping[str, Any], *, known_by: str | None = None) -> RunDir:
        """Carry out one run, or find it done. It is known by its whole configuration, unless by these words."""
        said = known_by or json.dumps({**raw, "run": ""}, sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(said.encode()).hexdigest()[:8]
        home = self.folder()
        run = RunDir(home / "runs" / f"{self.name}-{self.seed}-{key}-{digest}")
        if run.reading() == "done" or (run.path / CHOICES).exists():
            return run  # measuring other choices leaves its own status behind
        if run.path.exists():  # cut off before it was whole
            shutil.rmtree(run.path)
        data, test = self._files()
        made = prepare([data], options=DataOptions(eval_file=test, seed=self.seed))
        run.data.mkdir(parents=True)
        for split in ("train", "dev", "test"):
            write_rows(run.data / f"{split}.jsonl", list(getattr(made, split)))
        RunConfig.from_json({**raw, "run": run.id}).save(run.path / "run.json")
        untouched = RunDir(home / "untouched" / f"{self.name}-{self.seed}")
        hand_over(home, run, measured=untouched if untouched.path.exists() else None)
        if _timed(run, lambda: forked.train(run.path)):
            raise SystemExit(f"the run failed: {(run.path / 'status.json').read_text('utf-8')}")
        keep(home, run)
        if not untouched.path.exists():
            untouched.path.mkdir(parents=True)
            shutil.copy(run.path / "run.json", untouched.path)
        _link_pieces(run.path / "phases", untouched.path / "phases")
        if key != "ours":
            tidy(run)
        return run

    def forget_untouched(self) -> None:
        """Remove what the untouched model did: 25 MB for each seed, and every run has what it needs."""
        shutil.rmtree(self.folder() / "untouched" / f"{self.name}-{self.seed}", ignore_errors=True)

    def folder(self) -> Path:
        """Where runs with these weights lie."""
        weights = sorted(MODEL_DIR.glob("*.safetensors"))
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in weights)).hexdigest()[:8]
        return KEPT / f"{self.size.folder}-{digest}"

    def _files(self) -> tuple[Path, Path]:
        """Write other rows for every seed, and others again for the test."""
        asked: dict[str, str] = dict(self.size.tasks[self.name]())
        rows = [{"input": one, "output": answer} for one, answer in asked.items()]
        random.Random(f"{self.name} {self.seed}").shuffle(rows)
        folder = self.folder() / "data"
        folder.mkdir(parents=True, exist_ok=True)
        most = self.size.test_rows
        parts = {"train": rows[most : most + self.size.rows], "test": rows[:most]}
        for part, some in parts.items():
            lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in some]
            path = folder / f"{self.name}-{self.seed}-{part}.jsonl"
            path.write_text("".join(lines), encoding="utf-8")
        return folder / f"{self.name}-{self.seed}-train.jsonl", folder / f"{self.name}-{self.seed}-test.jsonl"  # fmt: skip


def fixed(raw: Mapping[str, Any], share: float) -> dict[str, Any]:
    """Our run as others do it: so much rehearsal, its words learnt, and the last step kept."""
    rows = raw["replay"]["min_rows"]
    replay = {"source": "self", "share": share, "min_rows": rows, "loss": "tokens"} if share else {"source": "none"}  # fmt: skip
    other = {**raw, "replay": replay, "measure": raw["measure"] | LAST_ONLY}
    return other | {"stages": [raw["stages"][0] | {"checkpoints": 1}]}


def worth(one: Worth) -> float:
    """The score, less what was forgotten beyond what is allowed."""
    return one["task"] - max(0.0, 1 - FORGOTTEN - one["kept"])


def result(run: RunDir) -> Worth:
    """Read what the chosen weights reached."""
    measured = Measured.load(run.path / "measured.json")
    assert measured.tuned is not None, f"{run.path} was measured to its end"
    kept = measured.retention.value if measured.retention else 1.0
    return {"task": measured.tuned.value, "kept": kept}


def choices(run: RunDir) -> dict[str, Worth]:
    """Measure what two simpler choices among the checkpoints of a finished run would have reached."""
    path = run.path / CHOICES
    if not path.exists():
        found = _timed(run, lambda: forked.compute(lambda: _measured_choices(run)))
        path.write_text(json.dumps(found), encoding="utf-8")
        tidy(run)
    kept: dict[str, Worth] = json.loads(path.read_text(encoding="utf-8"))
    return kept


def tidy(run: RunDir) -> None:
    """Keep a finished run's figures: hundreds of models would take gigabytes."""
    for path in (run.path / "chosen", run.stages, run.path / "phases" / "teacher"):
        shutil.rmtree(path, ignore_errors=True)


def spent_s(run: RunDir) -> float:
    """Processor seconds of a finished run, its other choices among them."""
    path = run.path / SPENT
    return float(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else 0.0


def interval(apart: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    """Give 95 % low, high and the mean of differences: tasks weigh the same, and both tasks and seeds are drawn again."""
    draw = random.Random(0)
    means = sorted(
        statistics.mean(
            statistics.mean(draw.choices(task, k=len(task)))
            for task in draw.choices(apart, k=len(apart))
        )
        for _ in range(DRAWS)
    )
    centre = statistics.mean(statistics.mean(task) for task in apart)
    return means[round(DRAWS * 0.025)], means[round(DRAWS * 0.975) - 1], centre


def _timed(run: RunDir, work: Callable[[], T]) -> T:
    """Let a child process work; its processor seconds are added to those of the run."""
    began = os.times()
    done = work()
    now = os.times()
    spent = sum(now[2:4]) - sum(began[2:4])
    (run.path / SPENT).write_text(json.dumps(spent_s(run) + spent), encoding="utf-8")
    return done


def _measured_choices(run: RunDir) -> dict[str, Worth]:
    trained = [c for c in Measured.load(run.path / "measured.json").candidates if c.interpolation == 1.0]  # fmt: skip
    wanted = {
        "last checkpoint": max(trained, key=lambda c: c.step),
        "minimum loss": min(trained, key=lambda c: float("inf") if c.loss is None else c.loss),
    }
    return {policy: _measured_at(run, candidate) for policy, candidate in wanted.items()}


def _measured_at(run: RunDir, candidate: Candidate) -> Worth:
    """Measure a checkpoint on the test items and the final probes, as the chosen weights were."""
    if candidate.chosen:
        return result(run)
    from training import statistics as measuring
    from training.checkpoints import whole
    from training.model import put_weights, tuned_weights
    from training.phases.asking import ask_probes, ask_rows
    from training.stopping import Stopping
    from training.telemetry import Telemetry
    from training.work import Work

    config = run.config()
    telemetry = Telemetry(run, started=time.monotonic())
    stopping = Stopping(run, telemetry, config.budget, restart=lambda: None)
    work = Work(run, config, telemetry, stopping, Measured.load(run.path / "measured.json"))
    model, key = work.loaded.model, f"{candidate.stage}-{candidate.step:06d}-1"
    (at,) = [one for one in whole(work.stage_folder(candidate.stage)) if one.step == candidate.step]
    put_weights(model, tuned_weights(at.path, work.loaded))
    tuned = ask_rows(work, model, work.test, name=f"final-{key}", system=config.task.system)
    probes = ask_probes(work, model, name=f"probes-final-{key}", purpose="final")
    base = ask_probes(work, None, name="probes-final-base", purpose="final")
    return {"task": tuned.score.value, "kept": measuring.retention(base, probes).value}


def _link_pieces(source: Path, target: Path) -> None:
    """Keep what the untouched model did for this task: its answers to the test, and what it held likely."""
    for path in [*source.glob("base-*.json"), *source.glob("teacher/*.safetensors")]:
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            os.link(path, place)
