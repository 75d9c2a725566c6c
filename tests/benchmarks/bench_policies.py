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

import os
import statistics

from tests.benchmarks.arms import POLICIES, Arms, Size, Worth, interval, worth
from tests.benchmarks.small_tasks import TASKS

NAMES = ("support", "mandarin", "forms", "night", "urgent")
"""Of `TASKS`, those with one right answer."""
SIZE = Size(
    folder="policies", tasks=TASKS, rows=300, test_rows=250,
    settings={"replay.min_rows": 900, "sft.epochs": 2, "sft.checkpoints": 4},
    measured={"dev_items": 100, "probe_items": 150, "final_probe_items": 400, "prompt_items": 0, "robustness": False},
)  # fmt: skip
"""The same for all: our plan wants more passes for so few rows, and a run would take minutes."""


def main() -> int:
    """Run what is missing and print the table; give 1 where ours is not surely better than each, on all five tasks."""
    names = os.environ.get("TUNESMITH_BENCH_TASKS", ",".join(NAMES)).split(",")
    seeds = range(int(os.environ.get("TUNESMITH_BENCH_SEEDS", "3")))
    found: dict[str, list[dict[str, Worth]]] = {}
    for name in names:
        for seed in seeds:
            worths = Arms(SIZE, name, seed).policies()
            found.setdefault(name, []).append(worths)
            line = "; ".join(
                f"{policy} {one['task']:.3f} kept {one['kept']:.3f} = {worth(one):.3f}"
                for policy, one in worths.items()
            )
            print(f"  {name}, seed {seed}: {line}", flush=True)
    whole = set(names) == set(NAMES)
    print(f"{len(names)} tasks x {len(seeds)} seeds{'' if whole else ': a part, no verdict'}")
    holds = True
    for policy in POLICIES:
        apart = [
            [worth(one["ours"]) - worth(one[policy]) for one in each] for each in found.values()
        ]
        low, high, mean = interval(apart)
        holds = holds and low > 0
        lost = [name for name, each in zip(found, apart, strict=True) if statistics.mean(each) < 0]
        where = f"; not on {', '.join(lost)}" if lost else ""
        print(f"ours - {policy}: {mean:+.3f} [{low:+.3f}, {high:+.3f}]{where}")
    return 0 if holds or not whole else 1
