"""The brief's fields: the form that each takes when something is said, and how its value is said back."""

from __future__ import annotations

import re
from typing import Any, get_args

from agent.words import wording
from tools.deciding.costing import limit_in_words as short_limit
from training.config import Task
from training.text import Text

OFTEN, RARELY = "weekly", "yearly"
"""What "often" and "rarely" become in the brief, where nothing more exact was said."""


PACES = (
    ("daily", r"每天|天天|每日|\bdaily\b|\b(?:every|each) (?:single )?day\b|\bhourly\b|每小时"),
    ("weekly", r"每(?:个)?(?:周|星期|礼拜)|\bweekly\b|\b(?:every|each)(?: other| second)? week\b|\bonce a week\b"),
    ("monthly", r"每(?:个|隔)?(?:几个)?月|按月|每(?:个)?季度?|\bmonthly\b|\b(?:every|each)(?: (?:few|other|second|two|three))? months?\b|\bonce a month\b|\bquarterly\b|\b(?:every|each) quarter\b"),
    ("yearly", r"每年|一年(?:一|两)次|\byearly\b|\bannual(?:ly)?\b|\b(?:every|each) year\b|\bonce a year\b"),
)  # fmt: skip
LOSS = re.compile(
    r"forget|lose|losing|loss|worse|dumb|break|broken|ruin|damage|degrade|unlearn|keep|still|stay|remain|abilit|skill|忘|变差|变笨|变傻|丢|退化|降低|下降|保留|保持|留住|能力|水平|还(?:得|要|能|会)|仍|照样|原来|正常",
    re.IGNORECASE,
)
CLAUSES = re.compile(r"[.;!?。；！？\n]+|[,，](?!\d)|\bbut\b|但是?")
HOW_OFTEN = frozenset({"never", "yearly", "monthly", "weekly", "daily"})


ONLY_THIS = re.compile(
    r"\b(?:only|just) (?:need |want |use |do |for )?(?:it )?(?:for )?this(?: one)?(?: single)? (?:task|job|thing)\b|\bdon'?t care (?:what|if|about)\b|只(?:要|需要|做|用于|管)这(?:一)?(?:个|件|项)|无所谓|不在乎",
    re.IGNORECASE,
)
FOR_ONE_TASK = 0.5
"""The loss that is accepted where the model is for this task alone; the same as the interview's own choice."""


_FILE = r"['\"`“]?[\w./\\~:-]*[\w-]\.(?:csv|tsv|jsonl?|ndjson|xlsx?|ods|txt|md|parquet|pdf|docx?|html?|xml|zip|gz)['\"`”]?"
NAMING_A_FILE = tuple(re.compile(words, re.IGNORECASE | re.ASCII) for words in (
    rf"(?:^|(?<=[.;,!?])\s*|\s+(?=and )|\s+(?=with the data))(?:and |but |so )?(?:here (?:is|are) )?(?:with )?(?:the|my|our|your|all)?\s*(?:file|files|data|dataset|data set|examples|rows|tickets|table|spreadsheet|it|they|everything)?\s*(?:is|are|'s|lies?|sits?|stands?|comes?|can be found)?\s*(?:all )?(?:in|at|called|named|under|from|:)?\s*(?:the )?(?:file )?{_FILE}\s*(?=$|[.;,!?])",
    rf"\s+(?:from|in|using|with|on)\s+(?:the |my |our )?(?:file |table |spreadsheet )?{_FILE}(?=$|[.,;!?]|\s+(?:into|to|by|and|as|for|so)\b)",
    rf"(?:我的|我们的|训练)?(?:数据|文件|表格|例子|样本)(?:文件)?(?:就?是|在|叫|放在|存在|都在)\s*{_FILE}\s*(?:里面?|中)?",
    rf"(?:用|基于|根据)\s*{_FILE}\s*(?:这个文件|里的数据)?",
))  # fmt: skip
"""Parts of a message that say where the data lie, and nothing of what is wanted."""
LEAST_LEFT = 6
"""Letters that a wish has at least, when the names of files are taken out."""


def wish(text: str) -> str:
    """Give what is wanted, without the words that only name a file; the whole message where little else is left.

    >>> wish("Sort support tickets by topic; the file is tickets.csv")
    'Sort support tickets by topic'
    >>> wish("我的数据是 tickets.csv，想给客户消息分类"), wish("tickets.csv")
    ('想给客户消息分类', 'tickets.csv')
    """
    left = text
    for pattern in NAMING_A_FILE:
        left = pattern.sub("", left)
    left = re.sub(r"\s+(?=[.,;!?])", "", left)
    left = re.sub(r"[.;,]+(?=[.;,])", "", left).strip(" \t\n,;:，；、。").lstrip(". ")
    letters = sum(2 if "\u3400" <= letter <= "\u9fff" else letter.isalpha() for letter in left)
    return left if letters >= LEAST_LEFT else text.strip()


def only_this(words: str) -> dict[str, Any]:
    """The brief's entry for a model that is for this task alone."""
    return {"max_forgetting": FOR_ONE_TASK, "words": words.strip()[:200]}


