"""Facts in a person's own words: targets, budgets, hardware, and how fast the facts change. English and Chinese.

Patterns, not understanding: what is not recognised stays open and may be asked. Every pattern wants a word
of its subject nearby, so that "30 % general data" is never taken for a target.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tools.brief import Brief, BriefEntry, BriefField
from tools.errors import PlanError
from tools.gpus import KINDS, named_cards
from tools.numerals import DIGITS, NUMBER, spelt
from tools.profile import Profile
from training.catalog import MODELS, PRACTICE

NUMERAL = f"({NUMBER})"
LOSING = r"forget|los[et]|losing|worse|drop|degrad|忘|下降|变差|损失|退步"
NOT_A_TARGET = re.compile(
    LOSING + r"|general|replay|mix|of the data|of the rows|通用|混|数据", re.IGNORECASE
)
RIGHT = re.compile(r"\bright\b|correct|accura|score|f1|正确|准确|答对", re.IGNORECASE)
"""What a target above 100 % must speak of to be taken for one, and refused: most shares as large are of something else."""
BREAK = re.compile(
    r"[,;，。；、!?！？]\s*|\.\s+|\s(?:and|but|while|yet)\s|但|并且|而且", re.IGNORECASE
)
PERCENT = re.compile(NUMERAL + r"\s*(?:%|％|percent|per cent)", re.IGNORECASE)
OUT_OF = re.compile(NUMERAL + r"\s+(?:out\s+of|in)\s+(?:every\s+)?" + NUMERAL, re.IGNORECASE)
TENTHS = re.compile(r"([一二两三四五六七八九])成([一二三四五六七八九])?")
PERCENT_CHINESE = re.compile(r"百分之([零一二三四五六七八九十百]+)")
DECIMAL = re.compile(
    r"(?:accuracy|f1|score|exact match|准确率|正确率)\D{0,20}(0\.\d+)", re.IGNORECASE
)
METRIC_WORDS = {
    "accuracy": r"accura|准确|正确率", "macro_f1": r"macro[ -]?f1|\bf1\b", "exact_match": r"exact(?:ly)? match|一字不差|完全一致",
    "field_f1": r"field", "json_valid": r"valid json",
}  # fmt: skip
CHANGE_WORDS = (
    r"(?:chang\w*|updat\w*|refresh\w*|new\s\w+|differ\w*|vary|varies|变\w{0,2}|更新|调整|不同|换)"
)
PACES = {
    "daily": r"dail[yi]|every\s?day|each day|hourly|every (?:\w+ )?hours?|constantly|all the time|每天|每日|天天|每小时|随时",
    "weekly": r"weekly|every week|each week|every (?:few|two) days|每周|每星期|每个星期",
    "monthly": r"monthly|every month|each month|每月|每个月",
    "yearly": r"yearly|annual\w*|every year|quarterly|每年|每季度",
}
NEVER_CHANGE = r"never change|do(?:es)?(?: not|n't) change|stay the same|不会变|不变|固定不变"
SOURCES = re.compile(
    r"\bcit(?:e|es|ing|ation|ations)\b|name (?:the|its|their) sources?|with sources|引用|出处|注明来源",
    re.IGNORECASE,
)
HIGH_STAKES = re.compile(
    r"medic|patient|diagnos|clinic|doctor|nurs(?:e|ing)|hospital|pharma|\blegal|lawyer|attorney|law firm|\b(?:contract|tenancy|criminal|tax|labou?r|family|civil) law|\bcourts?\b|credit decision|loan decision|suicid|emergency|医|病|诊断|法律|律师|贷款审批|急救",
    re.IGNORECASE,
)
LABELS_CHANGE = re.compile(
    r"(?:categor\w*|labels?|topics?|classes|intents?|tags?|类别|标签|分类|主题)[^.。;；]{0,40}" + CHANGE_WORDS, re.IGNORECASE
)  # fmt: skip
KNOWLEDGE = re.compile(
    r"\b(?:model|it|bot|assistant) (?:\w+ ){0,2}knows?\b|\bknows? (?:everything|all|our|about)\b|\bknowledge (?:in|of|about|from)\b|\bmemori[sz]e\b|teach [^.]{0,40}\b(?:facts|about our)|learn (?:our|the|my) (?:documentation|products?|polic|manual|facts|catalog)|(?:我们|公司|产品)的?知识|记住|了解我们|学会我们的(?:产品|资料|文档)",
    re.IGNORECASE,
)
STRONG_MODELS = re.compile(
    r"\b(GPT-?\s?[3-9][\w.-]*|ChatGPT|OpenAI|o[1-9](?:-mini)?|Claude[\w .-]*?\d?|Gemini[\w .-]*?\d?|DeepSeek[\w-]*|Grok|Mistral Large|Qwen-?Max|Llama[- ]?\d?[.\d]*[- ](?:70|405)B)(?![\w-])|(文心一言|通义千问|豆包|智谱|Kimi)",
    re.IGNORECASE,
)
PRIVATE = re.compile(
    r"confidential|on[- ]prem|privacy|private data|gdpr|hipaa|(?:must|may|can)(?:\s?not|n't) leave|stays? (?:here|in[- ]house|on (?:this|our))|不能外传|不得外传|不能离开|保密|隐私|内网|本地运行|不出(?:公司|内网)",
    re.IGNORECASE,
)
NO_GPU = re.compile(
    r"\bno (?:gpu|graphics card)|without (?:a )?gpu|cpu[- ]only|only (?:a )?cpu|没有(?:显卡|gpu)|无显卡",
    re.IGNORECASE,
)
LIKELY_NO_GPU = re.compile(
    r"laptop|macbook|mac mini|\bimac\b|apple silicon|笔记本|苹果电脑", re.IGNORECASE
)
"""Machines without a card worth training on, unless the person names one."""
LANGUAGES = {"zh": r"in chinese|in mandarin|中文|汉语", "en": r"in english|英文|英语", "de": r"in german|德语", "fr": r"in french|法语", "es": r"in spanish|西班牙语", "ja": r"in japanese|日语"}  # fmt: skip


def understand(goal: str, profile: Profile | None, said: Brief) -> Brief:
    """Fill the brief: what was said stays; then the goal's words, then what the data show."""
    brief: Brief = {}
    if profile is not None:
        brief["data"] = BriefEntry(value=list(profile.files), origin="data")
        brief["task"] = BriefEntry(value=profile.task.value, origin="data")
        brief["language"] = BriefEntry(value=profile.language, origin="data")
    if goal.strip():
        brief["goal"] = BriefEntry(value=goal.strip(), origin="said")
    for name, read in READERS.items():
        found = read(goal)
        if found is not None:
            brief[name] = BriefEntry(value=found, origin="said")
    rank = {"said": 2, "data": 1, "assumed": 0}
    for name, entry in said.items():
        if name not in brief or rank[entry.origin] >= rank[brief[name].origin]:
            brief[name] = entry
    return brief


