"""What a conversation may use of the language model, and what it has used; kept with the session, so a restart resets nothing."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from agent.brain.protocol import Desk
from agent.settings import LlmSettings
from training.text import Text

LETTERS_PER_TOKEN = 3.0
"""Where the server does not say what it counted. On the safe side for English (about 4); a guess; not tuned."""
NAME = "brain"


@dataclass
class Purse:
    """One conversation's allowance."""

    limits: LlmSettings
    session: str
    documents: Desk
    tokens_in: int = 0
    tokens_out: int = 0
    told: str = ""
    """What was last said about the model not being there: it is said once."""
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def opened(cls, limits: LlmSettings, session: str, documents: Desk) -> Purse:
        """Read what was used before."""
        try:
            kept = documents.document(session, NAME)
        except KeyError:
            kept = {}
        return cls(
            limits, session, documents,
            kept.get("tokens_in", 0), kept.get("tokens_out", 0), kept.get("told", ""),
        )  # fmt: skip

    def spent(self, about_to_send: int = 0) -> Text | None:
        """Say that the allowance is used up, counting tokens about to be sent; None where there is some left."""
        tokens = self.tokens_in + self.tokens_out + about_to_send
        if tokens > self.limits.tokens:
            return Text("it has used its {tokens:,} tokens", tokens=self.limits.tokens)
        if self.limits.usd is not None and self.usd(about_to_send) > self.limits.usd:
            return Text("it has used its {usd:,.2f} dollars", usd=self.limits.usd)
        return None

    def usd(self, about_to_send: int = 0) -> float:
        """Dollars used, by the price per million tokens in the settings."""
        price_in, price_out = self.limits.usd_per_million
        return ((self.tokens_in + about_to_send) * price_in + self.tokens_out * price_out) / 1e6

    def pay(self, sent: list[BaseMessage], got: AIMessage | None) -> None:
        """Book one call: what the server counted, else an estimate from the letters."""
        usage = got.usage_metadata if got is not None else None
        with self._guard:
            if usage is not None:
                self.tokens_in += usage["input_tokens"]
                self.tokens_out += usage["output_tokens"]
            else:
                self.tokens_in += tokens_of(sent)
                self.tokens_out += tokens_of([got]) if got is not None else 0
            self.keep()

    def tell(self, what: str) -> bool:
        """Note that `what` was said; False where it had been said already."""
        if self.told == what:
            return False
        with self._guard:
            self.told = what
            self.keep()
        return True

    def keep(self) -> None:
        """Store what was used. No message and no key is in it."""
        self.documents.keep(
            self.session,
            NAME,
            {"tokens_in": self.tokens_in, "tokens_out": self.tokens_out, "told": self.told},
        )


def tokens_of(messages: list[Any]) -> int:
    """Estimate the tokens of messages from their letters."""
    letters = 0
    for message in messages:
        letters += len(str(message.content))
        for call in getattr(message, "tool_calls", ()):
            letters += len(str(call))
    return int(letters / LETTERS_PER_TOKEN) + 1
