"""The inbox: everything that reaches a session, in one line, handled one at a time.

A table beside the checkpoints. Page, terminal and other agents only append to it; a worker that holds the session's
lock (across processes) answers in order. Appending twice with the same key appends once, so that run
events can be read again and again.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.stored import Made, Parsed, known_only
from training.rundir import now

TABLES = """
CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, created TEXT NOT NULL, owner TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS inbox (
    session TEXT NOT NULL, n INTEGER NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL, key TEXT, seen INTEGER NOT NULL,
    body TEXT NOT NULL, reply TEXT, PRIMARY KEY (session, n), UNIQUE (session, key));
CREATE TABLE IF NOT EXISTS documents (
    session TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (session, id));
"""


@dataclass(frozen=True)
class Message:
    """One entry of an inbox. `reply` is None until it was handled."""

    n: int
    at: str
    kind: str
    seen: int
    body: dict[str, Any]
    reply: dict[str, Any] | None


def connect(path: Path) -> sqlite3.Connection:
    """Open `sessions.db` so that several threads and processes can write to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, check_same_thread=False, timeout=30, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    # NORMAL: a power cut may lose the last turns, never corrupt. A lost turn is asked again; a run that was
    # launched is found by its directory.
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


class Inbox:
    """The messages and documents of all sessions of one home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._connection = connect(home / "sessions.db")
        self._guard = threading.Lock()
        self._parsed = Parsed()
        self._connection.executescript(TABLES)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def open_session(self, session: str, owner: str = "") -> None:
        """Note that the session exists."""
        self._write("INSERT OR IGNORE INTO sessions VALUES (?, ?, ?)", (session, now(), owner))

    def owner(self, session: str) -> str | None:
        """Say whose session it is; None where there is no such session."""
        rows = self._read("SELECT owner FROM sessions WHERE id = ?", (session,))
        return str(rows[0][0]) if rows else None

    def sessions(self, owner: str | None = None) -> list[tuple[str, str]]:
        """List ids and times of creation, the newest first."""
        rows = self._read("SELECT id, created, owner FROM sessions ORDER BY created DESC", ())
        return [(row[0], row[1]) for row in rows if owner is None or row[2] == owner]

    def post(
        self, session: str, kind: str, body: dict[str, Any], *, key: str | None = None
    ) -> int | None:
        """Append a message and return its number; None where the key was posted before."""
        answered = "(SELECT COALESCE(MAX(n), 0) FROM inbox WHERE session = ? AND reply IS NOT NULL)"
        cursor = self._write(
            "INSERT OR IGNORE INTO inbox (session, n, at, kind, key, seen, body) "
            f"SELECT ?, COALESCE(MAX(n), 0) + 1, ?, ?, ?, {answered}, ? FROM inbox WHERE session = ? RETURNING n",
            (session, now(), kind, key, session, json.dumps(body, ensure_ascii=False), session),
        )
        return int(cursor[0][0]) if cursor else None

    def waiting(self, session: str) -> Message | None:
        """Give the oldest message without a reply."""
        return self._one("reply IS NULL", session)

    def message(self, session: str, n: int) -> Message | None:
        """Give one message."""
        return self._one(f"n = {int(n)}", session)

    def messages(self, session: str, after: int = 0) -> list[Message]:
        """Give the messages numbered above `after`, the oldest first."""
        return [
            _message(row)
            for row in self._read(
                "SELECT n, at, kind, seen, body, reply FROM inbox WHERE session = ? AND n > ? ORDER BY n",
                (session, after),
            )
        ]

    def reply(self, session: str, n: int, reply: dict[str, Any]) -> None:
        """Mark a message as handled."""
        self._write(
            "UPDATE inbox SET reply = ? WHERE session = ? AND n = ?",
            (json.dumps(reply, ensure_ascii=False), session, n),
        )

    def keep(self, session: str, name: str, document: dict[str, Any]) -> None:
        """Store a document of the session: a plan, a profile, an order."""
        self._write(
            "INSERT OR REPLACE INTO documents VALUES (?, ?, ?)",
            (session, name, json.dumps(document, ensure_ascii=False)),
        )

    def document(self, session: str, name: str) -> dict[str, Any]:
        """Give a stored document. Raises KeyError where there is none."""
        rows = self._read(
            "SELECT body FROM documents WHERE session = ? AND id = ?", (session, name)
        )
        if not rows:
            raise KeyError(name)
        body: dict[str, Any] = json.loads(rows[0][0])
        return body

    def read(
        self, session: str, name: str, kind: str, make: Callable[[dict[str, Any]], Made]
    ) -> Made:
        """Give a stored document as a model (`kind` names which); parsed once. Raises KeyError where there is none."""
        return self._parsed.get(
            (session, name, kind), lambda: known_only(make, self.document(session, name))
        )

    @contextmanager
    def turn(self, session: str) -> Iterator[None]:
        """Hold the session's lock: across threads and processes, let go of by the death of its holder."""
        folder = self.home / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(
            folder / f"{session}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _one(self, condition: str, session: str) -> Message | None:
        rows = self._read(
            f"SELECT n, at, kind, seen, body, reply FROM inbox WHERE session = ? AND {condition} ORDER BY n LIMIT 1",
            (session,),
        )
        return _message(rows[0]) if rows else None

    def _read(self, query: str, values: tuple[Any, ...]) -> list[Any]:
        with self._guard:
            return self._connection.execute(query, values).fetchall()

    def _write(self, query: str, values: tuple[Any, ...]) -> list[Any]:
        with self._guard:
            return self._connection.execute(query, values).fetchall()


def _message(row: tuple[Any, ...]) -> Message:
    n, at, kind, seen, body, reply = row
    return Message(
        n, at, kind, seen, json.loads(body), None if reply is None else json.loads(reply)
    )
