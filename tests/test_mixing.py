"""Replay: how much, from where."""

from itertools import pairwise

import pytest

from tools.deciding import mixing
from tools.deciding.models import resolve
from training.catalog import PRACTICE

QWEN_4B, QWEN_06B = resolve("Qwen/Qwen3-4B", None), resolve("Qwen/Qwen3-0.6B", None)
TINY = resolve(PRACTICE, None)


@pytest.mark.parametrize(
    ("card", "budget", "full", "share"),
    [
        pytest.param(QWEN_4B, 0.05, False, 0.2, id="CF-08 usual"),
        pytest.param(QWEN_4B, 0.02, False, 0.35, id="CF-08 strict"),
        pytest.param(QWEN_4B, 0.005, False, 0.5, id="CF-07 strictest"),
        pytest.param(QWEN_4B, 0.5, False, 0.0, id="does not matter"),
        pytest.param(QWEN_06B, 0.05, False, 0.3, id="CF-03 small models forget more"),
        pytest.param(QWEN_4B, 0.05, True, 0.3, id="CF-15 all weights"),
        pytest.param(TINY, 0.05, True, 0.5, id="measured tiny"),
    ],
)  # fmt: skip
def test_the_share_follows_budget_size_and_way_of_training(
    card: mixing.ModelCard, budget: float, full: bool, share: float
) -> None:
    choice = mixing.share("sft", card, max_forgetting=budget, full=full)
    assert choice.value == pytest.approx(share)
    assert choice.source


@pytest.mark.parametrize("card", [QWEN_4B, QWEN_06B, TINY])
@pytest.mark.parametrize("technique", ["sft", "cpt"])
def test_a_tighter_budget_never_lowers_replay(
    card: mixing.ModelCard, technique: mixing.Technique
) -> None:
    budgets = [0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.08, 0.1, 0.2, 0.3, 0.31, 0.5, 1.0]
    shares = [
        mixing.share(technique, card, max_forgetting=budget, full=False).value for budget in budgets
    ]
    assert all(tight >= loose for tight, loose in pairwise(shares))


def test_few_rows_of_a_tiny_model_want_more_replay_than_many() -> None:
    assert mixing.share("sft", TINY, max_forgetting=0.05, full=True, rows=700).value == 0.7
    assert mixing.share("sft", TINY, max_forgetting=0.05, full=True, rows=10_000).value == 0.5
    assert mixing.min_rows(0.7, TINY, rows=699, kind="self").value == 1631


def test_learning_from_own_answers_needs_no_replay() -> None:
    assert mixing.share("rft", QWEN_4B, max_forgetting=0.01, full=False).value == 0  # CF-18


def test_public_sets_are_named_with_their_licences_for_models_from_the_hub() -> None:
    said = str(mixing.source(0.2, general_file=None, card=QWEN_4B).because)
    assert "OpenAssistant/oasst1 (Apache-2.0)" in said
    assert "--general" in said
    assert "oasst1" not in str(mixing.source(0.2, general_file=None, card=TINY).because)


def test_a_persons_file_comes_before_the_models_own_words() -> None:
    assert mixing.source(0.2, general_file="general.jsonl").value == "file"
    assert mixing.source(0.2, general_file=None).value == "self"  # CF-10
    assert mixing.source(0.0, general_file="general.jsonl").value == "none"


@pytest.mark.parametrize(("rows", "count"), [(100, 500), (1000, 1000), (50_000, 9000)])
def test_enough_conversations_are_written_and_not_too_many(rows: int, count: int) -> None:
    assert mixing.min_rows(0.5, TINY, rows=rows, kind="self").value == count  # CF-11


def test_the_models_own_words_are_rehearsed_with_its_own_judgement_of_them() -> None:
    chosen = mixing.loss("self")
    assert chosen.value == "kl"
    assert chosen.source
    assert mixing.loss("file").value == "tokens"
    assert mixing.loss("none").value == "tokens"
