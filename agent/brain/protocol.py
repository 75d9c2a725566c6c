"""What a brain is: it turns a message into typed intents, and facts into sentences. It decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pydantic import Field

from training.document import Section
from training.text import Text

IntentKind = Literal[
    "inform", "provide_data", "approve", "reject", "revise", "ask", "status", "stop", "resume", "try",
    "export", "compare", "small_talk", "choose", "unclear",
]  # fmt: skip
About = Literal[
    "why", "what", "cost", "time", "risk", "glossary", "data_issue", "compare", "what_next", "what_if", "privacy", "how",
]  # fmt: skip
WaitingFor = Literal["answer", "approval", "run"]


class Intent(Section):
    """One thing that a message wants. Which fields count depends on `kind`."""

    kind: IntentKind
    words: str = ""
    """The part of the message that it was read from."""
    fields: dict[str, Any] = Field(default_factory=dict)
    """inform: brief field -> value; True: said in free wording; None: asked, and left to us."""
    conditions: dict[str, float] = Field(default_factory=dict)
    """approve: `budget_usd`, `budget_minutes`."""
    what: str | None = None
    """revise: the setting."""
    direction: Literal["up", "down"] | None = None
    value: Any = None
    about: About | None = None
    topic: str | None = None
    """ask: the term or setting meant."""
    suppose: dict[str, Any] = Field(default_factory=dict)
    """ask what_if: the facts supposed."""
    files: tuple[str, ...] = ()
    choice: int | Literal["last"] | None = None
    readings: tuple[Intent, ...] = ()
    """unclear: the two best readings, to offer as choices. Never an approval."""


@dataclass(frozen=True)
class Context:
    """What a brain may know when it reads."""

    waiting_for: WaitingFor | None = None
    question: str | None = None
    """The brief's field that was just asked."""
    num_choices: int = 0
    labels: Sequence[str] = ()
    """The labels of the choices offered, as shown."""
    refused: bool = False
    """The standing order was just answered with a no."""
    language: str = "en"
    has_goal: bool = False
    """What is wanted was said already: a question is a question, not a wish."""
    has_plan: bool = False
    """A plan was shown: changes are changes to it."""
    columns: Sequence[str] = field(default_factory=tuple)
    """Names of the columns of the person's data."""


class Brain(Protocol):
    """The two things a brain does, and the language it hears."""

    name: str

    def language(self, text: str, *, previous: str) -> str:
        """Say which language to answer in (`en`, `zh`)."""
        ...

    def read(self, message: str, context: Context) -> list[Intent]:
        """Say what the message wants; at least one intent. Never guesses an approval."""
        ...

    def write(self, text: Text, *, language: str) -> str:
        """Word a sentence for the person. Every number in it occurs in its facts."""
        ...
