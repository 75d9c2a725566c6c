"""A conversation whose brain plays a script, for the tests of the language model as brain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.brain.llm.brain import LlmBrain
from agent.brain.llm.line import Patience
from agent.brain.llm.opening import Opened
from tests.llm_fakes import (
    Asked,
    HttpTrouble,
    Says,
    Script,
    Scripted,
    translator,
    understood,
)
from tests.talking import Desk

IMPATIENT = Patience(first_s=0.05, whole_s=1.0, pause_s=0.0, rest_s=0.0, tries=2)
FREE = {"kind": "ask"}


class Talk:
    """A desk whose brain plays a script."""

    def __init__(self, home: Path, **brain: Any) -> None:
        self.desk = Desk(home)
        self.model = Scripted(script=lambda asked: HttpTrouble(500))
        self.opened = Opened("openai:x", self.model, brain.pop("local", True))
        self.options: dict[str, Any] = {"home": home, "patience": IMPATIENT} | brain
        self.desk.worker.turns.brain = LlmBrain(self.opened, **self.options)

    def plays(self, script: Script) -> None:
        self.model.script = script

    def understands(self, *intents: dict[str, Any], language: str | None = None) -> None:
        self.plays(lambda asked: understood(*intents, language=language) if asked.purpose == "understand" else translator(asked))  # fmt: skip

    def asked(self, purpose: str) -> list[Asked]:
        return [one for one in self.model.asked if one.purpose == purpose]

    def everything_kept(self) -> str:
        """All that lies on disk: state, checkpoints, documents, replies."""
        home = self.desk.home
        return "".join(path.read_bytes().decode("latin-1") for path in home.rglob("*") if path.is_file())  # fmt: skip


def looks_up(*answers: Says, first: dict[str, Any] | None = None) -> Script:
    """A script that reads a free question and then answers in turn."""
    left = iter(answers)

    def play(asked: Asked) -> Says:
        if asked.purpose == "understand":
            return understood(first or FREE, language="en")
        return next(left) if asked.purpose == "answer" else translator(asked)

    return play


def with_data(talk: Talk) -> Any:
    session = talk.desk.session()
    session.say("Sort our support tickets by topic", [talk.desk.data("support_600")])
    return session
