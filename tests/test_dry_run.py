"""The memory of one step, tried out without a card: what it changes, and what is said where it cannot be."""

import json
import subprocess
from dataclasses import replace

import pytest
from deciding import CARD_24, HERE, facts, profile

from tools.confirming import confirm
from tools.decide import decide
from tools.deciding.models import resolve
from tools.dry_run import DryRun, described, dry_run, in_a_process, key_of, told
from tools.plan import StagePlan
from tools.resources import Load, held_on_gpu_gib

LONG = profile("generation", rows=3000, row_tokens=300, answer_tokens=100)
ON_CARD = facts("generation", profile=LONG, gpu=CARD_24, model="Qwen/Qwen3-4B")
SMALL = Load(resolve("Qwen/Qwen3-0.6B", None), 16, 2, 256, 256.0, 8, 10)


def trying(factor: float, tried: list[Load]):  # type: ignore[no-untyped-def]
    def attempt(load: Load, stage: StagePlan | None) -> DryRun:
        tried.append(load)
        closed = held_on_gpu_gib(load)
        return DryRun(key=key_of(load), held_gib=closed * factor, closed_gib=closed)

    return attempt


def test_a_step_that_holds_much_more_than_reckoned_is_planned_again_smaller() -> None:
    tried: list[Load] = []
    known, said = confirm(ON_CARD, trying(1.5, tried))
    before, after = decide(ON_CARD).stages[0], decide(known)
    assert after.stages[0].micro_batch_size.value < before.micro_batch_size.value
    assert "planned again" in said[0] and after.estimate.peak_gib.origin == "measured"
    assert len({key_of(load) for load in tried}) == len(tried)


def test_a_step_that_holds_what_was_reckoned_changes_nothing_but_the_source() -> None:
    known, said = confirm(ON_CARD, trying(1.05, []))
    assert decide(known).stages == decide(ON_CARD).stages
    assert "as reckoned" in said[0]
    assert decide(known).estimate.peak_gib.source.startswith("dry run")  # type: ignore[union-attr]


def test_the_same_way_of_training_is_tried_once_and_processors_never() -> None:
    tried: list[Load] = []
    known, _ = confirm(ON_CARD, trying(1.0, tried))
    assert confirm(known, trying(1.0, tried)) == (known, ())
    assert confirm(replace(ON_CARD, gpu=(), machine=HERE), trying(1.0, tried))[1] == ()
    assert len(tried) == 1


def test_without_the_description_of_a_model_the_reason_is_said() -> None:
    load = replace(SMALL, card=resolve("google/gemma-3-4b-it", None))
    found = dry_run(load, run=lambda setup: pytest.fail("nothing to try"))
    assert "config.json" in str(told(found)) and found.factor == 1.0


def test_a_process_that_hangs_breaks_or_builds_another_model_is_told_and_changes_nothing() -> None:
    def hang(setup: str) -> str:
        raise subprocess.TimeoutExpired("training.dry_run", 60)

    other = json.dumps({"peak_gib": 9.0, "params": 9e9})
    for run in (hang, lambda setup: "no JSON", lambda setup: other, lambda setup: json.dumps({"reason": "KeyError: x"})):  # fmt: skip
        found = dry_run(SMALL, run=run)
        assert (
            found.held_gib is None and found.factor == 1.0 and "only reckoned" in str(told(found))
        )


def test_four_bit_weights_are_put_in_by_formula_and_said_so() -> None:
    peak = json.dumps({"peak_gib": 3.0, "params": SMALL.card.params})
    whole, small = (dry_run(replace(SMALL, quantized=q), run=lambda setup: peak) for q in (False, True))  # fmt: skip
    assert small.by_formula and small.held_gib < whole.held_gib == 3.0  # type: ignore[operator]


@pytest.mark.slow
def test_a_real_trace_holds_what_the_closed_form_says() -> None:
    for load in (SMALL, replace(SMALL, lora_rank=0, gradient_checkpointing=True)):
        found = dry_run(load, run=in_a_process)
        assert found.held_gib == pytest.approx(held_on_gpu_gib(load), rel=0.05), found.reason


def test_the_setup_says_what_the_trainer_does() -> None:
    assert described(SMALL, None)["dtype"] == "bfloat16"
    assert described(replace(SMALL, lora_rank=0), None)["dtype"] == "float32"
    assert described(replace(SMALL, sequences_each=2), None)["sequences"] == 4
