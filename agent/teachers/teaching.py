"""A teacher's work as an order: what it would do, what it takes at most, and where words go. Asks nobody.

What is spent is bounded by the order: it names the requests and the tokens, and asking ends there (`agent.teachers.taught`).
"""

from __future__ import annotations

import hashlib
import json
import urllib.parse
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from agent import settings
from agent.engine import PlanRequest
from agent.teachers.distilling import Asking, Offer, Teacher, named_teacher, offer, seeds
from tools.brief import BriefEntry
from tools.errors import PlanError
from tools.marking import judges as judging
from tools.plan import Order
from tools.teachers import distill, new_questions
from training.document import Document
from training.teacher import CHARS_A_TOKEN, Limits
from training.text import Text, join

TRIES = 3
"""Asked so often where no reward checks the answers: what two of them agree on is kept. SY-02 takes more; a guess on cost."""


class Job(Document):
    """What a teacher is asked to do."""

    kind: Literal["teach"] = "teach"
    files: tuple[str, ...]
    goal: str
    teacher: str
    url: str | None = None
    key_file: str | None = None
    new: int = 0
    """So many new questions are written first; 0: the questions are there."""
    prompts: str | None = None
    """A file of questions; None: the rows of `files` without an answer."""
    reward: str | None = None
    eval_file: str | None = None
    columns: dict[str, str | list[str]] = Field(default_factory=dict)
    seed: int = 0
    answer_tokens: int = 512
    requests: int = 0
    tokens: int = 0
    """The order's bounds; 0 before it is put up."""
    usd_per_million: tuple[float, float] | None = None
    """The teacher's price, read and written; None: not known."""

    @property
    def tries(self) -> int:
        """How often each question is asked."""
        return 1 if self.reward else TRIES

    def who(self) -> Teacher:
        """The teacher, with its key where one is set. Raises PlanError."""
        key_file = Path(self.key_file) if self.key_file else None
        return named_teacher(self.teacher, url=self.url, key=settings.teacher_key(), key_file=key_file, max_new_tokens=self.answer_tokens)  # fmt: skip

    def request(self) -> PlanRequest:
        """The request that describes the person's data."""
        return PlanRequest(
            brief={"goal": BriefEntry(value=self.goal, origin="said")}, files=tuple(Path(name) for name in self.files), columns=self.columns,
            eval_file=Path(self.eval_file) if self.eval_file else None, reward=self.reward, seed=self.seed, skip_broken=True,
        )  # fmt: skip


def put_up(job: Job, home: Path) -> tuple[Job, Order]:
    """Say what the job takes at most, and give it with these bounds. Asks nobody. Raises DataError and PlanError."""
    judging.known(home, job.reward)
    who, request = job.who(), job.request()
    if job.new:
        requests, tokens, aside = _bounds_of_new(job, request)
        count = job.new
    else:
        made = offered(job, request, home / "taught" / "order.jsonl", Limits(requests=1, tokens=1))
        requests, tokens, aside = len(made.requests), made.tokens, made.aside
        count = len(made.asked)
    bounded = job.model_copy(update={"requests": requests, "tokens": tokens})
    said = json.dumps(bounded.as_json(), sort_keys=True)
    order = Order(
        id=hashlib.sha256(said.encode()).hexdigest()[:12], kind="synthesize",
        what=_what(job, count, aside), at_most=_at_most(bounded, who), cannot_be_undone=_cannot_be_undone(job, who),
        max_cost_usd=round(usd(bounded), 2),
    )  # fmt: skip
    return bounded, order


def usd(job: Job) -> float:
    """The most it can cost by the price that is known; 0 where none is."""
    if job.usd_per_million is None:
        return 0.0
    read, written = job.usd_per_million
    answers = min(job.tokens, job.requests * job.answer_tokens)
    return ((job.tokens - answers) * read + answers * written) / 1e6


