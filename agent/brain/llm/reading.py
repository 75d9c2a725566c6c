"""A message -> typed intents, by a language model: asked for as a tool call, or as JSON where the server knows no tools."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, get_args

from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, ValidationError, field_validator

from agent.brain.llm.checking import (
    BY_RULES_ONLY,
    LANGUAGE_CODE,
    SETTINGS,
    Message,
    borne_out,
)
from agent.brain.llm.line import NO_TOOLS, Line, Silence
from agent.brain.llm.purse import Purse
from agent.brain.protocol import About, Intent, IntentKind
from prompts.purposes import quoted, render
from training.config import Task
from training.text import Text

TRIES = 2
TEXT = {"type": "string"}
UNDERSTOOD = {
    "name": "understood",
    "description": "Say what the message wants.",
    "parameters": {
        "type": "object",
        "properties": {
            "language": TEXT | {"description": "ISO 639-1 code of the message's language; empty where it has none"},
            "intents": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "kind": TEXT | {"enum": [kind for kind in get_args(IntentKind) if kind not in BY_RULES_ONLY]},
                        "fields": TEXT | {"description": 'inform: a JSON object, field -> value, such as {"goal": true, "budget": {"eur": 20}}'},
                        "what": TEXT | {"description": "revise: the setting"},
                        "value": TEXT | {"description": "revise: the new value, as written"},
                        "direction": TEXT | {"enum": ["up", "down"]},
                        "about": TEXT | {"enum": list(get_args(About))},
                        "topic": TEXT,
                        "files": {"type": "array", "items": TEXT},
                        "choice": TEXT | {"description": "choose: a number, or last"},
                    },
                    "required": ["kind"],
                },
            },
        },
        "required": ["intents"],
    },
}  # fmt: skip
"""Strings and lists only: what every provider's tool calls can say. Objects are taken too."""


class Heard(BaseModel):
    """What the model called `understood` with."""

    intents: list[Intent]
    language: str | None = None

    @field_validator("intents", mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return [_unwrapped(one) for one in value] if isinstance(value, list) else value


def _unwrapped(intent: Any) -> Any:
    """Give an intent without what was left empty, its object and numbers out of their strings. Raises ValueError."""
    if not isinstance(intent, dict):
        return intent
    said = {name: value for name, value in intent.items() if value not in (None, "", [], {})}
    if isinstance(said.get("fields"), str):
        said["fields"] = json.loads(said["fields"])
    choice = said.get("choice")
    if isinstance(choice, str) and choice.strip().isdigit():
        said["choice"] = int(choice)
    return said


@dataclass(frozen=True)
class Reading:
    """What a message was read as; no intents where none of the model's could be borne out."""

    intents: tuple[Intent, ...]
    language: str | None


def read(line: Line, purse: Purse, message: Message) -> Reading:
    """Read the message. Raises Silence."""
    heard = ask(line, purse, _prompt(message))
    code = (heard.language or "").lower().partition("-")[0]
    language = code if LANGUAGE_CODE.fullmatch(code) else None
    taken = borne_out(heard.intents, message)
    return Reading(tuple(taken or ()), language)


def ask(line: Line, purse: Purse, messages: list[BaseMessage]) -> Heard:
    """Get a typed answer; one that cannot be read is asked for again. Raises Silence."""
    tools: list[Any] = [UNDERSTOOD] if line.knows_tools else []
    if not tools:
        messages = [*messages, HumanMessage(_schema())]
    for left in reversed(range(TRIES)):
        try:
            answer = line.ask(
                messages, purse=purse, tools=tools, force="understood" if tools else None
            )
        except Silence as silence:
            if not tools or silence.status not in NO_TOOLS or not left:
                raise
            tools = []  # a server without tools: the same as JSON in its text
            messages = [*messages, HumanMessage(_schema())]
            continue
        line.knows_tools = bool(tools)
        try:
            return Heard.model_validate(_document(answer))
        except (ValueError, ValidationError):  # JSON's own error is a ValueError
            continue
    raise Silence(Text("what it sent could not be read"))


def _schema() -> str:
    return "Answer with one JSON object and nothing else. Its schema: " + json.dumps(
        UNDERSTOOD["parameters"]
    )


def _document(answer: AIMessageChunk) -> Any:
    """The JSON of the tool call, or of the text where the server knows no tools. Raises ValueError."""
    calls = [call for call in answer.tool_call_chunks if call.get("args")]
    text = str(calls[0]["args"]) if calls else str(answer.text)
    if not calls:
        start, end = text.find("{"), text.rfind("}")
        text = text[start : end + 1] if start >= 0 else ""
    return json.loads(text)


def _prompt(message: Message) -> list[BaseMessage]:
    context = message.context
    told = render(
        "understand",
        waiting_for=context.waiting_for or "nothing",
        question=context.question or "nothing",
        labels=quoted("answers", list(context.labels)),
        has_plan="yes" if context.has_plan else "no",
        has_goal="yes" if context.has_goal else "no",
        columns=quoted("columns", list(context.columns)[:60]),
        recent=quoted("recent", list(message.recent)),
        tasks=", ".join(get_args(Task)),
        settings=", ".join(SETTINGS),
        message=quoted("message", message.text),
    )
    system, _, last = told.rpartition("\n\n")
    return [SystemMessage(system), HumanMessage(last)]