def wants_sources(goal: str) -> bool:
    """Say whether the answers must name where they come from (TC-04)."""
    return SOURCES.search(goal) is not None


def labels_change(goal: str) -> bool:
    """Say whether it is the list of possible answers that changes (TC-03)."""
    return LABELS_CHANGE.search(goal) is not None


def wants_knowledge(goal: str) -> bool:
    """Say whether the model is to be taught facts rather than a way of answering (TC-04)."""
    return KNOWLEDGE.search(goal) is not None


def strong_model(words: str) -> str | None:
    """The strong model that these words mention, as they name it (TC-07).

    >>> strong_model("currently we use GPT-4 for it"), strong_model("现在用豆包"), strong_model("by hand")
    ('GPT-4', '豆包', None)
    """
    found = STRONG_MODELS.search(words)
    return (found.group(1) or found.group(2)).strip() if found else None


def high_stakes(goal: str) -> bool:
    """Say whether a wrong answer could hurt somebody."""
    return HIGH_STAKES.search(goal) is not None


def success(goal: str) -> dict[str, Any] | None:
    """The target as a share, the metric where one is named, and the words. A target above 1 is given as it was said."""
    metric = next(
        (name for name, words in METRIC_WORDS.items() if re.search(words, goal, re.IGNORECASE)),
        None,
    )
    for pattern, read in _TARGETS:
        for match in pattern.finditer(goal):
            value, clause = read(match), _clause(goal, match.group(), match.start())
            possible = 0 < value <= 1 or (value > 1 and RIGHT.search(clause))
            if possible and not NOT_A_TARGET.search(clause):
                return {"metric": metric, "target": round(value, 4), "words": match.group().strip()}
    return {"metric": metric, "target": None, "words": ""} if metric else None


def must_not_get_worse(goal: str) -> dict[str, Any] | None:
    """How much of the general abilities may be lost."""
    losing = re.search(LOSING, goal, re.IGNORECASE)
    if losing is None:
        return None
    window = _clause(goal, losing.group(), losing.start())
    percent = PERCENT.search(window)
    if percent:
        return {"max_forgetting": round(spelt(percent.group(1)) / 100, 4), "words": window.strip()}
    careless = re.search(
        r"(?:do not|don't|doesn't) (?:care|mind)|(?:may|can) forget|不在乎|无所谓|可以忘",
        window,
        re.IGNORECASE,
    )
    if careless:
        return {"max_forgetting": 0.5, "words": window.strip()}
    strict = re.search(r"not|n't|never|without|no |不|别|勿", window, re.IGNORECASE)
    return {"max_forgetting": 0.02, "words": window.strip()} if strict else None


