"""Questions that take a look into rows, classes, steps or answers: which tool answers them, and with which arguments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.brain.protocol import Intent
from tools import numerals

Subject = Literal["rows", "labels", "lengths", "classes", "step", "examples"]
MOST = 20
ROWS = r"(?:rows?|lines?|examples?|samples?|tickets?|messages?|texts?|questions?|records?|entries)"
CLASSES = r"(?:class(?:es)?|labels?|categor(?:y|ies)|topics?|groups?|kinds?)"
SHOW = r"(?:show|list|give|print|display|see|find|read|look at|what (?:is|are|does)|which|tell)"
COUNT = re.compile(
    rf"({numerals.NUMBER})\s+(?:\w+\s+){{0,2}}?(?:longest|shortest|{ROWS})\b|(?:前|看|最长的?|最短的?)\s*({numerals.NUMBER})\s*(?:行|条|个)|({numerals.NUMBER})\s*(?:行|条)"
)
LONGEST = re.compile(rf"\b(?:which|what) {ROWS} (?:is|are) (?:the )?longest\b|\b{SHOW}\b.*\b(?:longest|largest|biggest) (?:\w+ )?{ROWS}\b|最长的?.{{0,6}}(?:行|条|数据|例子|样本)|哪.{{0,3}}行最长")  # fmt: skip
SHORTEST = re.compile(rf"\b(?:which|what) {ROWS} (?:is|are) (?:the )?shortest\b|\b{SHOW}\b.*\b(?:shortest|smallest) (?:\w+ )?{ROWS}\b|最短的?.{{0,6}}(?:行|条|数据|例子|样本)|哪.{{0,3}}行最短")  # fmt: skip
SOME = re.compile(
    rf"^(?:please |can you |could you |can i |let me |now |ok(?:ay)?,? )*(?:show|list|print|display|see|give) (?:me |us )?(?:some|a few|a couple of|the first|any|{numerals.NUMBER})\b.{{0,30}}\b(?:rows?|lines?|records?|of my (?:rows|data|examples))\b|(?:看|显示|给我|列出).{{0,4}}(?:几|{numerals.NUMBER})(?:行|条)(?:数据)?"
)
CONTAINING = re.compile(
    rf"\b{ROWS}\b.*?\b(?:contain(?:s|ing)?|with|mention(?:s|ing)?|include|including|about)\b (?:the )?(?:words?|text|phrase|term)?\s*(\"[^\"]+\"|'[^']+'|(?<=word )\w+|(?<=phrase )\w+|(?<=contain )\w+|(?<=containing )\w+|(?<=mention )\w+|(?<=mentioning )\w+)"
    r"|(?:包含|含有|提到)\s*[\"“「']?([^\"”」',，。的?？]{1,30})"
)
OF_LABEL = re.compile(
    rf"\b{ROWS}\b (?:of|from|in|for|labell?ed|with (?:the )?label) (?:the )?(?:class |label |category |topic )?([\"']?)([\w][\w &/+-]{{1,40}}?)\1[?.! ]*$"
)
HOW_MANY = re.compile(
    rf"\bhow many (?:{ROWS} )?.*\b(?:each|every|per)\b.*\b{CLASSES}\b|\bhow many {CLASSES}\b|\b(?:which|what) {CLASSES} (?:is|are|has|have).{{0,20}}\b(?:rare|rarest|small|smallest|big|biggest|large|largest|common|commonest|most|fewest|least|frequent)\b"
    rf"|\b(?:distribution|counts?|balance) of (?:the )?{CLASSES}\b|每个?(?:类别|标签|类|主题|分组).{{0,6}}(?:多少|几)|(?:哪个|哪些)(?:类别|标签|类|主题).{{0,4}}(?:最多|最少|少|多)|有(?:多少|几)个?(?:类别|标签|类)"
)
GOT = re.compile(
    rf"\b(?:which|what) {CLASSES}\b.*\b(?:worse|worst|better|best|fell|dropped|declin|lost|improv|gain|suffer|regress|rose|hardest|weak)\w*|\bdid any {CLASSES} (?:get|become|fall|drop)\b|哪个?些?(?:类别|标签|类|主题).{{0,6}}(?:变差|变坏|下降|退步|变好|提高|进步|最差|最好)"
)
STEP = re.compile(r"\b(?:at|around|near|after|before|in|on)?\s*step (\d[\d,]*)\b|第\s*(\d+)\s*步")
WRONG = re.compile(
    r"\b(?:what|which|where)\b.{0,30}\b(?:get|got|gets|getting|answer(?:s|ed)?|is|are) (?:it |still |they )?wrong\b|\b(?:show|list|see|give)\b.{0,40}\b(?:wrong|mistakes?|errors? it made|failures?|failed)\b|\bwhat (?:mistakes|errors) (?:does|did) it\b|(?:答错|做错|错在|弄错|错误).{0,6}(?:哪|什么|例子|题)|(?:哪些|什么).{0,6}(?:答错|错了)"
)
WORSE = re.compile(
    r"\b(?:show|list|see|give|which|what)\b.{0,40}\b(?:examples?|answers?|items?|questions?|rows?)\b.{0,20}\b(?:got|became|are|is|get) worse\b|(?:哪些|看看).{0,8}(?:回答|例子|题).{0,4}变差"
)
LENGTHS = re.compile(
    rf"\b(?:average|mean|median|typical|usual) (?:row |text )?(?:length|size)\b|\bhow long (?:is|are) (?:the|my|our) (?:\w+ )?{ROWS}\b|平均.{{0,4}}(?:长度|多长)|(?:数据|例子|文本|每行).{{0,4}}多长"
)
NO_LABEL = frozenset(
    {
        "my data",
        "the data",
        "data",
        "my file",
        "file",
        "it",
        "them",
        "my table",
        "table",
        "mine",
        "the set",
        "set",
        "my set",
        "all",
        "example",
        "me",
        "this",
        "that",
    }
)
"""Where rows come from; no class."""


@dataclass(frozen=True)
class Wanted:
    """What to look at."""

    subject: Subject
    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)
    label: str = ""
    """As the person wrote it: the data's own spelling is looked up first."""


