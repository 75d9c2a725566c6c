"""A chat model for tests that says what a script tells it to, as LangChain's models do: in pieces, with tool calls and usage."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult


@dataclass
class Asked:
    """One request as the model got it."""

    messages: list[BaseMessage]
    tools: list[str] = field(default_factory=list)
    force: str | None = None

    @property
    def text(self) -> str:
        """Everything that was sent."""
        return "\n".join(str(message.content) for message in self.messages)

    @property
    def purpose(self) -> str:
        """Which prompt it is: understand, answer, translate or check."""
        if "You read what a person writes" in self.text:
            return "understand"
        if "You answer one question" in self.text:
            return "answer"
        return "translate" if "Translate sentences of a program" in self.text else "check"

    def between(self, name: str) -> Any:
        """The quoted value of this name."""
        start, end = f"<{name}>", f"</{name}>"
        return json.loads(self.text.rpartition(start)[2].partition(end)[0])


@dataclass
class Says:
    """What the model answers."""

    text: str = ""
    calls: tuple[tuple[str, Any], ...] = ()
    """Name and arguments of tool calls; arguments that are a string are sent as they are."""
    whole: bool = True
    """False: cut off, without a finish reason."""


Script = Callable[[Asked], Says | Exception]


class Scripted(BaseChatModel):
    """Plays a script. `asked` holds every request."""

    script: Script
    asked: list[Asked] = []  # noqa: RUF012  # pydantic copies it
    bound: dict[str, Any] = {}  # noqa: RUF012

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, *, tool_choice: Any = None, **kwargs: Any) -> Any:
        names = [tool["name"] if isinstance(tool, dict) else tool.name for tool in tools]
        return self.bind(tool_names=names, force=tool_choice)

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        raise NotImplementedError("the brain streams")

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: Any = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        asked = Asked(list(messages), kwargs.get("tool_names", []), kwargs.get("force"))
        self.asked.append(asked)
        said = self.script(asked)
        if isinstance(said, Exception):
            raise said
        for index, (name, arguments) in enumerate(said.calls):
            text = arguments if isinstance(arguments, str) else json.dumps(arguments)
            piece = tool_call_chunk(name=name, args=text, id=f"c{index}", index=index)
            yield _chunk(tool_call_chunks=[piece])
        for start in range(0, len(said.text), 17):
            yield _chunk(content=said.text[start : start + 17])
        usage = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}
        end = {"finish_reason": "stop"} if said.whole else {}
        yield _chunk(response_metadata=end, usage_metadata=usage if said.whole else None)


def _chunk(**fields: Any) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(**({"content": ""} | fields)))


def understood(*intents: dict[str, Any], language: str | None = None) -> Says:
    """The answer to `understand`."""
    return Says(calls=(("understood", {"intents": list(intents), "language": language}),))


class HttpTrouble(Exception):  # noqa: N818
    """An error as the providers' packages raise them: with a status, and the key in its words."""

    def __init__(self, status: int) -> None:
        super().__init__(f"Incorrect API key provided: {SECRET}")
        self.status_code = status


SECRET = "sk-very-secret-key-123"


class Papers:
    """Where a session keeps its documents, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}

    def keep(self, session: str, name: str, document: dict[str, Any]) -> None:
        self.kept[f"{session}/{name}"] = document

    def document(self, session: str, name: str) -> dict[str, Any]:
        return self.kept[f"{session}/{name}"]

    def messages(self, session: str, after: int = 0) -> list[Any]:
        return []


def pig(text: str) -> str:
    """A language of our own, for which nobody needs a dictionary: every word backwards, blanks and figures as they are.

    Doing it twice gives the original, so the same function translates back.
    """
    import re

    pattern = re.compile(r"\{[^{}]*\}|\d[\d.,]*|yes|[^\W\d_]+", re.IGNORECASE)

    def turn(match: re.Match[str]) -> str:
        word = match.group()
        kept = word[0] == "{" or word[0].isdigit() or word.lower() == "yes"
        return word if kept else word[::-1]

    return pattern.sub(turn, text)


def translator(asked: Asked) -> Says:
    """Answers `translate` and `check` in that language."""
    sentences = asked.between("sentences")
    return Says(json.dumps({number: pig(one) for number, one in sentences.items()}))
