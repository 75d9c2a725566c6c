# ruff: noqa: N806 - tensor names end in their axes: B sequences, T tokens
"""General rows learnt alongside pairs or attempts, so that what is not asked about is kept.

Both losses have no place for a row without a rejected answer or a reward, so each step learns a few general rows besides,
by the same loss as examples do (`training.losses`): one technique needs no other's trainer.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import fmean
from typing import Any

import torch

from training.data import MASKED, Sequences
from training.loop import Lesson, Resumable
from training.losses import TAUGHT_BY_LABEL, Targets, learnt_loss
from training.rehearsal import positions_of

WEIGHT = 1.0
"""Of the general rows' loss against the technique's own. Our default; not tuned."""


@dataclass(frozen=True)
class Alongside:
    """The general rows of every step, laid out beforehand."""

    sequences: Sequences
    taught: list[list[int]]
    targets: Targets | None
    steps: tuple[tuple[int, ...], ...]

    @property
    def total_tokens(self) -> int:
        """Tokens of all steps' rows."""
        return sum(len(self.sequences.input_ids[row]) for rows in self.steps for row in rows)

    @property
    def passes(self) -> float:
        """How often each row is seen on average."""
        return sum(map(len, self.steps)) / len(self.sequences.input_ids)

    def loss(self, model: Any, step: int, *, part: int, parts: int) -> torch.Tensor | None:
        """Give what one part of a step's rows costs; the parts add up to the mean over the step's learnt tokens."""
        rows = self.steps[step][part::parts]
        if not rows:
            return None
        total = sum(
            label != MASKED for row in self.steps[step] for label in self.sequences.labels[row][1:]
        )
        ids_BT = _padded([self.sequences.input_ids[row] for row in rows], 0)
        mask_BT = _padded([[1] * len(self.sequences.input_ids[row]) for row in rows], 0)
        labels_BT = _padded([self.sequences.labels[row] for row in rows], MASKED)
        taught_BT = _padded([self.taught[row] for row in rows], TAUGHT_BY_LABEL)
        device = model.device
        return learnt_loss(
            model, {"input_ids": ids_BT.to(device), "attention_mask": mask_BT.to(device)},
            labels_BT.to(device), max(1, total),
            taught_BT=None if self.targets is None else taught_BT.to(device), targets=self.targets,
        )  # fmt: skip


def lay_out(
    general: Sequences, targets: Targets | None, *, share: float, steps: int, own_tokens: float, seed: int
) -> Alongside | None:  # fmt: skip
    """Choose the general rows of every step so that about `share` of its tokens are theirs; None where there are none.

    `own_tokens` are those of a step. No row comes a second time before all came once; at least one row a step.
    """
    if not share or not general.input_ids:
        return None
    wanted = own_tokens * share / (1 - share)
    each = max(1, round(wanted / fmean(general.lengths)))
    rows = _endless(len(general.input_ids), random.Random(f"alongside {seed}"))
    laid_out = tuple(tuple(islice(rows, each)) for _ in range(steps))
    return Alongside(general, positions_of(general), targets, laid_out)


class Rehearsing(Resumable):
    """A `Resumable` that learns a step's general rows after its own. A mixin."""

    lesson: Lesson
    args: Any
    alongside: Alongside | None = None

    def training_step(self, model: Any, *args: Any, **kwargs: Any) -> Any:
        """Train on one micro-batch, then on its part of the step's general rows."""
        loss = super().training_step(model, *args, **kwargs)
        if self.alongside is None:
            return loss
        step, part = self.state.global_step, len(self.watcher.losses) - 1
        with self.compute_loss_context_manager():
            extra = self.alongside.loss(
                model, step, part=part, parts=self.args.gradient_accumulation_steps
            )
        if extra is not None:
            (WEIGHT * extra).backward()
        return loss


def _padded(rows: Sequence[Sequence[int]], filling: int) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[filling] * (longest - len(row))] for row in rows])


def _endless(num_rows: int, draw: random.Random) -> Iterator[int]:
    while True:
        yield from draw.sample(range(num_rows), num_rows)
