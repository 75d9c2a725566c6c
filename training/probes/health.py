"""Is this the answer of a healthy model at all? Emptiness, loops, template marks, a sudden other language (PR-08)."""

from __future__ import annotations

import re

_TEMPLATE = re.compile(
    r"<\|[^|<>\n]{1,40}\|>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>|<\uff5c[^\n]{1,40}\uff5c>|"
    r"<(?:pad|bos|eos|unk|endoftext)>|(?:^|\n)\s*(?:assistant|user|system|human)\s*:?\s*(?:\n|$)|\ufffd",
    re.IGNORECASE,
)
_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]|[^\W_]+(?:['’_-][^\W_]+)*")
_LATIN = re.compile(r"[A-Za-z]")
_OTHER_SCRIPT = re.compile(
    r"[\u0400-\u052f\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u3040-\u30ff\uac00-\ud7af]"
)


def words(text: str) -> list[str]:
    """Split into words; every Chinese character counts as one.

    >>> words("It's tea-time, 你好")
    ["It's", 'tea-time', '你', '好']
    """
    return _WORD.findall(text)


def leaks_template(text: str) -> bool:
    """Say whether marks of a chat template, or broken characters, stand in the text.

    >>> leaks_template("Sure.<|im_end|>"), leaks_template("a < b | c > d")
    (True, False)
    """
    return bool(_TEMPLATE.search(text))


def repetition(text: str) -> float:
    """Share of the text's word triples that occurred before, 0 to 1; short texts count single words.

    >>> repetition("one two three four five six seven eight"), repetition("no no no no no")
    (0.0, 1.0)
    """
    found = [word.casefold() for word in words(text)]
    if len(found) >= 4 and len(set(found)) == 1:
        return 1.0
    size = 3 if len(found) >= 8 else 2
    grams = [tuple(found[start : start + size]) for start in range(len(found) - size + 1)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def switches_language(text: str, language: str) -> bool:
    """Say whether most of the text is in another script than the language asked in.

    >>> switches_language("今天下雨", "en"), switches_language("Rain (雨) is wet.", "en")
    (True, False)
    """
    chinese, latin, other = (len(script.findall(text)) for script in (_CJK, _LATIN, _OTHER_SCRIPT))
    letters = chinese + latin + other
    if not letters:
        return False
    # A Chinese character says about as much as three Latin letters: our default.
    share_chinese = 3 * chinese / (3 * chinese + latin + other)
    return share_chinese < 0.5 if language == "zh" else share_chinese > 0.5 or other / letters > 0.5


def is_healthy(
    text: str, language: str, *, min_words: int = 1, max_repetition: float = 0.4
) -> bool:
    """Say whether the text is non-empty, no loop, without template marks, and in the language asked in."""
    return (
        len(words(text)) >= min_words
        and repetition(text) <= max_repetition
        and not leaks_template(text)
        and not switches_language(text, language)
    )