def hardware(goal: str) -> dict[str, Any] | None:
    """The cards a person names; none where they say so."""
    if NO_GPU.search(goal):
        return {"gpu": None, "count": 0, "gib": None}
    words = r"(\d+|one|two|three|four|eight|a|an|[一二两三四八])"
    count = rf"(?<![\d.])(?:{words}(?:\s*(?:x|×|张|块|个)\s*|\s+|(?<=[一二两三四八])))?"
    memory = re.search(
        count
        + r"(\d+)\s?(?:gb?|gib)\b\s*(?:of )?(?:laptop )?(?:gpu|card|graphics|vram|显卡|显存|的显卡|的卡)",
        goal,
        re.IGNORECASE,
    ) or re.search(count + r"(\d+)\s?g[b]?\s*(?:显卡|显存|的显卡|的卡)", goal, re.IGNORECASE)
    names = "|".join(sorted((key for key in KINDS), key=len, reverse=True))
    card = re.search(
        count
        + r"(?:nvidia\s*)?(?:geforce\s*)?(?:rtx\s*)?("
        + names
        + r")s?(?!\w)\s*(?:\(?(\d+)\s?gb?)?",
        goal,
        re.IGNORECASE,
    )
    if card:
        name = card.group(2).upper() + (f"-{card.group(3)}" if card.group(3) else "")
        try:
            gib = named_cards(name)[0].gib
        except PlanError:
            return None
        if card.group(3):  # a laptop's card of this name may hold less
            gib = float(card.group(3))
        return {
            "gpu": card.group(2).upper(),
            "count": int(spelt(card.group(1) or "1")),
            "gib": gib,
        }
    if memory:
        return {
            "gpu": None,
            "count": int(spelt(memory.group(1) or "1")),
            "gib": float(memory.group(2)),
        }
    return {"gpu": None, "count": 0, "gib": None} if LIKELY_NO_GPU.search(goal) else None


def budget(goal: str) -> dict[str, Any] | None:
    """Money and time that may be spent."""
    money = re.search(r"(?:\$|usd\s?)" + r"(\d[\d,]*(?:\.\d+)?)", goal, re.IGNORECASE) or re.search(
        NUMERAL + r"\s*(?:dollars|usd|bucks|美元|美金|刀)", goal, re.IGNORECASE
    )
    hours = re.search(
        r"(?<!every )(?<!per )\b" + NUMERAL + r"\s*(?:an\s+)?hours?\b", goal, re.IGNORECASE
    ) or re.search(r"([\d.]+|[一二两三四五六七八九十半]+)\s*个?半?小时", goal)
    minutes = re.search(
        r"(?<!every )\b" + NUMERAL + r"\s*min(?:ute)?s?\b", goal, re.IGNORECASE
    ) or re.search(r"([\d.]+|[一二两三四五六七八九十半百]+)\s*分钟", goal)
    spent = spelt(minutes.group(1)) if minutes else None
    if hours:
        extra = 0.5 if "个半小时" in hours.group() else 0.0
        spent = (spelt(hours.group(1)) + extra) * 60 + (spent or 0)
    cents = re.search(
        r"(?:most|more than|less than|under|below|within|up to|spend|budget\D{0,9}|limit\D{0,9}|超过|最多|预算\D{0,3})\s*" + NUMERAL + r"\s*(?:cents?\b|美分)",
        goal, re.IGNORECASE,
    )  # fmt: skip
    usd = spelt(money.group(1)) if money else None
    if cents:
        usd = (usd or 0.0) + spelt(cents.group(1)) / 100
    if usd is None and spent is None:
        return None
    return {"minutes": spent, "usd": usd}


def latency(goal: str) -> float | None:
    """Milliseconds a request."""
    found = re.search(NUMERAL + r"\s*(ms|milliseconds?|毫秒)", goal, re.IGNORECASE)
    if found:
        return spelt(found.group(1))
    seconds = re.search(
        r"(?:within|under|below|faster than|less than|内|低于)\s*"
        + NUMERAL
        + r"\s*(?:seconds?|s\b|秒)",
        goal,
        re.IGNORECASE,
    )
    return spelt(seconds.group(1)) * 1000 if seconds else None


def facts_change(goal: str) -> str | None:
    """How fast the facts in the answers change."""
    if re.search(NEVER_CHANGE, goal, re.IGNORECASE):
        return "never"
    for pace, words in PACES.items():
        near = rf"(?:{CHANGE_WORDS}[^.。!?;；]{{0,40}}(?:{words})|(?:{words})[^.。!?;；]{{0,25}}{CHANGE_WORDS})"
        if re.search(near, goal, re.IGNORECASE):
            return pace
    return None


