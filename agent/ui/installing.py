"""The strip over the page while the training half is being installed: how far it is, or what keeps it and a button.

Only a page that was opened before it was there has it; once it is there, the strip goes and its timer stops.
"""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr

from agent.ui import look
from agent.ui.parts import said
from agent.ui.tabs.tab import PRIVATE, Update
from agent.words import wording
from tools.install.halves import Half
from tools.judging.report import Say, speaker
from training.text import Text, join

LOOK_AGAIN_S = 2.0
"""A guess; not tuned."""
GO_ON = Text("Go on installing")
MEANWHILE = Text("You can talk and plan meanwhile; training waits for it.")


class Strip:
    """One line and a button."""

    def __init__(self, look: Callable[[], Half], go_on: Callable[[], object]) -> None:
        self._look, self._go_on = look, go_on

    def build(self, say: Say) -> None:
        """Make the parts where the page is being laid out."""
        half = self._look()
        with gr.Row(elem_id="ts-installing", visible=not half.is_ready) as self.row:
            self.html = gr.HTML(drawn(half, say), elem_id="ts-installing-said")
            self.button = gr.Button(say(GO_ON), size="sm", visible=stands(half), elem_id="ts-install")  # fmt: skip
        self.timer = gr.Timer(LOOK_AGAIN_S, active=not half.is_ready)

    def wire(self, blocks: gr.Blocks, language: gr.Radio) -> None:
        """Look again while there is something to see."""
        parts = [self.row, self.html, self.button, self.timer]
        blocks.load(self.draw, [language], parts, js=look.LANGUAGE, **PRIVATE)
        for event in (self.timer.tick, language.change):
            event(self.draw, [language], parts, **PRIVATE)
        self.button.click(self.press, [language], parts, **PRIVATE)

    def draw(self, language: str) -> Update:
        """How far it is now."""
        half, say = self._look(), speaker(language)
        return {
            self.row: gr.update(visible=not half.is_ready),
            self.html: drawn(half, say),
            self.button: gr.update(visible=stands(half), value=say(GO_ON)),
            self.timer: gr.update(active=not half.is_ready),
        }

    def press(self, language: str) -> Update:
        """Let it go on."""
        self._go_on()
        return self.draw(language)


def stands(half: Half) -> bool:
    """Whether it needs somebody to go on."""
    return not half.is_ready and not half.under_way


def drawn(half: Half, say: Say) -> str:
    """The strip as HTML."""
    if half.is_ready:
        return ""
    share = half.done / half.packages if half.packages else 0.0
    if half.bytes:
        share = half.fetched_bytes / half.bytes if half.stage == "fetching" else share
    kind = "bad" if half.stage == "failed" else ""
    bar = (
        f'<div class="ts-bar"><i class="ts-fill" style="width:{100 * min(1.0, share):.0f}%"></i></div>'
        if half.under_way and half.packages
        else ""
    )
    return f'<div class="ts-strip {kind}" role="status"><p>{said(say, words(half))}</p>{bar}</div>'


def words(half: Half) -> Text:
    """How far it is, in one or two sentences."""
    if half.stage == "failed":
        return join([_failed(half), Text("Talking and planning work without it.")], " ")
    if not half.under_way:
        told = Text("The training half is not installed yet: its installation was cut off.")
        return join([told if half.stage == "cut_off" else Text("The training half is about to be installed."), MEANWHILE], " ")  # fmt: skip
    return join([_far(half), MEANWHILE], " ")


def _far(half: Half) -> Text:
    if not half.packages:
        return Text("The training half is being installed: finding out what it needs.")
    counts = {"done": half.done, "packages": half.packages}
    if half.stage == "fetching":
        told = Text(
            "The training half is being fetched: {done} of {packages} {packages:package|packages}",
            **counts,
        )
        if half.bytes:
            told = Text("{told}, {got} of {whole}", told=told, got=_size(half.fetched_bytes), whole=_size(half.bytes))  # fmt: skip
    else:
        told = Text(
            "The training half is being unpacked: {done} of {packages} {packages:package|packages}",
            **counts,
        )
    if half.seconds_left is None:
        return Text("{told}.", told=told)
    left = wording.duration(max(half.seconds_left, 5.0) / 60)
    return Text("{told}, about {time} left.", told=told, time=left)


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _failed(half: Half) -> Text:
    """What kept it, and what to do."""
    if half.reason == "network":
        return Text("The training half could not be fetched: the package index cannot be reached or does not have it. Check the connection, then go on.")  # fmt: skip
    if half.reason == "disk":
        return Text("The training half does not fit on the disk: {detail}. Free some space, then go on.", detail=half.detail.rstrip("."))  # fmt: skip
    if half.reason == "conflict":
        return Text("The training half does not go together with what this page has loaded. Close the page, run make setup, and open it again.")  # fmt: skip
    return Text("The training half could not be installed: {detail}. The file .venv/installing/log.txt says more. You can go on from there.", detail=half.detail.rstrip("."))  # fmt: skip
