"""Which of several untouched models to begin with, once they answered the same rows set apart for choosing.

The smallest that is as good as the best within the paired interval (MS-03, ST-02). What an untouched model scores does
not say what it will learn, so the others stay on offer beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from tools.facts import Facts
from training.catalog import ModelCard
from training.figures import figure
from training.measured import Compared, NamedScore
from training.statistics import difference
from training.text import Text, join

MOST_NAMED = 6
"""Models that can be compared in one go; our default."""
SOURCE = "MS-03 [P], ST-02: measured on your own rows"


def pick(facts: Facts, cards: Mapping[str, ModelCard]) -> tuple[ModelCard, Text] | None:
    """Choose among the models that were compared and that `cards` describes; None where none scored anything.

    `cards`: by the name in the comparison, only those that can be trained.
    """
    scored = [one for one in facts.compared if one.score is not None and one.model in cards]
    if not scored:
        return None
    best = max(scored, key=lambda one: _good(one.score))
    equal = [one for one in scored if one is best or as_good(one, best)]
    quick = [one for one in equal if _quick_enough(one, facts)] or equal
    real = [one for one in quick if not cards[one.model].tiny] or quick
    chosen = min(real, key=lambda one: cards[one.model].params)
    return cards[chosen.model], _because(chosen, scored)


def result_of(facts: Facts, model: str) -> Compared | None:
    """What this model did in the comparison; None where it took no part."""
    return next((one for one in facts.compared if one.model == model), None)


def as_good(one: Compared, best: Compared) -> bool:
    """Say whether no difference was shown between two models on the same items."""
    assert one.score is not None
    return _difference(one.values, best.values, one.score.metric) is not True


@lru_cache(maxsize=64)
def _difference(one: tuple[float, ...], best: tuple[float, ...], metric: str) -> bool | None:
    """Whether the second is better; a decision is tried many times, the comparison is worked out once."""
    if len(one) != len(best):
        return True
    return difference(one, best, metric=metric).better  # type: ignore[arg-type]


def _good(score: NamedScore | None) -> float:
    assert score is not None
    return score.value if score.higher_is_better else -score.value


def _quick_enough(one: Compared, facts: Facts) -> bool:
    wanted = facts.said("latency")
    if not isinstance(wanted, int | float) or one.answer_ms is None or not facts.here:
        return True
    return one.answer_ms <= wanted


def _because(chosen: Compared, scored: list[Compared]) -> Text:
    if len(scored) == 1:
        return join([Text("It is the only one of the models compared that could be asked here."), *_scores(scored)])  # fmt: skip
    return join([
        Text("Of the models compared on your own rows it is the smallest that is as good as the best; what a model learns may still differ from what it can do untouched."),
        *_scores(scored),
    ])  # fmt: skip


def _scores(scored: list[Compared]) -> list[Text]:
    ordered = sorted(scored, key=lambda one: -_good(one.score))
    return [
        Text(
            "{model}: {value} (between {low} and {high}).",
            model=one.model, value=figure(one.score), low=figure(one.score, one.score.low), high=figure(one.score, one.score.high),
        )
        for one in ordered
        if one.score is not None
    ]  # fmt: skip