def volume(goal: str) -> float | None:
    """Requests a day."""
    found = re.search(
        r"\b"
        + NUMERAL
        + r"\s+(?:[a-z]+\s+)?(?:requests|messages|tickets|calls|questions|e?mails|chats|orders|rows|items)\s+(?:a|per|every|each)\s+(day|hour|month)\b",
        goal,
        re.IGNORECASE,
    )
    if found:
        return (
            spelt(found.group(1))
            * {"day": 1.0, "hour": 24.0, "month": 1 / 30}[found.group(2).lower()]
        )
    chinese = re.search(
        r"每天(?:大约|约)?([\d,.]+万?|[一二两三四五六七八九十百千万]+)\s*(?:条|次|个|封|单)", goal
    )
    if chinese is None:
        return None
    word = chinese.group(1)
    return (
        spelt(word.removesuffix("万")) * 10_000
        if word[0].isdigit() and word.endswith("万")
        else spelt(word)
    )


DATA_FILE = re.compile(
    r"\.(?:csv|tsv|jsonl?|xlsx?|txt|md|markdown|parquet|pdf|docx|html?|xml|gz|zip)$", re.IGNORECASE
)


def base_model(goal: str) -> str | None:
    """A model named in the text: a Hub id, a name of the catalogue, or the practice model."""
    if re.search(r"practice model|练习模型", goal, re.IGNORECASE):
        return PRACTICE
    for named in re.finditer(
        r"(?<![\w./\\~:-])([A-Za-z0-9][\w.-]*/[A-Za-z][\w.-]*\d[\w.-]*)(?![\w/\\-])", goal
    ):
        name = named.group(1).rstrip(".")
        if not DATA_FILE.search(name):  # a path is no Hub id
            return name
    plain = re.sub(r"[\s-]+", "", goal.lower())
    matches = [
        card.id
        for card in MODELS
        if "/" in card.id and re.sub(r"[\s-]+", "", card.id.split("/")[1].lower()) in plain
    ]
    return max(matches, key=len, default=None)


def deadline(goal: str) -> str | None:
    """The words that name a day."""
    found = re.search(
        r"\bby (?:tomorrow|tonight|next \w+|end of \w+|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|(?:明天|今晚|下周|下个月|本周|周[一二三四五六日])(?:之?前|以前)",
        goal,
        re.IGNORECASE,
    )
    return found.group() if found else None


def privacy(goal: str) -> str | None:
    """`local` where nothing may leave the machine."""
    return "local" if PRIVATE.search(goal) else None


def users(goal: str) -> str | None:
    """Whom the answers are for."""
    found = re.search(
        r"\b(?:for|used by|help) (?:our|my|the) ((?:[a-z]+ )?(?:customers?|agents?|users?|team|staff|clients?|doctors?|students?|employees))",
        goal,
        re.IGNORECASE,
    )
    return found.group(1) if found else None


def current_solution(goal: str) -> str | None:
    """What is in use now, in the person's words."""
    found = re.search(
        r"(?:currently|right now|at present|so far|today),? we ([^.;!?]+)|(?:目前|现在)(?:我们)?(?:用|使用|靠)([^。；，]+)",
        goal,
        re.IGNORECASE,
    )
    return (found.group(1) or found.group(2)).strip() if found else None


def language(goal: str) -> str | None:
    """The language the model must read and write, where it is named."""
    return next(
        (code for code, words in LANGUAGES.items() if re.search(words, goal, re.IGNORECASE)), None
    )


def _clause(goal: str, part: str, at: int) -> str:
    """The clause around `part`, which stands at `at`: another clause speaks of something else."""
    start = max((mark.end() for mark in BREAK.finditer(goal, 0, at)), default=0)
    end = BREAK.search(goal, at + len(part))
    return goal[start : end.start() if end else len(goal)]


_TARGETS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], float]], ...] = (
    (PERCENT, lambda match: spelt(match.group(1)) / 100),
    (DECIMAL, lambda match: float(match.group(1))),
    (
        OUT_OF,
        lambda match: (
            spelt(match.group(1)) / max(spelt(match.group(2)), 1e-9)
            if spelt(match.group(2)) > 1
            else 0.0
        ),
    ),
    (PERCENT_CHINESE, lambda match: spelt(match.group(1)) / 100),
    (
        TENTHS,
        lambda match: DIGITS[match.group(1)] / 10 + DIGITS.get(match.group(2) or "零", 0) / 100,
    ),
)
READERS: dict[BriefField, Callable[[str], Any]] = {
    "success": success, "must_not_get_worse": must_not_get_worse, "hardware": hardware, "budget": budget, "latency": latency,
    "facts_change": facts_change, "volume": volume, "base_model": base_model, "deadline": deadline, "privacy": privacy,
    "users": users, "current_solution": current_solution, "language": language,
}  # fmt: skip
