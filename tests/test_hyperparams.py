"""Training values by tables: each against the rule it follows."""

from typing import Any

import pytest
from deciding import profile

from tools.deciding import hyperparams, rates
from tools.deciding.hyperparams import Job
from tools.deciding.models import resolve
from training.catalog import PRACTICE

QWEN_4B, LLAMA_70B, SMOL = (
    "Qwen/Qwen3-4B-Instruct-2507",
    "meta-llama/Llama-3.1-70B-Instruct",
    "HuggingFaceTB/SmolLM2-135M-Instruct",
)


def job(model: str = QWEN_4B, *, rows: int = 1000, technique: Any = "sft", **about: Any) -> Job:
    return Job(
        technique,
        resolve(model, None),
        rows,
        profile("generation", rows=rows, **about).tokens,
        on_gpu=model != PRACTICE,
    )


@pytest.mark.parametrize(
    ("model", "rank", "batch", "steps", "replay", "rate"),
    [
        pytest.param(QWEN_4B, 16, 16, 500, 0.2, 1.5e-4, id="LR-04 middle of formula and peers"),
        pytest.param(QWEN_4B, 16, 32, 500, 0.2, 1.8e-4, id="BS-02 batch 32"),
        pytest.param(QWEN_4B, 16, 128, 500, 0.2, 3.1e-4, id="LR formula where it was fitted"),
        pytest.param(QWEN_4B, 64, 128, 500, 0.2, 4.0e-4, id="rank exponent"),
        pytest.param(QWEN_4B, 16, 16, 500, 0.0, 7.4e-5, id="LR-07 pure domain"),
        pytest.param(QWEN_4B, 16, 16, 60, 0.2, 2.2e-4, id="LR-01 short run"),
        pytest.param(
            "Qwen/Qwen3-1.7B-Base",
            16,
            16,
            500,
            0.2,
            3.0e-4,
            id="defaults 1.8 small base models twice",
        ),
        pytest.param("openai/gpt-oss-20b", 16, 16, 500, 0.2, 1e-4, id="MS-10 gpt-oss"),
        pytest.param(QWEN_4B, 256, 128, 60, 0.2, 5e-4, id="ceiling"),
        pytest.param(QWEN_4B, 0, 32, 500, 0.2, 1.6e-5, id="LR-05 4B whole"),
        pytest.param("Qwen/Qwen3-8B", 0, 32, 500, 0.2, 9.8e-6, id="LR-05 8B whole"),
        pytest.param(LLAMA_70B, 0, 32, 500, 0.2, 2e-6, id="LR-05 70B whole"),
        pytest.param(SMOL, 0, 32, 500, 0.2, 1e-3, id="LR-05 SmolLM2 by its makers"),
        pytest.param(PRACTICE, 16, 32, 900, 0.5, 5e-3, id="stack-2 adapters"),
    ],
)
def test_the_learning_rate_follows_size_rank_batch_length_and_mixture(
    model: str, rank: int, batch: int, steps: int, replay: float, rate: float
) -> None:
    choice = rates.learning_rate(job(model), rank=rank, batch=batch, num_steps=steps, replay=replay)
    assert choice.value == pytest.approx(rate, rel=0.02)
    assert choice.source and choice.because


@pytest.mark.parametrize("rows", [700, 10_000])
def test_a_tiny_model_learns_slowly_because_it_keeps_more(rows: int) -> None:
    choice = rates.learning_rate(
        job(PRACTICE, rows=rows), rank=0, batch=32, num_steps=900, replay=0.5
    )
    assert choice.value == 4e-4 and choice.origin == "measured"
    assert "95%" in choice.because


@pytest.mark.parametrize(
    ("technique", "rank", "rate"),
    [
        ("dpo", 16, 5e-6),
        ("dpo", 0, 5e-7),
        ("rft", 16, 1e-5),
        ("rft", 0, 1e-6),
        ("cpt", 128, 1e-4),
        ("cpt", 0, 2e-5),
    ],
)
def test_other_techniques_have_their_own_rates(technique: str, rank: int, rate: float) -> None:
    made = rates.learning_rate(
        job(technique=technique), rank=rank, batch=32, num_steps=500, replay=0.2
    )
    assert made.value == rate  # DP-01, GR-01, CP-01


