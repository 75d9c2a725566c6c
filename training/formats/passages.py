"""Plain text and Markdown: cut into passages at blank lines, so that some can be held out."""

from __future__ import annotations

import re
from typing import Any

from training.formats.table import FormatError, Table
from training.text import Text

PASSAGE_CHARS = 2000
"""A passage is filled up to about this many characters, some 500 tokens. A guess; not tuned."""


def read_passages(text: str, *, name: str, format: str, encoding: str) -> Table:
    """Cut a text into passages. Each is numbered by its first line. Raises FormatError where it is blank."""
    passages: list[dict[str, Any]] = []
    numbers: list[int] = []
    for line, passage in _passages(text):
        passages.append({"text": passage, "document": name})
        numbers.append(line)
    if not passages:
        raise FormatError(
            Text("The file is empty."), where=name, what_to_do=Text("Give a file with text in it.")
        )
    return Table(name, format, encoding, ("text", "document"), passages, numbers)


def _passages(text: str) -> list[tuple[int, str]]:
    """Join paragraphs until a passage is full; a paragraph that is too long is cut at line or sentence ends."""
    found: list[tuple[int, str]] = []
    held: list[str] = []
    start, size = 1, 0
    for line, paragraph in _paragraphs(text):
        for piece in _pieces(paragraph):
            if held and size + len(piece) > PASSAGE_CHARS:
                found.append((start, "\n\n".join(held)))
                held, size = [], 0
            if not held:
                start = line
            held.append(piece)
            size += len(piece)
    if held:
        found.append((start, "\n\n".join(held)))
    return found


def _paragraphs(text: str) -> list[tuple[int, str]]:
    paragraphs: list[tuple[int, str]] = []
    lines: list[str] = []
    start = 1
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if line.strip():
            if not lines:
                start = number
            lines.append(line.rstrip())
        elif lines:
            paragraphs.append((start, "\n".join(lines)))
            lines = []
    return paragraphs


def _pieces(paragraph: str) -> list[str]:
    if len(paragraph) <= 2 * PASSAGE_CHARS:
        return [paragraph]
    pieces: list[str] = []
    held = ""
    for sentence in re.split(r"(?<=[.!?。！？\n])\s*", paragraph):
        for part in (
            sentence[i : i + PASSAGE_CHARS] for i in range(0, len(sentence), PASSAGE_CHARS)
        ):
            if held and len(held) + len(part) > PASSAGE_CHARS:
                pieces.append(held)
                held = ""
            held = f"{held} {part}".strip() if held else part
    return [*pieces, held] if held else pieces
