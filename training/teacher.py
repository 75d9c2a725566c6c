"""Asks a stronger model questions and keeps its answers line by line, so that a kill loses none that were paid for.

    answers.jsonl       one answer a line, appended; a line carries the key of exactly what was asked of whom

Two teachers write that file: a server (`ask_server`, here) and a model on this machine (`training.local_teacher`,
a process of its own). Free of torch.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from training.chat_server import Reply, Send
from training.config import ModelConfig
from training.document import Section
from training.errors import TrainingError
from training.rows import Message
from training.text import Text

FILE = "answers.jsonl"
JOB, QUESTIONS = "teacher.json", "questions.jsonl"
"""What a teacher on this machine is handed, in the same folder."""
ATTEMPTS = 4
CALLS_AT_ONCE = 4
LONGEST_WAIT_S = 60.0
SILENT_AFTER = 2
"""Rounds of questions in which nothing came back, after which the server is taken for dead."""
TEMPERATURE = 0.7  # SY-02: .7 to 1.0
CHARS_A_TOKEN = 3
"""Where a server does not count its tokens; on the high side for English. A guess."""
REFUSALS = frozenset({400, 401, 402, 403, 404, 405, 422})
"""Statuses that asking again does not change."""

Tell = Callable[[Text], None]


class Question(Section):
    """What the teacher is asked: the whole conversation, its instruction included."""

    id: str
    messages: tuple[Message, ...]
    attempt: int = Field(default=0, ge=0)
    """The first is asked without chance; the others with some, so that answers can be held against each other."""

    @property
    def temperature(self) -> float:
        """How much chance is in the answer."""
        return 0.0 if self.attempt == 0 else TEMPERATURE

    def key(self, teacher: str, max_new_tokens: int) -> str:
        """Name the question and who is asked: another teacher or another wording is another question."""
        asked = [message.model_dump(mode="json", exclude_none=True) for message in self.messages]
        again = [self.attempt] if self.attempt else []
        said = json.dumps([teacher, max_new_tokens, asked, *again], ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()[:24]


class Job(Section):
    """Which model on this machine answers, and how long an answer may be."""

    model: ModelConfig
    max_new_tokens: int
    device: str = "auto"


class Answer(Section):
    """One line of the file."""

    key: str
    text: str
    state: Literal["whole", "cut_off", "none"] = "whole"
    """`none`: no answer could be read, however often it was asked."""
    requests: int = Field(default=1, ge=0)
    tokens: int = Field(default=0, ge=0)
    """Read and written together."""


class Limits(Section):
    """How much may be spent, counted over everything in the file."""

    requests: int = Field(ge=1)
    tokens: int = Field(ge=1)


@dataclass(frozen=True)
class Server:
    """Where a question is sent, and what is waited with between two attempts."""

    send: Send
    model: str
    max_new_tokens: int
    wait: Callable[[float], None] = time.sleep


class Answers:
    """The file of answers. Only one process writes it at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, Answer] = {}
        self.requests, self.tokens = 0, 0
        """Spent on everything in the file."""
        self._lock = threading.Lock()
        for answer in self._read():
            self._count(answer)

    def add(self, answer: Answer) -> None:
        """Append one line and remember it; from any thread."""
        with self._lock:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(answer.model_dump_json() + "\n")
            self._count(answer)

    def has(self, key: str) -> bool:
        """Say whether an answer came; what got none is asked again the next time."""
        return key in self.known and self.known[key].state != "none"

    def _count(self, answer: Answer) -> None:
        self.known[answer.key] = answer
        self.requests += answer.requests
        self.tokens += answer.tokens

    def _read(self) -> Iterator[Answer]:
        """Read the lines; one torn by a kill is cut off, so that the next begins on a line of its own."""
        if not self.path.exists():
            return
        raw = self.path.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        if len(whole) < len(raw):
            with self.path.open("r+b") as file:
                file.truncate(len(whole))
        for number, line in enumerate(whole.decode("utf-8", "replace").splitlines(), start=1):
            try:
                yield Answer.model_validate_json(line)
            except ValidationError:
                raise TrainingError(
                    Text("Line {number:,} of the teacher's answers cannot be read.", number=number),
                    where=str(self.path),
                    what_to_do=Text("Take that line out, or delete the file and ask again."),
                ) from None


