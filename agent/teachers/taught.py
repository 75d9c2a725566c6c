"""A teacher's work as a job: carried out in a process of its own, stopped and gone on with like a run.

    HOME/runs/RUN/teach.json      what was agreed to        written once
    HOME/runs/RUN/status.json     where it has got to       as of any run
    HOME/runs/RUN/taught.json     what came of it           written at the end
    HOME/taught/RUN.jsonl         the rows that passed; beside it, everything that was answered

No key is stored: the process reads TUNESMITH_TEACHER_KEY, or the key file that was named.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.engine import PlanRequest
from agent.teachers.distilled import ask_here
from agent.teachers.distilled import carry_out as distil
from agent.teachers.distilling import Offer, answers_of, seeds
from agent.teachers.teaching import Job, offered
from tools.errors import RunError, TuningError
from tools.jobs.local import environment
from tools.teachers import distill, new_questions
from training import teacher
from training.chat_server import Reply, Send, sender
from training.document import write_json
from training.errors import TrainingError
from training.rundir import Event, RunDir, State, Status, last_event_number, now
from training.teacher import Answers, Limits, Server
from training.text import Text, join

FILE, RESULT = "teach.json", "taught.json"
STEPS_TOLD = 20


def prepare(home: Path, job: Job, run: str) -> RunDir:
    """Claim the run's folder; the same run again is the same job."""
    made = RunDir(home / "runs" / run)
    (home / "taught").mkdir(parents=True, exist_ok=True)
    made.path.mkdir(parents=True, exist_ok=True)
    if not (made.path / FILE).exists():
        job.save(made.path / FILE)
    return made


def start(home: Path, job: Job, run: str) -> str:
    """Start the job's process; the same run again is the same job. Raises RunError."""
    submit(prepare(home, job, run))
    return run


def submit(run: RunDir) -> None:
    """Start the process unless one is at work, or the job is done. Raises RunError."""
    if run.is_locked() or run.reading() == "done":
        return
    (run.path / "stop").unlink(missing_ok=True)
    (run.path / "status.json").unlink(missing_ok=True)
    try:
        with (run.path / "log.txt").open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-P", "-m", "agent.teachers.teach", str(run.path)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, cwd=run.path, env=environment(run),
            )  # fmt: skip
    except OSError as error:
        raise RunError(
            Text("The run could not be started: {reason}.", reason=error.strerror or str(error)), where=str(run.path),
            what_to_do=Text("Put that right, then order it again."),
        ) from error  # fmt: skip


def is_one(run: RunDir) -> bool:
    """Whether a run is a teacher's work."""
    return (run.path / FILE).exists()


def names(home: Path) -> list[str]:
    """The jobs of this home, the newest first."""
    found = list((home / "runs").glob(f"*/{FILE}"))
    return [path.parent.name for path in sorted(found, key=lambda path: -path.stat().st_mtime)]


