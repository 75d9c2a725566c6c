"""A session, as people and programs hold it: say, approve, watch, wait. It survives reloads and restarts."""

from __future__ import annotations

import queue
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.brain.protocol import Brain, WaitingFor
from agent.brain.rules import RulesBrain
from agent.conversation.turns import Turns
from agent.conversation.workbench import Workbench
from agent.engine import Engine
from agent.inbox import Message
from agent.settings import Settings, read_llm
from tools.errors import RunError
from tools.judging.results import Report
from tools.plan import Order, Plan
from training.rundir import FINISHED, Event
from training.text import Text

POLL_S = 0.5
WORKERS = 8
HEARD_FILES_TYPED = 8
"""At most so many words of a message are tried as file names."""


@dataclass(frozen=True)
class ReplyChoice:
    """One answer on offer. Say its label, or its number."""

    value: Any
    label: str


@dataclass(frozen=True)
class Reply:
    """What came back to one message."""

    n: int
    """The message's number."""
    text: str
    language: str
    choices: tuple[ReplyChoice, ...] = ()
    plan: Plan | None = field(default=None, repr=False)
    order: Order | None = None
    """The order that waits for a yes, where one does."""
    waiting_for: WaitingFor | None = None


_WORKERS: dict[tuple[Path, str, int], Worker] = {}
_GUARD = threading.Lock()


def open_session(
    settings: Settings,
    engine: Engine,
    *,
    brain: str = "rules",
    id: str | None = None,
    owner: str = "",
    local_files: bool = True,
    wait: bool = True,
) -> Session:
    """Begin a conversation, or go on with the one of this id. Raises RunError and PlanError.

    An id that is not given is minted here: it cannot be guessed. A session of another owner is refused.
    `wait`: stay until what was left over is finished; a page does not.
    """
    worker = worker_of(settings, engine, brain=brain)
    known = None if id is None else worker.turns.inbox.owner(id)
    if id is not None and (known is None or known != owner):
        raise RunError(
            Text("There is no conversation called {name!r}.", name=id), where=str(settings.home),
            what_to_do=Text("Begin a new one: leave the name out."),
        )  # fmt: skip
    name = id or secrets.token_hex(8)
    return Session(name, worker, owner=owner, local_files=local_files, wait=wait)


def worker_of(settings: Settings, engine: Engine, *, brain: str = "rules") -> Worker:
    """The process's one worker for this home and brain. Raises PlanError for a brain that is not there."""
    key = (settings.home, brain, id(engine))
    with _GUARD:
        if key not in _WORKERS:
            opened = _opened(brain, settings.home)
            _WORKERS[key] = Worker(Turns(settings.home, engine=engine, brain=opened))
        return _WORKERS[key]


def _opened(name: str, home: Path) -> Brain:
    """Give the brain of this name: `rules`, or PROVIDER:MODEL. Raises PlanError."""
    if name == "rules":
        return RulesBrain()
    from agent.brain.llm.brain import open_brain  # noqa: PLC0415  # most people never need it

    return open_brain(name, home, read_llm())


class Worker:
    """Handles the inboxes of one process on a few threads, so that whoever posted may go away."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="session")
        self._latest: dict[str, Future[None]] = {}

    def handle(self, session: str) -> Future[None]:
        """Handle what waits in the session's inbox, soon."""
        self._latest[session] = self._pool.submit(self.turns.drain, session)
        return self._latest[session]

    def nudge(self, session: str) -> None:
        """Handle what waits unless this process is at it already: whoever polls takes one thread, not one each time."""
        latest = self._latest.get(session)
        if latest is None or latest.done():
            self.handle(session)

    def close(self) -> None:
        """Finish what is being handled, then let go."""
        self._pool.shutdown(wait=True)
        self.turns.close()


