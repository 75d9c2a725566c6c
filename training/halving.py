"""Successive halving over rate and replay share: which short trainings go on, and which of them a stage learns from.

Every trial has a whole schedule of its own. A first round tries them all, a second one, twice as long, the better ones.
A trial is worth its task's score less what it forgot beyond half of the person's budget, because the full training
goes on forgetting. The plan's own values stay unless another trial beats them by more than noise. Where hardly any answer is right
after so short a training, trials are compared by how likely they find the right ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from training.config import ProbeConfig, Trial
from training.text import Text, join

KEPT = 2
"""Trials of the last round."""
WIDE, STEP = 4.0, 2.0
"""Between one rate and the next, in the first round and in the last (defaults of the open tools compared: a half, one, two; four
at the edge). A rate twice as high is hardly ever told from its neighbour by a hundred items, one four times as high is."""
NOISE_IN_STANDARD_ERRORS = 1.64
"""A trial must beat the plan's by this much: between two equals one choice in twenty is for the other. The rules behind the plan
are rarely far off, so doubt is on their side. Our default."""
BUDGET_SHARE = 0.5
"""Of the person's budget of forgetting, what a trial may use up: a longer training forgets more. Our default."""
HARDLY_RIGHT = 0.2
"""Below this mean score in every trial, scores say less than the loss on the same answers. Our default."""
HORIZON_EXPONENT = 0.2
"""The best rate falls with the length of a training as length ** -0.2. Published between .1 and .3: LR-01 raises a rate by half
below a hundred steps of eight hundred (.18), and pretraining gave .32 (Bjorck 2409.19913)."""


@dataclass(frozen=True)
class Tried:
    """A trial and how it did."""

    trial: Trial
    gains: tuple[float, ...]
    """One value for each held-out item, more is better; empty where the training left the rails."""
    kept: float = 1.0
    kept_error: float = 0.0
    """Standard error of `kept`."""
    losses: tuple[float, ...] = ()
    """Nats for each token of the right answers, item by item; empty where no answer is right by itself."""

    @property
    def broke(self) -> bool:
        """Whether the training left the rails."""
        return not self.gains


@dataclass(frozen=True)
class Outcome:
    """What the trials chose for the stage."""

    winner: Trial
    learning_rate: float
    """The winner's, brought to the length of the full training."""
    by_loss: bool
    """They were compared by how likely they found the right answers."""
    because: Text


def worth(tried: Tried, *, least: float) -> float:
    """Give the task's score less the shortfall of what was kept; nothing is worse than a training that broke."""
    return -math.inf if tried.broke else fmean(tried.gains) - _shortfall(tried, least)


def least_kept(max_forgetting: float) -> float:
    """What a trial must keep of the general abilities, of 1."""
    return 1 - BUDGET_SHARE * max_forgetting


def beats(one: Tried, other: Tried, *, least: float) -> bool:
    """Say whether one is worth more than the other beyond noise, item by item.

    One that forgot no less must also find the right answers no less likely: a training that collapsed gives one answer to
    everything, which is sometimes right.
    """
    if one.broke or other.broke:
        return other.broke and not one.broke
    apart = worth(one, least=least) - worth(other, least=least)
    if apart <= NOISE_IN_STANDARD_ERRORS * _standard_error(one, other, least):
        return False
    kept_more = _shortfall(other, least) - _shortfall(one, least)
    by_keeping = kept_more > NOISE_IN_STANDARD_ERRORS * max(one.kept_error, other.kept_error)
    if by_keeping or not one.losses or not other.losses:
        return True
    worse = [a - b for a, b in zip(one.losses, other.losses, strict=True)]
    return fmean(worse) <= NOISE_IN_STANDARD_ERRORS * _error_of_mean(worse)


def last_round(first: Sequence[Tried], config: ProbeConfig, *, least: float) -> tuple[Trial, ...]:
    """Give the trials of the last round: the best and whatever says most beside it.

    Beside the best stands the plan's own where it is not clearly beaten; else the next rate out, where the best is the
    outermost; else the rate between it and the second best, where they lie apart; else the second best. Where every training
    broke, two lower rates are tried.
    """
    first = _comparable(first)
    planned = first[0]
    ranked = sorted(first, key=lambda one: -worth(one, least=least))
    best = ranked[0]
    rates = sorted({one.trial.learning_rate for one in first})
    if best.broke:
        lower = [rates[0] / STEP, rates[0] / STEP**2]
        found = [
            planned.trial.model_copy(update={"learning_rate": rate})
            for rate in lower if rate >= config.lowest_rate and len(rates) > 1
        ]  # fmt: skip
        return tuple(found)
    if best is not planned and not beats(best, planned, least=least):
        return best.trial, planned.trial
    beyond = _beyond(best.trial.learning_rate, rates, config)
    if beyond is not None:
        return best.trial, best.trial.model_copy(update={"learning_rate": beyond})
    return best.trial, _between(best.trial, ranked[1].trial)


