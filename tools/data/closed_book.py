"""Facts in the answers that nothing in the question tells: who, when, which number (TC-05).

A model learns such facts slowly and, once it has half learnt them, invents others. Two signs, each without a list of words:
the answers hold names or numbers of their own that hardly repeat; or one and the same question is asked about many names, and
every name has another answer. What can be worked out from the question (sums, spellings, what stands in it) is no fact.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tools.data.findings import Material, issue, shown
from tools.profile import Issue
from training.config import Task
from training.text import Text

TASKS: frozenset[Task] = frozenset({"qa", "generation", "classification"})
SAMPLED = 1500
FEWEST_ROWS = 30
LEAST_SHARE = 0.5
"""Of the rows looked at. Our default: real sets either lie far above or far below."""
LONGEST_QUESTION, SHORT_ANSWER = 200, 12
"""Letters of a question that brings no passage of its own; words of an answer that is a fact and not an explanation."""
HARDLY = 3
"""Answers: a name or number in more of them repeats, as a label or a figure of speech does. Our default."""
RARE, FRAME_SHARED, FRAME_ANSWERS, COMMONEST = 0.02, 5, 5, 0.4
"""A frame is made of words that stand in at least this share of the rows; so many rows must share it, with so many different
answers, of which the commonest has at most this share. Our defaults."""
PIECES = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:['’._-][^\W_\u3400-\u9fff]+)*")
NAMED = re.compile(r"(?<=[\w,;:] )[A-Z][\w'’-]+|\b[A-Z]+\d[\w-]*|\b\d[\d.,:/-]*")
AT_FRONT = re.compile(r"^[A-Z][\w'’-]+(?= [A-Z])|^[A-Z][\w'’-]+$")
NUMBER = re.compile(r"[-+$€£¥]?\d[\d.,:/]*%?")
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
CHINESE_NAME = re.compile(r"[\u4e00-\u9fff]{2,3}")


@dataclass(frozen=True)
class _Pair:
    asked: str
    said: str
    pieces: tuple[str, ...]
    carriers: frozenset[str]
    """Names and numbers of the answer that the question does not hold."""


def closed_book(material: Material) -> Issue | None:
    """Find that most answers are facts; only to be known, never a reason to refuse the data."""
    if material.task not in TASKS or len(material.rows) < FEWEST_ROWS:
        return None
    step = max(1, len(material.rows) // SAMPLED)
    places = range(0, len(material.rows), step)
    pairs = [_pair(material.asked[at], material.answers[at]) for at in places]
    found = facts_among(pairs)
    if len(found) < LEAST_SHARE * len(pairs):
        return None
    rows = [places[at] for at in found]
    return issue(
        "facts_change_use_rag",
        "info",
        count=len(rows),
        of=len(pairs),
        examples=shown(material, rows, answer=True),
        text=Text(
            "{share:.0%} of the answers are facts that the question does not tell, such as {answer!r} to {question!r}.",
            share=len(rows) / len(pairs), answer=material.answers[rows[0]][:60], question=material.asked[rows[0]][:120],
        ),
        fix=Text(
            "If the model does not know them yet, let a search over your documents find them (retrieval); training on unknown facts makes a model invent others."
        ),
    )  # fmt: skip


def facts_among(pairs: Sequence[_Pair]) -> list[int]:
    """Give the places of the pairs whose answer is a fact."""
    in_answers = Counter(name for pair in pairs for name in pair.carriers)
    by_frame = _asked_alike(pairs)
    return [
        at for at, pair in enumerate(pairs)
        if pair.carriers and (at in by_frame or any(in_answers[name] <= HARDLY for name in pair.carriers))
    ]  # fmt: skip


def _pair(asked: str, said: str) -> _Pair:
    asked, said = asked.strip(), said.strip()
    pieces = tuple(PIECES.findall(asked.casefold()))
    carriers: frozenset[str] = frozenset()
    short = len(PIECES.findall(said)) <= SHORT_ANSWER and "\n" not in said
    if short and len(asked) <= LONGEST_QUESTION and not _worked_out(asked, said):
        carriers = frozenset(name for name in _names(said) if name.casefold() not in asked.casefold())  # fmt: skip
    return _Pair(asked, said, pieces, carriers)


def _names(said: str) -> list[str]:
    """Names, codes and numbers in an answer: a capital alone at its beginning is none, unless it is all there is."""
    whole = said.rstrip("。.!？?！")
    if CHINESE_NAME.fullmatch(whole) and whole[0] in SURNAMES:
        return [whole]
    return [found.strip(".,:/-") for found in [*NAMED.findall(said), *AT_FRONT.findall(whole)]]


def _worked_out(asked: str, said: str) -> bool:
    """Whether the answer may be made from the question: a number from numbers, or other letters in another order."""
    given = [piece for piece in PIECES.findall(asked) if NUMBER.fullmatch(piece)]
    if given and NUMBER.search(said):
        return True
    letters, spare = Counter(re.sub(r"\W", "", said.casefold())), Counter(asked.casefold())
    return not letters - spare


def _asked_alike(pairs: Sequence[_Pair]) -> set[int]:
    """Places of the pairs that ask the same as others but for what is rare, and whose answers differ with it."""
    spread = Counter(piece for pair in pairs for piece in set(pair.pieces))
    common = max(FRAME_SHARED, RARE * len(pairs))
    frames: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, pair in enumerate(pairs):
        frame = tuple(piece for piece in pair.pieces if spread[piece] >= common)
        if 3 <= len(frame) < len(pair.pieces):
            frames[frame].append(at)
    alike: set[int] = set()
    for places in frames.values():
        answers = Counter(pairs[at].said.casefold() for at in places)
        several = len(places) >= FRAME_SHARED and len(answers) >= FRAME_ANSWERS
        if several and max(answers.values()) <= COMMONEST * len(places):
            alike.update(places)
    return alike
