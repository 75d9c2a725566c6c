"""The catalogue and the choice from it."""

import json
from pathlib import Path

import pytest
from deciding import CARD_24, CARD_80, facts, scored

from tools.decide import decide
from tools.deciding import models
from tools.errors import PlanError
from tools.machine import Gpu, find_card, model_folder
from training.catalog import MODELS, PRACTICE

STATED_BILLIONS = {
    "Qwen/Qwen3-0.6B": 0.596, "Qwen/Qwen3-1.7B": 1.72, "Qwen/Qwen3-4B": 4.02, "Qwen/Qwen3-8B": 8.19, "Qwen/Qwen3-14B": 14.77,
    "Qwen/Qwen3-32B": 32.76, "meta-llama/Llama-3.2-1B-Instruct": 1.236, "meta-llama/Llama-3.1-8B-Instruct": 8.03,
    "google/gemma-3-1b-it": 1.00, "google/gemma-3-4b-it": 3.88, "microsoft/phi-4": 14.66, "microsoft/Phi-4-mini-instruct": 3.84,
    "HuggingFaceTB/SmolLM2-135M-Instruct": 0.135, "HuggingFaceTB/SmolLM3-3B": 3.08, "ibm-granite/granite-4.0-micro": 3.40,
    "allenai/Olmo-3-7B-Instruct": 7.30, "mistralai/Ministral-3-8B-Instruct-2512": 8.9,
}  # fmt: skip


@pytest.mark.parametrize(("name", "billions"), STATED_BILLIONS.items())
def test_dimensions_give_the_published_number_of_parameters(name: str, billions: float) -> None:
    assert models.resolve(name, None).billions == pytest.approx(billions, rel=0.005)


def test_the_practice_models_card_is_that_of_its_config() -> None:
    card = find_card(PRACTICE)
    if card is None:
        pytest.skip("the practice model is not built")
    assert card.computed_params == models.resolve(PRACTICE, None).computed_params


def test_names_are_unique_and_every_base_twin_is_another_model() -> None:
    assert len({card.id.lower() for card in MODELS}) == len(MODELS)
    assert all(card.base_twin != card.id for card in MODELS)


def test_without_a_card_the_practice_model_is_taken_and_called_a_flight_simulator() -> None:
    choice, card = models.choose(facts())
    assert choice.value == PRACTICE and card.tiny
    assert "flight simulator" in choice.because and "Qwen" in choice.because


@pytest.mark.parametrize(
    ("task", "gib", "wanted"),
    [
        ("classification", 24, "Qwen/Qwen3-1.7B"),
        ("generation", 24, "Qwen/Qwen3-4B-Instruct-2507"),
        ("generation", 6, "Qwen/Qwen3-4B-Instruct-2507"),
        ("generation", 4, "Qwen/Qwen3-1.7B"),
    ],
)  # fmt: skip
def test_on_a_card_the_smallest_that_should_do_and_fits_is_taken(
    task: models.Task, gib: float, wanted: str
) -> None:
    choice, _ = models.choose(facts(task, gpu=(Gpu("a card", gib),)))
    assert choice.value == wanted  # MS-01, MS-03


def test_quick_answers_call_for_a_smaller_model() -> None:
    assert models.choose(facts(gpu=CARD_80, said={"latency": 80.0}))[0].value == "Qwen/Qwen3-0.6B"


def test_a_card_too_small_for_any_model_is_a_plan_error() -> None:
    with pytest.raises(PlanError, match="1 GiB"):
        models.choose(facts(gpu=(Gpu("tiny", 1.0),)))


@pytest.mark.parametrize("name", ["Qwen/Qwen3-1.8B", "somebody/unheard-of"])
def test_an_unknown_hub_id_says_that_it_needs_the_network_and_what_to_do(name: str) -> None:
    with pytest.raises(PlanError) as caught:
        models.choose(facts(model=name, gpu=CARD_24))
    assert "network" in str(caught.value) and "Qwen/Qwen3-1.7B" in str(caught.value.what_to_do)


def test_a_short_name_finds_its_model() -> None:
    assert models.choose(facts(model="qwen3-8b", gpu=CARD_24))[0].value == "Qwen/Qwen3-8B"


def test_a_gated_model_and_a_foreign_language_are_told() -> None:
    choice, _ = models.choose(
        facts(model="meta-llama/Llama-3.2-1B-Instruct", gpu=CARD_24, language="zh")
    )
    assert "licence" in choice.because and "language" in choice.because  # MS-09, MS-08


def test_a_folder_is_read_by_its_config(tmp_path: Path) -> None:
    config = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128,
              "vocab_size": 1000, "max_position_embeddings": 256}  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    card = find_card(str(tmp_path))
    assert card is not None and card.head_dim == 16 and card.context == 256
    choice, chosen = models.choose(facts(model=card.id, cards={card.id: card}))
    assert choice.value == card.id and chosen is card


@pytest.mark.parametrize("content", [None, "{", '{"model_type": "vit"}', '{"hidden_size": "x"}'])
def test_a_folder_that_is_no_model_is_a_plan_error(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(PlanError):
        model_folder(tmp_path)


def test_up_to_three_sizes_are_on_offer_with_price_speed_and_known_quality() -> None:
    plan = decide(facts("generation", gpu=CARD_80))
    assert [one.chosen for one in plan.models] == [False, True, False]
    sizes = [models.resolve(one.model, None).params for one in plan.models]
    assert sizes == sorted(sizes)
    assert all(one.answer_ms and one.cost_usd and one.quality for one in plan.models)
    assert [one.answer_ms for one in plan.models] == sorted(
        one.answer_ms or 0 for one in plan.models
    )
    assert "place 2.25" in plan.models[1].quality and plan.models[1].source


def test_quality_is_what_was_measured_on_the_persons_items_before_what_was_published() -> None:
    plan = decide(
        facts("generation", gpu=CARD_80, baselines=(scored("few-shot", 0.6, metric="chrf"),))
    )
    chosen = next(one for one in plan.models if one.chosen)
    assert "0.600" in chosen.quality and chosen.source is None
    assert all("Not measured on your items" in one.quality for one in plan.models if not one.chosen)


def test_a_model_nobody_ranked_gets_no_number_of_ours() -> None:
    plan = decide(facts("generation", gpu=CARD_80, model="microsoft/Phi-4-mini-instruct"))
    chosen = next(one for one in plan.models if one.chosen)
    assert "nobody has published" in chosen.quality
    assert chosen.unverified == ("languages", "licence")


def test_without_a_card_only_the_practice_model_is_on_offer() -> None:
    plan = decide(facts(insist=("sft",)))
    assert [(one.model, one.answer_ms) for one in plan.models] == [(PRACTICE, None)]
