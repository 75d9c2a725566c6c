"""A plan that a person edited by hand is checked as strictly as one that was decided."""

from typing import Any

import pytest
from deciding import facts

from tools.decide import check_plan, decide
from tools.errors import PlanError
from tools.plan import Plan

INSISTED = facts(insist=("sft",))


def edited(plan: Plan, **change: Any) -> Plan:
    raw = plan.as_json()
    for path, value in change.items():
        *way, last = path.split("__")
        place: Any = raw
        for step in way:
            place = place[int(step)] if step.isdigit() else place[step]
        place[int(last) if last.isdigit() else last] = value
    return Plan.from_json(raw)


def test_an_edit_within_reason_passes_and_changes_the_order() -> None:
    plan = decide(INSISTED)
    changed = check_plan(edited(plan, stages__0__learning_rate__value=1e-3))
    assert (
        changed.order is not None and plan.order is not None and changed.order.id != plan.order.id
    )


def test_a_dangerous_value_edited_by_hand_is_warned_about_too() -> None:
    changed = check_plan(edited(decide(INSISTED), stages__0__learning_rate__value=0.05))
    assert (
        "dangerous_value" in {one.code for one in changed.warnings}
        and check_plan(changed) == changed
    )


@pytest.mark.parametrize(
    "change",
    [
        {"model__value": "somebody/unheard-of"},
        {"stages__0__learning_rate__value": 7.0},
        {"stages__0__micro_batch_size__value": 5},
        {"mixture__sources__0__share__value": 0.9},
        {"mixture__sources": []},
        {"decision__pipeline": ["sft", "dpo"]},
        {"decision__pipeline": []},
        {"evaluation__target__value": 90.0},
        {"overrides": {"sft.lerning_rate": 1}},
        {"mixture__sources__1__name": "your general file"},
        {"stages__0__max_seq_tokens__value": 100_000},
        {"quantization": {"value": "nf4", "because": "Held in 4 bits."}},
        {"order__max_minutes": -5.0},
        {
            "mixture__sources__0__share__value": 1.0,
            "mixture__sources__1__share__value": 0.0,
            "stages__0__learning_rate__value": 0.01,
        },
    ],
)
def test_an_edited_plan_is_checked_as_strictly(change: dict[str, Any]) -> None:
    with pytest.raises(PlanError):
        check_plan(edited(decide(INSISTED), **change))


@pytest.mark.parametrize("technique", ["dpo", "cpt"])
def test_a_technique_edited_by_hand_must_suit_the_data(technique: str) -> None:
    plan = decide(facts(insist=("sft",), said={"task": "classification"}))
    with pytest.raises(PlanError, match=technique):
        check_plan(
            edited(plan, decision__pipeline=[technique], stages__0__technique__value=technique)
        )


def test_a_plan_survives_its_file(tmp_path: Any) -> None:
    plan = decide(INSISTED)
    plan.save(tmp_path / "plan.json")
    assert check_plan(Plan.load(tmp_path / "plan.json")) == plan


def test_a_plan_edited_by_hand_says_that_what_it_takes_was_reckoned_before() -> None:
    plan = decide(INSISTED)
    changed = check_plan(edited(plan, stages__0__epochs__value=9.0))
    told = {one.code for one in changed.warnings} - {one.code for one in plan.warnings}
    assert told == {"budget"}
    assert check_plan(changed) == changed and check_plan(plan) == plan
