"""Several short rows in one sequence, each seeing only itself.

The rows of one step are packed together, never rows of two: a step learns the same rows with the same weight as without
packing, with less padding, and there are as many steps. TRL's `pack_dataset` packs the whole data set instead: a step then
holds more rows, there are fewer steps, and the order that a resumed run counts by is another (PK-01: too few steps).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from math import ceil
from typing import Any, NamedTuple

import torch

from training.data import MASKED

Pack = tuple[int, ...]
"""Places in the order of rows; theirs share one sequence."""
MicroBatch = tuple[Pack, ...]
CLOSE_NATS = 1e-3
CLOSE_NATS_BFLOAT16 = 0.1
"""How far the mean loss of a packed row may lie from that of the row alone: rounding, no more. Our default."""


class Packed(NamedTuple):
    """The micro-batches of all steps, in order."""

    micro_batches: tuple[MicroBatch, ...]
    each: int
    """Micro-batches of a step; the last step may have fewer."""


def pack(lengths: Sequence[int], *, batch_size: int, at_once: int, most_tokens: int) -> Packed:
    """Pack each step's rows, best fit first, into sequences of at most `most_tokens`, `at_once` of them in memory together.

    `lengths` are those of the rows in the order they are learnt in. A longer row has a sequence of its own. Every step has as
    many micro-batches as the fullest one needs: the trainer wants the same number everywhere.

    >>> pack([5, 2, 3, 4], batch_size=4, at_once=1, most_tokens=7)
    Packed(micro_batches=(((0, 1),), ((3, 2),)), each=2)
    """
    starts = range(0, len(lengths), batch_size)
    steps = [
        _best_fit(range(at, min(at + batch_size, len(lengths))), lengths, most_tokens)
        for at in starts
    ]
    each = max((ceil(len(packs) / at_once) for packs in steps), default=1)
    parts = chain.from_iterable(_shared_out(packs, each, lengths) for packs in steps)
    return Packed(tuple(parts), each)


def _best_fit(places: range, lengths: Sequence[int], most_tokens: int) -> list[list[int]]:
    """Take the longest row first and put it into the fullest sequence that still has room for it."""
    packs: list[list[int]] = []
    room: list[int] = []
    for place in sorted(places, key=lambda place: -lengths[place]):
        fitting = [at for at, left in enumerate(room) if left >= lengths[place]]
        if fitting:
            at = min(fitting, key=lambda at: room[at])
            packs[at].append(place)
            room[at] -= lengths[place]
        else:
            packs.append([place])
            room.append(most_tokens - lengths[place])
    return packs


def _shared_out(packs: list[list[int]], parts: int, lengths: Sequence[int]) -> list[MicroBatch]:
    """Share a step's sequences out among the micro-batches, none of them empty while there are rows enough."""
    packs = [list(one) for one in packs]
    while len(packs) < parts and max(map(len, packs)) > 1:
        fullest = max(packs, key=len)
        half = len(fullest) // 2
        packs.append(fullest[half:])
        del fullest[half:]
    packs.sort(key=lambda one: -sum(lengths[place] for place in one))
    shared = [packs[part::parts] for part in range(parts)]
    return [tuple(tuple(one) for one in part) for part in shared if part]


def joined(
    packs: Sequence[Sequence[Sequence[int]]], filling: int, *, first: int | None = None
) -> torch.Tensor:
    """Put the values of each sequence's rows behind one another, padded on the right; `first` replaces each row's first."""
    lines = [
        [
            value if at or first is None else first
            for row in one
            for at, value in enumerate(row)
        ]
        for one in packs
    ]  # fmt: skip
    longest = max(map(len, lines))
    return torch.tensor([line + [filling] * (longest - len(line)) for line in lines])


def inputs_of(packs: Sequence[Sequence[Sequence[int]]], *, padding: int) -> dict[str, torch.Tensor]:
    """Give a model's inputs for packed rows: their tokens, and positions that begin anew with each row.

    By the positions the library's masks keep the rows apart, for sdpa and eager attention alike. There is no attention mask:
    one would make a text of them again. Padding is a row of its own at each place, and comes last.
    """
    places = [[range(len(row)) for row in one] for one in packs]
    return {"input_ids": joined(packs, padding), "position_ids": joined(places, 0)}


def keeps_rows_apart(model: Any, rows: Sequence[Sequence[int]], *, padding: int) -> bool:
    """Say whether this model, as it is loaded, reads packed rows as it reads them alone.

    What stands before a row must not move it by a bit, and it must be read as likely as alone: models that carry a state along,
    or that count positions by themselves, fail. Tried on the model itself because nothing in its configuration says so.
    """
    long_enough = [list(row) for row in rows if len(row) > 1][:2]
    if len(long_enough) < 2:
        return False
    before, row = long_enough
    other = [(token + 1) % int(model.config.get_text_config().vocab_size) for token in before]
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            behind_one, behind_other, alone = (
                _read(model, packed, len(row), padding=padding)
                for packed in ([before, row], [other, row], [row])
            )
    except TypeError:  # the model takes no positions
        return False
    finally:
        model.train(was_training)
    next_T1 = torch.tensor(row[1:], device=alone.device)[:, None]  # noqa: N806 - T tokens

    def nats(logits_TV: torch.Tensor) -> float:  # noqa: N803 - T tokens, V vocabulary
        return -float(logits_TV[:-1].float().log_softmax(-1).gather(1, next_T1).mean())

    close = CLOSE_NATS if alone.dtype == torch.float32 else CLOSE_NATS_BFLOAT16
    return torch.equal(behind_one, behind_other) and abs(nats(behind_one) - nats(alone)) < close


def _read(model: Any, rows: list[list[int]], last: int, *, padding: int) -> torch.Tensor:
    inputs = {name: tensor.to(model.device) for name, tensor in inputs_of([rows], padding=padding).items()}  # fmt: skip
    logits: torch.Tensor = model(**inputs, use_cache=False).logits
    return logits[0, -last:]


def labels_of(packs: Sequence[Sequence[Sequence[int]]]) -> torch.Tensor:
    """Give the labels of packed rows: a row's first token follows nothing, so it is not learnt from the row before."""
    return joined(packs, MASKED, first=MASKED)
