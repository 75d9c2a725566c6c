"""Numbers as people write them: digits, English words, Chinese numerals."""

from __future__ import annotations

import re

ONES = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "couple": 2,
}  # fmt: skip
SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "grand": 1000, "million": 1_000_000}
DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
UNITS = {"十": 10, "百": 100, "千": 1000}
WORD = "|".join(sorted(["a", "an", *ONES, *SCALES, "half", "quarter"], key=len, reverse=True))
PLAIN = r"\d[\d,]*(?:\.\d+)?(?:e-?\d+)?"
SPELT = rf"\b(?:{WORD})\b(?:[ -](?:and )?(?:{WORD})\b)*"
CHINESE = r"[零〇一二两三四五六七八九十百千万]+(?:点[零一二三四五六七八九]+)?"
NUMBER = rf"(?:{PLAIN}[k万千]?|{SPELT}|{CHINESE})"


def number(words: str) -> float | None:
    """Read one number; None where the words spell none.

    >>> number("1,200"), number("a hundred and fifty"), number("two and a half"), number("half a million"), number("a dozen")
    (1200.0, 150.0, 2.5, 500000.0, 12.0)
    >>> number("两百五十"), number("5k"), number("三点五"), number("半")
    (250.0, 5000.0, 3.5, 0.5)
    """
    text = words.strip().lower().replace(",", "")
    factor = {"k": 1e3, "千": 1e3, "万": 1e4}.get(text[-1:], 1.0)
    digits = text[:-1] if factor != 1.0 else text
    if re.fullmatch(r"\d+(?:\.\d+)?(?:e-?\d+)?", digits):
        return float(digits) * factor
    if text == "半":
        return 0.5
    if re.fullmatch(CHINESE, text):
        return _chinese(text)
    return _english(text)


def spelt(words: str) -> float:
    """Read one number where a pattern has found one.

    Raises:
        ValueError: the words spell no number.
    """
    value = number(words)
    if value is None:
        raise ValueError(f"{words!r} spells no number")
    return value


def _english(text: str) -> float | None:
    total, part, seen = 0.0, 0.0, False
    for word in re.split(r"[ -]+", text):
        if word in ONES:
            part += ONES[word]
        elif word in SCALES:
            part = (part or 1) * SCALES[word]
            if SCALES[word] >= 1000:
                total, part = total + part, 0.0
        elif word == "half":
            part += 0.5
        elif word == "quarter":
            part = (part or 1) * 0.25
        elif word not in {"a", "an", "and", "of"}:
            return None
        seen = seen or word not in {"and", "of"}
    return (total + part or 1.0) if seen else None  # "a" alone is one


def _chinese(text: str) -> float:
    whole, _, decimals = text.partition("点")
    total, section, digit = 0.0, 0.0, 0.0
    last = 1.0
    for letter in whole:
        if letter in DIGITS:
            digit = DIGITS[letter]
            if letter in "零〇":
                last = 1.0
        elif letter == "万":
            total, section, digit, last = (
                (total + section + digit or 1) * 10_000,
                0.0,
                0.0,
                10_000.0,
            )
        else:
            section, digit, last = section + (digit or 1) * UNITS[letter], 0.0, float(UNITS[letter])
    if digit and last > 10 and whole[-1:] in DIGITS and len(whole) > 1 and whole[-2] in "百千万":
        digit *= last / 10  # 一百五 is 150
    value = total + section + digit
    if decimals:
        value += float("0." + "".join(str(DIGITS[one]) for one in decimals))
    return value


def numbers(text: str) -> list[float]:
    """All numbers of a text, in order."""
    found = [
        number(one.group()) for one in re.finditer(rf"\d[\d,]*(?:\.\d+)?e-?\d+|{NUMBER}", text)
    ]
    return [one for one in found if one is not None]
