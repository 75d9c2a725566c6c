"""Six ways of not forgetting at the same learning rate, on five small tasks: is ours worth more than each of the others?

A run's worth is its score on 250 test items less what it forgot beyond 5 %. Four trainings for each task and seed: without
rehearsal, with 10 % and with 50 % of the tokens rehearsed by their words (the last step is kept, as is usual), and ours
(the plan's share, the untouched model's judgement kept, the choice among checkpoints and points nearer to the base). Two more are
other choices among the checkpoints of our training: the last one, and the one of least loss on held-out rows.

Worths are compared pair by pair, task and seed alike; the interval is a bootstrap over these pairs, after the mean of each
task. Finished runs lie beside those of `plans`, under a name that holds the practice model's weights, so it can be stopped.

    TUNESMITH_BENCH_TASKS=support TUNESMITH_BENCH_SEEDS=1 python -m tests.benchmarks policies     a part of it
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.engine import PlanRequest
from agent.planning import facts_of
from tests.benchmarks.bench_plans import KEPT, ROOT, TASKS
from tools.compose import run_config
from tools.dataset import DataOptions, prepare
from tools.decide import decide, understand
from tools.jobs.handover import hand_over, keep
from tools.machine import look
from training.config import RunConfig
from training.measured import Candidate, Measured
from training.practice import MODEL_DIR
from training.rows import write_rows
from training.rundir import RunDir

NAMES = ("support", "mandarin", "forms", "night", "urgent")
"""Of the tasks of `plans`, those with one right answer."""
ROWS, TEST_ROWS, REHEARSAL_ROWS = 300, 250, 900
PASSES, CHECKPOINTS = 2, 4
"""The same for all: our plan wants more for so few rows, and a run would take minutes."""
FORGOTTEN = 0.05
DRAWS = 4000
MEASURED = {
    "dev_items": 100, "probe_items": 150, "final_probe_items": 400, "prompt_items": 0, "robustness": False,
}  # fmt: skip
LAST_ONLY = {"dev_items": 20, "probe_items": 0, "interpolations": [1.0]}
"""Of a policy that keeps its last step, whatever it is worth."""
FIXED: dict[str, dict[str, Any]] = {
    "no replay": {"source": "none"},
    "fixed 10 %": {"source": "self", "share": 0.1, "min_rows": REHEARSAL_ROWS, "loss": "tokens"},
    "fixed 50 %": {"source": "self", "share": 0.5, "min_rows": REHEARSAL_ROWS, "loss": "tokens"},
}
CHOICES = "choices.json"
Worth = dict[str, float]


def main() -> int:
    """Run what is missing and print the table; give 1 where ours is not surely better than each, on all five tasks."""
    names = os.environ.get("TUNESMITH_BENCH_TASKS", ",".join(NAMES)).split(",")
    seeds = range(int(os.environ.get("TUNESMITH_BENCH_SEEDS", "3")))
    found: dict[str, list[dict[str, Worth]]] = {}
    for name in names:
        for seed in seeds:
            began = time.process_time() + _children_s()
            worths = policies(name, seed)
            spent = time.process_time() + _children_s() - began
            found.setdefault(name, []).append(worths)
            line = "; ".join(
                f"{policy} {one['task']:.3f} kept {one['kept']:.3f} = {worth(one):.3f}"
                for policy, one in worths.items()
            )
            print(f"  {name}, seed {seed} ({spent:.0f} CPU-s): {line}", flush=True)
    whole = set(names) == set(NAMES)
    print(f"{len(names)} tasks x {len(seeds)} seeds{'' if whole else ': a part, no verdict'}")
    holds = True
    for policy in ("no replay", "fixed 10 %", "fixed 50 %", "last checkpoint", "minimum loss"):
        apart = [
            [worth(one["ours"]) - worth(one[policy]) for one in each] for each in found.values()
        ]
        low, high, mean = interval(apart)
        holds = holds and low > 0
        lost = [name for name, each in zip(found, apart, strict=True) if statistics.mean(each) < 0]
        where = f"; not on {', '.join(lost)}" if lost else ""
        print(f"ours - {policy}: {mean:+.3f} [{low:+.3f}, {high:+.3f}]{where}")
    return 0 if holds or not whole else 1


def worth(one: Worth) -> float:
    """The score, less what was forgotten beyond what is allowed."""
    return one["task"] - max(0.0, 1 - FORGOTTEN - one["kept"])


def policies(name: str, seed: int) -> dict[str, Worth]:
    """Give what every policy reached on one task with one seed."""
    raw = ours(name, seed)
    run = carry_out(f"{name}-{seed}-ours", raw, name=name, seed=seed)
    chosen, others = result(run), choices(run)
    found = {"ours": chosen, **others}
    for policy, replay in FIXED.items():
        other = raw | {"replay": replay, "measure": raw["measure"] | LAST_ONLY}
        other["stages"] = [raw["stages"][0] | {"checkpoints": 1}]
        words = "-".join(policy.replace("%", "").split())
        found[policy] = result(carry_out(f"{name}-{seed}-{words}", other, name=name, seed=seed))
    return found


def ours(name: str, seed: int) -> dict[str, Any]:
    """Give our plan's run for these rows, made small: fewer rehearsal rows, fewer items to choose by."""
    data, test = _files(name, seed)
    made = prepare([data], options=DataOptions(eval_file=test, seed=seed))
    request = PlanRequest(
        brief=understand("", made.profile, {}), profile=made.profile, files=(data,), model="practice", seed=seed,
        insist=("sft",), max_forgetting=FORGOTTEN,
        overrides={"replay.min_rows": REHEARSAL_ROWS, "sft.epochs": PASSES, "sft.checkpoints": CHECKPOINTS},
    )  # fmt: skip
    plan = decide(facts_of(request, look()))
    raw = run_config(plan, made.profile, run="policies").as_json()
    raw["measure"] |= MEASURED
    raw["task"] |= {"prompts": [], "few_shot_examples": 0}
    return raw | {"budget": {}, "threads": 1, "hashes": {}, "probe": None}


