# ruff: noqa: N806 - tensor names end in their axes: B sequences, T tokens, N positions, V vocabulary, K kept
"""What the untouched model holds likely at every learnt position of the general rows.

It is read once, before training moves the model, and kept in a file. So no second model is in memory, and a run that goes
on after a stop has the same teacher to the bit.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from training.data import MASKED, Sequences
from training.evaluate import in_halves
from training.losses import TAUGHT_BY_LABEL, Targets, only_at

KEPT_WORDS = 64
"""Likeliest words kept of each position; the others count as one. Our default: of the practice model's own conversations they
hold .95 of the probability, more than .8 at nine places of ten; 128 words hold .965."""
READ_TOKENS = 8_192
"""Tokens read at once, padding among them. Our default."""
READ_LOGITS = 1 << 28
"""Logits held at once while reading, a GiB in float32: nothing else is in memory yet. Our default."""


def positions_of(sequences: Sequences) -> list[list[int]]:
    """Number the learnt positions of all rows, in order; `TAUGHT_BY_LABEL` where nothing is learnt."""
    number = 0
    found = []
    for labels in sequences.labels:
        row = [TAUGHT_BY_LABEL] * len(labels)
        for place in range(1, len(labels)):
            if labels[place] != MASKED:
                row[place] = number
                number += 1
        found.append(row)
    return found


def targets_of(model: Any, sequences: Sequences, *, kept: int = KEPT_WORDS) -> Targets:
    """Read what the model, as its weights stand now, holds likely where the rows are learnt."""
    was_training = model.training
    model.eval()
    taught = positions_of(sequences)
    count = sum(label != MASKED for labels in sequences.labels for label in labels[1:])
    width = min(kept, int(model.config.get_text_config().vocab_size))
    words_NK = torch.zeros((count, width), dtype=torch.int32)
    logs_NK = torch.zeros((count, width), dtype=torch.float16)

    def read(rows: list[int]) -> list[None]:
        learnt_BT, logits_NV = _logits(model, sequences, rows)
        numbers = torch.cat([torch.tensor(taught[row]) for row in rows])
        numbers = numbers[numbers != TAUGHT_BY_LABEL]
        assert len(numbers) == int(learnt_BT.sum())
        logs_NV = torch.log_softmax(logits_NV.float(), dim=-1)
        best = logs_NV.topk(width, dim=-1)
        words_NK[numbers] = best.indices.to("cpu", torch.int32)
        logs_NK[numbers] = best.values.to("cpu", torch.float16)
        return [None] * len(rows)

    try:
        with torch.no_grad():
            for rows in _groups(model, sequences):
                in_halves(read, rows)
    finally:
        model.train(was_training)
    return Targets(words_NK, logs_NK)


def load_targets(path: Path, sequences: Sequences) -> Targets | None:
    """Read the file; None where there is none, or where it was made for other rows."""
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            if (file.metadata() or {}).get("rows") != fingerprint(sequences):
                return None
            return Targets(file.get_tensor("words"), file.get_tensor("logs"))
    except SafetensorError:
        return None


def save_targets(path: Path, targets: Targets, sequences: Sequences) -> None:
    """Write the file; it appears whole or not at all."""
    draft = path.with_suffix(".draft")
    tensors = {"words": targets.words_NK, "logs": targets.logs_NK}
    save_file(tensors, draft, metadata={"rows": fingerprint(sequences)})
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(path)


def _logits(model: Any, sequences: Sequences, rows: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(sequences.input_ids[row]) for row in rows)

    def padded(values: list[int], filling: int) -> list[int]:
        return values + [filling] * (longest - len(values))

    ids_BT = torch.tensor([padded(sequences.input_ids[row], 0) for row in rows])
    mask_BT = torch.tensor([padded([1] * len(sequences.input_ids[row]), 0) for row in rows])
    labels_BT = torch.tensor([padded(sequences.labels[row], MASKED) for row in rows])
    learnt_BT = torch.zeros_like(ids_BT, dtype=torch.bool)
    learnt_BT[:, :-1] = labels_BT[:, 1:] != MASKED
    device = model.device
    learnt_BT = learnt_BT.to(device)
    with only_at(model.get_output_embeddings(), learnt_BT) as seen:
        logits = model(
            input_ids=ids_BT.to(device), attention_mask=mask_BT.to(device), use_cache=False
        ).logits
    return learnt_BT, logits if seen else logits[learnt_BT]


def _groups(model: Any, sequences: Sequences) -> Iterator[list[int]]:
    """Put rows of like length together, as many as may be read at once."""
    vocabulary = int(model.config.get_text_config().vocab_size)
    limit = max(1, min(READ_TOKENS, READ_LOGITS // vocabulary))
    lengths = sequences.lengths
    group: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if group and lengths[row] * (len(group) + 1) > limit:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def fingerprint(sequences: Sequences) -> str:
    """Hash the rows as they are learnt: tokens and labels, in order."""
    digest = hashlib.sha256()
    for ids, labels in zip(sequences.input_ids, sequences.labels, strict=True):
        digest.update(repr((ids, labels)).encode())
    return digest.hexdigest()
