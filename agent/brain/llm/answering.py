"""A free question -> read-only tools -> prose, said only as far as what was looked up bears it out.

The model is given tools of effect `read` and nothing else. What they return goes to it as quoted data. Its prose is let
through sentence by sentence; at the first one that says more than the results, it is cut there and the template stands.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolCall,
    ToolMessage,
)
from langchain_core.tools import BaseTool

from agent.brain.llm.guard import Backing, unbacked
from agent.brain.llm.line import Line, is_whole
from agent.brain.llm.purse import Purse
from prompts.purposes import quoted, render

log = logging.getLogger(__name__)
MOST_CALLS = 6
"""Tool calls in one answer. A guess; not tuned."""
MOST_LETTERS = 24_000
"""Of one tool's result; the tools keep below that by themselves."""
END = re.compile(r"(?<=[.!?])(?<!\d\.)(?=\s)|(?<=[。！？])|(?<=\n)")
"""Where a sentence has ended; not after the number of an entry of a list."""
FINISHED = (".", "!", "?", "。", "！", "？", ":", '"', "”", "|")
IN_WORDS = {"en": "English", "zh": "Chinese"}


@dataclass
class Question:
    """What is asked, and what may be looked at."""

    text: str
    tools: Sequence[BaseTool]
    language: str
    """`en` or `zh`: what the guard reads. Other languages are translated afterwards."""
    template: Sequence[str] = ()
    """What the conversation would say without looking anything up, in English."""
    recent: Sequence[dict[str, str]] = ()
    tell: Callable[[str], None] | None = None
    """Hears the answer as it grows."""


@dataclass
class Answered:
    """What may be said."""

    text: str
    whole: bool
    """False: the rest was not borne out, or did not come."""
    calls: list[str] = field(default_factory=list)
    """Names of the tools that were called."""


class Gate:
    """Lets an answer through, sentence by sentence, until one is not borne out."""

    def __init__(self, backing: Backing, tell: Callable[[str], None] | None) -> None:
        self._backing, self._tell = backing, tell
        self._open, self._rest = True, ""
        self.passed = ""

    def hear(self, text: str) -> None:
        """Take the next piece."""
        self._rest += text
        *whole, self._rest = END.split(self._rest)
        for sentence in whole:
            self._take(sentence)

    def end(self, *, complete: bool) -> bool:
        """Take what is left, unless it was cut off; whether everything was let through."""
        if complete and self._rest.strip():
            self._take(self._rest)
        cut = not complete and bool(self._rest.strip())
        self._rest = ""
        return self._open and not cut

    def _take(self, sentence: str) -> None:
        if not self._open:
            return
        wrong = unbacked(sentence, self._backing)
        if wrong:
            log.info("answer cut, not borne out: %s", "; ".join(wrong))
            self._open = False
            return
        self.passed += sentence
        if self._tell is not None and sentence.strip():
            self._tell(self.passed.strip())


def answer(line: Line, purse: Purse, question: Question) -> Answered:
    """Look things up and answer. Raises Silence, and AssertionError for a tool that does more than read."""
    assert all((tool.metadata or {}).get("effect") == "read" for tool in question.tools), (
        "a language model gets tools that read, and no others"
    )
    backing = Backing(question.text, question.template)
    messages = _prompt(question)
    called: list[str] = []
    gate = Gate(backing, question.tell)
    while True:
        tools = question.tools if len(called) < MOST_CALLS else ()
        streamed = bool(called)  # before the first look, prose is most often "let me see"
        got = line.ask(messages, purse=purse, tools=tools, on_text=gate.hear if streamed else None)
        if not tools or not got.tool_calls or not is_whole(got):
            break
        messages.append(AIMessage(content=str(got.text), tool_calls=got.tool_calls))
        for call in got.tool_calls:
            messages.append(_called(question.tools, call, backing, called))
    if not streamed:
        gate.hear(str(got.text))
    whole = gate.end(complete=is_whole(got) or str(got.text).rstrip().endswith(FINISHED))
    return Answered(gate.passed.strip(), whole and bool(gate.passed.strip()), called)


def _prompt(question: Question) -> list[BaseMessage]:
    told = render(
        "answer",
        language=IN_WORDS[question.language],
        calls=str(MOST_CALLS),
        recent=quoted("recent", list(question.recent)),
        facts=quoted("facts", list(question.template)),
        question=quoted("question", question.text),
    )
    system, _, last = told.rpartition("\n\n")
    return [SystemMessage(system), HumanMessage(last)]


def _called(
    tools: Sequence[BaseTool], call: ToolCall, backing: Backing, called: list[str]
) -> ToolMessage:
    """Carry one call out, as long as there are calls left; what is wrong with it is the model's to read."""
    name, number = call["name"], call["id"] or f"call-{len(called)}"
    tool = next((one for one in tools if one.name == name), None)
    if len(called) >= MOST_CALLS:
        result = "No calls are left. Answer with what you have."
    elif tool is None:
        result = f"There is no such tool. There are: {', '.join(one.name for one in tools)}."
    else:
        result = _cut(str(tool.invoke(call["args"])))
        backing.add(result)
    called.append(name)
    return ToolMessage(quoted("result", result), tool_call_id=number)


def _cut(result: str) -> str:
    if len(result) <= MOST_LETTERS:
        return result
    return (
        f"{result[:MOST_LETTERS]} [cut: {MOST_LETTERS:,} of {len(result):,} characters are shown]"
    )
