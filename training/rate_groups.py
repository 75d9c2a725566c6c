"""The learning rates of an optimizer's groups: one for all, and less for embeddings that are trained beside an adapter."""

from __future__ import annotations

from typing import Any

RATE_SHARE = "rate_share"
"""Of a group: its part of the learning rate. Saved with the optimizer."""


def set_apart(optimizer: Any, model: Any, share: float) -> None:
    """Move the trained embeddings into a group with so much of the rate."""
    layers = (model.get_input_embeddings(), model.get_output_embeddings())
    apart = {id(one) for layer in layers for one in layer.parameters() if one.requires_grad}
    for group in list(optimizer.param_groups):
        moved = [one for one in group["params"] if id(one) in apart]
        if not moved:
            continue
        group["params"] = [one for one in group["params"] if id(one) not in apart]
        rate = group["lr"] * share
        optimizer.add_param_group({**group, "params": moved, "lr": rate, RATE_SHARE: share})
    optimizer.param_groups[:] = [group for group in optimizer.param_groups if group["params"]]


def set_rate(optimizer: Any, schedule: Any, rate: float) -> None:
    """Set the highest rate anew, where the schedule stands: a checkpoint's schedule still has the old one."""
    shares = [group.get(RATE_SHARE, 1.0) for group in optimizer.param_groups]
    schedule.base_lrs = [rate * share for share in shares]
    groups = zip(optimizer.param_groups, shares, schedule.lr_lambdas, strict=True)
    for group, share, shape in groups:
        group["initial_lr"] = rate * share
        group["lr"] = rate * share * shape(schedule.last_epoch)
