"""The order in which rows are learnt: the person's and the replay, mixed by tokens, fixed by a seed.

Torch-free, and without surprises: the whole order over all epochs is laid out before training, so a resumed
run goes on with exactly the row it would have had.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

BATCHES_SORTED_TOGETHER = 16
"""Rows of similar length are put into one batch, within this many batches: less padding, still a good shuffle.
Our default; not tuned."""


@dataclass(frozen=True)
class Mixture:
    """What is learnt, in order. Indices below `num_own` are the person's rows, the others replay."""

    order: tuple[int, ...]
    num_own: int
    own_tokens: int
    replay_tokens: int
    replay_passes: float
    """How often each replay row is seen on average; above about four, more replay rows would teach more."""

    @property
    def replay_share(self) -> float:
        """The exact share of replay in the tokens."""
        return self.replay_tokens / max(1, self.own_tokens + self.replay_tokens)

    def own_shares(self, learnt: Sequence[int], batch_size: int) -> list[float]:
        """Give for each step the person's share of its learnt tokens; `learnt` counts those of every row."""
        steps = [self.order[at : at + batch_size] for at in range(0, len(self.order), batch_size)]
        own = [sum(learnt[row] for row in rows if row < self.num_own) for rows in steps]
        return [
            part / max(1, sum(learnt[row] for row in rows))
            for part, rows in zip(own, steps, strict=True)
        ]


def mix(
    own_lengths: Sequence[int], replay_lengths: Sequence[int], *, share: float, epochs: float,
    batch_size: int, seed: int, weights: Sequence[float] = (), replay_late: bool = False,
    by_length: bool = True,
) -> Mixture:  # fmt: skip
    """Lay out `epochs` passes over the own rows with replay at `share` of the tokens.

    A row of weight w is seen w times per epoch on average, evenly spread. Replay rows are used in shuffled
    passes, none a second time before all were used once; with `replay_late` they come ever more often, none at the
    beginning of the whole training and most at its end (CP-02). Raises ValueError where a share is wanted and
    there is no replay, or where no row would be learnt.

    `by_length` puts rows of like length into one batch; rows that are packed need none of that, and steps of like size then
    hold a like number of tokens.
    """
    if share > 0 and not any(replay_lengths):
        raise ValueError(f"a replay share of {share:g} is wanted, but there are no replay rows")
    draw = random.Random(seed)
    own = _own_epochs(len(own_lengths), weights, epochs=epochs, draw=draw)
    if not own or not own[0]:
        raise ValueError("no row would be learnt: there are none, or all weigh nothing")
    per_own_token = share / (1 - share)
    order: list[int] = []
    own_tokens = replay_tokens = 0
    replay = _endless(len(replay_lengths), draw) if share > 0 else iter(())
    for epoch in own:
        own_tokens += sum(own_lengths[index] for index in epoch)
        mixed = list(epoch)
        while share > 0 and replay_tokens < own_tokens * per_own_token:
            index = next(replay)
            mixed.append(len(own_lengths) + index)
            replay_tokens += replay_lengths[index]
        draw.shuffle(mixed)
        order += mixed
    if replay_late:
        order = _with_late(order, len(own_lengths), draw)
    lengths = [*own_lengths, *replay_lengths]
    replay_uses = sum(index >= len(own_lengths) for index in order)
    return Mixture(
        order=tuple(
            _batched_by_length(order, lengths, batch_size=batch_size, draw=draw)
            if by_length
            else order
        ),
        num_own=len(own_lengths),
        own_tokens=own_tokens,
        replay_tokens=replay_tokens,
        replay_passes=replay_uses / max(1, len(replay_lengths)),
    )


def _with_late(order: Sequence[int], num_own: int, draw: random.Random) -> list[int]:
    """Move replay rows back so that they come ever more often; both kinds of rows keep their own order."""
    own = [index for index in order if index < num_own]
    general = [index for index in order if index >= num_own]
    placed = [((place + 0.5) / len(own), row) for place, row in enumerate(own)]
    late = sorted(math.sqrt(draw.random()) for _ in general)
    placed += list(zip(late, general, strict=True))
    return [row for _, row in sorted(placed, key=lambda one: one[0])]


def _own_epochs(
    num_rows: int, weights: Sequence[float], *, epochs: float, draw: random.Random
) -> list[list[int]]:
    """List each epoch's rows, shuffled; the last epoch may be a part."""
    rows_by_epoch: list[list[int]] = []
    for epoch in range(math.ceil(epochs)):
        rows = [
            index
            for index in range(num_rows)
            for _ in range(_times(weights[index] if weights else 1.0, epoch))
        ]
        draw.shuffle(rows)
        part = min(1.0, epochs - epoch)
        rows_by_epoch.append(rows[: math.ceil(len(rows) * part - 1e-9)])
    return [rows for rows in rows_by_epoch if rows]


def _times(weight: float, epoch: int) -> int:
    """Count the appearances in one epoch so that they add up to the weight: 0.5 is every second epoch."""
    return math.ceil(weight * (epoch + 1) - 1e-9) - math.ceil(weight * epoch - 1e-9)


def _endless(num_rows: int, draw: random.Random) -> Iterator[int]:
    while True:
        rows = list(range(num_rows))
        draw.shuffle(rows)
        yield from rows


def _batched_by_length(
    order: Sequence[int], lengths: Sequence[int], *, batch_size: int, draw: random.Random
) -> list[int]:
    arranged: list[int] = []
    reach = batch_size * BATCHES_SORTED_TOGETHER
    for start in range(0, len(order), reach):
        rows = sorted(order[start : start + reach], key=lambda index: lengths[index])
        batches = [rows[at : at + batch_size] for at in range(0, len(rows), batch_size)]
        whole = [batch for batch in batches if len(batch) == batch_size]
        draw.shuffle(whole)
        arranged += [index for batch in whole for index in batch]
        arranged += [index for batch in batches if len(batch) < batch_size for index in batch]
    return arranged
