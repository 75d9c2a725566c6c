"""What learning from attempts earned, kept for the diagnosis: rewards and lengths, and whether other questions keep up."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from statistics import fmean, variance
from typing import Any

from training.attempts import Window
from training.measured import AttemptRecord, RewardGap
from training.work import Work

STEPS_AVERAGED = 10
"""At the beginning and at the end; as many as `training.rft` judges."""


def note_gap(work: Work, stage: str, *, step: int, known: Window, others: Window) -> RewardGap:
    """Keep how often attempts succeed at questions that are trained on and at others, after this step."""
    spread = sum(
        variance(one.rates) / len(one.rates) for one in (known, others) if len(one.rates) > 1
    )
    gap = RewardGap(
        step=step, rate=known.mean_rate, held_out=others.mean_rate, error=sqrt(spread)
    )  # fmt: skip
    record = _record(work, stage)
    kept = [one for one in record.gaps if one.step != step]
    _remember(work, record.model_copy(update={"gaps": (*kept, gap)}))
    return gap


def note_course(work: Work, stage: str, own: Mapping[str, Any]) -> None:
    """Keep the rewards and lengths of a stage's first and last steps, where it learnt from attempts."""
    rewards, tokens = own.get("rewards"), own.get("tokens")
    if not rewards or not tokens:
        return
    _remember(
        work,
        _record(work, stage).model_copy(
            update={
                "first_reward": fmean(rewards[:STEPS_AVERAGED]),
                "last_reward": fmean(rewards[-STEPS_AVERAGED:]),
                "first_tokens": fmean(tokens[:STEPS_AVERAGED]),
                "last_tokens": fmean(tokens[-STEPS_AVERAGED:]),
            }
        ),
    )


def _record(work: Work, stage: str) -> AttemptRecord:
    found = (one for one in work.measured.attempts if one.stage == stage)
    return next(found, AttemptRecord(stage=stage))


def _remember(work: Work, record: AttemptRecord) -> None:
    others = [one for one in work.measured.attempts if one.stage != record.stage]
    work.learn(attempts=(*others, record))
