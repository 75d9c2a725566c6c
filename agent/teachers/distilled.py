"""Carrying a distillation out: ask the teacher, check what it said, write the rows that pass."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import training
from agent.teachers.distilling import Offer, Tell, answers_of
from tools import training_half
from tools.data import origin
from tools.errors import RunError
from tools.teachers import distill
from training import teacher
from training.chat_server import Send, sender
from training.config import ModelConfig
from training.errors import TrainingError
from training.practice import MODEL_DIR
from training.rows import Message, Row
from training.teacher import Answers, Question
from training.text import Text


def carry_out(made: Offer, tell: Tell, *, send: Send | None = None) -> dict[str, Any]:
    """Ask, check and write the rows; give the counts. Raises RunError; what was answered is kept for the next time.

    `send` stands in for the network.
    """
    made.folder.mkdir(parents=True, exist_ok=True)
    try:
        complete = _ask(made, tell, send)
        answers = answers_of(made)
        kept, turned_away = _verified(made, answers)
    except TrainingError as error:
        raise RunError(error.what, where=error.where, what_to_do=error.what_to_do) from error
    if kept:
        draft = made.out.with_name(made.out.name + ".part")
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in kept]
        draft.write_text("".join(lines), encoding="utf-8")
        draft.replace(made.out)
    return {
        "kind": "distilled", "schema": 1, "rows": len(kept), "file": str(made.out) if kept else None, "asked": len(made.asked),
        "complete": complete, "teacher": made.teacher.name, "requests": answers.requests, "tokens": answers.tokens,
        "left_aside": made.aside, "turned_away": turned_away, "next": next_command(made) if kept else None,
    }  # fmt: skip


def next_command(made: Offer) -> str:
    """The command that plans with the person's own rows and the new ones."""
    files = [*map(str, made.files), str(made.out)]
    test = ["--eval", str(made.eval_file)] if made.eval_file is not None else []
    return shlex.join(["tunesmith", "plan", *files, "--goal", made.goal, *test, "--skip-broken"])


def _ask(made: Offer, tell: Tell, send: Send | None) -> bool:
    who = made.teacher
    if who.url is None:
        return ask_here(made, tell)
    ask = send if send is not None else sender(who.url, who.key)
    server = teacher.Server(ask, who.name, who.max_new_tokens)
    return teacher.ask_server(
        made.requests, answers_of(made), server=server, limits=made.limits, tell=tell
    )


def ask_here(made: Offer, tell: Tell) -> bool:
    """Let a model on this machine answer, in a process of its own. Raises RunError."""
    training_half.refuse_unready()
    who = made.teacher
    source = str(MODEL_DIR) if who.name == "practice" else who.name
    source = str(Path(source).resolve()) if Path(source).is_dir() else source
    model = ModelConfig(name=who.name, source=source, dtype="float32" if who.name == "practice" else "bfloat16")  # fmt: skip
    answers = answers_of(made)
    todo = [
        one for one in made.requests if one.key(who.name, who.max_new_tokens) not in answers.known
    ]
    taken = todo[: max(0, made.limits.requests - answers.requests)]
    job = teacher.Job(model=model, max_new_tokens=who.max_new_tokens)
    (made.folder / teacher.JOB).write_text(job.model_dump_json(), encoding="utf-8")
    asked = "".join(one.model_dump_json(exclude_none=True) + "\n" for one in taken)
    (made.folder / teacher.QUESTIONS).write_text(asked, encoding="utf-8")
    tell(Text("{teacher} answers {count:,} questions on this machine.", teacher=who.name, count=len(taken)))  # fmt: skip
    ours = str(Path(training.__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, "-P", "-m", "training.local_teacher", str(made.folder)],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": ours}, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise _failed_here(done, made.folder / "log.txt")
    return len(taken) == len(todo)


def _failed_here(done: subprocess.CompletedProcess[str], log: Path) -> RunError:
    log.write_text(done.stderr, encoding="utf-8")
    try:
        said = json.loads(done.stdout.strip().splitlines()[-1])["error"]
    except (ValueError, IndexError, KeyError, TypeError):
        return RunError(
            Text("The process that loads the model ended without an answer."), where=str(log),
            what_to_do=Text("The end of that file says why."),
        )  # fmt: skip
    return RunError(
        Text.plain(said["what"]), where=said["where"], what_to_do=Text.plain(said["what_to_do"])
    )


def _verified(made: Offer, answers: Answers) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Give the rows to write, and how many answers were turned away by reason."""
    check = distill.check_of(made.dataset, made.reward)
    kept: list[dict[str, Any]] = []
    turned_away: Counter[str] = Counter()
    numbers = distill.ends_on_number(made.dataset)
    for row, question in zip(made.rows, made.asked, strict=True):
        answer, reason = _settled(made, answers, (row, question), check=check, numbers=numbers)
        if not reason:
            continue  # the limits ended before it: `complete` says so
        if answer is None:
            turned_away[reason] += 1
            continue
        turns = (*row.prompt, Message(role="assistant", content=answer))
        said = [turn.model_dump(mode="json", exclude_none=True) for turn in turns]
        kept.append({"messages": said, **origin.marked(made.teacher.name)})
    return kept, dict(turned_away)


def _settled(
    made: Offer, answers: Answers, asked: tuple[Row, Question], *, check: distill.Check, numbers: bool
) -> tuple[str | None, str]:  # fmt: skip
    """Give the answer to keep, or None and the reason; no reason where the limits ended before it was asked."""
    row, question = asked
    passed, reasons = [], []
    for attempt in range(made.tries):
        one = question.model_copy(update={"attempt": attempt})
        came = answers.known.get(one.key(made.teacher.name, made.teacher.max_new_tokens))
        if came is None:
            continue
        answer, reason = check(row, came.text) if came.state == "whole" else ("", came.state)
        if reason is None:
            passed.append(answer)
        else:
            reasons.append(reason)
    if not passed:
        return None, reasons[0] if reasons else ""
    if made.tries == 1:
        return passed[0], "kept"
    if len(passed) + len(reasons) < made.tries:
        return None, ""
    found = distill.agreed(passed, numbers=numbers)
    return found, "disagrees" if found is None else "kept"
