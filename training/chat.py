"""Conversations as the model's own template lays them out, whatever it lacks.

Some templates refuse a system turn; its words are then put at the head of the first turn of the person, in
training and asking alike. Some show no tools or no calls of them; these are then written as JSON, the tools in the system
turn. Some models think aloud first; where the template has a switch, it is off.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from jinja2.exceptions import TemplateError

from training.rows import Message, Row, calls_as_text, plain_call
from training.text import Text

SYSTEM_MARK = "zebra-system-mark"
"""Words that no template contains."""
TOOL_MARK, CALL_MARK, RESULT_MARK = "zebra_tool_mark", "zebra_call_mark", "zebra-result-mark"
TOOLS_TOLD = "You can call these tools. Answer a call as JSON with name and arguments."
"""Stands before the tools in the system turn, where the template has no place for them."""
THINKING_SWITCHES = ("enable_thinking", "thinking")
"""Names by which templates know the switch: Qwen and others; DeepSeek and Granite."""

Note = Callable[[Text], None]


def silent(text: Text) -> None:
    """Take a note and drop it: for callers that said it before."""


class Prompt(tuple[Message, ...]):
    """What is asked: turns, and the tools that may be called."""

    tools: tuple[dict[str, Any], ...] = ()


class Shown(NamedTuple):
    """What a template shows to the model."""

    system: bool
    tools: bool
    calls: bool
    """Calls of tools, and what the tools said, in turns of their own."""


def what_is_shown(tokenizer: Any) -> Shown:
    """Try the template with marks in each place, and see which come through."""
    asked = {"role": "user", "content": "Hello"}
    tool = {
        "type": "function",
        "function": {
            "name": TOOL_MARK, "description": "A tool.",
            "parameters": {"type": "object", "properties": {"place": {"type": "string"}}},
        },
    }  # fmt: skip
    called = {"name": CALL_MARK, "arguments": {"place": "here"}}
    turns: list[dict[str, Any]] = [
        asked,
        {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": called}]},
        {"role": "tool", "name": CALL_MARK, "content": RESULT_MARK},
    ]  # fmt: skip
    with_tool, with_call = _tried(tokenizer, [asked], tools=[tool]), _tried(tokenizer, turns)
    return Shown(
        system=takes_system(tokenizer), tools=TOOL_MARK in with_tool, calls=CALL_MARK in with_call and RESULT_MARK in with_call,
    )  # fmt: skip


def _tried(tokenizer: Any, turns: list[dict[str, Any]], **options: Any) -> str:
    try:
        return str(tokenizer.apply_chat_template(turns, tokenize=False, **options))
    except (TemplateError, ValueError, TypeError):
        return ""


def as_turns(
    messages: Sequence[Message], tools: Sequence[dict[str, Any]], shown: Shown
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Give the turns as the template takes them, and the options that go with them."""
    turns = tuple(messages)
    options: dict[str, Any] = {}
    if tools and shown.tools:
        options["tools"] = list(tools)
    elif tools:
        turns = _told_of(tools, turns)
    if not shown.calls:
        turns = tuple(_in_words(turn) for turn in turns)
    if not shown.system:
        turns = fold_system(turns)
    return [_as_json(turn) for turn in turns], options


def _as_json(turn: Message) -> dict[str, Any]:
    found = turn.model_dump(mode="json", exclude_none=True)
    if turn.tool_calls:
        calls = [plain_call(call) for call in turn.tool_calls]
        found["tool_calls"] = [{"type": "function", "function": call} for call in calls]
    return found


def _told_of(tools: Sequence[dict[str, Any]], turns: tuple[Message, ...]) -> tuple[Message, ...]:
    told = "\n".join(
        [TOOLS_TOLD, *(json.dumps(tool.get("function", tool), ensure_ascii=False) for tool in tools)]
    )  # fmt: skip
    if turns and turns[0].role == "system":
        first = turns[0].model_copy(update={"content": f"{turns[0].content}\n\n{told}"})
        return (first, *turns[1:])
    return (Message(role="system", content=told), *turns)


def _in_words(turn: Message) -> Message:
    if turn.role == "tool":
        named = f"{turn.name}: " if turn.name else ""
        return Message(role="user", content=f"{named}{turn.content}")
    if not turn.tool_calls:
        return turn
    words = [part for part in (turn.content, calls_as_text(turn.tool_calls)) if part]
    return Message(role=turn.role, content="\n".join(words))