def result(run: RunDir) -> dict[str, Any]:
    """What came of it. Raises RunError where nothing did."""
    try:
        found: dict[str, Any] = json.loads((run.path / RESULT).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(
            Text("The teacher's work brought no rows."), where=run.id,
            what_to_do=Text("Wait until it is done, or order it again."),
        ) from error  # fmt: skip
    return found


class StoppedError(Exception):
    """Somebody asked the job to stop."""


def carry_out(run: RunDir, *, send: Send | None = None) -> None:
    """Do the job and write what came of it. Holds the run's lock. `send` stands in for the network."""
    try:
        lock = run.lock()
    except BlockingIOError:
        return  # another process is at it
    telling = _Telling(run)
    try:
        _carry_out(run, telling, send)
    except StoppedError:
        telling.end("stopped", Text("The teacher's work was stopped because you asked for it. What was answered is kept."))  # fmt: skip
    except (TuningError, TrainingError) as error:
        telling.end("failed", error.what, error={"what": str(error.what), "where": error.where, "what_to_do": str(error.what_to_do)})  # fmt: skip
    finally:
        os.close(lock)


def _carry_out(run: RunDir, telling: _Telling, send: Send | None) -> None:
    job = Job.load(run.path / FILE)
    request, who = job.request(), job.who()
    telling.total = job.requests
    asks = None if who.url is None else telling.counted(send or sender(who.url, who.key))
    limits = Limits(requests=job.requests, tokens=job.tokens)
    out = run.path.parents[1] / "taught" / f"{run.id}.jsonl"
    if job.new:
        prompts, spent = _new_questions(job, request, out, telling, asks)
        job = job.model_copy(update={"prompts": str(prompts)})
        left = max(1, limits.requests - spent.requests), max(1, limits.tokens - spent.tokens)
        limits = Limits(requests=left[0], tokens=left[1])
    made = offered(job, request, out, limits)
    if job.new:
        made = replace(made, rows=made.rows[: job.new], asked=made.asked[: job.new])
    done = distil(made, telling.progress, send=asks)
    done |= {"run": run.id, "files": list(job.files), "new": job.new}
    write_json(run.path / RESULT, done)
    telling.end("done", in_words(done))


def in_words(done: dict[str, Any]) -> Text:
    """Say what came of it: how many rows, and why the others are not among them."""
    parts = [Text("{rows:,} of {asked:,} answers of {teacher} are kept.", rows=done["rows"], asked=done["asked"], teacher=done["teacher"])]  # fmt: skip
    aside = done["left_aside"] | done["turned_away"]
    parts += [Text("{count:,} left aside: {reason}.", count=count, reason=distill.REASONS[name]) for name, count in aside.items()]  # fmt: skip
    if done["new"] > done["asked"]:
        parts.append(Text("You wanted {new:,}: the other questions that it wrote were too much like those that are there.", new=done["new"]))  # fmt: skip
    if not done["complete"]:
        parts.append(Text("The order's limit ended it early."))
    return join(parts)


class _Telling:
    """Says how far the job is, in the run's own status and events."""

    def __init__(self, run: RunDir) -> None:
        self.total = 0
        self._run, self._done = run, 0
        self._n = last_event_number(run)
        self._write("starting", Text("The teacher is being asked."))

    def counted(self, send: Send) -> Send:
        """Send, counting; raises StoppedError where somebody asked the job to stop."""

        def counting(body: Any) -> Reply:
            if self._run.stop_requested():
                raise StoppedError
            reply = send(body)
            self._done += 1
            if self._done % STEPS_TOLD == 0:
                self.progress(Text("{done:,} answers have come.", done=self._done))
            return reply

        return counting

    def progress(self, text: Text) -> None:
        """Note a step."""
        self._write("starting", text)
        self._event("progress", text)

    def end(self, state: State, text: Text, *, error: dict[str, str] | None = None) -> None:
        """Write the last words."""
        self._event(state, text)
        self._write(state, text, error)

    def _write(self, state: State, text: Text, error: dict[str, str] | None = None) -> None:
        steps = max(self.total, self._done)
        self._run.write_status(
            Status(run=self._run.id, state=state, step=self._done, steps=steps, at=now(), text=text, error=error)
        )  # fmt: skip

    def _event(self, code: str, text: Text) -> None:
        self._n += 1
        self._run.append_event(Event(n=self._n, at=now(), run=self._run.id, code=code, text=text))


def _new_questions(
    job: Job, request: PlanRequest, out: Path, telling: _Telling, asks: Send | None
) -> tuple[Path, Answers]:
    """Let the teacher write questions; the file of them, and what that took."""
    dataset, who = seeds(request), job.who()
    asked = new_questions.requests(dataset, job.goal, job.new, seed=job.seed)
    telling.progress(Text("{teacher} writes new questions like yours.", teacher=who.name))
    before = Offer(
        teacher=who, goal=job.goal, files=request.files, eval_file=None, out=out.with_suffix(".questions.jsonl"), rows=(), asked=tuple(asked),
        aside={}, limits=Limits(requests=max(1, len(asked)), tokens=job.tokens), reward=None, dataset=dataset, answered=0,
    )  # fmt: skip
    before.folder.mkdir(parents=True, exist_ok=True)
    answers = _ask(before, telling.progress, asks)
    texts: dict[str, None] = {}
    for one in asked:
        came = answers.known.get(one.key(who.name, who.max_new_tokens))
        if came is not None and came.state == "whole":
            texts |= dict.fromkeys(new_questions.read(came.text))
    if not texts:
        raise RunError(
            Text("The teacher wrote no question that can be read."), where=job.teacher,
            what_to_do=Text("Take a stronger model, or give questions in a file of their own."),
        )  # fmt: skip
    asking = dataset.profile.columns.get("prompt")
    name = asking if isinstance(asking, str) else "prompt"
    lines = [json.dumps({name: text}, ensure_ascii=False) + "\n" for text in texts]
    before.out.write_text("".join(lines), encoding="utf-8")
    return before.out, answers


def _ask(made: Offer, tell: Callable[[Text], None], asks: Send | None) -> Answers:
    if asks is None:
        ask_here(made, tell)
    else:
        server = Server(asks, made.teacher.name, made.teacher.max_new_tokens)
        teacher.ask_server(made.asked, answers_of(made), server=server, limits=made.limits, tell=tell)  # fmt: skip
    return answers_of(made)