def ask_server(
    questions: Sequence[Question],
    answers: Answers,
    *,
    server: Server,
    limits: Limits,
    tell: Tell,
) -> bool:
    """Ask what is not in the file yet; True where all was asked, False where the limits ended it.

    Raises TrainingError where the server refuses or stays silent; what came before is in the file.
    """
    model, most = server.model, server.max_new_tokens
    open_ones = [one for one in questions if not answers.has(one.key(model, most))]
    silent = 0

    def ask(question: Question) -> Answer:
        body = {
            "model": model,
            "messages": [turn.model_dump(mode="json", exclude_none=True) for turn in question.messages],
            "max_tokens": most,
            "temperature": question.temperature,
        }  # fmt: skip
        came = _patiently(question.key(model, most), body, server)
        answers.add(came)
        return came

    with ThreadPoolExecutor(max_workers=CALLS_AT_ONCE) as pool:
        for start in range(0, len(open_ones), CALLS_AT_ONCE):
            room = min(CALLS_AT_ONCE, limits.requests - answers.requests)
            if room <= 0 or answers.tokens >= limits.tokens:
                return False
            batch = open_ones[start : start + CALLS_AT_ONCE]
            came = list(pool.map(ask, batch[:room]))
            silent = silent + 1 if all(one.state == "none" for one in came) else 0
            if silent >= SILENT_AFTER:
                raise _unreachable(came[0].text)
            if room < len(batch):
                return False
            done = start + len(batch)
            if done % (CALLS_AT_ONCE * 10) == 0:
                tell(
                    Text(
                        "The teacher has answered {done:,} of {of:,}.", done=done, of=len(open_ones)
                    )
                )
    return True


def _patiently(key: str, body: dict[str, Any], server: Server) -> Answer:
    """Ask up to four times. Raises TrainingError for a refusal that asking again does not change."""
    said = ""
    for attempt in range(1, ATTEMPTS + 1):
        pause = min(LONGEST_WAIT_S, 2.0**attempt)
        try:
            reply = server.send(body)
        except urllib.error.HTTPError as error:
            error.close()
            said = f"HTTP {error.code}"
            if error.code in REFUSALS or error.code in range(300, 400):
                raise _refused(error.code) from None
            asked = error.headers.get("Retry-After", "") if error.headers is not None else ""
            pause = min(LONGEST_WAIT_S, float(asked)) if asked.isdigit() else pause
        except (OSError, HTTPException, ValueError) as error:
            said = f"{type(error).__name__}: {error}"[:160]
        else:
            if reply.text.strip():
                state: Literal["whole", "cut_off"] = "cut_off" if reply.cut_off else "whole"
                return Answer(
                    key=key,
                    text=reply.text,
                    state=state,
                    requests=attempt,
                    tokens=_tokens(body, reply),
                )
            said = "an empty answer"
        if attempt < ATTEMPTS:
            server.wait(pause)
    return Answer(key=key, text=said, state="none", requests=ATTEMPTS)


def _tokens(body: dict[str, Any], reply: Reply) -> int:
    if reply.prompt_tokens is not None and reply.answer_tokens is not None:
        return reply.prompt_tokens + reply.answer_tokens
    chars = sum(len(turn["content"]) for turn in body["messages"]) + len(reply.text)
    return -(-chars // CHARS_A_TOKEN)


def _refused(status: int) -> TrainingError:
    return TrainingError(
        Text("The teacher's server refused the question (HTTP {status}).", status=status),
        where="--teacher",
        what_to_do=Text(
            "Check the address, the model's name and the key; what was answered before is kept, so the same command goes on from there."
        ),
    )


def _unreachable(said: str) -> TrainingError:
    return TrainingError(
        Text("The teacher's server gives no answer: {said}.", said=said),
        where="--teacher",
        what_to_do=Text(
            "Check that it runs and try the same command again: what was answered is kept."
        ),
    )
