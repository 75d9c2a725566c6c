"""Sessions for tests: a fake back-end, the rules brain, and data that people hand over."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from agent.brain.rules import RulesBrain
from agent.conversation.sessions import Reply, Session, Worker
from agent.conversation.turns import Turns
from tests.fake_engine import FakeEngine


def _load(path: Path) -> ModuleType:
    """Load a file beside the interviews under a name of its own: `datasets` is another package's."""
    spec = importlib.util.spec_from_file_location(f"transcript_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


handed_over = _load(Path(__file__).parent / "transcripts" / "datasets.py")
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
