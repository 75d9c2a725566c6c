"""The blind vote: sides that nobody can tell, votes that stay, and a verdict that waits for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.answered_runs import write_answers
from tools.errors import RunError
from tools.marking import votes
from tools.verdict import report
from training.measured import Measured

ITEMS = 40


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_answers(tmp_path / "run-a", items=ITEMS, same_every=4)


def prefer(run: Path, wanted: str, count: int) -> None:
    """Vote as somebody who knows the models' voices: the tuned one is polite."""
    for pair in votes.pairs(run, count):
        tuned_left = "please" in pair.left
        record = "left" if tuned_left == (wanted == "tuned") else "right"
        votes.record(run, pair.item, record)


def test_pairs_hold_both_answers_to_one_question_and_only_where_they_differ(run: Path) -> None:
    found = votes.pairs(run, 100)
    assert len(found) == ITEMS * 3 // 4
    for pair in found:
        assert {"please" in pair.left, "please" in pair.right} == {True, False}
        assert pair.prompt.endswith(pair.item.rsplit(":", 1)[1])


def test_the_sides_are_shuffled_and_the_same_whoever_asks(run: Path) -> None:
    found = votes.pairs(run, 30, seed=1)
    lefts = sum("please" in pair.left for pair in found)
    assert 5 < lefts < 25
    again = {pair.item: pair for pair in votes.pairs(run, 30, seed=2)}
    assert all(again[pair.item] == pair for pair in found if pair.item in again)
    assert [pair.item for pair in votes.pairs(run, 30, seed=1)] == [pair.item for pair in found]


def test_twenty_votes_for_one_model_are_more_than_chance(run: Path) -> None:
    prefer(run, "tuned", 20)
    found = votes.tally(run)
    assert found is not None
    assert (found.votes, found.tuned, found.base, found.same) == (20, 20, 0, 0)
    assert found.difference.better is True
    assert found.difference.test == "exact sign test"
    assert found.score.value == 1.0
    assert found.score.low < 1.0


def test_ties_count_as_votes_but_prove_nothing(run: Path) -> None:
    for pair in votes.pairs(run, 10):
        votes.record(run, pair.item, "same")
    found = votes.tally(run)
    assert found is not None
    assert (found.votes, found.same, found.difference.better) == (10, 10, None)
    assert (found.score.low, found.score.high) == (0.0, 1.0)


def test_a_second_vote_on_an_item_replaces_the_first_and_both_are_kept(run: Path) -> None:
    item = votes.pairs(run, 1)[0].item
    votes.record(run, item, "left")
    votes.record(run, item, "same")
    found = votes.tally(run)
    assert found is not None
    assert (found.votes, found.same) == (1, 1)
    assert len((run / votes.FILE).read_text().splitlines()) == 2


def test_a_line_torn_by_a_crash_was_no_vote_and_breaks_no_later_one(run: Path) -> None:
    first, second = votes.pairs(run, 2)
    votes.record(run, first.item, "same")
    with (run / votes.FILE).open("a") as file:
        file.write('{"item": "torn')
    votes.record(run, second.item, "same")
    assert set(votes.votes(run)) == {first.item, second.item}


def test_nobody_has_voted_is_no_tally(run: Path) -> None:
    assert votes.tally(run) is None


@pytest.mark.parametrize(("item", "choice"), [("nowhere:1", "left"), (None, "tuned")])
def test_a_vote_on_nothing_is_refused(run: Path, item: str | None, choice: str) -> None:
    known = votes.pairs(run, 1)[0].item
    with pytest.raises(RunError):
        votes.record(run, item or known, choice)  # type: ignore[arg-type]
    assert votes.tally(run) is None


def test_a_run_without_a_tuned_model_has_nothing_to_vote_on(tmp_path: Path) -> None:
    run = write_answers(tmp_path / "measured", items=5, tuned=False)
    with pytest.raises(RunError, match="no tuned model"):
        votes.pairs(run)


def test_an_open_ended_verdict_waits_for_votes_and_then_follows_them(run: Path) -> None:
    measured = Measured.load(run / "measured.json")
    assert report(None, measured, votes=votes.tally(run)).verdict == "inconclusive"
    prefer(run, "tuned", 20)
    liked = report(None, measured, votes=votes.tally(run))
    assert liked.verdict == "ship"
    assert "20 blind votes 20 preferred the tuned model" in liked.because
    assert json.loads(json.dumps(liked.as_json()))["votes"]["tuned"] == 20
    assert "Blind vote on 20 pairs" in liked.markdown


def test_people_who_prefer_the_untouched_model_decide_against_a_better_likeness(run: Path) -> None:
    prefer(run, "base", 20)
    made = report(None, Measured.load(run / "measured.json"), votes=votes.tally(run))
    assert made.verdict == "do_not_ship"
    assert "20 preferred the untouched model" in made.because


def test_three_votes_to_two_are_chance(run: Path) -> None:
    for number, pair in enumerate(votes.pairs(run, 5)):
        tuned_left = "please" in pair.left
        votes.record(run, pair.item, "left" if tuned_left == (number < 3) else "right")
    made = report(None, Measured.load(run / "measured.json"), votes=votes.tally(run))
    assert made.verdict == "inconclusive"
    assert "could be chance" in made.because
