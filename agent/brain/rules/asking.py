"""Questions and orders to act: which kind, about what."""

from __future__ import annotations

import re
from typing import Any

from agent.brain.protocol import About, Intent, IntentKind
from agent.brain.rules import figures, lexicon, meanings, trials
from tools import numerals

SENTENCES = re.compile(r"(?<=[?!;])\s*|\.(?:\s+|$)|\n+|;\s*")
JOINED = re.compile(
    r",?\s+and (?=(?:what|why|how|when|where|who|which|is|are|does|do|can|will|tell|show)\b)|,\s*(?=(?:what|why|how|when|which|is it|does it|can it|will it)\b)"
    r"|,\s*(?=[^,]{0,14}(?:吗|\?|什么|多少|多久|为什么|贵|怎么|哪|呢))|(?<=什么)又?,|and (?=how much\b)"
)
ORDER: tuple[About, ...] = (
    "what_if",
    "privacy",
    "glossary",
    "compare",
    "data_issue",
    "why",
    "what_next",
    "risk",
    "time",
    "cost",
    "how",
    "what",
)
ACTS: tuple[IntentKind, ...] = (
    "stop",
    "resume",
    "status",
    "vote",
    "mark",
    "compare",
    "try",
    "export",
)
TOPICS: tuple[tuple[str, str], ...] = (
    ("pii", r"personal|private|names|sensitive|个人信息|隐私|敏感|身份证"), ("label_conflicts", r"conflict|contradict|矛盾|冲突|不一致"),
    ("missing_answers", r"no answer|missing|empty|without an? (?:answer|label)|没有?答案|缺|空"), ("exact_duplicates", r"duplicate|doubles|twice|重复"),
    ("leakage", r"leak|泄"), ("class_imbalance", r"balance|平衡"),
)  # fmt: skip


COURTESY = re.compile(
    r"^(?:(?:ok(?:ay)?|great|good|perfect|nice|cool|fine|super|awesome|excellent|wonderful|alright|all right|right|sure|yes|yeah|yep|sounds (?:good|great|fine)|looks (?:good|great|fine)|thanks?(?: you)?(?: (?:a lot|so much|very much|again))?|thx|cheers|got it|i see|understood|makes sense|that makes sense|interesting|sorry|hi|hello|hey|wow|oh|hm+|well|but|and|so|then)(?:[\s,.!;:-]+)"
    r"|(?:好的?|行|可以|没问题|谢谢(?:你|您|了|啦)?|多谢|谢了|嗯|哦|明白了?|知道了|懂了|太好了|不错|不好意思|抱歉|你好|那)[,.!\s]+)+(?=\S)"
)
"""Polite words that a question may follow."""
LONGEST_MEANING = 300
"""Letters of a question for the meaning of a word."""
NOTHING_ASKED = re.compile(r"没(?:有)?(?:什么|啥|多少|几)")
PAYLOAD = re.compile(r":\s*(?=\S).*$|\"[^\"]{2,}\"")
"""What is to be tried out: no question of its own."""


def without_payload(folded: str) -> str:
    """The message without the words that are to be tried out, where it is an order to try."""
    head = PAYLOAD.sub(" ", folded)
    return head if lexicon.has(head, "act", "try") else folded


def after_courtesy(folded: str) -> str:
    """The message without the thanks or the ok that it opens with."""
    return COURTESY.sub("", folded)


def is_small_talk(folded: str) -> bool:
    """Whether the message is a courtesy and no more: no question follows the thanks."""
    rest = after_courtesy(folded)
    return lexicon.is_all(folded, "small", "whole") and (rest == folded or not questions(rest))


def questions(folded: str) -> list[Intent]:
    """Read every question of a message."""
    found: list[Intent] = []
    folded = NOTHING_ASKED.sub("没有", folded)
    if not lexicon.has(folded, "ask", "cues"):
        folded = after_courtesy(folded)
    if not lexicon.has(folded, "ask", "cues") and meanings.term_in(folded) is None:
        return []
    for part in parts(folded):
        if not lexicon.has(part, "ask", "cues") and not (
            (found and lexicon.has(part, "ask", "glossary")) or glossary_term(part)
        ):
            continue
        asked = about(part)
        if asked is not None and (asked.about, asked.topic) not in {
            (one.about, one.topic) for one in found
        }:
            found.append(asked)
    kinds = {one.about for one in found}
    if len(found) > 1 and kinds - {"what", "how"} and len(kinds) > 1:
        found = [one for one in found if one.about not in {"what"}] or found
    if {"what_if"} & kinds:
        found = [one for one in found if one.about == "what_if"]
    return found


