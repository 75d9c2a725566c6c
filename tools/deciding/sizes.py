"""Up to three sizes of model to choose from, each with the plan one would get: cost, speed, and what is known of quality.

A figure of quality is either measured on the person's own items or published, with its source; nobody's guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tools.candidates import result_of
from tools.deciding import models
from tools.deciding.answering import answer_ms
from tools.deciding.core import Core
from tools.errors import PlanError
from tools.facts import Facts
from tools.plan import FitAlternative, ModelOption
from training.catalog import ModelCard
from training.figures import figure
from training.text import Text

Decide = Callable[[Facts], Core]
MOST_OFFERED = 3
RANK_SOURCE = "MS-01: distillabs.ai, 12 models tuned alike on 8 tasks"


def other_sizes(core: Core, decide: Decide) -> tuple[Core, ...]:
    """The next smaller and the next larger model, each decided in full; those that would not run are left out."""
    found = []
    for other in _beside(core.facts, core.card):
        bare = replace(
            core.facts,
            overrides={**core.facts.overrides, "model": other.id},
            budget_minutes=None,
            budget_usd=None,
        )
        try:
            made = decide(bare)
        except PlanError:
            continue
        if made.stages and all(stage.fits for stage in made.stages):
            found.append(made)
    return tuple(found)


def _beside(facts: Facts, card: ModelCard) -> tuple[ModelCard, ...]:
    """What to offer beside the chosen model: what the person wants compared, else what was compared, else the next sizes."""
    named = models.candidate_cards(facts) or models.compared_cards(facts).values()
    others = [other for other in named if other.id != card.id]
    if not others:
        return models.alternatives(facts, card)
    ordered = sorted(others, key=lambda other: _standing(facts, other), reverse=True)
    return tuple(ordered[: MOST_OFFERED - 1])


def _standing(facts: Facts, card: ModelCard) -> float:
    """How far up a model stands that was compared; below all others where it was not measured."""
    tried = result_of(facts, card.id)
    if tried is None or tried.score is None:
        return -1e9
    return tried.score.value if tried.score.higher_is_better else -tried.score.value


def alternatives(core: Core, others: tuple[Core, ...]) -> tuple[FitAlternative, ...]:
    """The other sizes as changes of this plan."""
    return tuple(
        FitAlternative(
            change=_change(other.card, core.card),
            settings={"model": other.card.id},
            peak_gib=round(other.peak, 2),
            minutes=round(other.minutes.total, 1),
            cost_usd=round(other.usd, 2),
        )
        for other in others
    )


def options(core: Core, others: tuple[Core, ...]) -> tuple[ModelOption, ...]:
    """All sizes on offer, the smallest first, the chosen one among them; empty where nothing is trained."""
    if not core.stages:
        return ()
    return tuple(
        _option(one, chosen=one is core)
        for one in sorted((core, *others), key=lambda made: made.card.params)
    )


def _option(core: Core, *, chosen: bool) -> ModelOption:
    quality, source = _quality(core, chosen=chosen)
    tried = result_of(core.facts, core.card.id)
    timed = tried.answer_ms if tried is not None else None
    return ModelOption(
        model=core.card.id,
        chosen=chosen,
        minutes=round(core.minutes.total, 1),
        cost_usd=round(core.usd, 2),
        peak_gib=round(core.peak, 2),
        answer_ms=round(timed, 0 if timed >= 10 else 1) if timed is not None else _answer_ms(core),
        answer_measured=timed is not None,
        score=tried.score if tried is not None else None,
        quality=quality,
        source=source,
        licence=core.card.licence,
        unverified=tuple(sorted(core.card.unverified)),
    )


def _quality(core: Core, *, chosen: bool) -> tuple[Text, str | None]:
    tried = result_of(core.facts, core.card.id)
    if tried is not None and tried.score is not None:
        return Text(
            "Untouched it scores {value} (between {low} and {high}) on {items:,} of your rows set apart for choosing.",
            value=figure(tried.score), low=figure(tried.score, tried.score.low), high=figure(tried.score, tried.score.high), items=tried.score.items,
        ), None  # fmt: skip
    if tried is not None and tried.failed is not None:
        return Text("Not measured on your items. {why}", why=tried.failed), None
    measured = core.facts.untouched() if chosen else None
    if measured is not None:
        return Text(
            "Untouched it scores {value} on {items:,} of your test items.",
            value=figure(measured), items=measured.items,
        ), None  # fmt: skip
    if core.card.id in {one.id for one in models.candidate_cards(core.facts)}:
        return _not_compared(core), None
    rank = core.card.mean_rank
    if rank is not None:
        return Text(
            "Not measured on your items; place {rank:.2f} of 12 on average where others tuned them alike.",
            rank=rank,
        ), RANK_SOURCE  # fmt: skip
    return Text("Not measured on your items, and nobody has published it beside the others."), None


def _not_compared(core: Core) -> Text:
    """Why a model that the person wants compared has no figure yet."""
    facts, card = core.facts, core.card
    if not models.is_here(card, facts):
        return Text(
            "Not measured on your items: its weights are not on this machine. Download them, or name the folder that holds them."
        )
    return Text(
        "Not measured on your items yet. Where that would take longer here than what needs no yes, allow more with --set candidates.minutes=30."
    )


def _answer_ms(core: Core) -> float | None:
    """Milliseconds of one answer to one person on the card planned for (MS-04); None on processors."""
    reckoned = answer_ms(core.card, core.facts)
    return None if reckoned is None else round(reckoned, 0)


def _change(other: ModelCard, card: ModelCard) -> Text:
    if other.params > card.params:
        return Text("{model}: larger; better answers are likely, at this price.", model=other.id)
    return Text(
        "{model}: smaller; faster and cheaper, to be tried where it is good enough.",
        model=other.id,
    )
