"""Which teacher a message names: a server's address and its model, a folder, a Hub id; and how many rows, at what price."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

URL = re.compile(r"https?://[^\s,;，。；、<>\"']+")
FAMILY = re.compile(
    r"(?<![\w/.-])((?:[\w.-]+/)?(?:gpt|claude|qwen|llama|mistral|mixtral|gemini|gemma|deepseek|kimi|glm|phi|smollm|command|o[134])[\w.:-]*(?:/[\w.:-]+)?)",
    re.IGNORECASE,
)
HUB_ID = re.compile(r"(?<![\w/.:-])([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?![\w/])")
FOLDER = re.compile(r"(?<![\w:/])((?:/|~/|\./)[^\s,;，。；、]+)")
CALLED = re.compile(
    r"\b(?:model|called|named|模型(?:名)?(?:叫|是|为)?)[\s:=是]+[\"“']?([\w./:-]+)", re.IGNORECASE
)
COUNT = re.compile(
    r"(?<![\w.$/:-])(\d[\d,]{0,6})\s*(?:more |new |extra |additional |synthetic |artificial |further )*(?:rows|examples|samples|questions|pairs|records)\b|(\d[\d,]{0,6})\s*(?:多)?(?:条|行|个)",
    re.IGNORECASE,
)
PRICE = re.compile(
    r"(\d+(?:\.\d+)?)\s*(?:dollars?|usd|\$)?\s*(?:and|,|/|和|、)\s*\$?(\d+(?:\.\d+)?)\s*(?:dollars?|usd|\$|美元)?\s*(?:per|a|for a|/|每)\s*(?:million|1m|m\b|百万)",
    re.IGNORECASE,
)
NEW_ROWS = re.compile(
    r"\b(?:more|new|extra|additional|synthetic|artificial)\b.{0,20}\b(?:rows|examples|samples|data|questions)\b|(?:生成|合成|造|再写)[^,，。]*(?:数据|样本|例子|问题|新|条|行)",
    re.IGNORECASE,
)
NOT_MODELS = frozenset(
    {"and/or", "yes/no", "either/or", "on/off", "good/bad", "input/output", "a/b"}
)
DEFAULT_NEW = 200


@dataclass(frozen=True)
class Named:
    """What a message says of a teacher; None where it says nothing of that."""

    teacher: str | None = None
    url: str | None = None
    new: int | None = None
    """New rows wanted; None: it is not about new ones."""
    usd_per_million: tuple[float, float] | None = None


def named(message: str) -> Named:
    """Read the teacher, its server, the number of new rows and its price.

    >>> named("let qwen3-8b at http://127.0.0.1:8000/v1 write 200 more rows")
    Named(teacher='qwen3-8b', url='http://127.0.0.1:8000/v1', new=200, usd_per_million=None)
    """
    found = URL.search(message)
    url = found.group().rstrip(".)") if found else None
    bare = URL.sub(" ", message)
    price = PRICE.search(bare)
    return Named(
        teacher=_model(bare, served=url is not None), url=url, new=_count(bare),
        usd_per_million=(float(price[1]), float(price[2])) if price else None,
    )  # fmt: skip


def names_teacher(message: str) -> bool:
    """Whether a message names a teacher, a server or a price."""
    found = named(message)
    return any((found.teacher, found.url, found.usd_per_million))


def _model(bare: str, *, served: bool) -> str | None:
    folder = FOLDER.search(bare)
    if folder is not None and Path(folder[1]).expanduser().is_dir():
        return str(Path(folder[1]).expanduser().resolve())
    for pattern in (FAMILY, HUB_ID, *((CALLED,) if served else ())):
        for found in pattern.finditer(bare):
            name = str(found[1]).rstrip(".:")
            if name.casefold() not in NOT_MODELS:
                return name
    if re.search(r"\bpractice\b(?: model)?", bare, re.IGNORECASE) and "practice" in bare.lower():
        return "practice"
    return None


def _count(bare: str) -> int | None:
    if not NEW_ROWS.search(bare):
        return None
    found = COUNT.search(bare)
    number = (found[1] or found[2]) if found else None
    return int(number.replace(",", "")) if number else DEFAULT_NEW