def parts(folded: str) -> list[str]:
    """Split a message into what may be single questions."""
    pieces = [piece for one in SENTENCES.split(folded) if one for piece in JOINED.split(one)]
    return [piece.strip() for piece in pieces if piece and re.search(r"\w", piece)]


def about(part: str) -> Intent | None:
    """Say what one question is about; None where it is about nothing known."""
    for name in ORDER:
        if name == "glossary":
            term = glossary_term(part)
            if term is None:
                continue
            return Intent(kind="ask", words=part, about="glossary", topic=term)
        if lexicon.has(part, "ask", name) and not _is_other(name, part):
            return Intent(
                kind="ask",
                words=part,
                about=name,
                topic=topic_of(name, part),
                suppose=supposed(part) if name == "what_if" else {},
            )
    return None


def _is_other(name: str, part: str) -> bool:
    """Keep apart what shares words: "how much data", "what happens if i say yes"."""
    if name == "what_if":
        return (
            re.search(
                r"^(?:那|要)?(?:我|你)?(?:该)?(?:怎么|如何)(?:用|部署|导出)|what happens if|do i (?:still )?pay|if i say yes|if it fails|what if it (?:fails|breaks|goes wrong|gets worse|does not work|doesn't work|forgets|is worse|crashes)|失败|搞砸",
                part,
            )
            is not None
        )
    if name == "cost":
        return (
            re.search(
                r"how much (?:data|text|time|memory|longer|more time|(?:is )?(?:left|done|to go))|feel free|free (?:to|text)|(?:old|our|the|their|current|wrong) prices|prices? (?:in|list|change)|price list|spending time",
                part,
            )
            is not None
        )
    if name == "compare":
        return re.search(r"should i be", part) is not None
    if name == "data_issue":
        return re.search(r"为了什么|为什么|为啥|干嘛|图什么|什么用", part) is not None
    return False


def glossary_term(part: str) -> str | None:
    """The term whose meaning is asked, in the glossary's own name where it has one."""
    from agent.conversation.terms import fold, known  # noqa: PLC0415 (the glossary is read only when a meaning is asked)

    if len(part) > LONGEST_MEANING:
        return None
    names = known("zh")
    term = meanings.term_in(part)
    if term is not None:
        key = names.get(fold(term)) or names.get(fold(term).removesuffix("s"))
        if key or meanings.is_quoted(part, term):
            return key or term
    part = re.sub(r"['\"]([a-z0-9 -]{2,40})['\"]", r"\1", part)
    if not lexicon.has(part, "ask", "glossary"):
        return None
    for term in _candidates(part):
        key = names.get(fold(term)) or names.get(fold(term).removesuffix("s"))
        if key:
            return key
    return None


def _candidates(part: str) -> list[str]:
    """Words and runs of words that may be a term, the longest first."""
    latin = re.findall(r"[a-z0-9][a-z0-9-]*", part)
    runs = [
        " ".join(latin[start : start + size])
        for size in (3, 2, 1)
        for start in range(len(latin) - size + 1)
    ]
    skip = {
        "what",
        "is",
        "a",
        "an",
        "the",
        "do",
        "you",
        "mean",
        "by",
        "of",
        "i",
        "for",
        "it",
        "this",
        "that",
        "does",
        "stand",
        "define",
        "say",
        "order",
        "yes",
        "plan",
        "run",
    }
    latin_runs = [run for run in runs if run not in skip]
    chinese = [
        part[start : start + size]
        for size in range(6, 0, -1)
        for start in range(len(part) - size + 1)
        if lexicon.CJK.search(part[start : start + size])
    ]
    weak = [run for run in runs if run in {"order", "plan", "run"}]
    return latin_runs + [one for one in chinese if len(one) > 1 or one == "秩"] + weak


