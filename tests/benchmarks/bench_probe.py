"""Do short trainings before a long one find a better rate where the plan's is wrong, and what do they cost?

On the practice model, one task of 1,200 rows (support, unless `TUNESMITH_BENCH_TASKS` names others of `plans`): the plan's rate
as the rules give it, eight times as high and an eighth of it, each with short trainings first and without. A person who sets
a rate keeps it, so the wrong rates are put into the run's configuration, around which the trials are laid out as the plan lays
them out. A finished run is kept beside those of `plans` and not made again; minutes are the trainer's own account of one run,
so their ratio says more than their size on a busy machine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from agent.engine import PlanRequest
from agent.planning import facts_of
from tests.benchmarks.bench_plans import BUDGET, KEPT, ROOT, ROWS, TASKS, worth_of
from tools.compose import run_config
from tools.dataset import DataOptions, prepare
from tools.decide import decide, understand
from tools.machine import look
from training.config import RunConfig
from training.measured import Measured
from training.rows import write_rows
from training.rundir import RunDir

FACTORS = (1.0, 8.0, 0.125)
SEEDS = int(os.environ.get("TUNESMITH_BENCH_SEEDS", "1"))
UNTOUCHED = (
    "base-*",
    "probe-cells*",
    "probes-*-base*",
    "replay*",
    "samples*",
    "nll-base*",
    "teacher",
)
"""What a run knows of the untouched model: the same for every rate, so it is measured once for each task and seed."""


def main() -> int:
    """Run what is missing and print one line a run; give 1 where the trials cost more than their share of the plan."""
    failed = False
    for name in os.environ.get("TUNESMITH_BENCH_TASKS", "support").split(","):
        for seed in range(SEEDS):
            for factor in FACTORS:
                for tried in (False, True):
                    failed |= tell(name, factor, carry_out(name, factor, tried=tried, seed=seed))
    return int(failed)


def tell(name: str, factor: float, run: RunDir) -> bool:
    """Print what came of a run; say whether its trials cost more than a fifth: 15 % as reckoned, and a third for the reckoning."""
    measured, planned = Measured.load(run.path / "measured.json"), run.config().stages[0]
    kept = measured.retention.value if measured.retention else 1.0
    score = measured.tuned.value if measured.tuned else 0.0
    line = f"{name}, plan's rate x {factor:g} = {planned.learning_rate:.1e}, "
    probe = measured.probe
    if probe is None:
        print(f"{line}as planned: {score:.3f} right, {kept:.1%} kept, worth {worth_of(run):.3f}; {measured.spent.minutes:.1f} min", flush=True)  # fmt: skip
        return False
    share = probe.minutes / (measured.spent.minutes - probe.minutes)
    print(f"{line}tried first: trained at {probe.learning_rate:.1e} with {probe.replay_share:.0%} general text: {score:.3f} right, {kept:.1%} kept, worth {worth_of(run):.3f}; "
          f"{len(probe.trials)} trials, {probe.minutes:.1f} of {measured.spent.minutes:.1f} min ({share:.0%} of the rest)", flush=True)  # fmt: skip
    for one in probe.trials:
        task = "broke" if one.task is None else f"{one.task.value:.3f}"
        print(f"    round {one.round}: {one.learning_rate:.1e}, {one.replay_share:.0%}, {one.steps} steps: {task}, kept {one.retention or 0:.2f}{' <- chosen' if one.chosen else ''}", flush=True)  # fmt: skip
    return share > 0.2


def carry_out(name: str, factor: float, *, tried: bool, seed: int) -> RunDir:
    """Carry out one run, or find it done."""
    run = RunDir(KEPT / f"probe-{name}-{factor:g}-{'tried' if tried else 'plain'}-{seed}")
    if run.reading() == "done":
        return run
    if run.path.exists():
        shutil.rmtree(run.path)
    lay_out(run, name, factor, tried=tried, seed=seed)
    first = KEPT / f"probe-{name}-{FACTORS[0]:g}-plain-{seed}" / "phases"
    for path in (one for pattern in UNTOUCHED for one in first.glob(pattern)):
        target = run.path / "phases" / path.name
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(path, target) if path.is_dir() else shutil.copy(path, target)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "training", str(run.path)], cwd=run.path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"the run failed: {(run.path / 'status.json').read_text('utf-8')}")
    shutil.rmtree(run.path / "chosen", ignore_errors=True)
    return run


def lay_out(run: RunDir, name: str, factor: float, *, tried: bool, seed: int) -> None:
    """Write the run as the product would, and move its rates: the plan's own and those tried around it."""
    made = prepare([_data(name)], options=DataOptions(seed=0))
    request = PlanRequest(
        brief=understand("", made.profile, {}), profile=made.profile, files=(_data(name),), model="practice", seed=seed,
        insist=("sft",), max_forgetting=BUDGET, overrides={"probe.run": tried},
    )  # fmt: skip
    raw = run_config(decide(facts_of(request, look())), made.profile, run=run.id).as_json()
    raw["stages"][0]["learning_rate"] *= factor
    for trial in (raw["probe"] or {}).get("trials", ()):
        trial["learning_rate"] *= factor
    if raw["probe"]:
        raw["probe"] |= {"lowest_rate": 1e-6, "highest_rate": 1.0}
    raw |= {"budget": {}, "threads": 1}
    run.data.mkdir(parents=True)
    for split in ("train", "dev", "test"):
        write_rows(run.data / f"{split}.jsonl", list(getattr(made, split)))
    RunConfig.from_json(raw).save(run.path / "run.json")


def _data(name: str) -> Path:
    """The task's rows as a person would hand them over."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{name}-{ROWS}.jsonl"
    rows = [{"input": asked, "output": answer} for asked, answer in TASKS[name]()]
    path.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
    )
    return path


if __name__ == "__main__":
    sys.exit(main())
