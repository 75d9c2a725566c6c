"""Foreign text on a page: rows, file names, model output and what people type are shown, never run.

Everything that the panel shows goes through `show`; everything that the chat shows goes through `spoken` or `typed`.
"""

from __future__ import annotations

import re
from html import escape

FENCE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
LIST_END = re.compile(r"(^- [^\n]*\n)(?=[^\n-])", re.MULTILINE)
"""A line right under a list would be read as part of its last point."""
SHOWN_LETTERS = 600
MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+!|~$-])")


def show(value: object, limit: int = SHOWN_LETTERS) -> str:
    """Give the value as HTML text; what is longer than `limit` letters ends in an ellipsis."""
    text = str(value)
    return escape(text if len(text) <= limit else text[: limit - 1] + "…", quote=True)


def spoken(text: str) -> str:
    """Give a reply as Markdown that holds no tag, no picture and no link: a quoted row can hold any of them."""
    parts = FENCE.split(LIST_END.sub(r"\1\n", text))
    return "".join(part if FENCE.fullmatch(part) else _tame(part) for part in parts)


def typed(text: str) -> str:
    """Give what a person typed as Markdown that shows exactly that."""
    return MARKDOWN.sub(r"\\\1", text).replace("&", "&amp;").replace("\n", "  \n")


def _tame(text: str) -> str:
    bare = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return bare.replace("![", "!\\[").replace("](", "]\\(").replace("$", "\\$")
