# ruff: noqa: N803, N806, N815 - tensor names end in their axes: B sequences, T tokens, N learnt positions, V vocabulary, K kept
"""What a step of supervised training minimises, at the positions where something is learnt and nowhere else.

On general rows that is the distance to the untouched model: not the one word written down there, but all that it held
likely in that place. Such targets hold a model far closer to where it was than its own words do (CF-02: the distance
from the base predicts what is forgotten; CF-21: repair with the original model as teacher; learning without forgetting,
1606.09282).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from training.data import MASKED

LOGITS_AT_ONCE = 1 << 25
"""Logits held at a time: with their gradients 0.4 GiB in float32, what the estimate counts for the head of a fused loss. More
are projected in pieces, each a second time on the way back."""
LEAST_REST = 1e-6
"""Probability below which what is not among the kept words is left out of the distance."""
TAUGHT_BY_LABEL = -1
"""Marks a token that no distribution of the untouched model stands for."""
_SCALED = (
    "final_logit_softcapping",
    "logit_scale",
    "output_multiplier",
    "lm_head_multiplier",
    "logits_scaling",
)
"""Settings by which a model changes its logits after the projection: those are not projected in pieces."""


@dataclass(frozen=True)
class Likeliest:
    """What the untouched model held likely at each learnt position of the rehearsed rows: its likeliest words."""

    words_NK: torch.Tensor
    """Token ids."""
    logs_NK: torch.Tensor
    """Their log-probabilities, in nats. What is missing to one is all other words together."""

    @property
    def places(self) -> int:
        """How many positions."""
        return len(self.words_NK)

    def distance(self, logits_NV: torch.Tensor, rows_N: torch.Tensor) -> torch.Tensor:
        """Sum KL(untouched || model) over these positions, in nats; all words that were not kept count as one."""
        device, rows_N = logits_NV.device, rows_N.to(self.words_NK.device)
        words_NK, theirs_NK = self.words_NK[rows_N].to(device), self.logs_NK[rows_N].to(device)
        every_NV = functional.log_softmax(logits_NV.float(), dim=-1)
        ours_NK, theirs_NK = every_NV.gather(1, words_NK.long()), theirs_NK.float()
        shares_NK = theirs_NK.exp()
        kept = (shares_NK * (theirs_NK - ours_NK)).sum()
        rest_N = 1 - shares_NK.sum(dim=1)
        ours_rest_N = (1 - ours_NK.exp().sum(dim=1)).clamp(min=LEAST_REST)
        counted = rest_N > LEAST_REST
        beyond_N = rest_N[counted] * (rest_N[counted].log() - ours_rest_N[counted].log())
        return kept + beyond_N.sum()


@dataclass(frozen=True)
class Whole:
    """The same for narrow models, to the last word: what the untouched head was given there, and the head itself."""

    hidden_ND: torch.Tensor
    head_VD: torch.Tensor

    @property
    def places(self) -> int:
        """How many positions."""
        return len(self.hidden_ND)

    def distance(self, logits_NV: torch.Tensor, rows_N: torch.Tensor) -> torch.Tensor:
        """Sum KL(untouched || model) over these positions, in nats."""
        hidden_ND = self.hidden_ND[rows_N.to(self.hidden_ND.device)].to(logits_NV.device)
        head_VD = self.head_VD.to(logits_NV.device)
        with torch.no_grad():
            theirs_NV = functional.log_softmax(hidden_ND.float() @ head_VD.float().T, dim=-1)
        ours_NV = functional.log_softmax(logits_NV.float(), dim=-1)
        return functional.kl_div(ours_NV, theirs_NV, log_target=True, reduction="sum")


Targets = Likeliest | Whole


@dataclass(frozen=True)
class Batch:
    """What a step learns, position by position, the first position left out: nothing comes before it."""

    learnt_BT: torch.Tensor
    labels_N: torch.Tensor
    taught_N: torch.Tensor
    """Rows of the targets, or `TAUGHT_BY_LABEL`."""


def learnt_loss(
    model: Any, inputs: Mapping[str, Any], labels_BT: torch.Tensor, num_items: Any,
    *, taught_BT: torch.Tensor | None = None, targets: Targets | None = None, at_once: int = LOGITS_AT_ONCE,
) -> torch.Tensor:  # fmt: skip
    """Give the sum of the losses over the learnt tokens, divided by `num_items` (by their count where that is None).

    A token that `taught_BT` gives a row of the targets costs the distance KL(untouched || model) in nats, every other one
    the cross-entropy of its label. The vocabulary is projected at the learnt positions and nowhere else, `at_once` logits
    at a time where the model allows it.
    """
    batch = _batch(labels_BT, taught_BT)
    count = len(batch.labels_N) if num_items is None else num_items
    head = model.get_output_embeddings()
    size = len(batch.labels_N) * _vocabulary(model)
    in_pieces = size > at_once and not is_scaled(model)
    with only_at(head, batch.learnt_BT, hold_back=in_pieces) as seen:
        logits_NV = model(**inputs, use_cache=False).logits
    if in_pieces and seen:
        rows = max(1, at_once // _vocabulary(model))
        total = _total_in_pieces(head, seen[0], batch, targets, rows=rows)
    else:
        logits_NV = logits_NV if seen else logits_NV[batch.learnt_BT]
        total = _total(logits_NV, batch.labels_N, batch.taught_N, targets)
    return total / torch.as_tensor(count).clamp(min=1)


@contextmanager
def only_at(
    head: Any, wanted_BT: torch.Tensor, *, hold_back: bool = False
) -> Iterator[list[torch.Tensor]]:
    """Let the head see only these positions, one row each; what it was given stands in the list that is yielded.

    With `hold_back` it sees none of them. The list stays empty where the model does not call the head as a module.
    """
    seen: list[torch.Tensor] = []

    def choose(_: Any, arguments: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        hidden_ND = arguments[0][wanted_BT]
        seen.append(hidden_ND)
        return (hidden_ND[:0] if hold_back else hidden_ND, *arguments[1:])

    hook = head.register_forward_pre_hook(choose)
    try:
        yield seen
    finally:
        hook.remove()


def _batch(labels_BT: torch.Tensor, taught_BT: torch.Tensor | None) -> Batch:
    """Shift by one: what is learnt at a position is the token after it."""
    next_BT = functional.pad(labels_BT[:, 1:], (0, 1), value=MASKED)
    learnt_BT = next_BT != MASKED
    labels_N = next_BT[learnt_BT]
    if taught_BT is None:
        return Batch(learnt_BT, labels_N, torch.full_like(labels_N, TAUGHT_BY_LABEL))
    taught_N = functional.pad(taught_BT[:, 1:], (0, 1), value=TAUGHT_BY_LABEL)[learnt_BT]
    return Batch(learnt_BT, labels_N, taught_N)


def _total(
    logits_NV: torch.Tensor, labels_N: torch.Tensor, taught_N: torch.Tensor, targets: Targets | None
) -> torch.Tensor:
    if targets is None:
        return functional.cross_entropy(logits_NV.float(), labels_N, reduction="sum")
    by_label = taught_N == TAUGHT_BY_LABEL
    learnt = functional.cross_entropy(
        logits_NV[by_label].float(), labels_N[by_label], reduction="sum"
    )
    return learnt + targets.distance(logits_NV[~by_label], taught_N[~by_label])


def _total_in_pieces(
    head: Any, hidden_ND: torch.Tensor, batch: Batch, targets: Targets | None, *, rows: int
) -> torch.Tensor:
    """Project so many rows at a time, and keep no piece's logits: they are computed again on the way back."""

    def piece(hidden: torch.Tensor, labels: torch.Tensor, taught: torch.Tensor) -> torch.Tensor:
        return _total(head(hidden), labels, taught, targets)

    pieces = zip(
        hidden_ND.split(rows), batch.labels_N.split(rows), batch.taught_N.split(rows), strict=True
    )
    totals = [checkpoint(piece, *each, use_reentrant=False) for each in pieces]
    return torch.stack(totals).sum()


def _vocabulary(model: Any) -> int:
    return int(model.config.get_text_config().vocab_size)


def is_scaled(model: Any) -> bool:
    """Say whether the model changes its logits after the projection."""
    config = model.config.get_text_config()
    return any(getattr(config, name, None) is not None for name in _SCALED)
