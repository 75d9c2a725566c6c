"""Do short trainings before a long one find a better rate where the plan's is wrong, and what do they cost?

On the practice model, two tasks of 2,000 rows (750 of them a test and rows to choose by). The plan's rate as the rules give it,
eight times as high and an eighth of it: each with short trainings first, the wrong ones without them too. A person who sets a
rate keeps it, so wrong rates are put into the run's configuration, around which the trials are laid out as the plan lays them
out. Runs keep their last step. What the trials cost is their seconds in the run's own account over those of the rest of it, so
it says the same on a busy machine. Gives 1 where trials of a wrong rate find nothing better, or cost more than 15 % as
reckoned and a third for the reckoning.

    TUNESMITH_BENCH_TASKS=support python -m tests.benchmarks probe     one task
"""

from __future__ import annotations

import os
from typing import Any

from tests.benchmarks.arms import Arms, Size, result, worth
from tests.benchmarks.small_tasks import LONG
from training.measured import Measured
from training.rundir import RunDir

SIZE = Size(
    folder="probe", tasks=LONG, rows=1600, test_rows=400, settings={"probe.run": True},
    measured={"final_probe_items": 400, "prompt_items": 0, "robustness": False, "interpolations": [1.0]},
)  # fmt: skip
FACTORS = (8.0, 0.125, 1.0)
MOST = 0.2


def main() -> int:
    """Run what is missing and tell every run."""
    failed = False
    for name in os.environ.get("TUNESMITH_BENCH_TASKS", ",".join(LONG)).split(","):
        arms = Arms(SIZE, name, 0)
        for factor in FACTORS:
            tried = arms.carry_out(f"{factor:g}-tried", laid_out(arms, factor, tried=True))
            failed |= tell(name, factor, tried)
            if factor != 1.0:
                plain = arms.carry_out(f"{factor:g}-plain", laid_out(arms, factor, tried=False))
                tell(name, factor, plain)
                failed |= worth(result(plain)) >= worth(result(tried))
        arms.forget_untouched()
    return int(failed)


def laid_out(arms: Arms, factor: float, *, tried: bool) -> dict[str, Any]:
    """The run as the product would have it, with other rates: the plan's own and those tried around it."""
    raw = arms.ours(with_trials=True)
    raw["stages"][0] |= {
        "learning_rate": raw["stages"][0]["learning_rate"] * factor,
        "checkpoints": 1,
    }
    if raw["probe"] is None:
        raise SystemExit("the plan makes no short trainings: its 15 % do not pay them")
    for trial in raw["probe"]["trials"]:
        trial["learning_rate"] *= factor
    raw["probe"] |= {"lowest_rate": 1e-6, "highest_rate": 1.0}
    return raw | ({} if tried else {"probe": None})


def tell(name: str, factor: float, run: RunDir) -> bool:
    """Print what came of a run; say whether its trials cost too much."""
    measured, planned = Measured.load(run.path / "measured.json"), run.config().stages[0]
    found = result(run)
    came = f"{found['task']:.3f} right, {found['kept']:.1%} kept, worth {worth(found):.3f}"
    line, probe = f"{name}, rate x {factor:g} = {planned.learning_rate:.1e}", measured.probe
    if probe is None:
        print(f"{line}, as it is: {came}", flush=True)
        return False
    share = probe.minutes / (measured.spent.minutes - probe.minutes)
    print(f"{line}, tried first: trained at {probe.learning_rate:.1e} with {probe.replay_share:.0%} general text: {came}; {len(probe.trials)} trials took {probe.minutes * 60:.0f} s, {share:.0%} of the rest", flush=True)  # fmt: skip
    for one in probe.trials:
        task = "left the rails" if one.task is None else f"{one.task.value:.3f}"
        print(f"    round {one.round}: {one.learning_rate:.1e}, {one.replay_share:.0%}, {one.steps} steps: {task}, kept {one.retention or 0:.2f}, worth {one.worth or 0:.3f}{' <- chosen' if one.chosen else ''}", flush=True)  # fmt: skip
    return share > MOST
