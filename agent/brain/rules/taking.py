"""Words that take the classifier that was spoken of: to take it is an act, to want one for a task is a wish."""

from __future__ import annotations

import re

from agent.brain.protocol import Context, Intent

TAKES = re.compile(
    r"\b(?:give|hand|send|save|write|export|use|take|get|want|have)\b.{0,24}\b(?:the|that|your|this) (?:simple |small |little |word[- ]counting )*classifier\b"
    r"|(?:给我|保存|导出|交给我|就用|用|要|拿|把).{0,4}(?:那个|这个)?(?:简单的?|数词的?)?分类器"
)
ASKS = re.compile(r"\?|\b(?:how|why|what|which)\b|怎么|为什么|什么|吗")


def read(message: str, folded: str, context: Context) -> list[Intent]:
    """The act, where a plan has spoken of a classifier; nothing else."""
    if not context.has_plan or ASKS.search(folded) or not TAKES.search(folded):
        return []
    return [Intent(kind="export", words=message)]
