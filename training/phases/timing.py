"""How long things take on this machine: noted while the untouched model is measured, so that a plan's minutes rest on it."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from training.data import MASKED, Sequences, tokenise
from training.evaluate import context_tokens
from training.losses import only_at
from training.measured import Pace
from training.phases.replaying import Replay
from training.rows import Row
from training.work import Work

BATCHES = 8
"""Read forwards and backwards; the quickest counts, for what else the machine does now may be over when the run begins."""
LOOKED_AT = 400
"""Rows whose tokens are counted."""
ITEMS_THAT_TELL = 500
LEAST_WRITTEN = 64
"""Conversations from which on the time that writing them took says something."""


def note_pace(work: Work, replay: Replay) -> None:
    """Put into `measured.json` what the pieces of this measurement took.

    Learning is timed on a few of the person's rows: forwards and backwards, without a step, so the weights stay as they are.
    """
    probes = work.config.measure.final_probe_items
    asked = work.seconds("probes-final-base")
    learning = _learning(work)
    work.learn(
        pace=Pace(
            item_s=_item_s(work),
            probe_s=asked / probes if asked and probes else None,
            conversation_s=replay.writing_s / replay.written
            if replay.written >= LEAST_WRITTEN
            else None,
            conversations=len(replay.rows),
            general_tokens=_tokens(work, replay.rows[:LOOKED_AT]),
            **learning,
        )
    )


def _tokens(work: Work, rows: Sequence[Row]) -> float | None:
    """Of a conversation on average, as the model reads it; None where there is none."""
    if not rows:
        return None
    loaded = work.loaded
    read = tokenise(
        rows, loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=context_tokens(loaded.model)
    )
    return fmean(read.lengths) if read.lengths else None


def _item_s(work: Work) -> float | None:
    """Of a test item asked as the tuned model will be: with no more of an instruction, and so many that the start counts little."""
    task, items = work.config.task, len(work.test)
    if items < ITEMS_THAT_TELL or task.zero_shot_system not in (None, task.system):
        return None
    return work.seconds("base-zero-shot") / items or None


def _learning(work: Work) -> dict[str, Any]:
    """Time a few batches of the person's rows as the plan's first stage would learn them; nothing where it is not asked."""
    size, longest = work.config.measure.timed_rows, work.config.measure.timed_tokens
    if not size or longest is None or work.loaded.device.type != "cpu":
        return {}
    rows = work.rows("train")
    drawn = random.Random(work.config.seed).sample(rows, min(len(rows), max(LOOKED_AT, BATCHES * size)))  # fmt: skip
    loaded = work.loaded
    own = tokenise(drawn, loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=longest)
    if len(own.input_ids) < 2:
        return {}
    batches = [
        [(at * size + place) % len(own.input_ids) for place in range(size)] for at in range(BATCHES)
    ]
    took = [_read_both_ways(loaded.model, own, batch) for batch in batches]
    tokens = [sum(own.lengths[row] for row in batch) for batch in batches]
    quickest = min(range(BATCHES), key=lambda at: took[at] / tokens[at])
    return {
        "row_tokens": fmean(own.lengths), "batch_rows": size,
        "batch_tokens": float(tokens[quickest]), "batch_s": took[quickest],
    }  # fmt: skip


def _read_both_ways(model: Any, own: Sequences, batch: Sequence[int]) -> float:
    """Seconds of one batch forwards and backwards, words reckoned at learnt places only; no gradient is left behind."""
    longest = max(own.lengths[row] for row in batch)

    def padded(rows: Sequence[list[int]], filling: int) -> torch.Tensor:
        return torch.tensor([rows[row] + [filling] * (longest - len(rows[row])) for row in batch])

    mask = [[1] * length for length in own.lengths]
    next_BT = padded(own.labels, MASKED).roll(-1, dims=1)  # noqa: N806
    next_BT[:, -1] = MASKED
    learnt_BT = next_BT != MASKED  # noqa: N806
    was_training = model.training
    model.train()
    began = time.perf_counter()
    try:
        with only_at(model.get_output_embeddings(), learnt_BT, hold_back=False) as seen:
            logits = model(
                input_ids=padded(own.input_ids, 0), attention_mask=padded(mask, 0), use_cache=False
            ).logits
        words_NV = logits if seen else logits[learnt_BT]  # noqa: N806
        cross_entropy(words_NV.flatten(0, -2).float(), next_BT[learnt_BT]).backward()
    finally:
        model.zero_grad(set_to_none=True)
        model.train(was_training)
    return time.perf_counter() - began
