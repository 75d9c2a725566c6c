"""Constraints that a rule can check, after IFEval (PR-01; arXiv:2311.07911): strictly, then loosely."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from training.probes.health import is_healthy, words

_SENTENCE_END = re.compile(r"[.!?。！？]+(?=\s|$|[\u4e00-\u9fff”\"])")
_BULLET = re.compile(r"^\s*[-*•]\s+\S", re.MULTILINE)

Rule = Mapping[str, Any]


def obeys(answer: str, rules: Iterable[Rule], *, language: str) -> bool:
    r"""Say whether a healthy answer meets all rules, as it stands or without its first or last line or its asterisks.

    >>> obeys("Sure:\nCold white silence", [{"kind": "words", "count": 3}], language="en")
    True
    """
    rules = list(rules)
    return is_healthy(answer, language) and any(
        all(CONSTRAINTS[rule["kind"]](variant, rule) for rule in rules)
        for variant in _variants(answer)
    )


def _variants(answer: str) -> list[str]:
    """The strict text, and the loose ones of IFEval."""
    lines = answer.split("\n")
    cut = [answer, "\n".join(lines[1:]), "\n".join(lines[:-1]), "\n".join(lines[1:-1])]
    bare = [text.strip().strip("\"'“”「」").strip() for text in cut]
    candidates = [*cut, *bare, *(text.replace("*", "") for text in [*cut, *bare])]
    return [text.strip() for text in candidates if text.strip()]


def _words(text: str, rule: Rule) -> bool:
    return len(words(text)) == int(rule["count"])


def _words_at_most(text: str, rule: Rule) -> bool:
    return len(words(text)) <= int(rule["count"])


def _words_at_least(text: str, rule: Rule) -> bool:
    return len(words(text)) >= int(rule["count"])


def _sentences(text: str, rule: Rule) -> bool:
    ends = len(_SENTENCE_END.findall(text))
    unfinished = not re.search(r"[.!?。！？][\"”'」)]*\s*$", text)
    return ends + unfinished == int(rule["count"])


def _includes(text: str, rule: Rule) -> bool:
    return all(_has_word(text, word) for word in rule["words"])


def _avoids(text: str, rule: Rule) -> bool:
    return not any(_has_word(text, word) for word in rule["words"])


def _has_word(text: str, word: str) -> bool:
    bounded = rf"\b{re.escape(word)}(?:s|es)?\b" if word.isascii() else re.escape(word)
    return bool(re.search(bounded, text, re.IGNORECASE))


def _starts(text: str, rule: Rule) -> bool:
    return text.casefold().startswith(rule["text"].casefold())


def _ends(text: str, rule: Rule) -> bool:
    return (
        text.rstrip(" .!?。！？\"'”")
        .casefold()
        .endswith(rule["text"].rstrip(".!?。！？").casefold())
    )


def _upper(text: str, rule: Rule) -> bool:
    return text.upper() == text and text.lower() != text


def _lower(text: str, rule: Rule) -> bool:
    return text.lower() == text and text.upper() != text


def _no_comma(text: str, rule: Rule) -> bool:
    return not re.search(r"[,，]", text)


def _bullets(text: str, rule: Rule) -> bool:
    return len(_BULLET.findall(text)) == int(rule["count"])


def _is_json(text: str, rule: Rule) -> bool:
    fenced = re.sub(r"^```(?:json)?|```$", "", text.strip()).strip()
    try:
        value = json.loads(fenced)
    except ValueError:
        return False
    return isinstance(value, dict) and set(rule["keys"]) <= value.keys()


def _title(text: str, rule: Rule) -> bool:
    return bool(re.search(r"<<[^<>\n]+>>|《[^《》\n]+》", text))


def _repeats_prompt(text: str, rule: Rule) -> bool:
    wanted, said = words(rule["text"].casefold()), words(text.casefold())
    return said[: len(wanted)] == wanted and len(said) > len(wanted)


CONSTRAINTS: dict[str, Callable[[str, Rule], bool]] = {
    "words": _words,
    "words_at_most": _words_at_most,
    "words_at_least": _words_at_least,
    "sentences": _sentences,
    "includes": _includes,
    "avoids": _avoids,
    "starts": _starts,
    "ends": _ends,
    "upper": _upper,
    "lower": _lower,
    "no_comma": _no_comma,
    "bullets": _bullets,
    "json": _is_json,
    "title": _title,
    "repeats": _repeats_prompt,
}
