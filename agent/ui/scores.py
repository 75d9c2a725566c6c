"""Scores as bars and in a few letters: the plan and the result show them alike. Pure."""

from __future__ import annotations

from typing import Any

from agent import wording
from agent.proposal import baseline_name
from agent.ui.parts import meter, said
from tools.report import Say
from training.measured import NamedScore
from training.text import Text


def baselines(scores: tuple[NamedScore, ...], say: Say, *, tuned: Any = None) -> str:
    """Bars of what other ways score on the same items; the tuned model last."""
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
    if not bars:
        return ""
    shown = scores[-1] if scores else tuned
    note = Text(
        "{metric}, on {items:,} test items; the thin line shows how far luck with these items can move it.",
        metric=wording.metric(shown.metric),
        items=shown.items,
    )
    return "".join(bars) + f'<p class="ts-note">{said(say, note)}</p>'


def figure(score: Any) -> str:
    """A score in a few letters."""
    if score.higher_is_better and 0 <= score.value <= 1 and score.metric not in ("chrf", "rouge"):
        return f"{score.value:.1%}"
    return f"{score.value:.3g}"
