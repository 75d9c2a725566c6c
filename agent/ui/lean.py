"""Gradio's Blocks without the work it does for what an event leaves alone.

A handler gives the components that change; Gradio makes every other output of the event anew all the same, to tell the
browser nothing about it: half a millisecond each, fifty times for a look at the panel (Gradio 6.31, `postprocess_data`).
"""

from __future__ import annotations

from copy import copy
from typing import Any

import gradio as gr
from gradio.blocks import BlockFunction
from gradio.state_holder import SessionState

UNCHANGED = {"__type__": "update"}
"""What Gradio sends for an output that is skipped."""


class LeanBlocks(gr.Blocks):  # type: ignore[misc]
    """Blocks whose handlers pay for what they change."""

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: Any, state: SessionState | None
    ) -> list[Any]:
        """Give each output what the browser is sent; only those that a handler named are worked on."""
        outputs = list(block_fn.outputs)
        if not _names_components(predictions, outputs):
            whole: list[Any] = await super().postprocess_data(block_fn, predictions, state)
            return whole
        named = copy(block_fn)
        named.outputs = [one for one in outputs if one in predictions]
        values = [predictions[one] for one in named.outputs]
        sent = await super().postprocess_data(
            named, values if len(values) != 1 else values[0], state
        )
        told = dict(zip((one._id for one in named.outputs), sent, strict=True))
        return [told.get(one._id, dict(UNCHANGED)) for one in outputs]


def _names_components(predictions: Any, outputs: list[Any]) -> bool:
    """Whether the handler gave a value for some of several outputs, each under its component."""
    return (
        len(outputs) > 1
        and isinstance(predictions, dict)
        and bool(predictions)
        and all(any(key is one for one in outputs) for key in predictions)
    )