def topic_of(name: str, part: str) -> str | None:
    """The setting, term or issue that a question names."""
    if name == "data_issue":
        return next((topic for topic, words in TOPICS if re.search(words, part)), None)
    if name in {"why", "what", "cost", "how"}:
        from agent.brain.rules.revising import setting_of  # noqa: PLC0415 (revising reads questions too)

        return trials.TOPIC if trials.are_meant(part) else setting_of(part)
    return None


def supposed(part: str) -> dict[str, Any]:
    """Read the facts of a what-if."""
    from tools import goal  # noqa: PLC0415 (only a what-if needs it)

    facts: dict[str, Any] = {}
    times = re.search(rf"({numerals.NUMBER})\s?(?:x|times|倍)", part)
    if times and re.search(r"rows|data|examples|数据|样本|行|例", part):
        facts["rows_factor"] = numerals.number(times.group(1))
    elif re.search(r"twice|double|两倍|翻倍|加倍", part) and re.search(
        r"rows|data|examples|数据|样本", part
    ):
        facts["rows_factor"] = 2.0
    else:
        rows = re.search(rf"({numerals.NUMBER}) ?(?:more )?(?:rows|examples|条|行)", part)
        if rows:
            facts["rows"] = numerals.number(rows.group(1))
    limit = {name: amount for name, amount in figures.money(part).items() if name == "usd"}
    minutes = figures.limit(part)
    if limit or minutes is not None:
        facts["budget"] = limit | ({"minutes": minutes} if minutes is not None else {})
    hardware = goal.hardware(part)
    if hardware is not None:
        facts["hardware"] = hardware
    pace = goal.facts_change(part)
    if pace is not None:
        facts["facts_change"] = pace
    named = [name for name in ("cpt", "sft", "dpo", "rft") if re.search(rf"\b{name}\b", part)]
    if named:
        facts["technique"] = named
    model = goal.base_model(part)
    if model is not None:
        facts["model"] = model
    return facts


NO_STOP = re.compile(
    r"\bwhy did it stop|\bstop (?:it )?(?:being|from)|为什么停"
    r"|\b(?:don't|do not|dont|never|please not|not) (?:\w+ )?(?:stop|cancel|abort|kill|quit|end|interrupt|pause)\b|(?:别|不要|先别|不用|不能)(?:给我)?(?:停|取消|终止|关|中断|结束)"
)
OTHERS_ASK = re.compile(
    r"\b(?:she|he|they|customers?|people|users?|staff|students?|patients?|clients?|employees|colleagues) (?:\w+ )?(?:wants?|can|could|will|should|would like|must|may) (?:to )?(?:ask|try|test)\b"
)


def acts(folded: str) -> list[Intent]:
    """Read orders to do something to a run."""
    found: list[Intent] = []
    folded = without_payload(folded)
    for name in ACTS:
        if lexicon.has(folded, "act", name) and not _no_act(name, folded):
            found.append(Intent(kind=name, words=folded))
    kinds = {one.kind for one in found}
    if kinds & {"vote", "mark"}:
        found = [one for one in found if one.kind not in {"compare", "try"}]
        kinds = {one.kind for one in found}
    if "compare" in kinds and "try" in kinds:
        found = [
            one
            for one in found
            if one.kind
            != ("compare" if "old and new" in folded or "side by side on" in folded else "try")
        ]
    if "stop" in kinds and "resume" in kinds:
        found = [one for one in found if one.kind != "stop"]
    return found


def _no_act(name: str, folded: str) -> bool:
    """Whether the words only look like an order to act."""
    if name == "status":
        return "?" not in folded and re.search(r"\bready to\b", folded) is not None
    if name == "compare":
        return re.search(r"\bhow (?:does|do|would)\b|区别", folded) is not None
    if name in {"export", "try"}:
        return re.search(
            r"\bhow (?:do|can|would|to)\b|怎么|如何|before i", folded
        ) is not None and not folded.startswith(("can ", "let "))
    if name == "try" and OTHERS_ASK.search(folded):
        return True
    if name == "stop":
        return NO_STOP.search(folded) is not None
    return False
