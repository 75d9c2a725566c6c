"""Memory and time against published figures."""

import pytest
from deciding import CARD_80

from tools.gpus import kind_of, named_cards
from tools.machine import Gpu
from tools.models import resolve
from tools.resources import (
    ALLOCATOR_SLACK,
    CUDA_CONTEXT_GIB,
    FUSED_HEAD_GIB,
    Load,
    Measuring,
    minutes,
    peak_gib,
    step_s,
)
from training.catalog import PRACTICE

NAIVE_HEAD = 4 * 768 * 128_256 * 10 / 1024**3
"""PEFT's comparison keeps whole logits: 10 bytes for each token and word (defaults.md 2.3). Ours are fused."""


def load(model: str, **values: object) -> Load:
    usual = {"lora_rank": 16, "micro_batch": 1, "longest_tokens": 2048, "row_tokens": 2048, "batch_size": 1, "steps": 100, "gradient_checkpointing": True}  # fmt: skip
    return Load(resolve(model, None), **(usual | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("case", "published"),
    [
        pytest.param(load("Qwen/Qwen3-8B", longest_tokens=8192), 19.7, id="TRL 6859, 1x8k"),
        pytest.param(load("Qwen/Qwen3-8B"), 16.7, id="TRL 6859, 1x2k"),
        pytest.param(load("meta-llama/Llama-3.2-3B-Instruct", lora_rank=32, micro_batch=4, longest_tokens=768, gradient_checkpointing=False), 20.76 - NAIVE_HEAD + FUSED_HEAD_GIB, id="PEFT r32"),
        pytest.param(load("Qwen/Qwen3-8B", lora_rank=0), 8.19 * 16 * 1e9 / 1024**3, id="MS-05 whole: 16 bytes a parameter"),
    ],
)  # fmt: skip
def test_memory_is_near_the_published_peak(case: Load, published: float) -> None:
    bare = (peak_gib(case, on_gpu=True) - CUDA_CONTEXT_GIB) / ALLOCATOR_SLACK
    assert bare == pytest.approx(published, rel=0.05)  # defaults.md 2.2


@pytest.mark.parametrize(
    ("size", "published"), [("0.6B", 21_300), ("1.7B", 20_800), ("4B", 12_400), ("8B", 8_900), ("14B", 5_600), ("32B", 2_600)]
)  # fmt: skip
def test_speed_on_a_card_is_near_the_published_table(size: str, published: int) -> None:
    case = load(f"Qwen/Qwen3-{size}", micro_batch=2, batch_size=2)
    assert 2 * 2048 / step_s(case, CARD_80, cores=8) == pytest.approx(
        published, rel=0.07
    )  # defaults.md 3.3


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
    )  # stack.md 2: 10,000 a second at 1.1 M


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