def pace(words: str) -> str | None:
    """How often facts change, where the words say it: `monthly` for "每个月都改"; None for a mere "often"."""
    return next((name for name, said in PACES if re.search(said, words, re.IGNORECASE)), None)


def on_loss(words: str) -> str | None:
    """The part of a message that says what must not be lost, in the person's own words; None where none does."""
    parts = [part.strip() for part in CLAUSES.split(words) if part and LOSS.search(part)]
    return ", ".join(parts) or None


def brief_value(name: str, value: Any, *, free: bool) -> Any:
    """Give what was said the form that the brief's field has; None where it says nothing usable."""
    if name == "success":
        return (
            {"metric": None, "target": None if free else float(value), "words": str(value)}
            if value != ""
            else None
        )
    if name == "must_not_get_worse":
        return {"max_forgetting": None if free else float(value), "words": str(value)}
    if name == "budget":
        return in_dollars(value) if isinstance(value, dict) else None
    if name == "facts_change":
        often = {"often": OFTEN, "rarely": RARELY}.get(str(value), value)
        return often if often in HOW_OFTEN else None  # free wording is read by `understand`
    if name == "task":
        return (
            value if value in get_args(Task) else None
        )  # a closed vocabulary: no words of one's own
    if name == "privacy":
        return "local" if value == "local" else "any"
    if name == "language" and isinstance(value, list | tuple):
        return value[0] if value else None
    if name in {"hardware", "volume", "latency"} and free:
        return None  # `understand` reads the numbers in the words
    if name == "data":
        return None
    return value


def in_dollars(value: dict[str, Any]) -> dict[str, float]:
    """Give a limit in minutes and dollars."""
    limit = {"minutes": float(value["minutes"])} if value.get("minutes") is not None else {}
    for currency, rate in wording.DOLLARS_PER.items():
        if value.get(currency) is not None:
            limit["usd"] = round(float(value[currency]) * rate, 2)
    return limit


def limit_in_words(value: dict[str, Any]) -> Text:
    """Say a limit."""
    usd, minutes = value.get("usd"), value.get("minutes")
    if usd is not None and minutes is not None:
        return Text("{money} and {time}", money=wording.money(usd), time=wording.duration(minutes))
    if usd is not None:
        return wording.money(usd)
    if minutes is not None and 0 < minutes < 2:
        return short_limit(minutes)
    return wording.duration(minutes or 0)


def value_in_words(name: str, value: Any) -> Text | None:
    """Say the value of a brief's field; None where there is nothing to say."""
    if value is None or value == "" or value == {}:
        return None
    if name == "task":
        return wording.task(str(value))
    if name == "budget" and isinstance(value, dict):
        return (
            None
            if not any(found is not None for found in value.values())
            else Text("at most {limit}", limit=limit_in_words(value))
        )
    if name == "success" and isinstance(value, dict):
        target = value.get("target")
        return (
            Text.plain(str(value.get("words") or ""))
            if target is None
            else Text("every answer right")
            if target >= 1
            else Text("at least {share} right", share=wording.percent(target))
        )
    if name == "must_not_get_worse" and isinstance(value, dict):
        share = value.get("max_forgetting")
        if share is not None and share >= FOR_ONE_TASK:
            return Text("only this task counts; much of everything else may be lost")
        return (
            Text.plain(str(value.get("words") or ""))
            if share is None
            else Text(
                "at most {share} of its general abilities may be lost", share=wording.percent(share)
            )
        )
    if name == "privacy":
        return (
            Text("nothing may leave this machine")
            if value == "local"
            else Text("the data may leave this machine")
        )
    if name == "facts_change":
        return {
            "never": Text("never"), "yearly": Text("once a year or less"), "monthly": Text("every month"),
            "weekly": Text("every week or so"), "daily": Text("every day"),
        }.get(str(value), Text.plain(str(value)))  # fmt: skip
    if name == "hardware" and isinstance(value, dict):
        return _hardware(value)
    if name == "latency" and isinstance(value, int | float):
        return Text("{ms:,.0f} milliseconds", ms=value)
    if name == "volume" and isinstance(value, int | float):
        return Text("{number:,.0f} requests a day", number=value)
    if name == "language":
        return {
            "en": Text("English"),
            "zh": Text("Chinese"),
            "de": Text("German"),
            "fr": Text("French"),
            "es": Text("Spanish"),
        }.get(str(value), Text.plain(str(value)))
    return Text.plain(str(value))


def _hardware(value: dict[str, Any]) -> Text | None:
    count, name, gib = value.get("count"), value.get("gpu"), value.get("gib")
    if count == 0:
        return Text("no graphics card")
    if name and gib:
        return Text("{count} x {name} with {gib:g} GB", count=count or 1, name=name, gib=gib)
    if name:
        return Text("{count} x {name}", count=count or 1, name=name)
    return Text("{count} graphics card with {gib:g} GB", count=count or 1, gib=gib) if gib else None
