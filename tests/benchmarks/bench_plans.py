"""Is the plan a good one? Ours against a grid on the practice model, and against four simple policies (`make bench-plans`).

Six tasks, 24 configurations (rate x replay share x passes), seeds 0 and 1 for choosing; then our plan and every policy's
pick once more on a fresh seed, on the same held-out items. The checkpoint of least loss is no policy here: no run notes the
loss on held-out rows. A finished run is kept under the folder `TUNESMITH_BENCH` (by default
`~/.cache/tunesmith/bench-plans`), so that a grid that was stopped goes on where it was: about 300 runs of one to three minutes.

TUNESMITH_BENCH_TASKS=support,mandarin TUNESMITH_BENCH_CONFIGS=3 tries a part of it.
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
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agent.engine import PlanRequest
from agent.planning import facts_of
from tools.compose import run_config
from tools.dataset import DataOptions, prepare
from tools.decide import decide, understand
from tools.machine import look
from tools.rates import TINY_FULL_LR
from tools.run_answers import scored
from training.config import RunConfig
from training.measured import Measured
from training.practice.samples import forms, mandarin, support, tone
from training.rows import write_rows
from training.rundir import RunDir

ROOT = Path(__file__).resolve().parents[2]
KEPT = Path(os.environ.get("TUNESMITH_BENCH", Path.home() / ".cache" / "tunesmith" / "bench-plans"))
ROWS, FRESH_SEED, SEEDS = 1200, 7, (0, 1)
BUDGET = 0.05
"""Forgetting allowed; a point above it is worth what it exceeds it by, taken off."""
RATES, SHARES, EPOCHS = (0.25, 0.5, 1.0, 2.0), (0.0, 0.1, 0.5), (2, 4)
"""Rates as factors of the rate that the rules give so small a model."""
DRAWS = 2000


@dataclass(frozen=True)
class Config:
    """One point of the grid, or a policy's fixed one."""

    rate: float
    share: float
    epochs: int


GRID = tuple(Config(rate, share, epochs) for rate in RATES for share in SHARES for epochs in EPOCHS)
Make = Callable[[], list[tuple[str, str]]]
TASKS: dict[str, Make] = {
    "support": lambda: [(one.text, one.topic) for one in support.build(rows=ROWS).messages],
    "mandarin": lambda: mandarin.build(rows=ROWS),
    "forms": lambda: [(one["input"], one["output"]) for one in forms.build(rows=ROWS)],
    "tone": lambda: [(one["prompt"], one["chosen"]) for one in tone.build(rows=ROWS)],
    "night": lambda: [(one["input"], _field(one["output"], "nights")) for one in forms.build(1, rows=ROWS)],
    "urgent": lambda: [(text, f"{topic}!" if "!" in text else topic) for text, topic in mandarin.build(1, rows=ROWS)],
}  # fmt: skip
"""Sorting in English and Chinese, whole records, one field of them, a tone, and a label with a second bit in Chinese."""


def main() -> int:
    """Run what is missing, print the comparison; give 1 where a claim does not hold on six whole tasks."""
    names = os.environ.get("TUNESMITH_BENCH_TASKS", ",".join(TASKS)).split(",")
    count = int(os.environ.get("TUNESMITH_BENCH_CONFIGS", len(GRID)))
    grid = GRID if count >= len(GRID) else tuple(random.Random(0).sample(GRID, count))
    worth: dict[str, list[list[float]]] = {}
    for name in names:
        for policy, items in compare(name, grid).items():
            worth.setdefault(policy, []).append(items)
    whole = set(names) == set(TASKS) and len(grid) == len(GRID)
    print(f"{len(names)} of {len(TASKS)} tasks, {len(grid)} of {len(GRID)} configurations{'' if whole else ': a part, no verdict'}")  # fmt: skip
    ours, holds = worth.pop("ours"), True
    for policy, theirs in worth.items():
        low, high, mean = interval(ours, theirs)
        wanted = low <= 0 <= high if policy == "the grid's pick" else low > 0
        holds = holds and wanted
        print(f"ours - {policy}: {mean:+.3f} [{low:+.3f}, {high:+.3f}] {'as claimed' if wanted else 'NOT as claimed'}")  # fmt: skip
    return 0 if holds or not whole else 1