def offered(job: Job, request: PlanRequest, out: Path, limits: Limits) -> Offer:
    """Find what is worth asking. Raises DataError and PlanError."""
    prompts = Path(job.prompts) if job.prompts else None
    out.parent.mkdir(parents=True, exist_ok=True)
    return offer(request, Asking(job.who(), prompts, limits, job.tries), out)


def _bounds_of_new(job: Job, request: PlanRequest) -> tuple[int, int, dict[str, int]]:
    """Requests and tokens at most, where the questions are not there yet: by the length of the person's own."""
    dataset = seeds(request)
    asked = new_questions.requests(dataset, job.goal, job.new, seed=job.seed)
    told = distill.instruction(dataset, job.goal)
    own = [distill.conversation(row, dataset, told) for row in dataset.train[:50]]
    longest = max(sum(len(turn.content) for turn in turns) for turns in own)
    chars = sum(len(turn.content) for one in asked for turn in one.messages) + job.new * job.tries * longest  # fmt: skip
    requests = len(asked) + job.new * job.tries
    return requests, -(-chars // CHARS_A_TOKEN) + requests * job.answer_tokens, {}


def _what(job: Job, count: int, aside: dict[str, int]) -> Text:
    facts = {"teacher": job.teacher, "count": count, "tries": job.tries}
    if job.new:
        first = Text("{teacher} writes about {count:,} new questions like yours and answers them.", **facts)  # fmt: skip
    else:
        first = Text("{teacher} answers {count:,} questions.", **facts)
    checked = (
        Text("What your reward accepts becomes rows in a new file.")
        if job.reward
        else Text("Each is asked {tries} times, and what two answers agree on becomes a row in a new file.", **facts)
    )  # fmt: skip
    left = [Text("{count:,} left aside: {reason}.", count=number, reason=distill.REASONS[name]) for name, number in aside.items()]  # fmt: skip
    tested = Text("Your own rows stay the test; nothing is trained by this.")
    return join([first, checked, *left, tested])


def _at_most(job: Job, who: Teacher) -> Text:
    facts: dict[str, Any] = {"requests": job.requests, "tokens": job.tokens}
    if who.url is None:
        return Text("At most {requests:,} answers and about {tokens:,} tokens on this machine; nothing to pay.", **facts)  # fmt: skip
    if job.usd_per_million is not None:
        return Text("At most {requests:,} requests and about {tokens:,} tokens: {usd:,.2f} dollars by the price you gave.", usd=usd(job), **facts)  # fmt: skip
    if not who.leaves_machine:
        return Text("At most {requests:,} requests and about {tokens:,} tokens, free on your own server.", **facts)  # fmt: skip
    return Text(
        "At most {requests:,} requests and about {tokens:,} tokens. I do not know its price: the provider charges by its own list. Name it as 0.15 and 0.60 dollars per million tokens, and I say the dollars.",
        **facts,
    )


def _cannot_be_undone(job: Job, who: Teacher) -> Text:
    if who.leaves_machine:
        host = urllib.parse.urlsplit(who.url or "").hostname
        return Text(
            "The questions, your goal, your labels and some of your own rows are sent to {host} and cannot be called back. Its terms must allow training on its answers.",
            host=str(host),
        )
    kept = Text("Nothing leaves this machine, and your files are not changed. The teacher's licence must allow training on its answers.")  # fmt: skip
    if who.url is None and who.name != "practice" and not Path(who.name).is_dir():
        return join([kept, Text("Where the weights of {model} are not on this machine yet, they are downloaded first.", model=who.name)])  # fmt: skip
    return kept


def refuse_private(job: Job) -> None:
    """Raise PlanError for a teacher elsewhere where the person said that their data must stay here."""
    if job.who().leaves_machine:
        raise PlanError(
            Text("You said that your data must stay on this machine, and this teacher is elsewhere."), where="teacher",
            what_to_do=Text("Name a model on this machine, or say that your data may leave it."),
        )  # fmt: skip
