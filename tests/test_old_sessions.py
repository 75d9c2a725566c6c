"""Conversations stored by earlier and by later releases: they open, tell their history, and go on."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from agent.brain.rules import RulesBrain
from agent.conversation.sessions import Session, Worker
from agent.conversation.turns import Turns
from agent.engine import PlanRequest
from tests.fake_engine import FakeEngine
from tests.talking import handed_over
from tools.dataset import Dataset
from tools.plan import Plan

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("session-*.db.gz"))


class Elsewhere(FakeEngine):
    """The person's file lies somewhere else than on the machine that wrote the fixture."""

    data: Path

    def _here(self, request: PlanRequest) -> PlanRequest:
        return replace(request, files=(self.data,))

    def dataset(self, request: PlanRequest) -> Dataset:
        return super().dataset(self._here(request))

    def plan(self, request: PlanRequest) -> Plan:
        return super().plan(self._here(request))


class Opened:
    """One home made from a fixture."""

    def __init__(self, home: Path, packed: Path) -> None:
        self.home = home
        (home / "sessions.db").write_bytes(gzip.decompress(packed.read_bytes()))
        self.engine = Elsewhere(home)
        self.engine.data = handed_over.write("support_600", home)
        self.worker: Worker | None = None

    def session(self) -> Session:
        self.worker = Worker(Turns(self.home, engine=self.engine, brain=RulesBrain()))
        return Session("s", self.worker)

    def close(self) -> None:
        if self.worker is not None:
            self.worker.close()


@pytest.fixture(params=FIXTURES, ids=lambda path: path.stem)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    made = Opened(tmp_path, request.param)
    yield made
    made.close()


def test_an_old_conversation_tells_its_history(opened: Opened) -> None:
    said = opened.session().history()
    assert [entry["text"] for entry in said if entry["role"] == "user"][:2] == [
        "hello",
        "Sort our support tickets by topic",
    ]
    assert all(entry["text"] for entry in said)
    assert "**You**: hello" in opened.session().markdown()


def test_an_old_conversation_goes_on_and_its_order_still_stands(opened: Opened) -> None:
    session = opened.session()
    reply = session.last_reply()
    assert reply is not None
    assert reply.plan is not None
    assert reply.order is not None
    assert "learning rate" in session.say("why that learning rate?").text
    assert "Started" in session.approve(reply.order).text
    assert len(opened.engine.trained()) == 1


def test_an_old_conversation_takes_a_change_of_mind(opened: Opened) -> None:
    reply = opened.session().say("2 epochs please")
    assert reply.order is not None
    assert reply.plan is not None
    assert reply.plan.stages[0].epochs.value == 2


def from_the_future(path: Path) -> None:
    """Put fields into every stored thing that this release does not know."""
    with sqlite3.connect(path) as database:
        serializer = JsonPlusSerializer()
        rows = database.execute("SELECT thread_id, type, checkpoint FROM checkpoints").fetchall()
        for thread, kind, packed in rows:
            stored = serializer.loads_typed((kind, packed))
            stored["channel_values"]["hologram"] = {"depth": 3}
            stored["channel_versions"]["hologram"] = next(iter(stored["channel_versions"].values()))
            stored["channel_values"]["brief"]["colour"] = {"value": "red", "origin": "said"}
            again, body = serializer.dumps_typed(stored)
            database.execute(
                "UPDATE checkpoints SET type = ?, checkpoint = ? WHERE thread_id = ?",
                (again, body, thread),
            )
        for name, body in database.execute("SELECT id, body FROM documents").fetchall():
            document = json.loads(body) | {"hologram": 1}
            for stage in document.get("stages", []):
                stage["twist"] = {"value": 1, "because": "later", "source": None, "origin": "rule"}
            database.execute(
                "UPDATE documents SET body = ? WHERE id = ?", (json.dumps(document), name)
            )
        for n, reply in database.execute("SELECT n, reply FROM inbox").fetchall():
            database.execute(
                "UPDATE inbox SET reply = ? WHERE n = ?",
                (json.dumps(json.loads(reply) | {"hologram": 1}), n),
            )


def test_fields_of_a_later_release_are_left_aside(opened: Opened) -> None:
    from_the_future(opened.home / "sessions.db")
    session = opened.session()
    assert len(session.history()) >= 8
    reply = session.last_reply()
    assert reply is not None
    assert reply.order is not None
    said = session.say("why that learning rate?")
    assert "went wrong" not in said.text
    assert "learning rate" in said.text
    assert "Started" in session.say("yes, start it").text
    assert len(opened.engine.trained()) == 1


def test_data_that_is_gone_is_told_in_words_and_the_conversation_lives_on(
    opened: Opened, tmp_path: Path
) -> None:
    session = opened.session()
    opened.engine.data.rename(tmp_path / "moved.csv")
    reply = session.say("2 epochs please")
    assert "support_600.csv can no longer be read" in reply.text
    assert "hand it over again" in reply.text
    back = session.say("here it is again", [tmp_path / "moved.csv"])
    assert "went wrong" not in back.text
