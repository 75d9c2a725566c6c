"""Choosing a checkpoint: the best within the forgetting that is allowed."""

from __future__ import annotations

import pytest

from training.measured import Candidate
from training.selection import choose
from training.statistics import score_of


def candidate(
    step: int,
    task: float,
    kept: float,
    *,
    at: float = 1.0,
    low: float | None = None,
    bits: bool = False,
) -> Candidate:
    score = score_of(
        "bits_per_byte" if bits else "accuracy",
        task,
        low=task - 0.055,
        high=task + 0.055,
        items=200,
    )
    return Candidate(
        stage="1-sft", step=step, interpolation=at, task=score, retention=kept, retention_low=low
    )


def chosen(
    *candidates: Candidate, max_forgetting: float = 0.05, rate_falls: bool = True
) -> tuple[tuple[int, float], str]:
    marked, because = choose(candidates, max_forgetting=max_forgetting, rate_falls=rate_falls)
    (pick,) = [c for c in marked if c.chosen]
    return (pick.step, pick.interpolation), because


def test_the_best_within_the_budget_wins_and_the_price_is_told() -> None:
    pick, because = chosen(
        candidate(10, 0.6, 0.99), candidate(20, 0.75, 0.97), candidate(30, 0.9, 0.8)
    )
    assert pick == (20, 1.0)
    assert "One that forgets more reached 90.0%" in because


def test_within_noise_of_the_best_the_furthest_trained_wins() -> None:
    pick, because = chosen(
        candidate(20, 0.780, 0.98), candidate(30, 0.775, 0.97), candidate(30, 0.779, 0.99, at=0.85)
    )
    assert pick == (30, 1.0)
    assert "within noise of the best" in because and "the furthest trained" in because
    assert chosen(candidate(20, 0.85, 0.98), candidate(30, 0.775, 0.97))[0] == (20, 1.0)


def test_where_the_rate_stays_the_least_trained_within_noise_wins() -> None:
    early, late = candidate(17, 0.990, 1.0, at=0.93), candidate(83, 1.0, 0.97)
    pick, because = chosen(early, late, rate_falls=False)
    assert pick == (17, 0.93)
    assert "the least trained of those" in because
    assert chosen(early, late)[0] == (83, 1.0)
    assert chosen(candidate(17, 0.5, 1.0), late, rate_falls=False)[0] == (83, 1.0)


def test_a_step_back_towards_the_base_is_taken_where_it_saves_what_was_forgotten_too_much() -> None:
    as_trained, nearer = candidate(30, 0.80, 0.93, low=0.86), candidate(30, 0.78, 0.97, at=0.93, low=0.91)  # fmt: skip
    pick, because = chosen(as_trained, nearer)
    assert pick == (30, 0.93)
    assert "One that forgets more reached 80.0%" in because
    assert chosen(as_trained, nearer, max_forgetting=0.15)[0] == (30, 1.0)


def test_of_the_same_figures_the_earliest_and_closest_to_the_base_wins() -> None:
    same = [candidate(step, 0.8, 0.98, at=at) for step in (30, 20) for at in (1.0, 0.85)]
    assert chosen(*same)[0] == (20, 0.85)


def test_one_that_surely_forgot_more_than_allowed_is_out_whatever_it_scores() -> None:
    assert chosen(candidate(10, 0.5, 0.96), candidate(30, 0.99, 0.94))[0] == (10, 1.0)
    assert chosen(candidate(10, 0.5, 0.96, low=0.9), candidate(30, 0.99, 0.80, low=0.72))[0] == (
        10,
        1.0,
    )


def test_a_budget_missed_by_a_trifle_that_nobody_can_be_sure_of_costs_no_large_part_of_the_score() -> (
    None
):
    pick, because = chosen(
        candidate(30, 0.80, 0.945, low=0.87), candidate(30, 0.60, 0.96, at=0.85, low=0.89)
    )
    assert pick == (30, 1.0)
    assert "those that keep it lose more of the task" in because


def test_few_probes_are_told() -> None:
    pick, because = chosen(candidate(30, 0.85, 0.96, low=0.90), candidate(20, 0.5, 0.99, low=0.96))
    assert pick == (30, 1.0)
    assert "too few to be sure" in because


def test_where_none_keeps_the_budget_the_best_compromise_says_so() -> None:
    pick, because = chosen(
        candidate(10, 0.5, 0.93), candidate(20, 0.8, 0.9), candidate(30, 0.85, 0.5)
    )
    assert pick == (20, 1.0)
    assert because.startswith("No candidate keeps 95.0%")


def test_the_front_is_what_nothing_beats_in_both() -> None:
    marked, _ = choose(
        [
            candidate(1, 0.5, 0.99),
            candidate(2, 0.7, 0.95),
            candidate(3, 0.6, 0.94),
            candidate(4, 0.9, 0.6),
        ],
        max_forgetting=0.05,
    )
    assert [c.on_front for c in marked] == [True, True, False, True]


def test_fewer_bits_are_better() -> None:
    pick, _ = chosen(candidate(1, 2.0, 0.99, bits=True), candidate(2, 1.5, 0.98, bits=True))
    assert pick == (2, 1.0)
    assert chosen(candidate(1, 2.0, 0.8, bits=True), candidate(2, 1.5, 0.79, bits=True))[0] == (
        2,
        1.0,
    )


def test_nothing_to_choose_from_is_an_error() -> None:
    with pytest.raises(ValueError, match="no candidate"):
        choose([], max_forgetting=0.05)