@pytest.mark.parametrize(("rows", "passes"), [(60, 4), (300, 3), (1000, 2), (5000, 1)])
def test_epochs_fall_with_the_rows_and_small_models_get_one_more(rows: int, passes: int) -> None:
    assert hyperparams.epochs(job("Qwen/Qwen3-8B", rows=rows), batch=16).value == passes  # EP-01
    assert hyperparams.epochs(job(rows=rows), batch=16).value == passes + 1  # EP-04


@pytest.mark.parametrize("rows", [60, 300, 1000, 5000, 50_000])
def test_a_batch_leaves_a_hundred_steps_where_the_data_allow(rows: int) -> None:
    one = job(rows=rows)
    batch = hyperparams.batch_size(one).value
    passes = hyperparams.epochs(one, batch=batch).value
    assert batch == 8 or hyperparams.steps(rows, batch, passes) >= hyperparams.MIN_STEPS  # BS-03
    assert batch <= 32  # LO-05


def test_a_tiny_model_is_trained_whole_and_gets_steps() -> None:
    one = job(PRACTICE, rows=1000)
    assert hyperparams.lora_rank(one).value == 0
    batch = hyperparams.batch_size(one).value
    passes = hyperparams.epochs(one, batch=batch).value
    assert hyperparams.steps(1000, batch, passes) >= 150
    assert 3 <= passes <= 12


@pytest.mark.parametrize(("answer_tokens", "rank"), [(20, 16), (100_000, 64)])
def test_the_rank_grows_with_what_the_answers_hold(answer_tokens: int, rank: int) -> None:
    assert hyperparams.lora_rank(job(rows=1000, answer_tokens=answer_tokens)).value == rank  # LO-02


def test_length_is_what_the_rows_need_within_what_the_model_reads() -> None:
    short = hyperparams.max_seq_tokens(job(row_tokens=30))
    assert short.value >= 4 * 30 and "Every row fits" in short.because
    capped = hyperparams.max_seq_tokens(job(PRACTICE, row_tokens=2000))
    assert capped.value == 512 and "left out" in capped.because


def test_few_rows_are_not_packed_and_many_on_a_card_are() -> None:
    assert hyperparams.packing(job(rows=1000)).value is False  # PK-01
    assert hyperparams.packing(job(rows=100_000)).value is True
    assert hyperparams.packing(job(PRACTICE, rows=100_000)).value is False


def test_warm_up_has_at_least_five_steps_and_checkpoints_never_outnumber_them() -> None:
    assert hyperparams.warmup_share(1000).value == 0.05  # SC-01
    assert hyperparams.warmup_share(50).value == 0.1
    assert hyperparams.checkpoints(3).value == 3  # CK-05


@pytest.mark.parametrize(
    ("rows", "document", "pieces"),
    [(1_000, 100_000, 128), (30_000, 2_000, 128), (30_000, 500, 256), (1_000, 2_000, 8), (12, 2_000, 8)],
)  # fmt: skip
def test_a_step_of_texts_is_counted_in_the_pieces_they_are_cut_into(
    rows: int, document: int, pieces: int
) -> None:
    size = hyperparams.batch_size(job(technique="cpt", rows=rows, row_tokens=document))
    assert size.value == pieces
    assert f"{pieces * min(document, 2048):,}" in str(size.because)


@pytest.mark.parametrize("rows", [600, 1_000, 2_300, 5_000, 40_000])
@pytest.mark.parametrize("model", ["Qwen/Qwen3-8B", QWEN_4B])
def test_the_batch_leaves_a_hundred_steps_of_the_passes_that_are_planned(
    model: str, rows: int
) -> None:
    one = job(model, rows=rows)
    size = hyperparams.batch_size(one).value
    passes = hyperparams.epochs(one, batch=size).value
    assert size == 8 or hyperparams.steps(rows, size, passes) >= hyperparams.MIN_STEPS
