"""Read the conversations that people have: OpenAI messages, ShareGPT turns, tool calls, plain prompts."""

from __future__ import annotations

import ast
import json
from typing import Any, Literal, cast

from tools.data.cells import as_text, is_missing
from training.rows import Message

Role = Literal["system", "user", "assistant", "tool"]
ROLES: dict[str, Role] = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "prompter": "user", "customer": "user", "client": "user", "question": "user",
    "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "model": "assistant", "chatgpt": "assistant", "agent": "assistant", "ai": "assistant", "chosen": "assistant",
    "function_call": "assistant", "tool_call": "assistant", "answer": "assistant",
    "tool": "tool", "function": "tool", "observation": "tool", "tool_response": "tool", "function_response": "tool", "ipython": "tool",
    "用户": "user", "客户": "user", "助手": "assistant", "客服": "assistant", "系统": "system",
}  # fmt: skip


class TurnsError(ValueError):
    """A conversation that does not follow any known format; says why in a few words."""


def read_turns(value: Any) -> tuple[Message, ...]:
    """Read a list of turns, or its JSON. Raises TurnsError."""
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, dict):
        value = value.get("messages") or value.get("conversations") or [value]
    if not isinstance(value, list) or not value:
        raise TurnsError("no list of turns")
    return tuple(_turn(turn) for turn in value)


def read_answer(value: Any) -> tuple[tuple[Message, ...], str]:
    """Read an answer that is a text or, in preference data, a list of turns: those before, and the last's text."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        turns = read_turns(value)
        if turns[-1].role != "assistant":
            raise TurnsError("the answer is not the assistant's")
        return turns[:-1], turns[-1].content
    return (), as_text(value)


def _turn(turn: Any) -> Message:
    if not isinstance(turn, dict):
        raise TurnsError("a turn is not an object")
    named = turn.get("role") or turn.get("from") or turn.get("speaker") or ""
    role = ROLES.get(str(named).strip().lower())
    if role is None:
        raise TurnsError(f"nobody is called {named!r}")
    content = turn.get("content", turn.get("value", turn.get("text", turn.get("parts"))))
    calls = turn.get("tool_calls") or (
        [turn["function_call"]] if turn.get("function_call") else None
    )
    if str(named).lower() in {"function_call", "tool_call"}:
        calls, content = [_call(content)], ""
    return Message(
        role=role,
        content=_with_thoughts(turn, _content(content)),
        tool_calls=[call if isinstance(call, dict) else {"call": call} for call in calls]
        if calls
        else None,
        name=as_text(turn.get("name")) or None,
    )


def _with_thoughts(turn: dict[str, Any], content: str) -> str:
    """Put thoughts that stand in a field of their own before the answer, as models write them."""
    thoughts = as_text(
        turn.get("reasoning_content") or turn.get("thinking") or turn.get("reasoning")
    )
    if is_missing(thoughts) or "</think>" in content:
        return content
    return f"<think>\n{thoughts}\n</think>\n\n{content}"


def _content(content: Any) -> str:
    """Join a content of parts; those that are not text cannot be learnt from here."""
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        if any(
            part.get("type", "text") not in {"text", "input_text", "output_text"}
            for part in content
        ):
            raise TurnsError("a turn holds pictures, sounds or files")
        return "\n".join(as_text(part.get("text")) for part in content)
    return as_text(content)


def _call(content: Any) -> dict[str, Any]:
    try:
        call = json.loads(content) if isinstance(content, str) else content
    except ValueError:
        call = None
    return cast("dict[str, Any]", call) if isinstance(call, dict) else {"invalid": as_text(content)}


def _parsed(text: str) -> Any:
    """Read turns that were written into a table's cell: JSON, or Python's way of printing them."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise TurnsError("the turns are not valid JSON") from error
