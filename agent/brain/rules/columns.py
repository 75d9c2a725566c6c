"""Which column a message names."""

from __future__ import annotations

import re

COLUMN = (
    re.compile(r"(?:列|是|column|field|use|用)[^'\"]{0,6}['\"]([\w. -]{1,24})['\"]"),
    re.compile(r"(?:column|field) (?:called|named) ['\"]?([\w.-]+)"),
    re.compile(
        r"(?:use|take) (?:the )?(?:column )?['\"]?([\w.-]+)['\"]? (?:column|as (?:the )?(?:label|answer|target|text))"
    ),
    re.compile(r"\b(?:label|text|answer|target|question)s?\s?(?:是|在|用|为)\s?['\"]?([\w.-]+)"),
    re.compile(r"\b(?:read|use|take) ['\"]?(\w+)['\"]?,? (?:not|instead of|rather than) "),
    re.compile(
        r"\b(?:is|are|stands?|sits?|lies?) (?:in|under) (?:the )?(?:column |field )?['\"]?([\w.-]+)['\"]?"
    ),
    re.compile(r"(?:the )?['\"]?([\w.-]+)['\"]? column"),
    re.compile(r"label (?:is|should be|column is) (?:the )?['\"]?([\w.-]+)"),
    re.compile(
        r"(?:标签|答案|类别|正文|文本|内容)(?:是|在|用)\s?['\"]?([\w.-]+?|[\u4e00-\u9fff]{1,6}?)['\"]?\s?(?:那|这)?(?:一)?列?(?:里|吧)?$"
    ),
    re.compile(
        r"(?:用|换成|改成|应该是|而是|是)\s?['\"]?([\w.-]{2,}?)['\"]?\s?(?:那|这)?(?:一)?列"
    ),
)
NOT_COLUMNS = frozenset(
    {
        "other",
        "the",
        "that",
        "this",
        "wrong",
        "right",
        "a",
        "first",
        "second",
        "last",
        "label",
        "text",
        "answer",
        "which",
        "another",
        "different",
        "column",
        "it",
        "另",
        "另一",
        "那",
        "这",
        "这一",
        "那一",
    }
)
COLUMN_BESIDE = re.compile(
    r"\b(?:take|use|read|want|try|(?:label|text|answer|target) (?:is|are|should be)|it.?s|it is|should be) (?:the )?(?:column |field )?['\"]?([\w.-]{3,})['\"]?\s*(?:please|then|instead)?[\s.!]*(?:$|,)"
)
"""A column named in the clause beside "wrong column"."""


def named(clause: str) -> str | None:
    """The column that a clause names."""
    for pattern in COLUMN:
        for found in pattern.finditer(clause):
            name = found.group(1)
            if name not in NOT_COLUMNS:
                return name
    return None


def beside(folded: str) -> str | None:
    """The column named in the clause beside "wrong column"."""
    found = COLUMN_BESIDE.search(folded)
    return None if found is None or found.group(1) in NOT_COLUMNS else found.group(1)