def takes_system(tokenizer: Any) -> bool:
    """Say whether the template shows a system turn to the model."""
    turns = [{"role": "system", "content": SYSTEM_MARK}, {"role": "user", "content": "Hello"}]
    try:
        return SYSTEM_MARK in str(tokenizer.apply_chat_template(turns, tokenize=False))
    except (TemplateError, ValueError):
        return False


def fold_system(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Move the words of a leading system turn to the head of the first turn of the person.

    A conversation without such a turn comes back as it is; one with no turn of the person gets one.
    """
    turns = tuple(messages)
    if not turns or turns[0].role != "system":
        return turns
    system, rest = turns[0].content, list(turns[1:])
    for index, turn in enumerate(rest):
        if turn.role == "user":
            rest[index] = turn.model_copy(update={"content": f"{system}\n\n{turn.content}"})
            return tuple(rest)
    return (Message(role="user", content=system), *rest)


def with_system(messages: Sequence[Message], system: str | None) -> tuple[Message, ...]:
    """Put a system turn first, unless the conversation has its own."""
    turns = tuple(messages)
    if not system or (turns and turns[0].role == "system"):
        return turns
    return (Message(role="system", content=system), *turns)


def prompts_for(
    rows: Sequence[Row], *, system: str | None = None, shots: Sequence[Row] = ()
) -> list[Prompt]:
    """Give what to ask for every row: the system turn, then answered examples, then the row's own turns."""
    examples = [turn for shot in shots for turn in shot.messages if turn.role != "system"]
    prompts = []
    for row in rows:
        turns = with_system(row.prompt, system)
        lead = 1 if turns and turns[0].role == "system" else 0
        prompt = Prompt((*turns[:lead], *examples, *turns[lead:]))
        prompt.tools = row.tools
        prompts.append(prompt)
    return prompts


def pick_shots(rows: Sequence[Row], count: int) -> list[Row]:
    """Choose examples for a few-shot prompt: different answers first, and of those the shortest questions.

    Always the same ones for the same rows. Fewer come back where there are fewer answered rows.
    """
    answered = [row for row in rows if row.has_answer and row.answer.strip()]
    ordered = sorted(answered, key=lambda row: (sum(len(t.content) for t in row.messages), row.id))
    half = ordered[: max(count, (len(ordered) + 1) // 2)]
    usual = (
        half[len(half) // 2 :] + half[: len(half) // 2]
    )  # neither the shortest nor long ones first
    seen: set[str] = set()
    fresh = [row for row in usual if not (row.answer in seen or seen.add(row.answer))]  # type: ignore[func-returns-value]
    chosen = {row.id for row in fresh}
    return (fresh + [row for row in usual if row.id not in chosen])[:count]


def render_prompts(
    tokenizer: Any, prompts: Sequence[Sequence[Message]], *, note: Note = silent
) -> list[str]:
    """Lay conversations out as text that ends where the answer begins.

    Raises ValueError where the tokenizer has no chat template.
    """
    if not tokenizer.chat_template:
        raise ValueError("the tokenizer has no chat template")
    shown = what_is_shown(tokenizer)
    offered = [turns.tools if isinstance(turns, Prompt) else () for turns in prompts]
    if not shown.system and any(turns and turns[0].role == "system" for turns in prompts):
        note(
            Text(
                "This model knows no system turn, so the instruction stands at the head of the first question."
            )
        )
    if not shown.tools and any(offered):
        note(
            Text(
                "This model's template has no place for tools, so they stand in the instruction as JSON."
            )
        )
    switches = thinking_off(tokenizer)
    if switches:
        note(Text("This model can think aloud before it answers; that was switched off."))
    laid_out = [as_turns(turns, tools, shown) for turns, tools in zip(prompts, offered, strict=True)]  # fmt: skip
    return [
        str(
            tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=True, **options, **switches
            )
        )
        for turns, options in laid_out
    ]


def thinking_off(tokenizer: Any) -> dict[str, bool]:
    """Give the template's switches that turn thinking aloud off; empty where it has none."""
    template = tokenizer.chat_template
    source = template if isinstance(template, str) else str(template)
    named = [name for name in THINKING_SWITCHES if _names(source, name)]
    return dict.fromkeys(named[:1], False)


def _names(template: str, variable: str) -> bool:
    return bool(re.search(rf"(?<![\w.'\"]){variable}(?![\w'\"])", template))