def compare(name: str, grid: Sequence[Config]) -> dict[str, list[float]]:
    """Choose on seeds 0 and 1, then give each policy's worth, item by item, on the fresh seed."""
    scored = {
        config: statistics.mean(worth_of(carry_out(name, config, seed)) for seed in SEEDS)
        for config in grid
    }
    best = max(scored, key=lambda config: scored[config])
    usual = Config(1.0, 0.5, 4)
    arms: dict[str, tuple[Config | None, dict[str, Any]]] = {
        "ours": (None, {}),
        "the grid's pick": (best, {}),
        "no replay": (Config(1.0, 0.0, 4), {}),
        "fixed 10 %": (Config(1.0, 0.1, 4), {}),
        "fixed 50 %": (usual, {}),
        "the last checkpoint": (None, {"checkpoints": 1, "interpolations": [1.0]}),
    }
    found = {}
    for policy, (config, how) in arms.items():
        run = carry_out(name, config, FRESH_SEED, how)
        found[policy] = items_of(run)
        print(f"  {name}, {policy}: {worth_of(run):.3f}{f' ({config})' if config else ''}", flush=True)  # fmt: skip
    return found


def worth_of(run: RunDir) -> float:
    """The task's score, less what was forgotten beyond the budget."""
    return statistics.mean(items_of(run))


def items_of(run: RunDir) -> list[float]:
    """The same for each test item, in the items' order."""
    measured = Measured.load(run.path / "measured.json")
    kept = measured.retention.value if measured.retention else 1.0
    over = max(0.0, 1 - BUDGET - kept)
    found = sorted(scored(run.path), key=lambda one: one.row.id)
    assert found and all(one.tuned_score is not None for one in found), "every item was scored"
    return [(one.tuned_score or 0.0) - over for one in found]


def carry_out(
    name: str, config: Config | None, seed: int, how: dict[str, Any] | None = None
) -> RunDir:
    """Carry out one run as the product does, or find it done; without a configuration, as our plan decides."""
    how = how or {}
    said = json.dumps(
        [name, None if config is None else asdict(config), seed, how, ROWS], sort_keys=True
    )
    run = RunDir(KEPT / f"{name}-{hashlib.sha256(said.encode()).hexdigest()[:10]}")
    if run.reading() == "done":
        return run
    if run.path.exists():  # cut off before it was whole
        shutil.rmtree(run.path)
    KEPT.mkdir(parents=True, exist_ok=True)
    data = KEPT / f"{name}.jsonl"
    rows = [{"input": asked, "output": answer} for asked, answer in TASKS[name]()]
    data.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
    )
    made = prepare([data], options=DataOptions(seed=0))
    settings = {} if config is None else {
        "sft.learning_rate": TINY_FULL_LR["sft"] * config.rate, "replay.share": config.share, "sft.epochs": config.epochs,
    }  # fmt: skip
    if config is not None and not config.share:
        settings["replay.source"] = "none"
    request = PlanRequest(
        brief=understand("", made.profile, {}), profile=made.profile, files=(data,), model="practice", seed=seed,
        insist=("sft",), max_forgetting=BUDGET, overrides=settings,
    )  # fmt: skip
    plan = decide(facts_of(request, look()))
    raw = run_config(plan, made.profile, run=run.id).as_json()
    raw["stages"][0] |= {key: value for key, value in how.items() if key == "checkpoints"}
    raw["measure"] |= {key: value for key, value in how.items() if key == "interpolations"}
    raw |= {"budget": {}, "threads": 1}
    for split in ("train", "dev", "test"):
        run.data.mkdir(parents=True, exist_ok=True)
        write_rows(run.data / f"{split}.jsonl", list(getattr(made, split)))
    RunConfig.from_json(raw).save(run.path / "run.json")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "training", str(run.path)], cwd=run.path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"the run failed: {(run.path / 'status.json').read_text('utf-8')}")
    shutil.rmtree(
        run.path / "chosen", ignore_errors=True
    )  # 300 models take 2 GB; what was measured stays
    return run


def interval(
    ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]
) -> tuple[float, float, float]:
    """The paired difference over tasks, each weighing the same: 95 % by bootstrap of the items within tasks."""
    draw = random.Random(0)
    apart = [[a - b for a, b in zip(one, other, strict=True)] for one, other in zip(ours, theirs, strict=True)]  # fmt: skip
    means = sorted(
        statistics.mean(statistics.fmean(draw.choices(task, k=len(task))) for task in apart)
        for _ in range(DRAWS)
    )
    centre = statistics.mean(statistics.fmean(task) for task in apart)
    return means[round(DRAWS * 0.025)], means[round(DRAWS * 0.975)], centre


def _field(record: str, name: str) -> str:
    return str(json.loads(record)[name])
