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
from training.losses import TAUGHT_BY_LABEL, Likeliest, Targets, Whole, is_scaled, only_at

KEPT_WORDS = 64
"""Likeliest words kept of each position; the others count as one. Our default: of the practice model's own conversations they
would hold .95 of the probability, more than .8 at nine places of ten; 128 words hold .965."""
BYTES_OF_A_WORD = 6
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


def targets_of(
    model: Any, sequences: Sequences, *, kept: int = KEPT_WORDS, whole: bool | None = None
) -> Targets:
    """Read what the model, as its weights stand now, holds likely where the rows are learnt.

    `whole` keeps its judgement of every word of the vocabulary; by default that is done where it takes no more room than
    `kept` words of each position, so for narrow models.
    """
    head = model.get_output_embeddings()
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            if _fits_whole(model, head, kept) if whole is None else whole:
                return _read_whole(model, head, sequences)
            return _read_likeliest(model, sequences, kept)
    finally:
        model.train(was_training)


def _fits_whole(model: Any, head: Any, kept: int) -> bool:
    if is_scaled(model) or getattr(head, "bias", None) is not None:
        return False
    return 2 * int(head.weight.shape[1]) <= BYTES_OF_A_WORD * kept


def _read_whole(model: Any, head: Any, sequences: Sequences) -> Whole:
    taught = positions_of(sequences)
    hidden_ND = torch.zeros((_count(taught), head.weight.shape[1]), dtype=torch.float16)

    def read(rows: list[int]) -> list[None]:
        given_ND = _read(model, sequences, rows, hold_back=True)
        hidden_ND[_numbers(taught, rows)] = given_ND.to("cpu", torch.float16)
        return [None] * len(rows)

    for rows in _groups(model, sequences):
        in_halves(read, rows)
    return Whole(hidden_ND, head.weight.detach().to("cpu", copy=True))


def _read_likeliest(model: Any, sequences: Sequences, kept: int) -> Likeliest:
    taught = positions_of(sequences)
    width = min(kept, int(model.config.get_text_config().vocab_size))
    words_NK = torch.zeros((_count(taught), width), dtype=torch.int32)
    logs_NK = torch.zeros((_count(taught), width), dtype=torch.float16)

    def read(rows: list[int]) -> list[None]:
        logits_NV = _read(model, sequences, rows, hold_back=False)
        best = torch.log_softmax(logits_NV.float(), dim=-1).topk(width, dim=-1)
        numbers = _numbers(taught, rows)
        words_NK[numbers] = best.indices.to("cpu", torch.int32)
        logs_NK[numbers] = best.values.to("cpu", torch.float16)
        return [None] * len(rows)

    for rows in _groups(model, sequences):
        in_halves(read, rows)
    return Likeliest(words_NK, logs_NK)


def _count(taught: list[list[int]]) -> int:
    return 1 + max((number for row in taught for number in row), default=-1)


def _numbers(taught: list[list[int]], rows: list[int]) -> torch.Tensor:
    return torch.tensor(
        [number for row in rows for number in taught[row] if number != TAUGHT_BY_LABEL]
    )


def load_targets(path: Path, sequences: Sequences) -> Targets | None:
    """Read the file; None where there is none, or where it was made for other rows."""
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            if (file.metadata() or {}).get("rows") != fingerprint(sequences):
                return None
            if "hidden" in file.keys():  # noqa: SIM118 - no mapping
                return Whole(file.get_tensor("hidden"), file.get_tensor("head"))
            return Likeliest(file.get_tensor("words"), file.get_tensor("logs"))
    except SafetensorError:
        return None


def save_targets(path: Path, targets: Targets, sequences: Sequences) -> None:
    """Write the file; it appears whole or not at all."""
    draft = path.with_suffix(".draft")
    tensors = (
        {"hidden": targets.hidden_ND, "head": targets.head_VD}
        if isinstance(targets, Whole)
        else {"words": targets.words_NK, "logs": targets.logs_NK}
    )
    save_file(tensors, draft, metadata={"rows": fingerprint(sequences)})
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(path)


def _read(model: Any, sequences: Sequences, rows: list[int], *, hold_back: bool) -> torch.Tensor:
    """Give the logits at the learnt positions of these rows, or with `hold_back` what the head was given for them."""
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
    with only_at(model.get_output_embeddings(), learnt_BT, hold_back=hold_back) as seen:
        logits = model(
            input_ids=ids_BT.to(device), attention_mask=mask_BT.to(device), use_cache=False
        ).logits
    if hold_back:
        return seen[0]
    return logits if seen else logits[learnt_BT]


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
