"""Scores as bars and in a few letters: the plan and the result show them alike. Pure."""

from __future__ import annotations

from typing import Any

from agent.conversation.proposal import baseline_name
from agent.ui.parts import meter, said
from agent.words import wording
from tools.facts import ATTEMPTS
from tools.judging.report import Say
from training.measured import NamedScore
from training.text import Text


def baselines(scores: tuple[NamedScore, ...], say: Say, *, tuned: Any = None) -> str:
    """Bars of what other ways score on the same items; the tuned model last."""
    tried = next((one for one in scores if one.name == ATTEMPTS), None)
    scores = tuple(one for one in scores if one is not tried)
    bars = [
        meter(said(say, baseline_name(one.name)), one.value, figure(one), span=(one.low, one.high))
        for one in scores
    ]
    if tuned is not None:
        bars.append(
            meter(
                said(say, Text("the tuned model")),
                tuned.value,
                figure(tuned),
                kind="strong",
                span=(tuned.low, tuned.high),
            )
        )
    own = "" if tried is None else _attempts(tried, say)
    if not bars:
        return own
    shown = scores[-1] if scores else tuned
    note = Text(
        "{metric}, on {items:,} test items; the thin line shows how far luck with these items can move it.",
        metric=wording.metric(shown.metric),
        items=shown.items,
    )
    return "".join(bars) + f'<p class="ts-note">{said(say, note)}</p>{own}'


def _attempts(tried: NamedScore, say: Say) -> str:
    """What it does on training questions is no score on the test, so it stands beside the bars."""
    text = Text(
        "Of its own attempts at {items:,} training {items:question|questions} {share:.1%} were right.",
        items=tried.items, share=tried.value,
    )  # fmt: skip
    return f'<p class="ts-note">{said(say, text)}</p>'


def figure(score: Any) -> str:
    """A score in a few letters."""
    if score.higher_is_better and 0 <= score.value <= 1:
        return f"{score.value:.1%}"
    return f"{score.value:.3g}"
