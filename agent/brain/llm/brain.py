"""The language model behind the protocol that the rules brain speaks; the rules take over wherever it falls short.

What it may do is small on purpose. It reads what a person means, translates templates, and answers free questions by looking
things up. A yes is heard by the rules before the model is asked, and no reading of the model is ever one.

This is one of the five edges with a broad except: a turn goes on whatever a model or its package does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from agent.brain.llm import answering, reading
from agent.brain.llm.checking import Message
from agent.brain.llm.line import Line, Patience, Silence
from agent.brain.llm.opening import Opened, open_model
from agent.brain.llm.purse import Purse
from agent.brain.llm.speaking import TRANSLATED, Speaker, fill
from agent.brain.llm.translated import as_template
from agent.brain.protocol import Asked, Context, Desk, Intent
from agent.brain.rules import RulesBrain
from agent.settings import LlmSettings
from training.text import Text

Found = TypeVar("Found")
log = logging.getLogger(__name__)
RULES_FIRST = frozenset({"approve", "mark", "vote", "teach"})
"""Where the rules read one of these, their reading stands and the model is not asked: every word was understood."""
RECENT = 3
"""Turns that the model is reminded of."""
RECENT_LETTERS = 700
"""Of each text of those."""


def open_brain(name: str, home: Path, limits: LlmSettings) -> LlmBrain:
    """Open PROVIDER:MODEL as a brain. Asks nobody anything yet. Raises PlanError."""
    patience = Patience(first_s=limits.patience_s)
    return LlmBrain(open_model(name, limits), home=home, limits=limits, patience=patience)


class LlmBrain:
    """One model for all conversations of a process. Usable from several threads."""

    def __init__(
        self,
        opened: Opened,
        *,
        home: Path,
        limits: LlmSettings | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.name, self.outside = opened.name, None if opened.local else opened.name
        self.limits = limits or LlmSettings()
        self.rules = RulesBrain()
        self.line = Line(opened.model, patience=patience)
        self.speaker = Speaker(self.line, home)

    def of(self, session: str, desk: Desk) -> Conversing:
        """This brain in one conversation: with its allowance and its memory."""
        return Conversing(self, session, desk)

    def language(self, text: str, *, previous: str) -> str:
        """Say which language to answer in, as far as the rules know."""
        return self.rules.language(text, previous=previous)

    def read(self, message: str, context: Context) -> list[Intent]:
        """Read as the rules do: outside a conversation there is no allowance to ask the model with."""
        return self.rules.read(message, context)

    def prepare(self, texts: Sequence[Text], *, language: str) -> None:
        """Do nothing, for the same reason."""

    def write(self, text: Text, *, language: str) -> str:
        """Word a sentence from what is known; asks nobody."""
        return self.speaker.say(text, language)

    def look_up(self, asked: Asked) -> str | None:
        """Look nothing up, for the same reason."""
        return None

    def asides(self) -> list[Text]:
        """Say nothing about itself."""
        return []


class Conversing:
    """The model in one conversation, for one turn."""

    def __init__(self, brain: LlmBrain, session: str, desk: Desk) -> None:
        self.name, self.outside = brain.name, brain.outside
        self._brain, self._session, self._desk = brain, session, desk
        self._purse = Purse.opened(brain.limits, session, desk)
        self._asides: list[Text] = []
        self._heard_in: str | None = None
        self._silent = False
        self._private = False

    def of(self, session: str, desk: Desk) -> Conversing:
        """This brain in another conversation."""
        return self._brain.of(session, desk)

    def language(self, text: str, *, previous: str) -> str:
        """Say which language to answer in; of a message that was not read by the model, as far as the rules know."""
        rules = self._brain.rules
        if rules.language(text, previous="") == "":
            return previous  # "ok", "5", a file's name: of no language, whatever the model says
        if self._heard_in is not None:
            return self._heard_in
        known = rules.language(text, previous=previous)
        if known == "en" and previous not in TRANSLATED:
            return previous  # to the rules, every language of Latin letters is English
        return known

    def read(self, message: str, context: Context) -> list[Intent]:
        """Say what the message wants; at least one intent. Approvals are the rules' own."""
        by_rules = self._brain.rules.read(message, context)
        self._heard_in, self._private = None, context.private and self.outside is not None
        if {intent.kind for intent in by_rules} & RULES_FIRST or not message.strip():
            return by_rules
        if any(intent.kind == "choose" and intent.words == message for intent in by_rules):
            return by_rules  # a button, or the number of an answer
        heard = self._model_reads(message, context, by_rules)
        if heard is None:
            return by_rules
        self._heard_in = heard.language
        return list(heard.intents) or by_rules

    def prepare(self, texts: Sequence[Text], *, language: str) -> None:
        """Have the sentences' templates translated where that is still to be done; what fails stays English."""
        if language in TRANSLATED:
            return
        self._guarded(lambda: self._brain.speaker.learn(texts, language, self._purse))

    def write(self, text: Text, *, language: str) -> str:
        """Word a sentence from what is known; asks nobody."""
        return self._brain.speaker.say(text, language)

    def look_up(self, asked: Asked) -> str | None:
        """Answer a free question from the tools that read; None where nothing of it is borne out, or all is silent."""
        if self._private or self._silent or not self._brain.line.knows_tools:
            return self._by_rules(asked)
        return self._guarded(lambda: self._looked_up(asked)) or self._by_rules(asked)

    def _by_rules(self, asked: Asked) -> str | None:
        """What the rules can answer by themselves, in the languages that they speak."""
        if asked.language not in TRANSLATED:
            return None
        return self._guarded(lambda: self._brain.rules.look_up(asked))

    def asides(self) -> list[Text]:
        """What to say about the model itself: that it is not there, once until it is back."""
        said, self._asides = self._asides, []
        return said

    def _model_reads(
        self, message: str, context: Context, by_rules: list[Intent]
    ) -> reading.Reading | None:
        shown = replace(context, columns=(), labels=()) if self._private else context
        told = Message(message, shown, by_rules, recent=self._recent())
        heard = self._guarded(lambda: reading.read(self._brain.line, self._purse, told))
        if heard is not None:
            self._purse.tell("")
        return heard

    def _looked_up(self, asked: Asked) -> str | None:
        direct = asked.language in TRANSLATED
        question = answering.Question(
            asked.text, asked.tools(), asked.language if direct else "en",
            template=[str(text) for text in asked.template], recent=self._recent(),
            tell=asked.tell if direct else None,
        )  # fmt: skip
        found = answering.answer(self._brain.line, self._purse, question)
        if not found.text:
            return None
        if direct:
            said = found.text
        else:
            text = as_template(found.text)
            table = self._brain.speaker.translated([text.wording], asked.language, self._purse)
            said = str(fill(text, table))
        if found.whole:
            return said
        cut = Text(
            "I leave out the rest of what the language model wrote: what I looked up does not bear it out."
        )
        self.prepare([cut], language=asked.language)
        return f"{said}\n\n{self.write(cut, language=asked.language)}"

    def _recent(self) -> list[dict[str, str]]:
        """The last turns, cut short; nothing where the person's data must not leave this machine."""
        if self._private:
            return []
        said = []
        for message in self._desk.messages(self._session)[-RECENT - 1 :]:
            if message.reply is None:
                continue
            person = str(message.body.get("text") or "")
            answer = "\n".join(message.reply.get("says", ()))
            said.append({"person": _cut(person), "tunesmith": _cut(answer)})
        return said[-RECENT:]

    def _guarded(self, ask: Callable[[], Found]) -> Found | None:
        """What the model gave; None where it is silent or something broke on our side, and the person is told which."""
        try:
            return ask()
        except Silence as silence:
            self._say_silent(silence)
        except Exception:
            log.exception("the language model as brain")
            self._say_silent(Silence(Text("something went wrong inside Tunesmith")))
        return None

    def _say_silent(self, silence: Silence) -> None:
        self._silent = True
        if self._purse.tell(silence.why.template):
            self._asides.append(
                Text(
                    "The language model {name} does not help at the moment: {why}. I go on with my built-in rules, which understand English and Chinese.",
                    name=self.name,
                    why=silence.why,
                )
            )


def _cut(text: str) -> str:
    return text if len(text) <= RECENT_LETTERS else f"{text[:RECENT_LETTERS]} [cut]"