def wanted(folded: str) -> Wanted | None:
    """Say what answers a folded question; None where nothing has to be looked at.

    >>> wanted("show me the five longest rows")
    Wanted(subject='rows', tool='find_rows', arguments={'order': 'longest', 'first': 5}, label='')
    >>> wanted("why did the curve bend at step 140?").arguments
    {'around_step': 140, 'first': 7}
    """
    step = STEP.search(folded)
    if step is not None:
        number = int((step[1] or step[2]).replace(",", ""))
        return Wanted("step", "run_events", {"around_step": number, "first": 7})
    if GOT.search(folded):
        return Wanted("classes", "results", {"by": "class"})
    if WORSE.search(folded):
        return Wanted("examples", "examples", {"which": "worse", "first": _count(folded, 5)})
    if WRONG.search(folded):
        return Wanted("examples", "examples", {"which": "wrong", "first": _count(folded, 5)})
    if LENGTHS.search(folded):
        return Wanted("lengths", "data_facts", {"about": "summary"})
    if HOW_MANY.search(folded):
        return Wanted("labels", "data_facts", {"about": "labels"})
    return _rows(folded)


def marked(intents: Sequence[Intent], folded: str) -> list[Intent]:
    """Mark the question among the intents that takes a look; nothing else is touched, least of all an approval."""
    if wanted(folded) is None:
        return list(intents)
    asks = [one for one in intents if one.kind == "ask"]
    if asks:
        first = asks[0].model_copy(update={"free": True})
        return [first if one is asks[0] else one for one in intents]
    if intents and all(one.kind == "unclear" for one in intents):
        return [Intent(kind="ask", words=intents[0].words, about="what", free=True)]
    return list(intents)


def _rows(folded: str) -> Wanted | None:
    order = "longest" if LONGEST.search(folded) else "shortest" if SHORTEST.search(folded) else ""
    contains = CONTAINING.search(folded)
    if not order and contains is None and not SOME.search(folded):
        return None
    arguments: dict[str, Any] = {"order": order or "file", "first": _count(folded, 1 if _is_one(folded) else 5)}  # fmt: skip
    if contains is not None:
        arguments["containing"] = (contains[1] or contains[2]).strip("\"' ")
    of_label = OF_LABEL.search(folded)
    label = of_label[2].strip() if of_label is not None and contains is None else ""
    if label in NO_LABEL:
        label = ""
    return Wanted("rows", "find_rows", arguments, label)


def _count(folded: str, otherwise: int) -> int:
    found = COUNT.search(folded)
    named = next((part for part in found.groups() if part), None) if found else None
    number = numerals.number(named) if named else None
    return otherwise if number is None else max(1, min(MOST, int(number)))


def _is_one(folded: str) -> bool:
    return re.search(r"\b(?:row|line|example|message|ticket|record|text)\b(?!s)", folded) is not None  # fmt: skip
