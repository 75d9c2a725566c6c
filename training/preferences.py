"""Pairs of answers as token sequences, and how likely a model finds each: what DPO learns from and is judged by.

Judged by which answer the model finds likelier for each token, on pairs held out; never by the margin that DPO itself
raises, which keeps rising while the answers fall apart (stack.md 2: accuracy 1.0, margin 11.7, retention .05).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from training.data import MASKED, Sequences, tokenise
from training.evaluate import Loss, nll_per_token
from training.rows import Row

CONTEXT_AT_LEAST = 1


@dataclass(frozen=True)
class Pairs:
    """Tokenised pairs: what both answers follow, and each of them with its end."""

    ids: tuple[str, ...]
    prompt_ids: tuple[list[int], ...]
    chosen_ids: tuple[list[int], ...]
    rejected_ids: tuple[list[int], ...]
    too_long: tuple[str, ...] = ()
    """Row ids left out: one of the two is longer than the longest sequence allowed."""
    unusable: tuple[str, ...] = ()
    """Row ids left out: an answer is missing, or both are the same."""

    @property
    def lengths(self) -> list[int]:
        """Tokens of each pair, what comes before counted for both."""
        parts = zip(self.prompt_ids, self.chosen_ids, self.rejected_ids, strict=True)
        return [2 * len(prompt) + len(chosen) + len(rejected) for prompt, chosen, rejected in parts]


def tokenise_pairs(
    rows: Sequence[Row], tokenizer: Any, *, stop_id: int, max_tokens: int, system: str | None = None
) -> Pairs:
    """Tokenise pairs exactly as examples are; the answers begin where the two sequences part at the latest."""
    usable = [row for row in rows if row.chosen and row.rejected and row.chosen != row.rejected]
    settings = {"stop_id": stop_id, "max_tokens": max_tokens, "system": system}
    chosen = _by_row(tokenise(usable, tokenizer, **settings))  # type: ignore[arg-type]
    turned = [row.model_copy(update={"chosen": row.rejected}) for row in usable]
    rejected = _by_row(tokenise(turned, tokenizer, **settings))  # type: ignore[arg-type]
    kept = [row.id for row in usable if row.id in chosen and row.id in rejected]
    cut = [_cut(chosen[name], rejected[name]) for name in kept]
    return Pairs(
        ids=tuple(kept),
        prompt_ids=tuple(prompt for prompt, _, _ in cut),
        chosen_ids=tuple(better for _, better, _ in cut),
        rejected_ids=tuple(worse for _, _, worse in cut),
        too_long=tuple(row.id for row in usable if row.id not in set(kept)),
        unusable=tuple(row.id for row in rows if row not in usable),
    )


def preferred(
    model: Any, tokenizer: Any, rows: Sequence[Row], *, system: str | None = None
) -> list[str]:
    """Give the answer of each pair that the model finds likelier, token for token; a tie counts as the rejected.

    By the mean over the tokens: by the sum the shorter answer would nearly always win.
    """
    better = nll_per_token(
        model, tokenizer, [_answered(row, row.chosen) for row in rows], system=system
    )
    worse = nll_per_token(
        model, tokenizer, [_answered(row, row.rejected) for row in rows], system=system
    )
    return [
        (row.chosen if _likelier(first, second) else row.rejected) or ""
        for row, first, second in zip(rows, better, worse, strict=True)
    ]


def _likelier(first: Loss, second: Loss) -> bool:
    """Compare by token; an answer too long to be read is not preferred."""
    return first.tokens > 0 and (second.tokens == 0 or first.per_token < second.per_token)


def _answered(row: Row, answer: str | None) -> Row:
    """Give the pair as one conversation whose only answer to be counted is the last: earlier ones are shown as asked."""
    return row.model_copy(update={"chosen": answer, "rejected": None})


def _by_row(sequences: Sequences) -> dict[str, tuple[list[int], int]]:
    """Give each row's tokens up to the end of its last answer, and where that answer begins."""
    found = {}
    for name, ids, labels in zip(sequences.ids, sequences.input_ids, sequences.labels, strict=True):
        end = max(at for at, label in enumerate(labels) if label != MASKED)
        start = end
        while start > 0 and labels[start - 1] != MASKED:
            start -= 1
        found[name] = (ids[: end + 1], start)
    return found


def _cut(
    chosen: tuple[list[int], int], rejected: tuple[list[int], int]
) -> tuple[list[int], list[int], list[int]]:
    (better, at), (worse, other) = chosen, rejected
    shared = next(
        (place for place, (one, two) in enumerate(zip(better, worse, strict=False)) if one != two),
        min(len(better), len(worse)),
    )
    start = max(CONTEXT_AT_LEAST, min(at, other, shared))
    return better[:start], better[start:], worse[start:]
