"""Memory and time against published figures."""

from dataclasses import replace

import pytest
from deciding import CARD_80

from tests.benchmarks import bench_memory
from tools.deciding.models import resolve
from tools.gpus import kind_of, named_cards
from tools.machine import Gpu
from tools.resources import (
    Load,
    Measuring,
    held_on_gpu_gib,
    minutes,
    peak_gib,
    step_s,
    writing_gib,
)
from training.catalog import PRACTICE


def load(model: str, **values: object) -> Load:
    usual = {"lora_rank": 16, "micro_batch": 1, "longest_tokens": 2048, "row_tokens": 2048, "batch_size": 1, "steps": 100, "gradient_checkpointing": True}  # fmt: skip
    return Load(resolve(model, None), **(usual | values))  # type: ignore[arg-type]


@pytest.mark.parametrize("case", bench_memory.CASES, ids=lambda case: case.name)
def test_memory_is_near_the_published_peak(case: bench_memory.Published) -> None:
    assert bench_memory.closed_gib(case) == pytest.approx(
        case.gib, rel=0.10
    )  # published memory peaks


def test_the_one_fitted_factor_of_memory_holds_for_each_published_run_left_out() -> None:
    reckoned = [bench_memory.closed_gib(case) for case in bench_memory.CASES]
    assert max(map(abs, bench_memory.left_out(reckoned))) <= bench_memory.BOUND


def test_training_all_weights_takes_sixteen_bytes_a_parameter_and_more() -> None:
    case = load("Qwen/Qwen3-8B", lora_rank=0, longest_tokens=64)
    assert held_on_gpu_gib(case) == pytest.approx(8.19 * 16 * 1e9 / 1024**3, rel=0.02)  # MS-05


def test_attempts_written_together_keep_their_keys_and_values() -> None:
    case = load("Qwen/Qwen3-4B")
    card, more = case.card, writing_gib(case, 128) - writing_gib(case, 64)
    cache = 64 * 2048 * card.layers * 2 * card.kv_heads * card.head_dim * 2 / 1024**3
    assert cache < more < cache * 1.3
    assert writing_gib(replace(case, lora_rank=0), 8) > 12 * card.params / 1024**3


def test_both_answers_of_a_pair_and_dropped_inputs_take_memory() -> None:
    one = load("Qwen/Qwen3-4B", gradient_checkpointing=False)
    assert held_on_gpu_gib(replace(one, sequences_each=2)) > held_on_gpu_gib(one) * 1.3
    assert held_on_gpu_gib(replace(one, dropout=True)) > held_on_gpu_gib(one) * 1.1


@pytest.mark.parametrize(
    ("size", "published"), [("0.6B", 21_300), ("1.7B", 20_800), ("4B", 12_400), ("8B", 8_900), ("14B", 5_600), ("32B", 2_600)]
)  # fmt: skip
def test_speed_on_a_card_is_near_the_published_table(size: str, published: int) -> None:
    case = load(f"Qwen/Qwen3-{size}", micro_batch=2, batch_size=2)
    assert 2 * 2048 / step_s(case, CARD_80, cores=8) == pytest.approx(
        published, rel=0.07
    )  # published step times


def test_a_tiny_model_on_one_core_is_as_fast_as_measured() -> None:
    case = load(
        PRACTICE,
        lora_rank=0,
        micro_batch=32,
        batch_size=32,
        row_tokens=64,
        gradient_checkpointing=False,
    )
    tokens = 32 * 64 / step_s(case, (), cores=1)
    assert tokens * case.card.params == pytest.approx(
        1.1e10, rel=0.15
    )  # trials on tiny models: 10,000 a second at 1.1 M


@pytest.mark.parametrize(
    "change",
    [
        {"micro_batch": 2},
        {"longest_tokens": 4096},
        {"gradient_checkpointing": False},
        {"lora_rank": 64},
    ],
)
def test_memory_grows_with_everything_that_is_kept(change: dict[str, object]) -> None:
    model = "Qwen/Qwen3-4B"
    assert peak_gib(load(model, **change), on_gpu=True) > peak_gib(load(model), on_gpu=True)
    assert peak_gib(load(model, quantized=True), on_gpu=True) < peak_gib(load(model), on_gpu=True)


def test_a_run_without_training_only_measures() -> None:
    card = resolve(PRACTICE, None)
    ask = Measuring(1000, 200, 200, 400, 18, 2, 40, 8, replay_rows=1000)
    alone = minutes(None, ask, (), card=card, cores=2)
    whole = minutes(load(PRACTICE, lora_rank=0), ask, (), card=card, cores=2)
    assert alone.train == 0 and whole.train > 0
    assert alone.measure < whole.measure


@pytest.mark.parametrize(
    ("said", "gib"), [("H100", 80), ("NVIDIA A100 80GB", 80), ("A100", 40), ("rtx 4090", 24), ("24GB", 24), ("L40S", 48), ("L4", 24)]
)  # fmt: skip
def test_cards_are_known_by_the_names_people_use(said: str, gib: float) -> None:
    assert named_cards(said, 2) == (named_cards(said)[0],) * 2
    assert named_cards(said)[0].gib == gib
    assert kind_of(Gpu("NVIDIA A100-SXM4-80GB", 80)).gib == 80
