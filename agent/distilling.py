"""Distillation: a teacher's verified answers become training rows; what it costs and who reads it is said before.

Dev and test stay the person's own rows (SY-05): `tools.data.holdout` keeps what a teacher wrote in training.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import urllib.parse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import training
from agent.engine import PlanRequest
from tools import distill
from tools.data import origin
from tools.data.unanswered import questions, unanswered
from tools.dataset import DataOptions, Dataset, prepare, refuse_unusable
from tools.errors import DataError, PlanError, RunError
from training import teacher
from training.chat_server import LOOPBACK, Send, ServerRefusedError, check_address, read_key, sender
from training.config import ModelConfig
from training.errors import TrainingError
from training.practice import MODEL_DIR
from training.rewards import named
from training.rewards.reward import Reward, lacking
from training.rows import Message, Row
from training.teacher import CHARS_A_TOKEN, FILE, Answers, Limits, Question
from training.text import Text

Tell = Callable[[Text], None]
MAX_REQUESTS = 2_000
MAX_TOKENS = 2_000_000
MAX_NEW_TOKENS = 512


@dataclass(frozen=True)
class Teacher:
    """Who is asked: a model on this machine, or one behind a server."""

    name: str
    """`practice`, a folder or a Hub id; with `url`, the server's name for its model."""
    url: str | None = None
    key: str | None = None
    max_new_tokens: int = MAX_NEW_TOKENS

    @property
    def leaves_machine(self) -> bool:
        """Whether the words of the questions go to somebody else's machine."""
        return self.url is not None and urllib.parse.urlsplit(self.url).hostname not in LOOPBACK


