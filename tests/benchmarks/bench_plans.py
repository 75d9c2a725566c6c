"""Is the plan a good one? Ours against a grid on the practice model, and against five simple policies (`make bench-plans`).

Six tasks of 1,000 short rows (600 to learn and choose from, 400 for the test; `small_tasks.SHORT`, two of them Chinese), 24
configurations (rate x share of rehearsal x passes, the last step kept), all with seed 0, the best quarter of them with seed 1
too: with all of them it would take hours. The configuration of the highest mean worth is the grid's pick. Then our plan as it is decided, every policy of
`policies`, and the pick are carried out on fresh seeds: other rows, another test, other general questions. The pick is also
tried with our choice of checkpoint. A run's worth is its score less what it forgot beyond 5 %.

Every run is kept (`arms`), so that a grid that was stopped goes on where it was; the rates of the grid do not follow the
rules, so it need not be made again when those change. It takes about 90 minutes of one core.

    TUNESMITH_BENCH_TASKS=support TUNESMITH_BENCH_CONFIGS=3 TUNESMITH_BENCH_SEEDS=1 make bench-plans     a part of it
"""

from __future__ import annotations

import os
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.arms import (
    LAST_ONLY,
    POLICIES,
    Arms,
    Size,
    Worth,
    interval,
    result,
    spent_s,
    worth,
)
from tests.benchmarks.small_tasks import SHORT
from training.rundir import RunDir

SIZE = Size(
    folder="plans", tasks=SHORT, rows=600, test_rows=400,
    measured={"final_probe_items": 400, "prompt_items": 0, "robustness": False},
)  # fmt: skip
SEEDS, FRESH_SEEDS = (0, 1), (7, 8, 9)
RATES, SHARES, EPOCHS = (1e-4, 2e-4, 4e-4, 8e-4), (0.3, 0.5, 0.7), (1, 3)
GRID_STAGE = {"batch_size": 8, "micro_batch_size": 8, "warmup_share": 0.05, "checkpoints": 1}
GRID_ROWS = 1260
"""Conversations to rehearse, as many as our plan wants for so few rows."""
GRID_MEASURED = LAST_ONLY | {"final_probe_items": 150}
PICK, PICK_CHOSEN = "the grid's pick", "the pick, its checkpoint chosen"


@dataclass(frozen=True)
class Config:
    """One point of the grid."""

    rate: float
    share: float
    epochs: int

    def __str__(self) -> str:
        return f"{self.rate:.1e}, {self.share:.0%}, {self.epochs} passes"


GRID = tuple(Config(rate, share, epochs) for rate in RATES for share in SHARES for epochs in EPOCHS)


def main() -> int:
    """Run what is missing, print the comparison; give 1 where a claim does not hold on six whole tasks."""
    names = os.environ.get("TUNESMITH_BENCH_TASKS", ",".join(SHORT)).split(",")
    count = int(os.environ.get("TUNESMITH_BENCH_CONFIGS", len(GRID)))
    seeds = FRESH_SEEDS[: int(os.environ.get("TUNESMITH_BENCH_SEEDS", len(FRESH_SEEDS)))]
    grid = GRID if count >= len(GRID) else tuple(random.Random(0).sample(GRID, count))
    tried = {name: search(name, grid) for name in names}
    tell_grid(tried)
    found = {name: [fresh(name, seed, best(tried[name])) for seed in seeds] for name in names}
    tell_worths(found, tried)
    whole = set(names) == set(SHORT) and len(grid) == len(GRID)
    print(f"{len(names)} of {len(SHORT)} tasks, {len(grid)} of {len(GRID)} configurations, {len(seeds)} fresh seeds{'' if whole else ': a part, no verdict'}")  # fmt: skip
    holds = True
    for policy in (PICK, PICK_CHOSEN, *POLICIES):
        low, high, mean = interval(apart(found, policy))
        wanted = low > 0 if policy in POLICIES else high >= 0  # the pick must not be surely better
        holds = holds and (wanted or policy == PICK_CHOSEN)
        print(f"ours - {policy}: {mean:+.3f} [{low:+.3f}, {high:+.3f}] {'as claimed' if wanted else 'NOT as claimed'}")  # fmt: skip
    runs = [RunDir(path) for path in sorted((Arms(SIZE, names[0], 0).folder() / "runs").iterdir())]
    print(f"{len(runs)} runs, {sum(map(spent_s, runs)) / 60:.0f} CPU minutes in all")
    return 0 if holds or not whole else 1


