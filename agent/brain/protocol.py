"""What a brain is: it turns a message into typed intents, and facts into sentences. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import Field

from training.document import Section
from training.text import Text

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from agent.inbox import Message

IntentKind = Literal[
    "inform", "provide_data", "approve", "reject", "revise", "ask", "status", "stop", "resume", "try",
    "export", "compare", "mark", "vote", "teach", "small_talk", "choose", "unclear",
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
    """inform: brief field -> value; True: said in free wording; None: asked, and left to us. mark, vote: what was said
    of the answers shown; empty: begin with it. provide_data: `sample`, the built-in one that is meant, or True."""
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
    free: bool = False
    """ask: answering takes a look into rows, plan or run; `about` is what is answered where nobody looks."""
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
    num_shown: int = 0
    """Answers shown to be marked."""
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
    private: bool = False
    """What their files hold must not leave this machine."""


@dataclass(frozen=True)
class Asked:
    """A free question, with what may be looked at to answer it."""

    text: str
    template: Sequence[Text]
    """What is said where nobody can look."""
    language: str
    tools: Callable[[], Sequence[BaseTool]]
    """Makes the tools; each of effect `read`."""
    tell: Callable[[str], None] | None = None
    """Hears the answer as it grows."""


class Desk(Protocol):
    """Where a session's documents and messages lie."""

    def keep(self, session: str, name: str, document: dict[str, Any]) -> None:
        """Store a document."""
        ...

    def document(self, session: str, name: str) -> dict[str, Any]:
        """Give a stored document. Raises KeyError where there is none."""
        ...

    def messages(self, session: str, after: int = 0) -> list[Message]:
        """Give the messages numbered above `after`, the oldest first."""
        ...


class Brain(Protocol):
    """What a brain does: it reads, and it words. It may look things up to answer; it decides nothing."""

    name: str
    outside: str | None
    """Whom the person's words go to, where they leave this machine; None: they stay."""

    def of(self, session: str, desk: Desk) -> Brain:
        """Give the brain for one turn of one conversation."""
        ...

    def language(self, text: str, *, previous: str) -> str:
        """Say which language (ISO 639-1) to answer the message in that was read last."""
        ...

    def read(self, message: str, context: Context) -> list[Intent]:
        """Say what the message wants; at least one intent. Never guesses an approval."""
        ...

    def prepare(self, texts: Sequence[Text], *, language: str) -> None:
        """Make ready to word these; may take a while, and may not succeed."""
        ...

    def write(self, text: Text, *, language: str) -> str:
        """Word a sentence for the person, at once. Every number in it occurs in its facts."""
        ...

    def look_up(self, asked: Asked) -> str | None:
        """Answer a free question; None where its template is to be said instead."""
        ...

    def asides(self) -> list[Text]:
        """What is to be said about the brain itself after this turn; each is given once."""
        ...
