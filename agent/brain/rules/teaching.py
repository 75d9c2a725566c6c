"""Wishes for a teacher: another model that writes answers or rows. Which model, and how many rows, stands in the message.

Nothing here is a yes: what it would take is put up as an order. A goal is not mistaken for it ("it should write the answers").
"""

from __future__ import annotations

import re

from agent.brain.protocol import Context, Intent
from agent.brain.rules import approval, lexicon
from agent.brain.rules.teacher_named import names_teacher

WHO = r"(?:an?other|a (?:stronger|bigger|better|larger)|the (?:stronger|bigger|larger)) (?:model|llm|ai)|(?:a |the |my )?teacher(?: model)?|(?:gpt|claude|qwen|llama|mistral|gemini|gemma|deepseek|kimi|glm|phi|o\d)[\w.:/-]*(?: [\d.]+\w*)?|[\w.-]+/[\w.-]+|my (?:own )?(?:server|llm|model)"
THINGS = r"(?:answers?|labels?|rows?|examples?|samples?|data|rest|missing|questions?|them|it)"
LETS = re.compile(
    rf"\b(?:let|have|get|ask|make|tell|use)\s+(?:{WHO})\b.{{0,30}}?\b(?:write|answer|label|fill|complete|generate|make|create|produce|annotate)\b.{{0,40}}\b{THINGS}\b"
)
BY_TEACHER = re.compile(
    rf"\b(?:write|answer|label|fill in|complete|generate|make|create|produce|synthesi[sz]e|annotate)\b.{{0,60}}\b{THINGS}\b.{{0,30}}\b(?:with|by|using|from|through)\s+(?:{WHO})"
)
MORE = re.compile(
    r"^(?:please |now |ok(?:ay)?,? |can you |could you )*(?:make|write|generate|create|produce|synthesi[sz]e|add)\b.{0,25}\b(?:more|new|extra|additional|synthetic|artificial)\b.{0,15}\b(?:rows|examples|samples|data|questions)\b"
)
SYNTHETIC = re.compile(
    r"\b(?:make|generate|create|add|use|produce|want|need|get)\b.{0,20}\bsynthetic (?:data|rows|examples|samples|questions)\b|\bdistil+ .{0,20}\b(?:from|with)\b|\buse .{1,40}\bas (?:a |the |my )?teacher\b"
)
CHINESE = re.compile(
    r"(?:让|请|叫|用)[^,。]{1,24}?(?:写|生成|补全|补上|补|标注|标|回答|造)[^,。]{0,12}(?:答案|数据|样本|例子|标签|问题|行|条)"
    r"|(?:再|帮我|请)?(?:生成|合成|造|写|补)[^,。]{0,4}\d+[^,。]{0,3}(?:条|行|个)[^,。]{0,6}(?:数据|样本|例子|问题|新)"
    r"|(?:生成|合成|造)(?:一些|一批|更多|点)?(?:合成)?(?:数据|样本|例子)|用[^,。]{1,24}(?:当|做|作|作为)(?:老师|教师)"
)
QUESTION = re.compile(
    r"^(?:should|is|are|why|what|how|when|does|do|did|would|will|which|who|为什么|怎么|什么|要不要|该不该)\b|(?:好吗|行吗|可以吗|对吗|吗)[?？]?$"
)
MODEL_SHOULD = re.compile(
    r"\b(?:i want|i need|it should|it must|it shall|a model|the model|goal|our model|train (?:it|a))\b.{0,40}\b(?:that|to|should|which)\b"
)
"""What the model to be trained shall do: a goal."""


def read(message: str, folded: str, context: Context) -> list[Intent]:
    """Read a wish for a teacher, or the answer to a question about one; nothing where it is none."""
    if context.question == "teacher":
        return _named(message)
    if context.question == "taught":
        return _taken(message, folded)
    if not context.has_goal and not context.has_plan:
        return []
    bare = re.sub(r"https?://\S+", " server ", folded)
    if QUESTION.search(bare) or MODEL_SHOULD.search(bare):
        return []
    if any(one.search(bare) for one in (LETS, BY_TEACHER, MORE, SYNTHETIC, CHINESE)):
        return [Intent(kind="teach", words=message)]
    return []


def _named(message: str) -> list[Intent]:
    return [Intent(kind="teach", words=message)] if names_teacher(message) else []


def _taken(message: str, folded: str) -> list[Intent]:
    """Whether the rows shall be used, where that was asked."""
    verdict = approval.judge(folded, refused=False)
    if verdict.is_yes and not verdict.conditions:
        return [Intent(kind="choose", words=message, choice=1)]
    if verdict.is_no or lexicon.is_all(folded, "reject", "whole"):
        return [Intent(kind="choose", words=message, choice=2)]
    return []
