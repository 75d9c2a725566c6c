"""How often the starting model succeeds: which questions can teach it anything by trial, and whether any can.

A question that the model always or never gets right gives every attempt of a group the same reward, and so no
direction (RF-06, RF-08). Measured on the weights the stage begins from, never on the untouched model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import torch

from training.chat import prompts_for, render_prompts
from training.evaluate import answer
from training.model import Loaded
from training.rewards import Reward, columns_of
from training.rewards.reward import spoken
from training.rows import Row
from training.sampling import Sampling, continue_texts
from training.text import Text

SAMPLES = 8  # RF-01: the least; as many as a group has, so that a question found usable is so in training too
PASSED = 0.5
"""A reward from here on counts as success; for rewards that know more than right and wrong, our default."""
SAME = 1e-3
"""Rewards of a group that lie closer together teach nothing."""
TOO_HARD = 0.01  # RF-02: hardly one success in a hundred attempts; SFT first
TOO_EASY = 0.95  # RF-03: AWS nova-rft
USABLE_AT_LEAST = 0.1
"""Share of questions with differing attempts. RF-06 [P] wants 0.5; the practice model still gained .25 at .44 and .14
at .12, and nothing at .06 (trials on tiny models)."""
BATCH_ROWS = 128


@dataclass(frozen=True)
class Window:
    """What the starting model can do with each question."""

    rates: tuple[float, ...]
    """Share of the attempts at each question that succeed."""
    usable: tuple[bool, ...]
    """Whether the attempts at each question differ in reward."""
    plain: float | None = None
    """Share of held-out questions that it answers rightly when nothing is left to chance; None where none were asked."""

    @property
    def usable_share(self) -> float:
        """Share of the questions that can teach something."""
        return fmean(self.usable) if self.usable else 0.0

    @property
    def mean_rate(self) -> float:
        """Mean success over all questions."""
        return fmean(self.rates) if self.rates else 0.0

    def refusal(self) -> Text | None:
        """Say why learning from attempts would teach nothing; None where it can."""
        if self.mean_rate >= TOO_EASY:
            return Text(
                "The model already succeeds in {rate:.1%} of its attempts: learning from them would teach nothing.",
                rate=self.mean_rate,
            )
        if self.plain is not None and self.plain >= TOO_EASY:
            return Text(
                "Asked plainly, the model already answers {rate:.1%} of the held-out questions rightly: learning from attempts would teach nothing.",
                rate=self.plain,
            )
        if self.mean_rate <= TOO_HARD and self.usable_share < USABLE_AT_LEAST:
            return Text(
                "The model succeeds in {rate:.1%} of its attempts: there is nothing to learn from.",
                rate=self.mean_rate,
            )
        if self.usable_share < USABLE_AT_LEAST:
            return Text(
                "Only {share:.1%} of the questions get both good and bad attempts; at all others the model always or never succeeds.",
                share=self.usable_share,
            )
        return None


def measure_plain(
    model: Any, loaded: Loaded, rows: Sequence[Row], reward: Reward, *, system: str | None, max_new_tokens: int
) -> float | None:  # fmt: skip
    """Let the model answer each question once, its likeliest words; give the share that succeeds, None without questions."""
    if not rows:
        return None
    prompts = prompts_for(rows, system=system)
    said = answer(model, loaded.tokenizer, prompts, max_new_tokens=max_new_tokens)
    scores = reward(said, **columns_of(rows))
    return fmean(score >= PASSED for score in scores)


def measure_window(
    model: Any, loaded: Loaded, rows: Sequence[Row], reward: Reward, *,
    system: str | None, max_new_tokens: int, seed: int, samples: int = SAMPLES,
) -> Window:  # fmt: skip
    """Let the model try every question `samples` times, at temperature 1, and reward each attempt."""
    if not rows:
        return Window((), ())
    texts = render_prompts(loaded.tokenizer, prompts_for(rows, system=system))
    sampling = Sampling(
        temperature=1.0, top_p=1.0, top_k=0, max_new_tokens=max_new_tokens,
        stops=frozenset({loaded.stop_id}), batch_rows=BATCH_ROWS,
    )  # fmt: skip
    repeated = [row for row in rows for _ in range(samples)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        said = continue_texts(
            model, loaded.tokenizer, [text for text in texts for _ in range(samples)], sampling
        )
    scores = reward([spoken(one.text) for one in said], **columns_of(repeated))
    groups = [scores[at : at + samples] for at in range(0, len(scores), samples)]
    return Window(
        rates=tuple(fmean(score >= PASSED for score in group) for group in groups),
        usable=tuple(max(group) - min(group) > SAME for group in groups),
    )
