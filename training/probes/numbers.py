"""Numbers as people and models write them: digits, words, Chinese numerals."""

from __future__ import annotations

import re

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_WORD_VALUES = {word: value for value, word in enumerate(_UNITS)} | _TENS
_CHINESE = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2}
_NUMBER = re.compile(
    r"(?<![\w.])[-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,]*\d)|(?:(?<![\w.\d)])[-−])?\d+(?:\.\d+)?"
    r"|\b(?:(?:"
    + "|".join(_TENS)
    + r")(?:[- ](?:"
    + "|".join(_UNITS[1:10])
    + r"))?|"
    + "|".join(_UNITS)
    + r")\b"
    r"|[零一二三四五六七八九十百两]+",
    re.IGNORECASE,
)


def numbers_in(text: str) -> list[float]:
    """List the numbers of a text in order.

    >>> numbers_in("Seven plus thirty-five is 42; 1,200 - 3.5; 十二")
    [7.0, 35.0, 42.0, 1200.0, 3.5, 12.0]
    """
    values = (_value(found) for found in _NUMBER.findall(text))
    return [value for value in values if value is not None]


def same_number(one: float, other: float) -> bool:
    """Say whether two numbers are equal but for rounding."""
    return abs(one - other) <= 1e-6 * max(1.0, abs(one), abs(other))


def _value(written: str) -> float | None:
    if (written[-1].isdigit() and written.isascii()) or written.startswith("−"):
        return float(written.replace(",", "").replace("−", "-"))
    if written[0] in "零一二三四五六七八九十百两":
        return _chinese_value(written)
    return float(sum(_WORD_VALUES[part] for part in re.split(r"[- ]", written.casefold())))


def _chinese_value(written: str) -> float | None:
    """Read 二十三 or 一百零五. None for what is no number, such as 一一."""
    found = re.fullmatch(
        r"(?:([一二三四五六七八九两])百零?)?(?:([一二三四五六七八九]?)(十))?([零一二三四五六七八九两])?",
        written,
    )
    if found is None:
        return None
    hundreds, tens, has_tens, units = found.groups()
    value = 100 * _CHINESE.get(hundreds or "", 0) + _CHINESE.get(units or "", 0)
    return float(value + (10 * _CHINESE.get(tens or "", 1) if has_tens else 0))
