"""Does Tunesmith decide as the evidence says? Cases written from the rule base, and how long a decision takes.

Each case in `decisions/*.toml` is a situation with the rules it rests on: pipelines that may be advised and that may
not, warnings that have to be given, ranges in which values have to lie. `decisions/left_out.toml` says of every other
rule of the rule base (sections 1 to 5) where it is tried instead, or why it is not ours.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter

from tests.decision_cases import cases, facts_of, left_out, problems
from tools.decide import decide
from tools.errors import PlanError

REPEATS = 5


def main() -> int:
    every = cases()
    wrong = {case.id: found for case in every if (found := problems(case))}
    total, passed = (
        Counter(case.file for case in every),
        Counter(case.file for case in every if case.id not in wrong),
    )
    print(f"{'file':<14}{'cases':>6}{'passed':>8}")
    for name in sorted(total):
        print(f"{name:<14}{total[name]:>6}{passed[name]:>8}")
    print(f"{'all':<14}{sum(total.values()):>6}{sum(passed.values()):>8}")
    for name, found in wrong.items():
        print(f"\n{name}")
        for one in found:
            print(f"  {one}")
    rules = {rule for case in every for rule in case.rules}
    print(f"\n{len(rules)} rules exercised, {len(left_out())} left out with the reason")
    print(f"a full re-decision: {_milliseconds()}")
    return len(wrong)


def _milliseconds() -> str:
    """The processor time of a whole decision, questions and counterfactuals included: the best of five of each case."""
    taken = []
    for case in cases():
        known, tries = facts_of(case.given), []
        for _ in range(REPEATS):
            began = time.process_time()
            try:
                decide(known)
            except PlanError:
                break
            tries.append((time.process_time() - began) * 1000)
        taken += [min(tries)] if tries else []
    ordered = sorted(taken)
    return f"{statistics.median(ordered):.1f} ms at the median, {ordered[int(0.95 * len(ordered))]:.1f} at the 95th percentile, {ordered[-1]:.1f} at most"