@dataclass(frozen=True)
class Offer:
    """What would be asked, and what that costs: shown before the yes."""

    teacher: Teacher
    goal: str
    files: tuple[Path, ...]
    eval_file: Path | None
    out: Path
    rows: tuple[Row, ...]
    asked: tuple[Question, ...]
    aside: dict[str, int]
    limits: Limits
    reward: Reward | None
    dataset: Dataset
    answered: int
    """Questions whose answer is in the folder already."""

    @property
    def folder(self) -> Path:
        """Where the answers are kept as they come."""
        return self.out.with_name(self.out.name + ".answers")

    @property
    def tokens(self) -> int:
        """Tokens that are read and written at most, by the length of the words: an estimate."""
        chars = sum(len(turn.content) for one in self.asked for turn in one.messages)
        return -(-chars // CHARS_A_TOKEN) + len(self.asked) * self.teacher.max_new_tokens


def named_teacher(
    name: str, *, url: str | None, key: str | None, key_file: Path | None, max_new_tokens: int = MAX_NEW_TOKENS
) -> Teacher:  # fmt: skip
    """Say who is asked. Raises PlanError for an address, a key or a name that cannot be used."""
    if url is None:
        if key_file is not None:
            raise PlanError(
                Text("A key goes with a server."), where="--key-file",
                what_to_do=Text("Add the server's address with --url, or leave --key-file out."),
            )  # fmt: skip
        if name != "practice" and not Path(name).is_dir() and "/" not in name:
            raise PlanError(
                Text("There is no model folder called {name!r}, and it is no Hub id.", name=name), where="--teacher",
                what_to_do=Text("Name a folder, a Hub id such as Qwen/Qwen3-8B, or practice; for a server add its address with --url."),
            )  # fmt: skip
        return Teacher(name, max_new_tokens=max_new_tokens)
    try:
        check_address(url)
        found = read_key(key_file.expanduser()) if key_file is not None else key
    except ServerRefusedError as error:
        raise PlanError(
            Text("The teacher cannot be asked: {why}.", why=error.why), where="--url",
            what_to_do=Text("Check the address and the key file, then try again."),
        ) from error  # fmt: skip
    return Teacher(name, url, found, max_new_tokens)


@dataclass(frozen=True)
class Asking:
    """Whom to ask what, within which limits."""

    teacher: Teacher
    prompts: Path | None
    limits: Limits


def taken(options: dict[str, Any], name: str, key: str | None) -> Asking:
    """Take the options about the teacher out of `options`. Raises PlanError."""
    key_file, prompts = options.pop("key_file", None), options.pop("prompts", None)
    who = named_teacher(
        name, url=options.pop("url", None), key=key, key_file=Path(key_file) if key_file else None,
        max_new_tokens=options.pop("answer_tokens", MAX_NEW_TOKENS),
    )  # fmt: skip
    limits = Limits(
        requests=options.pop("max_requests", MAX_REQUESTS), tokens=options.pop("max_tokens", MAX_TOKENS)
    )  # fmt: skip
    return Asking(who, Path(prompts) if prompts else None, limits)


def offer(
    request: PlanRequest, who: Teacher, out: Path, *, prompts: Path | None, limits: Limits
) -> Offer:
    """Find what is worth asking, and ask nothing yet. Raises DataError and PlanError."""
    _refuse_target(out, request.files)
    goal = str(request.brief["goal"].value)
    options = DataOptions(
        goal=goal, eval_file=request.eval_file, seed=request.seed, skip_broken=request.skip_broken, drop_unanswered=True
    )  # fmt: skip
    dataset = prepare(request.files, options=options)
    refuse_unusable(dataset.profile)
    _refuse_without_form(dataset, request)
    roles = dataset.profile.columns
    found = questions(prompts, roles) if prompts is not None else unanswered(request.files, roles)
    if not found:
        raise DataError(
            Text("Every row has its answer already, so there is nothing to ask a teacher."),
            where=", ".join(path.name for path in request.files),
            what_to_do=Text("Give questions without answers with --prompts FILE, or leave the answers of some rows empty."),
        )  # fmt: skip
    asked = distill.worth_asking(found, dataset)
    if not asked.rows:
        raise DataError(
            Text("None of the {count:,} questions is new: each stands in your own rows, or is nearly a test row.", count=len(found)),
            where=str(prompts or request.files[0]),
            what_to_do=Text("Give questions that differ from your rows with --prompts FILE."),
        )  # fmt: skip
    told = distill.instruction(dataset, goal)
    to_ask = tuple(
        Question(id=row.id, messages=distill.conversation(row, dataset, told)) for row in asked.rows
    )
    made = Offer(
        teacher=who, goal=goal, files=request.files, eval_file=request.eval_file, out=out, rows=tuple(asked.rows),
        asked=to_ask, aside=asked.aside, limits=limits, reward=_reward(request, asked.rows), dataset=dataset, answered=0,
    )  # fmt: skip
    _refuse_other_questions(made)
    known = _answers(made)
    before = sum(known.has(one.key(who.name, who.max_new_tokens)) for one in to_ask)
    return replace(made, answered=before)


def says(made: Offer) -> list[Text]:
    """What will happen, what it costs at most, and where the words go: three sentences for the yes."""
    left = len(made.asked) - made.answered
    most = min(left, made.limits.requests)
    lines = [
        Text(
            "{count:,} questions for {teacher}; {answered:,} are answered already. At most {most:,} requests and about {tokens:,} tokens; the limits are {requests:,} requests and {limit:,} tokens.",
            count=len(made.asked), teacher=made.teacher.name, answered=made.answered, most=most,
            tokens=made.tokens, requests=made.limits.requests, limit=made.limits.tokens,
        )
    ]  # fmt: skip
    lines += [Text("{count:,} left aside: {reason}.", count=count, reason=distill.REASONS[name]) for name, count in made.aside.items()]  # fmt: skip
    if made.teacher.leaves_machine:
        host = urllib.parse.urlsplit(made.teacher.url or "").hostname
        lines.append(Text("The questions, your goal, your labels and {shots} of your own rows are sent to {host}. It may charge for that, and its terms must allow training on its answers.", shots=distill.SHOTS, host=str(host)))  # fmt: skip
    else:
        lines.append(Text("The words of your data stay on this machine; the teacher's licence must allow training on its answers."))  # fmt: skip
    who = made.teacher
    if who.url is None and who.name != "practice" and not Path(who.name).is_dir():
        lines.append(Text("Where the weights of {model} are not on this machine yet, they are downloaded first.", model=who.name))  # fmt: skip
    return lines


def carry_out(made: Offer, tell: Tell, *, send: Send | None = None) -> dict[str, Any]:
    """Ask, check and write the rows; give the counts. Raises RunError; what was answered is kept for the next time.

    `send` stands in for the network.
    """
    made.folder.mkdir(parents=True, exist_ok=True)
    try:
        complete = _ask(made, tell, send)
        answers = _answers(made)
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
        return _ask_here(made, tell)
    ask = send if send is not None else sender(who.url, who.key)
    server = teacher.Server(ask, who.name, who.max_new_tokens)
    return teacher.ask_server(
        made.asked, _answers(made), server=server, limits=made.limits, tell=tell
    )


def _ask_here(made: Offer, tell: Tell) -> bool:
    """Let a model on this machine answer, in a process of its own. Raises RunError."""
    who = made.teacher
    source = str(MODEL_DIR) if who.name == "practice" else who.name
    source = str(Path(source).resolve()) if Path(source).is_dir() else source
    model = ModelConfig(name=who.name, source=source, dtype="float32" if who.name == "practice" else "bfloat16")  # fmt: skip
    answers = _answers(made)
    todo = [one for one in made.asked if one.key(who.name, who.max_new_tokens) not in answers.known]
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


def _answers(made: Offer) -> Answers:
    try:
        return Answers(made.folder / FILE)
    except TrainingError as error:
        raise RunError(error.what, where=error.where, what_to_do=error.what_to_do) from error


def _verified(made: Offer, answers: Answers) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Give the rows to write, and how many answers were turned away by reason."""
    check = distill.check_of(made.dataset, made.reward)
    kept: list[dict[str, Any]] = []
    turned_away: Counter[str] = Counter()
    for row, question in zip(made.rows, made.asked, strict=True):
        came = answers.known.get(question.key(made.teacher.name, made.teacher.max_new_tokens))
        if came is None:
            continue  # the limits ended before it: `complete` says so
        if came.state != "whole":
            turned_away[came.state] += 1
            continue
        answer, reason = check(row, came.text)
        if reason is not None:
            turned_away[reason] += 1
            continue
        turns = (*row.prompt, Message(role="assistant", content=answer))
        said = [turn.model_dump(mode="json", exclude_none=True) for turn in turns]
        kept.append({"messages": said, **origin.marked(made.teacher.name)})
    return kept, dict(turned_away)


def _refuse_target(out: Path, files: Sequence[Path]) -> None:
    """Raise PlanError for a file that is not ours to write: nothing of the person's is overwritten."""
    begun = out.with_name(out.name + ".answers").is_dir()
    read = out.resolve() in {file.resolve() for file in files}
    if out.exists() and (read or not begun):
        raise PlanError(
            Text("{name} is there already.", name=out.name), where="--out",
            what_to_do=Text("Name a file that is not there yet."),
        )  # fmt: skip
    if out.suffix != ".jsonl" or not out.resolve().parent.is_dir():
        raise PlanError(
            Text("The rows cannot be written to {name}.", name=str(out)), where="--out",
            what_to_do=Text("Name a .jsonl file in a folder that is there, such as rows.jsonl."),
        )  # fmt: skip


def _refuse_other_questions(made: Offer) -> None:
    """Raise PlanError where the file holds rows of other questions: writing it anew would lose them."""
    if not made.out.exists():
        return
    asked = {row.prompt[-1].content for row in made.rows}
    for line in made.out.read_text(encoding="utf-8").splitlines():
        if json.loads(line)["messages"][-2]["content"] not in asked:
            raise PlanError(
                Text("{name} holds the answers to other questions.", name=made.out.name), where="--out",
                what_to_do=Text("Name a file that is not there yet."),
            )  # fmt: skip


def _refuse_without_form(dataset: Dataset, request: PlanRequest) -> None:
    """Raise DataError where the person's own rows hold no answers: nothing would show the form, or be the test (SY-09)."""
    first = next(iter(dataset.train), None)
    if (
        first is not None
        and first.has_answer
        and first.answer
        and dataset.test
        and dataset.test[0].has_answer
    ):
        return
    raise DataError(
        Text("A teacher needs some questions that you answered yourself: they show the form, and they are the test."),
        where=", ".join(path.name for path in request.files),
        what_to_do=Text("Write the answers of 20 rows yourself, then run the same command."),
    )  # fmt: skip


def _reward(request: PlanRequest, rows: list[Row]) -> Reward | None:
    if request.reward is None:
        return None
    try:
        reward = named(request.reward)
    except TrainingError as error:
        raise PlanError(error.what, where="--reward", what_to_do=error.what_to_do) from error
    column = lacking(reward, rows)
    if column is not None:
        raise PlanError(
            Text("The reward {name} needs {column}, which these questions do not have.", name=reward.name, column=column),
            where="--reward",
            what_to_do=Text("Name a reward that checks the answer by itself: json_schema, regex, constraints or judge."),
        )  # fmt: skip
    return reward