def _files(name: str, seed: int) -> tuple[Path, Path]:
    """Write other rows for every seed, and others again for the test."""
    asked: dict[str, str] = dict(TASKS[name]())
    rows = [{"input": one, "output": answer} for one, answer in asked.items()]
    random.Random(f"{name} {seed}").shuffle(rows)
    folder = _folder() / "data"
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"train": rows[TEST_ROWS : TEST_ROWS + ROWS], "test": rows[:TEST_ROWS]}
    for part, some in parts.items():
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in some]
        (folder / f"{name}-{seed}-{part}.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder / f"{name}-{seed}-train.jsonl", folder / f"{name}-{seed}-test.jsonl"


def carry_out(key: str, raw: Mapping[str, Any], *, name: str, seed: int) -> RunDir:
    """Carry out one run, or find it done. What the untouched model does is done once for each seed."""
    said = json.dumps({**raw, "run": ""}, sort_keys=True, ensure_ascii=False)
    run = RunDir(_folder() / "runs" / f"{key}-{hashlib.sha256(said.encode()).hexdigest()[:8]}")
    if run.reading() == "done" or (run.path / CHOICES).exists():
        return run  # measuring other choices leaves its own status behind
    if run.path.exists():  # cut off before it was whole
        shutil.rmtree(run.path)
    data, test = _files(name, seed)
    made = prepare([data], options=DataOptions(eval_file=test, seed=seed))
    run.data.mkdir(parents=True)
    for split in ("train", "dev", "test"):
        write_rows(run.data / f"{split}.jsonl", list(getattr(made, split)))
    RunConfig.from_json({**raw, "run": run.id}).save(run.path / "run.json")
    hand_over(_folder(), run)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "training", str(run.path)], cwd=run.path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"the run failed: {(run.path / 'status.json').read_text('utf-8')}")
    keep(_folder(), run)
    return run


def result(run: RunDir) -> Worth:
    """Read what the chosen weights reached."""
    measured = Measured.load(run.path / "measured.json")
    assert measured.tuned is not None, f"{run.path} was measured to its end"
    kept = measured.retention.value if measured.retention else 1.0
    return {"task": measured.tuned.value, "kept": kept}


def choices(run: RunDir) -> dict[str, Worth]:
    """Measure what two simpler choices among the checkpoints of a finished run would have reached."""
    path = run.path / CHOICES
    if path.exists():
        kept: dict[str, Worth] = json.loads(path.read_text(encoding="utf-8"))
        return kept
    trained = [c for c in Measured.load(run.path / "measured.json").candidates if c.interpolation == 1.0]  # fmt: skip
    wanted = {
        "last checkpoint": max(trained, key=lambda c: c.step),
        "minimum loss": min(trained, key=lambda c: float("inf") if c.loss is None else c.loss),
    }
    found = {policy: _measured_at(run, candidate) for policy, candidate in wanted.items()}
    path.write_text(json.dumps(found), encoding="utf-8")
    shutil.rmtree(run.path / "chosen")  # fifteen models and their checkpoints
    shutil.rmtree(run.stages)
    return found


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


def _folder() -> Path:
    weights = sorted(MODEL_DIR.glob("*.safetensors"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in weights)).hexdigest()[:8]
    return KEPT / f"policies-{digest}"


def _children_s() -> float:
    spent = os.times()
    return spent.children_user + spent.children_system
