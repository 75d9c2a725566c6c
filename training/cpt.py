"""Continued pretraining on plain text, by the same trainer as examples: every token teaches.

A text longer than a sequence is cut into pieces, none is left out; no piece holds two texts, and the end of a text is
learnt where the text ends. Pieces are packed like examples where the plan says so (`training.packing`), none seeing another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from training.data import Sequences
from training.rows import Row

SHORTEST = 4
"""Tokens; a shorter rest of a text takes some of the piece before it, or it would be learnt without any context."""


def tokenise_texts(
    rows: Sequence[Row], tokenizer: Any, *, stop_id: int, max_tokens: int
) -> Sequences:
    """Cut texts into sequences of at most `max_tokens`; conversations among the rows are left out and named."""
    texts = [row for row in rows if row.text]
    encoded = (
        tokenizer(
            [row.text for row in texts], add_special_tokens=False, return_attention_mask=False
        )["input_ids"]
        if texts
        else []
    )
    pieces = [
        (row, piece)
        for row, ids in zip(texts, encoded, strict=True)
        for piece in _pieces([*ids, stop_id], max_tokens)
    ]
    return Sequences(
        ids=tuple(row.id for row, _ in pieces),
        input_ids=tuple(piece for _, piece in pieces),
        labels=tuple(list(piece) for _, piece in pieces),
        weights=tuple(row.weight for row, _ in pieces),
        without_answer=tuple(row.id for row in rows if not row.text),
    )


def readable(rows: Sequence[Row], tokenizer: Any, *, max_tokens: int) -> list[list[Row]]:
    """Cut each text into rows that a model can read whole, for measuring: nothing of a long text is left out."""
    cut = []
    for row in rows:
        offsets = tokenizer(row.text, add_special_tokens=False, return_offsets_mapping=True)[
            "offset_mapping"
        ]
        ends = [piece[-1][1] for piece in _pieces(offsets, max_tokens)]
        starts = [0, *ends[:-1]]
        ends = [*ends[:-1], len(row.text or "")] if ends else []
        cut.append(
            [Row(id=row.id, text=(row.text or "")[a:b]) for a, b in zip(starts, ends, strict=True)]
        )
    return cut


def _pieces(tokens: list[Any], size: int) -> Iterator[list[Any]]:
    """Cut into pieces of at most `size`, the last two of like length where the rest would be too short."""
    starts = list(range(0, len(tokens), size))
    if len(starts) > 1 and len(tokens) - starts[-1] < SHORTEST:
        starts[-1] = len(tokens) - SHORTEST
    for place, start in enumerate(starts):
        end = starts[place + 1] if place + 1 < len(starts) else len(tokens)
        yield tokens[start:end]
