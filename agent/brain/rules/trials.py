"""Wishes about the short trainings before a long one: "try a few learning rates first", "别先试学习率"."""

from __future__ import annotations

import re

from agent.brain.protocol import Context, Intent

TOPIC = "short_training"
"""What a question about them is about."""
RATES = r"(?:learning[- ]?rates|lrs\b|(?:few|several|different|other|various|couple of|two|three|four|five|more|some) rates\b)"
SHORT = (
    r"(?:(?:short|quick|small|brief) (?:trials|tests|probes|trainings|(?:trial|test|training) runs)\b|trial (?:runs|trainings)\b"
    r"|(?:learning[- ]?rate|lr|hyper-?parameter) (?:sweep|search|probe|trials)\b)"
)
ZH_RATES = r"(?:几个|不同的?|多个|各种|一些|两三个|几种|别的)学习率"
ZH_SHORT = r"(?:试训|试跑|短(?:时)?训练|学习率(?:搜索|扫描|探测|试验))"
WANTED = re.compile(
    rf"\b(?:try|test|probe|compare|explore|sweep)\b[^.?!;]{{0,24}}{RATES}"
    rf"|\b(?:try|make|do|run|start with|begin with|want|with|some|few)\b[^.?!;]{{0,24}}{SHORT}|\bprobe (?:the )?(?:learning[- ]?)?rate\b"
    rf"|(?:试|比|测|扫)[^，。！？;]{{0,6}}{ZH_RATES}|(?:做|跑|来|先|要|加)[^，。！？;]{{0,6}}{ZH_SHORT}"
)
UNWANTED = re.compile(
    rf"\b(?:no|without|skip|drop|don'?t|do not|not|never|leave out|cancel|remove|forget)\b[^.?!;]{{0,24}}(?:{SHORT}|(?:try|trying|test|testing|compare|comparing) (?:\w+ ){{0,3}}{RATES})"
    rf"|(?:不要|不用|不必|别|跳过|去掉|不做|取消|免了|省掉)[^，。！？;]{{0,6}}(?:{ZH_SHORT}|试[^，。！？;]{{0,4}}学习率)"
)
ASKED = re.compile(
    r"^\W*(?:(?:and|so|but|ok)\W+)*(?:did|does|have|has|had|is|are|was|were|why|what|how|which|when|will|do you|would it|should)\b"
    r"|(?:为什么|为啥|怎么|吗|么|什么|哪|是不是)"
)
"""A question about them is no wish for them; "can you try a few rates first?" is one."""
POLITE = re.compile(r"^\W*(?:please |ok(?:ay)?,? |yes,? |but )*(?:can|could|would|may|shall|let'?s)\b|(?:可以|能不能|能否|可不可以|好吗|行吗|好不好)")  # fmt: skip


def are_meant(folded: str) -> bool:
    """Say whether a question is about them."""
    return (
        re.search(rf"{SHORT}|{RATES}|{ZH_SHORT}|{ZH_RATES}|(?:short|quick) trainings?\b", folded)
        is not None
    )


def read(message: str, folded: str, context: Context) -> list[Intent]:
    """Read a wish to have them, or to have none; empty where the message is about something else."""
    if not (context.has_plan or context.has_goal):
        return []
    if ASKED.search(folded) and not POLITE.search(folded):
        return []
    if UNWANTED.search(folded):
        return [Intent(kind="revise", words=message, what="probe", value=False)]
    if WANTED.search(folded):
        return [Intent(kind="revise", words=message, what="probe", value=True)]
    return []
