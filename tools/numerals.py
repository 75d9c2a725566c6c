"""Numbers as people write them: digits, English words, Chinese characters."""

from __future__ import annotations

WORD_NUMBERS = {
    "half": 0.5, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90, "ninety-five": 95, "hundred": 100,
}  # fmt: skip
CHINESE_DIGITS = {
    "零": 0,
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
CHINESE_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
NUMBER = (
    r"(\d[\d,]*(?:\.\d+)?|"
    + "|".join(sorted(WORD_NUMBERS, key=len, reverse=True))
    + r"|[零一二两三四五六七八九十百千万半]+)"
)


def number(word: str) -> float:
    """Read a number in digits, English words, or Chinese characters.

    >>> number("1,200"), number("nine"), number("两百五十"), number("半")
    (1200.0, 9.0, 250.0, 0.5)
    """
    plain = word.lower().replace(",", "")
    if plain in WORD_NUMBERS:
        return float(WORD_NUMBERS[plain])
    if plain[0].isdigit():
        return float(plain)
    return 0.5 if plain == "半" else chinese_number(plain)


def chinese_number(word: str) -> float:
    """Read a number in Chinese characters.

    >>> chinese_number("三十五"), chinese_number("两百五十")
    (35.0, 250.0)
    """
    total, digit = 0.0, 0.0
    for letter in word:
        if letter in CHINESE_DIGITS:
            digit = CHINESE_DIGITS[letter]
        elif letter == "万":
            total, digit = (total + digit or 1) * 10_000, 0
        elif letter in CHINESE_UNITS:
            total, digit = total + (digit or 1) * CHINESE_UNITS[letter], 0
        elif letter == "半":
            digit += 0.5
    return total + digit