class Session:
    """One conversation."""

    def __init__(
        self,
        session: str,
        worker: Worker,
        *,
        owner: str = "",
        local_files: bool = True,
        wait: bool = True,
    ) -> None:
        """Open or resume. `local_files`: paths that the person types are looked up on this machine (not on a shared page)."""
        self.id = session
        self._worker = worker
        self._turns = worker.turns
        self._local_files = local_files
        self._turns.inbox.open_session(session, owner)
        if wait:
            self.look()
        else:
            self.nudge()

    def say(self, text: str, files: Sequence[str | Path] = ()) -> Reply:
        """Say something, hand files over, and wait for the reply."""
        return self.reply(self.post(text, files))

    def post(self, text: str, files: Sequence[str | Path] = ()) -> int:
        """Say something and return its number at once; the reply comes by `reply`."""
        self._look()
        found = [str(Path(name).expanduser().resolve()) for name in files]
        if self._local_files:
            found += [name for name in named_files(text) if name not in found]
        return self._post("say", {"text": text, "files": found})

    def approve(self, order: Order | str | None) -> Reply:
        """Say yes to exactly this order. Raises RunError where none is named."""
        return self.reply(self.post_approval(order))

    def post_approval(self, order: Order | str | None) -> int:
        """Post a yes to exactly this order. Raises RunError where none is named."""
        if order is None:
            raise RunError(
                Text("There is no order to approve."), where=f"session {self.id}",
                what_to_do=Text("Approve the order of the last reply, where it has one."),
            )  # fmt: skip
        self._look()
        return self._post(
            "approve", {"text": "", "order": order if isinstance(order, str) else order.id}
        )

    def post_edit(
        self, words: str, changes: Sequence[dict[str, Any]], *, lesson: dict[str, Any] | None = None
    ) -> int:
        """Post exact changes (`{"name", "value"}`, None takes back), as `agent.conversation.edits` reads them, and return the number."""
        self._look()
        return self._post(
            "edit", {"text": words, "changes": list(changes), "files": [], **(lesson or {})}
        )

    def stream(self, text: str, files: Sequence[str | Path] = ()) -> Iterator[str]:
        """Say something and yield the reply as it forms, paragraph by paragraph."""
        yield from self.follow(self.post(text, files))

    def follow(self, n: int) -> Iterator[str]:
        """Yield the reply to message `n` as it forms; all at once where it is there already."""
        shown = said = ""
        for part in self.forming(n):
            said = "\n\n".join(part.get("says", []))
            if len(said) > len(shown) and said.startswith(shown):
                yield said[len(shown) :]
                shown = said
        if not said.startswith(shown):  # an apology, after something was shown
            yield "\n\n" + said

    def forming(self, n: int) -> Iterator[dict[str, Any]]:
        """Yield what is said (`says`) and done (`calls`) so far on message `n`, at every change; the whole reply last."""
        pieces: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._turns.listen(self.id, n, pieces.put)
        waiter = threading.Thread(target=self._end, args=(n, pieces), daemon=True)
        waiter.start()
        while (part := pieces.get()) is not None:
            yield part
        yield self._message(n).reply or {}

    def reply(self, n: int) -> Reply:
        """Wait for the reply to message `n`."""
        message = self._message(n)
        while message.reply is None:
            self._worker.handle(
                self.id
            ).result()  # a message that another process handles is done when the lock is ours
            message = self._message(n)
        return self._as_reply(message)

    def last_reply(self) -> Reply | None:
        """The newest reply; None in a new session."""
        handled = [
            message for message in self._turns.inbox.messages(self.id) if message.reply is not None
        ]
        return self._as_reply(handled[-1]) if handled else None

    def look(self) -> None:
        """Take in what has happened to the runs, and finish what was left over from before a restart."""
        self._look()
        if self._turns.inbox.waiting(self.id) is not None:
            self._worker.handle(self.id).result()

    def nudge(self) -> None:
        """Take in what has happened to the runs, and have what is left over finished by the worker; waits for nothing."""
        self._look()
        if self._turns.inbox.waiting(self.id) is not None:
            self._worker.nudge(self.id)

    def watch(self, *, poll_s: float = POLL_S) -> Iterator[Event]:
        """Yield the events of this session's runs until none is under way. Reading them twice does no harm."""
        seen: dict[str, int] = {}
        while True:
            runs = [
                run["id"]
                for run in self._turns.state(self.id)["runs"]
                if not run["ended"] or run["id"] in seen
            ]
            under_way = False
            for run in runs:
                under_way |= self._turns.engine.standing(run).reading not in FINISHED
                for event in self._turns.engine.events(run, after=seen.get(run, 0)):
                    seen[run] = event.n
                    yield event
                seen.setdefault(run, 0)
            if not under_way:
                self.look()
                return
            time.sleep(poll_s)

    def wait(self, *, timeout_s: float | None = None, poll_s: float = POLL_S) -> Report:
        """Wait until no run is under way and return the last report. Raises RunError and TimeoutError."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while any(not run["ended"] for run in self._turns.state(self.id)["runs"]):
            self.look()
            if until is not None and time.monotonic() > until:
                raise TimeoutError(
                    f"a run of session {self.id} is still under way after {timeout_s} s"
                )
            if any(not run["ended"] for run in self._turns.state(self.id)["runs"]):
                time.sleep(poll_s)
        ended = [run["id"] for run in self._turns.state(self.id)["runs"] if run["kind"] == "train"]
        if not ended:
            raise RunError(
                Text("This conversation has started no training run."), where=f"session {self.id}",
                what_to_do=Text("Approve the order of the last reply first, where it has one."),
            )  # fmt: skip
        return self._turns.engine.report(ended[-1])

    def history(self) -> list[dict[str, Any]]:
        """Everything said so far: `{"n", "at", "role", "text"}`, the oldest first."""
        said: list[dict[str, Any]] = []
        for message in self._turns.inbox.messages(self.id):
            if message.kind != "event":
                text = message.body.get("text") or f"[yes to {message.body.get('order')}]"
                said.append(
                    {
                        "n": message.n,
                        "at": message.at,
                        "role": "user",
                        "text": text,
                        "files": message.body.get("files", []),
                    }
                )
            if message.reply is not None:
                said.append(
                    {
                        "n": message.n,
                        "at": message.at,
                        "role": "assistant",
                        "text": "\n\n".join(message.reply["says"]),
                    }
                )
        return said

    def markdown(self) -> str:
        """The conversation as a document."""
        names = {"user": "You", "assistant": "Tunesmith"}
        parts = [
            f"**{names[entry['role']]}**: {entry['text']}"
            for entry in self.history()
            if entry["text"]
        ]
        return "\n\n".join([f"# Conversation {self.id}", *parts]) + "\n"

    @property
    def runs(self) -> list[str]:
        """Ids of the runs that this conversation started, oldest first."""
        return [str(run["id"]) for run in self._turns.state(self.id)["runs"]]

    def _look(self) -> None:
        self._turns.look(self.id)

    def _post(self, kind: str, body: dict[str, Any]) -> int:
        n = self._turns.inbox.post(self.id, kind, body)
        assert n is not None, "a message without a key is always appended"
        self._worker.handle(self.id)
        return n

    def _message(self, n: int) -> Message:
        message = self._turns.inbox.message(self.id, n)
        assert message is not None, "a posted message stays"
        return message

    def _end(self, n: int, pieces: queue.Queue[dict[str, Any] | None]) -> None:
        try:
            self.reply(n)
        finally:
            pieces.put(None)

    def _as_reply(self, message: Message) -> Reply:
        stored = message.reply or {}
        bench = Workbench(self._turns.engine, self._turns.brain, self._turns.inbox, self.id)
        order = (
            None
            if stored["order"] is None
            else _in(bench.read_order(stored["order"]), bench.brain, stored["language"])
        )
        plan = None if stored["plan"] is None else bench.read_plan(stored["plan"])
        return Reply(
            n=message.n, text="\n\n".join(stored["says"]), language=stored["language"], plan=plan, order=order,
            choices=tuple(ReplyChoice(one["value"], one["label"]) for one in stored["choices"]), waiting_for=stored["waiting_for"],
        )  # fmt: skip


def _in(order: Order, brain: Brain, language: str) -> Order:
    """Give the order's three lines in the person's language."""
    names = ("what", "at_most", "cannot_be_undone")
    return order.model_copy(
        update={
            name: Text.plain(brain.write(getattr(order, name), language=language)) for name in names
        }
    )


def named_files(text: str) -> list[str]:
    """Find words of a message that are files or folders on this machine; the folder of a model is no data."""
    found: list[str] = []
    for word in text.replace("，", " ").replace("、", " ").replace("。", " ").split()[:400]:
        name = word.strip("\"'`“”‘’()（）,;:!?").rstrip(".")
        if (
            len(name) < 3
            or not any(mark in name for mark in "./\\")
            or len(found) >= HEARD_FILES_TYPED
        ):
            continue
        path = Path(name).expanduser()
        if len(name) < 4096 and _is_there(path) and not _is_model(path):
            found.append(str(path.resolve()))
    return found


def _is_there(path: Path) -> bool:
    try:
        return path.exists() and path.resolve() != Path.cwd() and path.resolve() != Path("/")
    except (OSError, RuntimeError, ValueError):  # names that cannot be names: too long, a null byte
        return False


def _is_model(path: Path) -> bool:
    """Whether a folder holds a model's description and weights."""
    return (path / "config.json").is_file() and any(path.glob("*.safetensors"))