def search(name: str, grid: Sequence[Config]) -> dict[Config, list[Worth]]:
    """Try every configuration with the first seed, and the best quarter of them with the second."""
    tried: dict[Config, list[Worth]] = {config: [] for config in grid}
    left = list(grid)
    for seed in SEEDS:
        arms = Arms(SIZE, name, seed)
        ours = arms.ours()
        for config in left:
            known_by = f"{config}; {SIZE.rows} rows, {SIZE.test_rows} for the test"
            key = f"grid-{config.rate:g}-{config.share:g}-{config.epochs}"
            run = arms.carry_out(key, configured(ours, config), known_by=known_by)
            tried[config].append(result(run))
        arms.forget_untouched()
        left.sort(key=lambda config: -statistics.mean(map(worth, tried[config])))
        left = left[: max(1, len(left) // 4)]
    return tried


def configured(ours: dict[str, Any], config: Config, *, last_only: bool = True) -> dict[str, Any]:
    """Our run with a configuration's values."""
    stage = ours["stages"][0] | GRID_STAGE | {"learning_rate": config.rate, "epochs": config.epochs}
    replay = {"source": "self", "share": config.share, "min_rows": GRID_ROWS, "loss": "kl"}
    if not last_only:
        stage["checkpoints"] = ours["stages"][0]["checkpoints"]
        return ours | {"stages": [stage], "replay": replay}
    return ours | {"stages": [stage], "replay": replay, "measure": ours["measure"] | GRID_MEASURED}


def best(tried: dict[Config, list[Worth]]) -> Config:
    """Give the grid's pick, of those tried with every seed."""
    most = max(map(len, tried.values()))
    whole = [config for config, worths in tried.items() if len(worths) == most]
    return max(whole, key=lambda config: statistics.mean(map(worth, tried[config])))


def fresh(name: str, seed: int, pick: Config) -> dict[str, Worth]:
    """Carry out ours, every policy and the grid's pick on rows and questions that chose nothing."""
    arms = Arms(SIZE, name, seed)
    found = arms.policies()
    ours = arms.ours()
    for policy, last_only in ((PICK, True), (PICK_CHOSEN, False)):
        raw = configured(ours, pick, last_only=last_only)
        raw["measure"] = raw["measure"] | {"final_probe_items": SIZE.measured["final_probe_items"]}
        found[policy] = result(arms.carry_out(f"pick-{'last' if last_only else 'chosen'}", raw))
    arms.forget_untouched()
    return found


def apart(found: dict[str, list[dict[str, Worth]]], policy: str) -> list[list[float]]:
    """Give ours less a policy's, task by task and seed by seed."""
    return [[worth(one["ours"]) - worth(one[policy]) for one in each] for each in found.values()]


def tell_grid(tried: dict[str, dict[Config, list[Worth]]]) -> None:
    """Print what every configuration was worth with the first seed: each task, and the mean."""
    names = list(tried)
    print(f"{'worth of the grid, seed 0':<28}" + "".join(f"{name:>10}" for name in names) + f"{'mean':>8}")  # fmt: skip
    rows = {config: [worth(tried[name][config][0]) for name in names] for config in tried[names[0]]}
    for config, row in sorted(rows.items(), key=lambda one: -statistics.mean(one[1])):
        print(f"{config!s:<28}" + "".join(f"{value:>10.3f}" for value in row) + f"{statistics.mean(row):>8.3f}")  # fmt: skip


def tell_worths(
    found: dict[str, list[dict[str, Worth]]], tried: dict[str, dict[Config, list[Worth]]]
) -> None:
    """Print what each policy reached on each task: the means over the fresh seeds."""
    for name, each in found.items():
        print(f"{name}: the grid's pick is {best(tried[name])}")
        for policy in each[0]:
            ones = [one[policy] for one in each]
            task, kept, value = (statistics.mean(values) for values in zip(*((one["task"], one["kept"], worth(one)) for one in ones), strict=True))  # fmt: skip
            print(f"  {policy:<32} {task:.3f} right, {kept:.3f} kept, worth {value:.3f}")
