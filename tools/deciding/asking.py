"""The small set of prompts that is tried on the untouched model before anything is trained (TC-08)."""

from __future__ import annotations

from training.config import PromptConfig, Task

STRICT = (
    "Answer with the answer only: no explanation, no quotation marks, nothing before or after it."
)
STRICT_ZH = "只写答案本身：不要解释，不要引号，前后什么都不要加。"
ROLES: dict[Task, str] = {
    "classification": "You are an experienced clerk who sorts incoming messages and never invents a topic.",
    "extraction": "You are a careful clerk who copies facts into forms and leaves out what is not said.",
    "rewriting": "You are an editor.",
    "summarization": "You are an editor who writes short summaries and adds nothing.",
    "qa": "You are an expert who answers briefly and exactly.",
    "dialogue": "You are a friendly and exact member of a support team.",
    "generation": "You are an experienced writer in this field.",
    "code": "You are an experienced programmer.",
    "tool_use": "You are a program that chooses tools and fills in their arguments.",
    "translation": "You are a professional translator.",
    "reasoning": "You are a patient teacher who checks every step.",
}
ROLES_ZH: dict[Task, str] = {
    "classification": "你是经验丰富的分拣员，给来信分类，从不自造类别。",
    "extraction": "你是细心的录入员，把事实抄进表格，没说到的就不写。",
    "rewriting": "你是编辑。",
    "summarization": "你是编辑，写简短的摘要，不添加任何内容。",
    "qa": "你是专家，回答简短而准确。",
    "dialogue": "你是客服团队里友好而严谨的一员。",
    "generation": "你是这一行经验丰富的写作者。",
    "code": "你是经验丰富的程序员。",
    "tool_use": "你是一个选择工具并填写参数的程序。",
    "translation": "你是专业译者。",
    "reasoning": "你是耐心的老师，每一步都检查。",
}
FREE_FORM: frozenset[Task] = frozenset({"dialogue", "generation", "reasoning", "code"})
"""Tasks where 'only the answer' would spoil the answer."""


def variants(
    task: Task, told: str | None, *, language: str, examples: int, count: int
) -> tuple[PromptConfig, ...]:
    """The first `count` ways of asking beside the plain instruction and the fixed examples, the likeliest first.

    `told` is the plain instruction, None where the model has no room for one; `examples` is how many fit.
    """
    chinese = language == "zh"
    role = (ROLES_ZH if chinese else ROLES).get(task)
    found = []
    if examples:
        found.append(PromptConfig(name="similar examples", examples=examples))
        if told:
            found.append(
                PromptConfig(
                    name="instruction and similar examples", system=told, examples=examples
                )
            )
    if told and role:
        found.append(PromptConfig(name="role", system=_joined(role, told, chinese=chinese)))
    if told and task not in FREE_FORM:
        strict = STRICT_ZH if chinese else STRICT
        found.append(
            PromptConfig(name="strict form", system=_joined(told, strict, chinese=chinese))
        )
    return tuple(found[:count])


def _joined(first: str, second: str, *, chinese: bool) -> str:
    return first + ("" if chinese else " ") + second
