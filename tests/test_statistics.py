"""Intervals and tests against published tables, and against simulated truth."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from training import intervals, statistics
from training.config import Metric
from training.measured import Retention

WILSON_HALF_WIDTHS = {  # ST-01: items -> points at p = .5, .8, .9
    30: (16.8, 13.9, 11.1),
    50: (13.4, 10.9, 8.5),
    100: (9.6, 7.8, 6.0),
    200: (6.9, 5.5, 4.2),
    500: (4.4, 3.5, 2.6),
    1000: (3.1, 2.5, 1.9),
}
REQUIRED = {  # ST-03: difference -> items at discordant shares .1, .2, .3
    0.10: (77, 155, 234),
    0.05: (312, 626, 940),
    0.03: (870, 1742, 2614),
    0.02: (1960, 3923, 5885),
}


@pytest.mark.parametrize("items", WILSON_HALF_WIDTHS)
def test_wilson_half_widths_are_those_of_the_rule(items: int) -> None:
    for share, points in zip((0.5, 0.8, 0.9), WILSON_HALF_WIDTHS[items], strict=True):
        low, high = intervals.wilson(share * items, items)
        assert 50 * (high - low) == pytest.approx(points, abs=0.06)


def test_wilson_at_the_edges() -> None:
    assert intervals.wilson(0, 0) == (0.0, 1.0)
    low, high = intervals.wilson(0, 20)
    assert (low, round(high, 3)) == (0.0, 0.161)
    low, high = intervals.wilson(20, 20)
    assert (round(low, 3), high) == (0.839, 1.0)


@pytest.mark.parametrize("difference", REQUIRED)
def test_required_items_are_those_of_the_rule(difference: float) -> None:
    found = tuple(intervals.required_items(difference, psi) for psi in (0.1, 0.2, 0.3))
    assert found == REQUIRED[difference]


def test_a_difference_larger_than_the_changed_share_is_refused() -> None:
    with pytest.raises(ValueError, match=r"needs at least that share of changed items"):
        intervals.required_items(0.2, 0.1)


def test_the_detectable_difference_inverts_the_required_items() -> None:
    assert intervals.detectable_difference(626, 0.2) == pytest.approx(0.05, abs=2e-4)
    assert intervals.detectable_difference(0, 0.2) == 0.2
    assert intervals.detectable_difference(3, 0.2) == 0.2


@pytest.mark.parametrize(("items", "bound"), [(30, 0.10), (100, 0.03), (300, 0.01)])
def test_no_failure_seen_still_bounds_the_share(items: int, bound: float) -> None:
    assert intervals.rule_of_three(items) == pytest.approx(bound, abs=0.005)
    assert intervals.rule_of_three(0) == 1.0


@pytest.mark.parametrize(
    ("only_base", "only_tuned", "p"),
    [(0, 0, 1.0), (0, 5, 0.0625), (0, 6, 0.03125), (1, 9, 0.021484375), (5, 5, 1.0), (4, 5, 1.0)],
)
def test_mcnemar_is_exact(only_base: int, only_tuned: int, p: float) -> None:
    assert intervals.mcnemar(only_base, only_tuned) == pytest.approx(p)
    assert intervals.mcnemar(only_tuned, only_base) == pytest.approx(p)


def test_mcnemar_stays_finite_for_thousands() -> None:
    assert 0 <= intervals.mcnemar(2000, 3000) < 1e-40


@pytest.mark.parametrize(
    ("only_base", "only_tuned", "items"), [(1, 12, 44), (10, 30, 400), (0, 7, 25), (5, 5, 60)]
)
def test_the_paired_interval_inverts_the_score_test(
    only_base: int, only_tuned: int, items: int
) -> None:
    """At each end the score test, its nuisance share found by plain search, stands at 1.96."""
    for delta in intervals.paired_interval(only_base, only_tuned, items):
        lost = np.linspace(max(0, -delta), (1 - delta) / 2, 400_001)[1:-1]
        same = items - only_base - only_tuned
        with np.errstate(divide="ignore"):
            likelihood = only_tuned * np.log(lost + delta) + same * np.log(1 - 2 * lost - delta)
            likelihood = likelihood + (only_base * np.log(lost) if only_base else 0.0)
        nuisance = lost[np.argmax(likelihood)]
        error = np.sqrt(items * (2 * nuisance + delta - delta**2))
        assert abs(only_tuned - only_base - items * delta) / error == pytest.approx(1.96, abs=0.002)


@pytest.mark.parametrize("items", [10, 100, 400])
def test_no_change_at_all_still_leaves_an_interval(items: int) -> None:
    end = 1.96**2 / (items + 1.96**2)  # Tango's interval has this closed form where nothing changed
    assert intervals.paired_interval(0, 0, items) == pytest.approx((-end, end), rel=1e-3)
    assert intervals.paired_interval(0, 0, 0) == (-1.0, 1.0)
    assert intervals.paired_interval(0, items, items)[1] == 1.0


def test_student_t_matches_the_table() -> None:
    for freedom, point in {1: 12.706, 4: 2.776, 9: 2.262, 29: 2.045, 120: 1.980}.items():
        assert intervals.student_t_95(freedom) == pytest.approx(point, abs=0.006)


def test_holm_adjusts_in_order_and_keeps_places() -> None:
    assert intervals.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert intervals.holm([]) == []


def test_scores_at_the_edges() -> None:
    nothing = statistics.score("accuracy", [])
    assert (nothing.value, nothing.low, nothing.high, nothing.items) == (0, 0, 1, 0)
    perfect = statistics.score("accuracy", [1.0] * 10)
    assert (perfect.value, round(perfect.low, 2), perfect.high) == (1, 0.72, 1)
    single = statistics.score("rouge", [0.4])
    assert single.low < 0.1 and single.high > 0.9
    same = statistics.score("rouge", [0.5] * 100)
    assert 0.45 < same.low < 0.5 < same.high < 0.55


def test_scores_are_the_same_every_time() -> None:
    values = list(np.random.default_rng(1).random(50))
    assert statistics.score("rouge", values) == statistics.score("rouge", values)


def test_lists_of_different_length_are_not_the_same_items() -> None:
    with pytest.raises(ValueError, match="not the same items"):
        statistics.difference([1.0], [1.0, 0.0], metric="accuracy")
    with pytest.raises(ValueError, match="probes 'b'"):
        statistics.retention({"a": [1.0]}, {"a": [1.0], "b": [1.0]})


@pytest.mark.parametrize("metric", ["accuracy", "rouge", "macro_f1", "reward"])
@pytest.mark.parametrize("items", [0, 1, 2, 5])
def test_a_handful_of_items_never_proves_anything(metric: Metric, items: int) -> None:
    found = statistics.difference([0.0] * items, [1.0] * items, metric=metric)
    assert found.better is None
    assert found.low <= 0 <= found.high
    assert found.p > 0.05


def test_interval_and_test_always_agree() -> None:
    generator = np.random.default_rng(3)
    for _ in range(200):
        items = int(generator.integers(2, 80))
        base = (generator.random(items) < 0.5).astype(float)
        tuned = np.where(generator.random(items) < 0.3, 1.0, base)
        for metric in ("accuracy", "rouge"):
            found = statistics.difference(list(base), list(tuned), metric=metric)  # type: ignore[arg-type]
            excludes = found.low > 0 or found.high < 0
            assert (found.better is not None) == excludes
            assert found.low <= found.value <= found.high
            assert found.better is None or found.p < 0.05


def test_fewer_bits_are_better() -> None:
    base = list(np.random.default_rng(0).normal(2, 0.2, 60))
    found = statistics.difference(base, [bits - 0.1 for bits in base], metric="bits_per_byte")
    assert (found.better, found.test) == (True, "paired bootstrap")
    assert found.value == pytest.approx(-0.1)


@pytest.mark.parametrize(("items", "share", "shift"), [(60, 0.8, 0.05), (300, 0.5, 0.0)])
def test_binary_difference_intervals_cover_the_truth(
    items: int, share: float, shift: float
) -> None:
    generator, covered, trials = np.random.default_rng(11), 0, 400
    for _ in range(trials):
        base = generator.random(items) < share
        tuned = np.where(generator.random(items) < 0.2, generator.random(items) < share, base)
        tuned |= generator.random(items) < shift / (1 - share)
        low, high = intervals.paired_interval(
            int(np.sum(base & ~tuned)), int(np.sum(~base & tuned)), items
        )
        covered += low <= shift <= high
    assert 0.925 <= covered / trials <= 0.99


@pytest.mark.parametrize(("items", "skewed"), [(12, False), (80, True)])
def test_bootstrap_difference_intervals_cover_the_truth(items: int, skewed: bool) -> None:
    generator, covered, trials = np.random.default_rng(12), 0, 300
    for _ in range(trials):
        base = generator.beta(2, 2, items)
        noise = (
            generator.exponential(0.1, items) - 0.1 if skewed else generator.normal(0, 0.1, items)
        )
        tuned = base + noise + 0.05
        found = statistics.difference(list(base), list(tuned), metric="rouge")
        covered += found.low <= 0.05 <= found.high
    assert covered / trials >= 0.92


def test_retention_says_what_was_kept_per_family() -> None:
    found = statistics.retention(
        {"sums": [1.0] * 100, "lists": [1.0] * 50 + [0.0] * 50},
        {"sums": [1.0] * 90 + [0.0] * 10, "lists": [1.0] * 50 + [0.0] * 50},
    )
    assert found.value == pytest.approx(140 / 150)
    assert found.low < 0.91 < found.value < found.high < 0.99
    assert (found.probes["sums"].tuned, found.probes["lists"].items) == (0.9, 100)
    assert statistics.keeps_budget(found, max_forgetting=0.05) is None
    assert statistics.keeps_budget(found, max_forgetting=0.01) is False
    assert statistics.keeps_budget(found, max_forgetting=0.2) is True


def test_nothing_lost_on_few_probes_is_no_proof() -> None:
    few = statistics.retention({"a": [1.0] * 20}, {"a": [1.0] * 20})
    assert few.value == 1.0
    assert statistics.keeps_budget(few, max_forgetting=0.05) is None
    many = statistics.retention({"a": [1.0] * 400}, {"a": [1.0] * 400})
    assert statistics.keeps_budget(many, max_forgetting=0.05) is True


@pytest.mark.parametrize("base", [{}, {"a": []}, {"a": [0.0, 0.0]}])
def test_a_base_that_can_nothing_leaves_retention_unknown(base: dict[str, list[float]]) -> None:
    tuned = {name: [1.0] * len(values) for name, values in base.items()}
    found = statistics.retention(base, tuned)
    assert (found.value, found.low, found.high) == (1.0, 0.0, 1.0)


def test_retention_intervals_cover_the_truth() -> None:
    generator, covered, trials = np.random.default_rng(13), 0, 400
    for _ in range(trials):
        base = {name: (generator.random(60) < p).astype(float) for name, p in _FAMILIES.items()}
        tuned = {
            name: np.where(generator.random(60) < 0.06, 0.0, values)
            for name, values in base.items()
        }
        found = statistics.retention(base, tuned)  # type: ignore[arg-type]
        covered += found.low <= 0.94 <= found.high
    assert covered / trials >= 0.93


_FAMILIES = {"a": 0.95, "b": 0.8, "c": 0.6}


def test_enough_probes_show_that_the_budget_is_kept() -> None:
    items = intervals.required_probe_items(0.05, base_share=0.83, discordant_share=0.06)
    generator, shown, trials = np.random.default_rng(14), 0, 200
    for _ in range(trials):
        base = (generator.random(items) < 0.83).astype(float)
        coin = generator.random(items)
        tuned = np.where(coin < 0.03 / 0.83, 0.0, base)
        tuned = np.where((base == 0) & (coin < 0.03 / 0.17), 1.0, tuned)
        found = statistics.retention({"a": list(base)}, {"a": list(tuned)})
        shown += statistics.keeps_budget(found, max_forgetting=0.05) is True
    assert shown / trials > 0.7
    with pytest.raises(ValueError, match="no room"):
        intervals.required_probe_items(0.05, base_share=0.8, expected=0.94)


def test_a_kept_budget_is_claimed_wrongly_in_few_runs() -> None:
    generator, wrong, trials = np.random.default_rng(15), 0, 400
    for _ in range(trials):
        base = (generator.random(400) < 0.85).astype(float)
        tuned = np.where(generator.random(400) < 0.055, 0.0, base)  # truly .945: beyond the budget
        found = statistics.retention({"a": list(base)}, {"a": list(tuned)})
        wrong += statistics.keeps_budget(found, max_forgetting=0.05) is True
    assert wrong / trials <= 0.05


def test_a_drop_in_shares_is_judged_on_the_careful_side() -> None:
    assert intervals.share_drop_p(0.9, 0.9, 50) == 1.0
    assert intervals.share_drop_p(0.9, 0.5, 0) == 1.0
    assert intervals.share_drop_p(0.9, 0.5, 50) < 0.001
    assert intervals.share_drop_p(1.0, 0.98, 50) > 0.1


def test_unpaired_intervals_hold_the_difference() -> None:
    first, second = (
        statistics.score("accuracy", [1, 0] * 50),
        statistics.score("accuracy", [1] * 100),
    )
    low, high = statistics.unpaired_interval(first, second)
    assert 0.38 < low < 0.5 < high < 0.61


def test_retention_type_is_the_contracts() -> None:
    assert isinstance(statistics.retention({"a": [0.5]}, {"a": [0.4]}), Retention)


def test_the_torch_free_modules_load_no_torch() -> None:
    probe = (
        "import sys, training.statistics, training.metrics, training.selection, training.disturb; "
        "print(sorted({'torch', 'transformers', 'scipy', 'pandas', 'sacrebleu'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_reward_that_pays_all_or_nothing_has_the_interval_of_a_share() -> None:
    few = statistics.score("reward", [1.0] * 2 + [0.0] * 38)
    assert 0 <= few.low < few.value < few.high < 0.2
    every = statistics.score("reward", [1.0] * 40)
    assert every.high == 1.0 and 0.85 < every.low < 1.0
    assert statistics.difference([0.0] * 40, [1.0] * 40, metric="reward").test == "exact McNemar"
    assert statistics.score("reward", [0.0, 3.0, 5.0]).high > 1.0
