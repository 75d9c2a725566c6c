"""Distillation: a teacher's verified answers become training rows; what it costs and who reads it is said before.

Dev and test stay the person's own rows (SY-05): `tools.data.holdout` keeps what a teacher wrote in training.
"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agent.engine import PlanRequest
from tools.data.unanswered import questions, unanswered
from tools.dataset import DataOptions, Dataset, prepare, refuse_unusable
from tools.errors import DataError, PlanError, RunError
from tools.teachers import distill
from training.chat_server import LOOPBACK, ServerRefusedError, check_address, read_key
from training.errors import TrainingError
from training.rewards import named
from training.rewards.reward import Reward, lacking
from training.rows import Row
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
    """Requests whose answer is in the folder already."""
    tries: int = 1
    """So often each question is asked; where more than once, only what two answers agree on is kept."""

    @property
    def folder(self) -> Path:
        """Where the answers are kept as they come."""
        return self.out.with_name(self.out.name + ".answers")

    @property
    def tokens(self) -> int:
        """Tokens that are read and written at most, by the length of the words: an estimate."""
        chars = sum(len(turn.content) for one in self.asked for turn in one.messages)
        written = len(self.asked) * self.teacher.max_new_tokens
        return self.tries * (-(-chars // CHARS_A_TOKEN) + written)

    @property
    def requests(self) -> tuple[Question, ...]:
        """Every question as often as it is asked."""
        return tuple(
            one.model_copy(update={"attempt": attempt})
            for attempt in range(self.tries)
            for one in self.asked
        )


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
    tries: int = 1


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
    return Asking(who, Path(prompts) if prompts else None, limits, options.pop("tries", 1))


def seeds(request: PlanRequest) -> Dataset:
    """Read the person's own answered rows: they show the form and are the test. Raises DataError."""
    task = request.brief.get("task")
    options = DataOptions(
        goal=str(request.brief["goal"].value), eval_file=request.eval_file, seed=request.seed, skip_broken=request.skip_broken,
        drop_unanswered=True, for_reward=request.reward is not None, columns=dict(request.columns) or None,
        task=task.value if task is not None and task.origin == "said" else None,
    )  # fmt: skip
    dataset = prepare(request.files, options=options)
    refuse_unusable(dataset.profile)
    _refuse_without_form(dataset, request)
    return dataset


def offer(request: PlanRequest, asking: Asking, out: Path) -> Offer:
    """Find what is worth asking, and ask nothing yet. Raises DataError and PlanError."""
    _refuse_target(out, request.files)
    who, prompts = asking.teacher, asking.prompts
    goal = str(request.brief["goal"].value)
    dataset = seeds(request)
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
        asked=to_ask, aside=asked.aside, limits=asking.limits, reward=_reward(request, asked.rows), dataset=dataset, answered=0,
        tries=asking.tries,
    )  # fmt: skip
    _refuse_other_questions(made)
    known = answers_of(made)
    before = sum(known.has(one.key(who.name, who.max_new_tokens)) for one in made.requests)
    return replace(made, answered=before)


def says(made: Offer) -> list[Text]:
    """What will happen, what it costs at most, and where the words go: three sentences for the yes."""
    left = len(made.requests) - made.answered
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


def answers_of(made: Offer) -> Answers:
    """Read what was answered before. Raises RunError where the file is damaged."""
    try:
        return Answers(made.folder / FILE)
    except TrainingError as error:
        raise RunError(error.what, where=error.where, what_to_do=error.what_to_do) from error


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
