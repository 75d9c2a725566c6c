"""Find lists and JSON objects in an answer, with or without words around them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

_SEPARATOR = r"[*_`\"'”’」]*\s*(?P<s{n}>,|;|、|，|；|<|≤|>|→|->|\n|\s)\s*(?:\n\s*)?(?:(?:and|then|&)\s+|和)?(?:[-*•]\s+|\d{{1,2}}[.)、]\s+)?[*_`\"'“‘「]*"
_BEFORE = re.compile(
    r"(?:^|[\n:：.。!?！？\[({]|\b(?:is|are|be|become|becomes|order|sure|okay|ok|yes|certainly)\b,?|是|为|好的，?)\s*(?:[-*•]\s+|\d{1,2}[.)、]\s+)?[*_`\"'“‘「]*\s*$",
    re.IGNORECASE,
)
_AFTER = re.compile(r"^[*_`\"'”’」\])}]*\s*(?:$|\n|[.。!！])")
_GOES_ON = re.compile(r"^[*_`\"'”’」]*\s*(?:[,;、，；]\s*(?:and\s+|和)?[\"'“‘「*]*[\w-]|\s*\d)")


def sequence_in(text: str, wanted: Sequence[str]) -> bool:
    r"""Say whether the items stand in the text one after the other, as a whole list: nothing before, between or after.

    >>> sequence_in("Sorted: 2, 5, 7.", ["2", "5", "7"]), sequence_in("2, 5, 7, 9", ["2", "5", "7"])
    (True, False)
    >>> sequence_in("1. apple\n2. fig", ["apple", "fig"]), sequence_in("apple and fig", ["apple", "fig"])
    (True, True)
    """
    pattern = re.escape(wanted[0])
    for place, word in enumerate(wanted[1:]):
        pattern += _SEPARATOR.format(n=place) + re.escape(word)
    return any(
        _stands_alone(text, found)
        for found in re.finditer(rf"(?<![\w-]){pattern}(?![\w-])", text, re.IGNORECASE)
    )


def _stands_alone(text: str, found: re.Match[str]) -> bool:
    before, after = text[: found.start()], text[found.end() :]
    separators = set(found.groupdict().values())
    if (
        separators
        and all(not separator.strip() for separator in separators)
        and "\n" not in separators
    ):
        return bool(_BEFORE.search(before)) and bool(_AFTER.match(after))
    if separators == {"\n"}:  # a list, one item a line: the next line must not be another item
        return bool(_BEFORE.search(before)) and not re.match(
            r"^[*_`\"']*\n\s*(?:[-*•]|\d{1,2}[.)、])\s", after
        )
    listed_before = re.search(r"[\w*\"']\s*[,;、，；]\s*(?:and\s+|和)?[*_`\"'“]*$", before)
    greeting = re.search(
        r"\b(?:sure|okay|ok|yes|certainly|of course)\s*,\s*$|好的，$", before, re.IGNORECASE
    )
    return (not listed_before or bool(greeting)) and not _GOES_ON.match(after)


def objects_in(text: str) -> list[dict[str, Any]]:
    r"""List the JSON objects of a text, outermost only, in order.

    >>> objects_in('Here: ```json\n{"name": "Ann", "tags": {"a": 1}}\n```')
    [{'name': 'Ann', 'tags': {'a': 1}}]
    """
    decoder = json.JSONDecoder()
    found: list[dict[str, Any]] = []
    start = text.find("{")
    while start >= 0:
        try:
            value, end = decoder.raw_decode(text, start)
        except ValueError:
            end = start + 1
        else:
            found.append(value)
        start = text.find("{", end)
    return found
