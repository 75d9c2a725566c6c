"""What a page shows of one session, read in one go: nothing here is stored, so a reload rebuilds everything."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from agent.conversation.proposal import command, python
from agent.conversation.recorded import Call
from agent.conversation.sessions import Reply, Session, Worker, open_session, worker_of
from agent.conversation.whatif import replan
from agent.conversation.workbench import Workbench, brief_of, request_of
from agent.engine import Engine, Standing
from agent.inbox import Message
from agent.lessons import by_name
from agent.settings import Settings
from tools.brief import Brief
from tools.errors import DataError, RunError, TuningError
from tools.gpus import named_cards
from tools.judging.results import Report
from tools.machine import Gpu
from tools.marking.votes import FILE as VOTES
from tools.plan import Plan
from tools.profile import Profile
from training.document import Document
from training.practice.lessons import Lesson, LessonData
from training.practice.samples import files_of
from training.rundir import FINISHED, Event
from training.text import Text, sentences

NAME = re.compile(r"[0-9a-f]{16}")
"""A session's name as `open_session` mints it."""
KEPT_REPORTS = 64
KEPT_DOCUMENTS = 400
Kept = TypeVar("Kept", bound=Document)
UPLOAD_NAME_LETTERS = 80


@dataclass(frozen=True)
class Turn:
    """One thing said. `text` is None where the person pressed a button for an order."""

    n: int
    by_person: bool
    text: str | None
    files: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    """What was done for a reply, in order."""
    failed: bool = False
    """A reply that only says that something went wrong."""


@dataclass(frozen=True)
class RunView:
    """One run of the session."""

    id: str
    kind: str
    """`train` or `measure`."""
    standing: Standing
    events: tuple[Event, ...] = ()
    report: Report | None = None
    trouble: TuningError | None = None
    exported: bool = False
    """The tuned model was taken away at least once."""

    @property
    def lives(self) -> bool:
        """Nothing more will come once it has ended or nobody carries it out."""
        return self.standing.reading not in FINISHED and self.standing.reading != "lost"


@dataclass(frozen=True)
class Script:
    """The plan's job without the page."""

    command: str
    python: str
    packed: str
    """The plan file, base64."""


@dataclass(frozen=True)
class View:
    """One session as it stands. An empty id: nothing was said yet."""

    session: str = ""
    turns: tuple[Turn, ...] = ()
    busy: bool = False
    """A message waits for its reply."""
    reply: Reply | None = None
    brief: Brief = field(default_factory=dict)
    profile: Profile | None = None
    plan: Plan | None = None
    before: Plan | None = None
    """The plan that was proposed before this one, where there was one: what a change has moved."""
    script: Script | None = None
    memory_gib: float | None = None
    """What the plan's cards have, or this machine where it uses none."""
    runs: tuple[RunView, ...] = ()

    @property
    def training(self) -> RunView | None:
        """The latest training run."""
        return next((run for run in reversed(self.runs) if run.kind == "train"), None)

    @property
    def shown_run(self) -> RunView | None:
        """The run that the page follows: the one under way, else the latest training run."""
        return next((run for run in reversed(self.runs) if run.lives), None) or self.training

    @property
    def lives(self) -> bool:
        """Something will change without the person: the page looks again soon."""
        return self.busy or any(run.lives for run in self.runs)