def choose(last: Sequence[Tried], config: ProbeConfig, *, least: float) -> Outcome:
    """Choose among the trials of the last round; the plan's own stays where nothing is clearly better."""
    planned, by_loss = config.trials[0], hardly_right(last)
    whole = [one for one in _comparable(last) if not one.broke]
    if not whole:
        because = Text(
            "Every short training left the rails, so none of them says anything; the plan's values stay, and the training slows down by itself where it must."
        )
        return Outcome(planned, planned.learning_rate, False, because)
    best = max(whole, key=lambda one: (worth(one, least=least), -one.trial.learning_rate))
    own = next((one for one in whole if one.trial == planned), None)
    if best.trial == planned or (own is not None and not beats(best, own, least=least)):
        return Outcome(planned, planned.learning_rate, by_loss, _nothing_better(config))
    rate = full_length_rate(best.trial.learning_rate, config)
    return Outcome(best.trial, rate, by_loss, _because(best.trial, rate, config, by_loss=by_loss))


def full_length_rate(tried_rate: float, config: ProbeConfig) -> float:
    """Bring a rate that won a short trial to the full length; never to the plan's other side. Two digits."""
    planned = config.trials[0].learning_rate
    if tried_rate == planned:
        return planned
    rate = tried_rate * config.last_share**HORIZON_EXPONENT
    if tried_rate > planned:
        rate = max(rate, planned)
    rate = min(max(rate, config.lowest_rate), config.highest_rate)
    return planned if rate == planned else float(f"{rate:.1e}")


def hardly_right(tried: Sequence[Tried]) -> bool:
    """Say whether the trials are still so bad at the task that their losses tell more than their scores."""
    whole = [one for one in tried if not one.broke]
    return bool(whole) and all(one.losses and fmean(one.gains) < HARDLY_RIGHT for one in whole)


def _comparable(tried: Sequence[Tried]) -> list[Tried]:
    """The trials by what tells most about them: the score, or the probability of a right answer's token, from 0 to 1 as well."""
    if not hardly_right(tried):
        return list(tried)
    return [replace(one, gains=tuple(math.exp(-loss) for loss in one.losses)) for one in tried]


def _shortfall(tried: Tried, least: float) -> float:
    return max(0.0, least - tried.kept)


def _standard_error(one: Tried, other: Tried, least: float) -> float:
    """Of the difference between two trials on the same items."""
    pairs = [a - b for a, b in zip(one.gains, other.gains, strict=True)]
    task = _error_of_mean(pairs)
    short = [each.kept_error for each in (one, other) if each.kept < least]
    return math.hypot(task, max(short, default=0.0))


def _error_of_mean(values: Sequence[float]) -> float:
    return stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.inf


def _beyond(rate: float, rates: Sequence[float], config: ProbeConfig) -> float | None:
    """The next rate out, where this is the outermost of several and the next is still among those that may be tried."""
    if len(rates) < 2 or rate not in (rates[0], rates[-1]):
        return None
    further = rate * STEP if rate == rates[-1] else rate / STEP
    return further if config.lowest_rate <= further <= config.highest_rate else None


def _between(best: Trial, second: Trial) -> Trial:
    """The rate in the middle, where that is a step from both; else the second best itself."""
    far = max(best.learning_rate, second.learning_rate)
    near = min(best.learning_rate, second.learning_rate)
    if best.replay_share != second.replay_share or far < near * STEP**2 * 0.99:
        return second
    middle = float(f"{math.sqrt(near * far):.3g}")
    return best.model_copy(update={"learning_rate": middle})


def _nothing_better(config: ProbeConfig) -> Text:
    planned = config.trials[0]
    if not planned.replay_share:
        return Text(
            "The short trainings found nothing clearly better than the planned rate of {rate:.1e}, so it stays.",
            rate=planned.learning_rate,
        )
    return Text(
        "The short trainings found nothing clearly better than the planned rate of {rate:.1e} with {share:.0%} general text, so both stay.",
        rate=planned.learning_rate, share=planned.replay_share,
    )  # fmt: skip


def _because(winner: Trial, rate: float, config: ProbeConfig, *, by_loss: bool) -> Text:
    planned = config.trials[0]
    parts = []
    if winner.learning_rate != planned.learning_rate:
        parts.append(_rate_words(winner.learning_rate, rate, config))
    if winner.replay_share != planned.replay_share:
        parts.append(
            Text(
                "The short trainings chose {share:.0%} general text instead of {planned:.0%}.",
                share=winner.replay_share, planned=planned.replay_share,
            )
        )  # fmt: skip
    if by_loss:
        parts.append(Text("Hardly any answer was right after so few steps, so they were compared by how likely they found the right ones."))  # fmt: skip
    return join(parts)


def _rate_words(tried: float, rate: float, config: ProbeConfig) -> Text:
    planned, times = config.trials[0].learning_rate, 1 / config.last_share
    if rate == planned:
        return Text(
            "In the short trainings {tried:.1e} was best, but the training is {times:.0f} times as long, and longer ones want lower rates: that brings it back to the planned {planned:.1e}.",
            tried=tried, times=times, planned=planned,
        )  # fmt: skip
    return Text(
        "The short trainings chose a rate of {rate:.1e} instead of {planned:.1e}: {tried:.1e} was best in them, and it is lowered because the training is {times:.0f} times as long.",
        rate=rate, planned=planned, tried=tried, times=times,
    )  # fmt: skip
