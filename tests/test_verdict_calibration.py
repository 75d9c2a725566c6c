"""How often chance alone is called better or worse, and how often a real change is missed."""

from __future__ import annotations

import numpy as np

from tools.verdict import report
from training import statistics
from training.measured import (
    Candidate,
    Measured,
    NamedScore,
)
from training.selection import choose


def a_run(generator: np.random.Generator, *, gain: float = 0.0, forget: float = 0.0) -> Measured:
    """Simulate a run: checkpoints chosen on dev and choosing probes, then measured once on test and fresh probes."""

    def answers(
        items: int, share: float, change: float, drop: float
    ) -> tuple[list[float], list[float]]:
        base = generator.random(items) < share
        tuned = np.where(generator.random(items) < 0.2, generator.random(items) < share, base)
        tuned = np.where(generator.random(items) < change, True, tuned)
        tuned = np.where(generator.random(items) < drop, False, tuned)
        return list(base.astype(float)), list(tuned.astype(float))

    candidates = []
    for step in range(6):
        _, dev = answers(200, 0.7, gain, 0)
        before, after = answers(200, 0.85, 0, forget)
        left = sum(after) / sum(before)
        candidates.append(
            Candidate(
                stage="1-sft", step=step, interpolation=1.0, task=statistics.score("accuracy", dev),
                retention=left,
            )
        )  # fmt: skip
    marked, because = choose(candidates, max_forgetting=0.05)
    base, tuned = answers(300, 0.7, gain, 0)
    before, after = answers(1000, 0.85, 0, forget)
    untouched = statistics.score("accuracy", base)
    return Measured(
        run="r",
        complete=True,
        baselines=(NamedScore(name="zero-shot", **untouched.model_dump()),),
        baseline_chosen="zero-shot",
        tuned=statistics.score("accuracy", tuned),
        difference=statistics.difference(base, tuned, metric="accuracy"),
        retention=statistics.retention({"a": before}, {"a": after}),
        candidates=tuple(marked),
        chosen_because=because,
    )


def test_a_training_that_changed_nothing_is_called_better_or_worse_in_few_of_400_runs() -> None:
    generator = np.random.default_rng(21)
    better = worse = shipped = 0
    for _ in range(400):
        run = a_run(generator)
        assert run.difference is not None
        better += run.difference.better is True
        worse += run.difference.better is False
        shipped += report(None, run).verdict == "ship"
    assert better <= 20
    assert worse <= 20
    assert shipped <= 20


def test_a_real_gain_is_shipped_and_real_forgetting_is_not() -> None:
    generator = np.random.default_rng(22)
    gained = [report(None, a_run(generator, gain=0.5)).verdict for _ in range(40)]
    assert gained.count("ship") >= 30
    forgot = [report(None, a_run(generator, gain=0.5, forget=0.08)).verdict for _ in range(100)]
    assert forgot.count("ship") <= 5
