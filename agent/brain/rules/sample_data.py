"""Wishes for the built-in samples: "can I use your sample data?", "the booking one, please", before any data are handed over."""

from __future__ import annotations

import re

from agent.brain.protocol import Context, Intent

WISH = re.compile(
    r"\b(?:use|try|take|get|give|show|with|any|some|want|need|got|do you have|you have|is there|are there|play)\b.{0,30}?"
    r"\b(?:sample|example|demo|test|toy|built-?in|ready-?made|dummy|practi[cs]e) (?:example )?(?:data(?: ?sets?)?|files?|sets?)\b"
    r"|\b(?:use|try|take|have|with|on|play with|see)\b.{0,12}?\b(?:your|the built-?in) (?:own )?(?:samples?|examples|demos?|data ?sets?|data)\b"
    r"|\b(?:no data|(?:don'?t|do not) have (?:any |my own )?(?:data|examples|files?)|without (?:my own |any )?data)\b.{0,60}?\b(?:try|play|sample|demo|example|yours|see how|show me|look at)"
    r"|(?:示例|样例|演示|自带|内置|现成|测试用|练习)的?(?:数据|文件|样本|例子)|你们?(?:自己)?的(?:数据|样本|例子|样例|示例)|(?:用|试|给|来|有).{0,6}(?:示例|样例|演示数据)"
)
MINE = re.compile(
    r"\b(?:my|our|these|this|attached) (?:own )?(?:samples?|examples?|test|demo|data|files?|company|shop|team|boss|customers?)\b|\b(?:i|we)(?:'ve| have| already have| made| collected)\b(?! no\b)"
    r"|^(?:what|how|where|why|who)\b|\b(?:model|it) (?:should|that|to|must|which)\b|\.(?:csv|tsv|jsonl?|xlsx?|txt|md|parquet)\b|我的|我们的|这份|这个文件|模型(?:要|应该|能)|我们?有(?!没有)"
)
"""Data of the person's own are meant, or something else is asked or wished for."""
NAMED = {
    "support": r"\bsupport\b|\btickets?\b|客服",
    "forms": r"\bbookings?\b|\bforms?\b|\brequests?\b|预订|预定",
    "maths": r"\bmaths?\b|\bword problems?\b|应用题|数学",
    "tone": r"\btone\b|\bkinder\b|\bpairs?\b|语气",
    "manual": r"\bmanual\b|\bcoffee\b|说明书|手册",
    "chinese": r"\bchinese\b|中文",
}
"""Words that name one of `training.practice.samples`."""


def read(message: str, folded: str, context: Context) -> list[Intent]:
    """Read a wish for sample data, and which; nothing where data of their own are meant or a plan stands."""
    if context.has_plan or MINE.search(folded) or not WISH.search(folded):
        return []
    meant = [name for name, words in NAMED.items() if re.search(words, folded)]
    sample = meant[0] if len(meant) == 1 else True
    return [Intent(kind="provide_data", words=message, fields={"sample": sample})]
