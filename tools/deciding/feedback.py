"""Values that only learning from pairs or from attempts has."""

from __future__ import annotations

from tools.choice import NUMBER, WHOLE, Choice
from tools.deciding.window import GROUP_SIZES, smallest_group, usable_groups
from tools.facts import Facts
from training.text import Text

STRICT_FORGETTING = 0.02  # CF-23: up to it nothing noticeable is lost
KL_FOR_JUDGES, KL_FOR_RETENTION = 0.02, 0.01  # our default; GR-03: .01 to .05


def group_size(facts: Facts) -> Choice[int]:
    """Choose how often each question is attempted in a step: more where success is rare (RF-07)."""
    usual = GROUP_SIZES[0]
    if not facts.success_rates:
        return WHOLE(
            value=usual,
            because=Text(
                "{size} attempts at each question are common; where successes turn out rare, more are needed.",
                size=usual,
            ),
            source="GR-02: OLMo 3, TRL, AWS Nova",
        )
    size = smallest_group(facts.success_rates) or usual
    return WHOLE(
        value=size,
        because=Text(
            "With {size} attempts each, {usable:.0%} of the questions get both right and wrong ones.",
            size=size,
            usable=usable_groups(facts.success_rates, size),
        ),
        source="RF-06, RF-07, GR-02",
    )


def kl_weight(facts: Facts) -> Choice[float]:
    """Choose how firmly learning from attempts is held to where it began (GR-03)."""
    if facts.reward is not None and "judge" in facts.reward:
        return NUMBER(
            value=KL_FOR_JUDGES,
            because=Text(
                "A judge can be talked round, so the model is held close to where it began."
            ),
            source="GR-03, CF-19: TRL, Tulu 3",
        )
    if facts.max_forgetting is not None and facts.max_forgetting <= STRICT_FORGETTING:
        return NUMBER(
            value=KL_FOR_RETENTION,
            because=Text(
                "You want hardly anything forgotten, so the model is held close to where it began."
            ),
            source="GR-03, CF-19: Tulu 3.1",
        )
    return NUMBER(
        value=0.0,
        because=Text("A program checks the answers, so nothing has to hold the model back."),
        source="GR-03: OLMo 3, TRL",
    )


def preference_strength() -> Choice[float]:
    """Choose how firmly learning from pairs is held to where it began (DP-02)."""
    return NUMBER(
        value=0.1,
        because=Text("The usual strength; values from 0.01 to 0.5 are in use."),
        source="DP-02: alignment-handbook, TRL, Tulu 3",
    )