@dataclass
class Studio:
    """One home behind a page: opens sessions for their owners and reads them."""

    settings: Settings
    engine: Engine
    brain: str = "rules"
    shared: bool = False
    """Others than the machine's owner may be here: paths typed into the chat are not looked up."""
    _reports: dict[tuple[str, int, int], Report] = field(default_factory=dict)
    _documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    _scripts: dict[tuple[str, str], Script] = field(default_factory=dict)
    _heard: dict[str, tuple[Event, ...]] = field(default_factory=dict)

    @property
    def worker(self) -> Worker:
        """Whoever handles the messages."""
        return worker_of(self.settings, self.engine, brain=self.brain)

    def open(self, session: str, owner: str) -> Session:
        """Go on with the owner's session, or begin one where none is named. Raises RunError for another's."""
        return open_session(
            self.settings, self.engine, brain=self.brain, id=session or None, owner=owner,
            local_files=not self.shared, wait=False,
        )  # fmt: skip

    def belongs(self, session: str, owner: str) -> bool:
        """Say whether there is such a session and it is this owner's."""
        return (
            bool(NAME.fullmatch(session or "")) and self.worker.turns.inbox.owner(session) == owner
        )

    def view(self, session: str, owner: str) -> View:
        """Read the session; an empty view where it is not this owner's."""
        if not self.belongs(session, owner):
            return View()
        opened = self.open(session, owner)
        turns = self.worker.turns
        state = turns.state(session)
        messages = turns.inbox.messages(session)
        name = state.get("plan")
        plan = self._kept(session, name, Plan)
        proposed = [one.reply["plan"] for one in messages if one.reply and one.reply["order"]]
        before = next((one for one in reversed(proposed) if one != name), None)
        return View(
            session=session, turns=tuple(_turns(messages)), busy=any(one.reply is None for one in messages), reply=opened.last_reply(),
            brief=brief_of(state), profile=self._kept(session, state.get("profile"), Profile), plan=plan,
            before=self._kept(session, before, Plan), script=self._script(session, name, plan), memory_gib=self._memory(plan),
            runs=tuple(self._run(run) for run in state["runs"] if run["kind"] != "synthesize"),
        )  # fmt: skip

    def suppose(self, session: str, owner: str, facts: dict[str, Any]) -> Plan | None:
        """The plan as if the facts held (`rows_factor`, `hardware`, `budget`); None before there is one.

        Decides only: nothing is stored, nothing changes. Raises PlanError.
        """
        if not self.belongs(session, owner):
            return None
        turns = self.worker.turns
        state = turns.state(session)
        if not state.get("plan") or not state.get("profile"):
            return None
        return replan(state, Workbench(self.engine, turns.brain, turns.inbox, session), facts)

    def _kept(self, session: str, name: str | None, kind: type[Kept]) -> Kept | None:
        """A document of the session; its name follows from its content, so it is read once."""
        if not name:
            return None
        found = self._documents.get((session, name))
        if found is None:
            found = kind.from_json(self.worker.turns.inbox.document(session, name))
            while len(self._documents) >= KEPT_DOCUMENTS:
                self._documents.pop(next(iter(self._documents)), None)
            self._documents[session, name] = found
        assert isinstance(found, kind), "a document's name begins with its kind"
        return found

    def _memory(self, plan: Plan | None) -> float | None:
        if plan is None or not plan.stages:
            return None
        if plan.gpus:
            return sum(card.gib for name in plan.gpus for card in _cards(name)) or None
        machine = getattr(self.engine, "machine", None)  # a far engine may have none to show
        return None if machine is None else float(machine.gib)

    def _script(self, session: str, name: str | None, plan: Plan | None) -> Script | None:
        if plan is None or not plan.stages:
            return None
        key = session, f"script {name}"
        found = self._scripts.get(key)
        if found is None:
            turns = self.worker.turns
            bench = Workbench(self.engine, turns.brain, turns.inbox, session)
            request = request_of(turns.state(session), bench)
            texts = {str(text): text.store() for text in sentences(plan)}
            file = json.dumps(plan.as_json() | {"texts": texts}, ensure_ascii=False, indent=1)
            packed = base64.b64encode(file.encode("utf-8")).decode("ascii")
            found = Script(command(request, plan), python(request, plan), packed)
            while len(self._scripts) >= KEPT_DOCUMENTS:
                self._scripts.pop(next(iter(self._scripts)), None)
            self._scripts[key] = found
        return found

    @property
    def incoming(self) -> Path:
        """Where uploads arrive, before a session keeps them."""
        return self.settings.home / "uploads" / "incoming"

    def keep(self, session: str, uploaded: Sequence[str]) -> list[Path]:
        """Copy uploaded files into the session's own folder and give their new paths. Raises DataError.

        A browser may name any path: only what lies in the upload area is taken.
        """
        kept = []
        for place, name in enumerate(uploaded):
            source = Path(name).resolve()
            if not source.is_relative_to(self.incoming.resolve()):
                raise DataError(
                    Text("Only files that were uploaded here can be handed over."),
                    where=source.name, what_to_do=Text("Drop the file into the message box."),
                )  # fmt: skip
            folder = (
                self.settings.home
                / "uploads"
                / session
                / f"{len(list(self._uploads(session)))}-{place}"
            )
            folder.mkdir(parents=True, exist_ok=True)
            target = folder / plain_name(source.name)
            try:
                shutil.copyfile(source, target)
            except OSError as error:
                raise DataError(
                    Text("The file could not be kept: {reason}.", reason=error.strerror or str(error)),
                    where=source.name, what_to_do=Text("Free some space, then hand it over again."),
                ) from error  # fmt: skip
            kept.append(target)
        return kept

    def sample(self, name: str) -> list[Path]:
        """Write the built-in samples where they are not yet and give the files of one. Raises KeyError."""
        return files_of(name, self.settings.home / "samples")

    def lesson(self, session: str, name: str) -> tuple[Lesson, LessonData]:
        """Write a lesson's files into the session's own folder. Raises PlanError for a name that is none."""
        chosen = by_name(name)
        folder = self.settings.home / "uploads" / session / f"lesson-{chosen.name}"
        folder.mkdir(parents=True, exist_ok=True)
        return chosen, chosen.prepare(folder)

    def posted(self, session: str, n: int) -> tuple[str, list[Path]]:
        """The words and files of a message that was posted before; nothing where there is none."""
        found = self.worker.turns.inbox.message(session, n)
        if found is None or found.kind != "say":
            return "", []
        return str(found.body.get("text") or ""), [
            Path(name) for name in found.body.get("files", [])
        ]

    def _uploads(self, session: str) -> Sequence[Path]:
        folder = self.settings.home / "uploads" / session
        return list(folder.iterdir()) if folder.is_dir() else []

    def _run(self, run: Mapping[str, Any]) -> RunView:
        name, kind = str(run["id"]), str(run["kind"])
        try:
            standing = self.engine.standing(name)
        except RunError as error:
            return RunView(name, kind, Standing(name, "lost"), trouble=error)
        events = self._events(name) if kind == "train" or standing.reading not in FINISHED else ()
        report, trouble = None, None
        if kind == "train" and standing.reading in FINISHED:
            try:
                report = self._report(name, standing.last_event)
            except TuningError as error:
                trouble = error
        taken = self.settings.home / "runs" / name / "export"
        exported = kind == "train" and taken.is_dir() and any(taken.iterdir())
        return RunView(name, kind, standing, events, report, trouble, exported)

    def _events(self, run: str) -> tuple[Event, ...]:
        """Everything that the run has said: each event is read once, however often somebody looks."""
        known = self._heard.get(run, ())
        new = tuple(self.engine.events(run, after=known[-1].n if known else 0))
        if new:
            while run not in self._heard and len(self._heard) >= KEPT_REPORTS:
                self._heard.pop(next(iter(self._heard)), None)
            self._heard[run] = known = (*known, *new)
        return known

    def _report(self, run: str, last_event: int) -> Report:
        key = run, last_event, self._votes(run)
        if key not in self._reports:
            while len(self._reports) >= KEPT_REPORTS:
                self._reports.pop(next(iter(self._reports)))
            self._reports[key] = self.engine.report(run)
        return self._reports[key]

    def _votes(self, run: str) -> int:
        """Grows with every vote on the run's answers: the report counts them."""
        try:
            return (self.settings.home / "runs" / run / VOTES).stat().st_size
        except OSError:
            return 0


