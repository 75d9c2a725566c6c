"""Handle one message of one session: a walk through the graph, under the session's lock.

Killed at any point, the message is handled again on the next look, and what was launched is found by its directory.
This is one of the five edges with a broad except: whatever goes wrong, the person is told and the session lives on.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, cast

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")  # a checkpoint may hold plain JSON only

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command

from agent.brain.protocol import Brain
from agent.conversation import graph, interview
from agent.conversation.recorded import Call, Recorded
from agent.conversation.state import Conversation, fresh
from agent.conversation.workbench import Workbench
from agent.engine import Engine
from agent.inbox import Inbox, Message, connect
from training.rundir import FINISHED
from training.text import Text

log = logging.getLogger(__name__)
Listener = Callable[[dict[str, Any]], None]
"""Hears `{"says": paragraphs so far}` and `{"calls": tools used so far}` while a message is answered."""


class Pruned(SqliteSaver):
    """A saver that keeps the last checkpoint of a session: each repeats the whole state."""

    def prune_thread(self, session: str) -> None:
        """Delete all but the last checkpoint and its writes."""
        last = "(SELECT MAX(checkpoint_id) FROM checkpoints WHERE thread_id = ?)"
        with self.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM writes WHERE thread_id = ? AND checkpoint_id <> {last}",
                (session, session),
            )
            cursor.execute(
                f"DELETE FROM checkpoints WHERE thread_id = ? AND checkpoint_id <> {last}",
                (session, session),
            )


class Turns:
    """Handles the messages of all sessions of one home. Usable from several threads."""

    def __init__(self, home: Path, *, engine: Engine, brain: Brain) -> None:
        self.inbox = Inbox(home)
        self.engine = engine
        self.brain = brain
        self._saver = Pruned(connect(home / "sessions.db"))
        self._saver.setup()
        self._graph = graph.build(self._saver)
        self._listeners: dict[tuple[str, int], Listener] = {}
        self._guard = threading.Lock()

    def close(self) -> None:
        """Let go of the files."""
        self._saver.conn.close()
        self.inbox.close()

    def state(self, session: str) -> Conversation:
        """What the session knows now."""
        values: Any = self._graph.get_state(_config(session)).values
        state: Conversation = fresh(session)
        state.update(values)
        return state

    def look(self, session: str) -> None:
        """Post what has happened to the session's runs: each end once, however often it is looked at."""
        for run in self.state(session)["runs"]:
            if run["ended"]:
                continue
            standing = self.engine.standing(run["id"])
            if standing.reading in FINISHED:
                key = f"{run['id']}:{standing.reading}:{standing.last_event}"
                self.inbox.post(
                    session, "event", {"run": run["id"], "reading": standing.reading}, key=key
                )

    def drain(self, session: str) -> None:
        """Handle every waiting message, in order, one process at a time."""
        with self.inbox.turn(session):
            while (message := self.inbox.waiting(session)) is not None:
                self.inbox.reply(session, message.n, self._handle(session, message))

    def listen(self, session: str, n: int, listener: Listener) -> None:
        """Let somebody read along while message `n` is answered in this process."""
        with self._guard:
            self._listeners[session, n] = listener

    def _handle(self, session: str, message: Message) -> dict[str, Any]:
        recorded = Recorded(
            self.engine, lambda calls: self._tell(session, message.n, {"calls": calls})
        )
        brain = self.brain.of(session, self.inbox)
        try:
            self._walk(session, message, recorded, brain)
            return self._reply(session, recorded.worth_showing(), brain)
        except Exception:
            log.exception("session %s, message %d", session, message.n)
            return self._apology(session)
        finally:
            with self._guard:
                self._listeners.pop((session, message.n), None)
            self._saver.prune_thread(session)

    def _walk(self, session: str, message: Message, recorded: Recorded, brain: Brain) -> None:
        config = _config(session)
        snapshot = self._graph.get_state(config)
        heard = {"n": message.n, "seen": message.seen, "kind": message.kind, **message.body}
        given: Any
        if snapshot.values.get("heard", {}).get("n") == message.n:
            if not snapshot.next or snapshot.interrupts:
                return  # handled already; only the reply was not written down
            given = None  # cut off in the middle: go on from there
        elif snapshot.interrupts:
            given = Command(resume=heard)
        else:
            given = (fresh(session) if not snapshot.values else {}) | {"heard": heard}
        # What may spend is written down step by step; talk only at its end (three times faster).
        durability: Literal["sync", "exit"] = "sync" if snapshot.interrupts else "exit"
        engine = cast(Engine, recorded)  # passes everything on
        bench = Workbench(engine, brain, self.inbox, session)
        parts = self._graph.stream(
            given, config, context=bench, durability=durability, stream_mode="custom"
        )
        for part in parts:
            self._tell(session, message.n, {"says": part["says"]})

    def _tell(self, session: str, n: int, part: dict[str, Any]) -> None:
        with self._guard:
            listener = self._listeners.get((session, n))
        if listener is not None:
            listener(part)

    def _reply(self, session: str, calls: list[Call], brain: Brain) -> dict[str, Any]:
        state = self.state(session)
        if not state["says"]:
            state["says"] = _worded(brain, [_noted(state)], state["language"])
        state["says"] += _worded(brain, brain.asides(), state["language"])
        offered = state["offered"] if state.get("question") or state["offered"] else []
        return {
            "says": state["says"],
            "choices": [
                {"value": one.get("value", one["label"]), "label": one["label"]} for one in offered
            ],
            "plan": state.get("plan"),
            "order": state["order"]["document"] if state.get("order") else None,  # type: ignore[index]
            "waiting_for": interview.waiting_for(state),
            "language": state["language"],
            "calls": calls,
        }

    def _apology(self, session: str) -> dict[str, Any]:
        state = self.state(session)
        text = Text(
            "Something went wrong on my side; nothing was started by it. The details are in the log. Please say it again, or say it in another way."
        )
        return {
            "says": [self.brain.write(text, language=state["language"])],
            "choices": [],
            "plan": state.get("plan"),
            "order": state["order"]["document"] if state.get("order") else None,  # type: ignore[index]
            "waiting_for": interview.waiting_for(state),
            "language": state["language"],
            "failed": True,
        }


def _worded(brain: Brain, texts: list[Text], language: str) -> list[str]:
    brain.prepare(texts, language=language)
    return [brain.write(text, language=language) for text in texts]


def _noted(state: Conversation) -> Text:
    """What is said where no node had anything to say: a message that only adds to what is known."""
    if state.get("measuring"):
        return Text("Noted. I plan with it as soon as the measurement is done.")
    if not state.get("profile") and not state["runs"]:
        return Text("Noted. {what_now}", what_now=interview.without_examples(state))
    if any(not run["ended"] for run in state["runs"]):
        return Text("Noted. The run goes on as it was approved; I plan with this afterwards.")
    return Text("Noted.")


def _config(session: str) -> Any:
    return {"configurable": {"thread_id": session}, "recursion_limit": 60}


def database_size(home: Path) -> int:
    """Bytes of `sessions.db`, for the benches."""
    connection = sqlite3.connect(home / "sessions.db")
    try:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        return int(pages) * int(connection.execute("PRAGMA page_size").fetchone()[0])
    finally:
        connection.close()
