"""Sessions for tests: a fake back-end, the rules brain, and data that people hand over."""

from __future__ import annotations

import sys
from pathlib import Path

from agent.brain.rules import RulesBrain
from agent.sessions import Reply, Session, Worker
from agent.turns import Turns
from tests.fake_engine import FakeEngine

sys.path.insert(0, str(Path(__file__).parent / "transcripts"))
import datasets as handed_over  # noqa: E402 (a folder without a package: its files are also read by people)

MOST_QUESTIONS = 8


class Desk:
    """One home, one process: its engine, and sessions over it."""

    def __init__(self, home: Path, **engine: object) -> None:
        self.home = home
        self.engine = FakeEngine(home, **engine)  # type: ignore[arg-type]
        self.worker = Worker(Turns(home, engine=self.engine, brain=RulesBrain()))

    def session(self, name: str = "s") -> Session:
        return Session(name, self.worker)

    def data(self, kind: str = "support_600") -> Path:
        return handed_over.write(kind, self.home)

    def to_order(
        self,
        session: Session,
        words: str = "Sort our support tickets by topic",
        kind: str = "support_600",
    ) -> Reply:
        """Talk until an order for training waits."""
        reply = session.say(words, [self.data(kind)])
        for _ in range(MOST_QUESTIONS):
            if reply.waiting_for == "answer":
                reply = session.say("I don't know, you decide")
            elif reply.waiting_for == "run":
                self.engine.finish_measurements()
                session.look()
                last = session.last_reply()
                assert last is not None
                reply = last
            else:
                break
        assert reply.order is not None, reply.text
        return reply

    def close(self) -> None:
        self.worker.close()