def _cards(name: str) -> tuple[Gpu, ...]:
    try:
        return named_cards(name)
    except TuningError:
        return ()


def _turns(messages: Sequence[Message]) -> Iterator[Turn]:
    known: str | None = None
    for one in messages:
        if one.kind != "event":
            files = tuple(Path(name).name for name in one.body.get("files", []))
            text = one.body.get("text") if one.kind != "approve" else None
            yield Turn(one.n, True, text, files)
        if one.reply is None:
            continue
        drawn = one.reply["plan"] is not None and one.reply["plan"] != known
        known = one.reply["plan"]
        calls = [call for call in one.reply.get("calls", []) if drawn or call["tool"] != "plan"]
        if one.reply["says"]:
            said = "\n\n".join(one.reply["says"])
            failed = one.kind == "say" and bool(one.reply.get("failed"))
            yield Turn(one.n, False, said, calls=tuple(calls), failed=failed)


def plain_name(name: str) -> str:
    """Give a file name that names nothing but a file: no folder, no control character, not hidden, not endless.

    >>> plain_name("../../.ssh/id")
    'id'
    """
    bare = Path(name.replace("\\", "/")).name
    kept = "".join(
        letter for letter in bare if letter.isprintable() and letter not in '<>:"|?*'
    ).lstrip(".")
    stem, dot, ending = kept.rpartition(".")
    short = f"{stem[:UPLOAD_NAME_LETTERS]}{dot}{ending[:10]}" if dot else kept[:UPLOAD_NAME_LETTERS]
    return short or "data"
