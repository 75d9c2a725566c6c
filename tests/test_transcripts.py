"""Plays whole interviews against the rules brain. The format is told in `tests/transcripts/README.md`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.conversation.sessions import Reply
from tests.fake_engine import FakeEngine
from tests.talking import Desk, handed_over
from tools.gpus import named_cards
from tools.machine import Machine

FOLDER = Path(__file__).parent / "transcripts"
INTERVIEWS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
MACHINE = Machine(
    "cuda", gpus=named_cards("A100-80", 2), cores=16, ram_gib=128.0, free_disk_gib=500.0
)
"""A machine on which every plan can run, whatever card the person names."""
FILE = re.compile(r"\[file: ([^\]]+)\]")
MARKS = re.compile(r"\[(now|at-approval|at-run|at-end|approve-click|old-approve-click)\]")
DUNNO = {
    "en": "I don't know, you decide",
    "zh": "不知道，你定吧",
    "mixed": "I don't know, you decide",
}
MOST_TURNS = 14
HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass
class Turn:
    text: str
    marks: set[str] = field(default_factory=set)
    files: list[str] = field(default_factory=list)
    expect: list[str] = field(default_factory=list)


def read(path: Path) -> tuple[dict[str, Any], list[Turn]]:
    """Read one interview."""
    _, front, body = path.read_text(encoding="utf-8").split("+++", 2)
    turns: list[Turn] = []
    for line in body.splitlines():
        if line.startswith("> user:"):
            said = line.removeprefix("> user:").strip()
            turn = Turn("", set(MARKS.findall(said)), FILE.findall(said))
            turn.text = FILE.sub("", MARKS.sub("", said)).strip()
            turns.append(turn)
        elif line.startswith("- "):
            turns[-1].expect.append(line[2:].strip())
    return tomllib.loads(front), turns


class Player:
    """Plays the person's side of one interview."""

    def __init__(self, desk: Desk, about: dict[str, Any]) -> None:
        self.desk, self.engine, self.about = desk, desk.engine, about
        self.session = desk.session()
        self.reply: Reply | None = None
        self.questions = 0
        self.orders: list[str] = []
        self.plans: list[Any] = []

    def play(self, turns: list[Turn]) -> None:
        for turn in turns:
            if not self.ready_for(turn):
                continue
            before = self.training_order()
            if turn.text or turn.files:
                files = [self.file(spec) for spec in turn.files]
                self.take(self.session.say(turn.text, files))
            if "approve-click" in turn.marks:
                self.click(self.orders[-1] if self.orders else None)
            if "old-approve-click" in turn.marks:
                self.click(self.orders[-2])
            for line in turn.expect:
                self.check(line, before)
        self.settle()

    def ready_for(self, turn: Turn) -> bool:
        """Answer what is asked until the turn may be said; False where it is skipped."""
        if "now" in turn.marks or self.reply is None:
            return True
        self.settle()
        if "at-approval" in turn.marks and self.training_order() is None:
            assert self.empty_is_fine(), (
                f"no order was reached before {turn.text!r}:\n{self.reply.text}"
            )
            return False
        if "at-run" in turn.marks and not self.engine.trained():
            assert self.empty_is_fine(), f"no run before {turn.text!r}"
            return False
        if "at-end" in turn.marks:
            if not self.engine.trained():
                assert self.empty_is_fine(), f"no run before {turn.text!r}"
                return False
            for run in self.engine.trained():
                if self.engine.standing(run).reading == "training":
                    self.engine.finish(run)
            self.session.look()
            self.take(self.session.last_reply())
        return True

    def settle(self) -> None:
        """Answer questions and end measurements until something else is waited for."""
        for _ in range(MOST_TURNS):
            reply = self.reply
            if reply is None:
                return
            if reply.waiting_for == "answer":
                name = self.desk.worker.turns.state("s")["question"]["id"]
                given = self.about.get("answers", {}).get(name, DUNNO[self.about["language"]])
                self.take(self.session.say(given))
            elif reply.order is not None and reply.order.kind == "measure":
                refuse = self.about.get("measure") == "refuse"
                self.take(self.session.say("no") if refuse else self.session.approve(reply.order))
            elif reply.waiting_for == "run" and not self.engine.trained():
                self.engine.finish_measurements()
                self.session.look()
                self.take(self.session.last_reply())
            else:
                return
        raise AssertionError(f"still asking after {MOST_TURNS} turns: {reply.text}")

    def take(self, reply: Reply | None) -> None:
        assert reply is not None and reply.text.strip(), "a reply is never empty"
        assert "went wrong on my side" not in reply.text and "我这边出了" not in reply.text, (
            reply.text
        )
        self.reply = reply
        self.questions += reply.waiting_for == "answer"
        if (
            reply.order is not None
            and reply.order.kind == "train"
            and reply.order.id not in self.orders
        ):
            self.orders.append(reply.order.id)
        if reply.plan is not None:
            self.plans.append(reply.plan)

    def click(self, order: str | None) -> None:
        assert order is not None or self.empty_is_fine(), "there is no order to click on"
        if order is not None:
            self.take(self.session.approve(order))

    def file(self, spec: str) -> Path:
        kind, _, name = spec.partition(" as ")
        return handed_over.write(kind.strip(), self.desk.home, name=name.strip() or None)  # type: ignore[no-any-return]

    def training_order(self) -> str | None:
        order = self.reply.order if self.reply else None
        return order.id if order is not None and order.kind == "train" else None

    def empty_is_fine(self) -> bool:
        """Whether "do not train now" is an accepted end of this interview, for a reason that was given."""
        pipelines = self.about["expect"].get("pipelines")
        plan = self.plans[-1] if self.plans else None
        if pipelines is None or [] in pipelines:
            return True
        needs = set(self.about["expect"].get("empty_needs", ()))
        return bool(plan is not None and not plan.decision.pipeline and needs & self.codes())

    def codes(self) -> set[str]:
        found = {warning.code for plan in self.plans for warning in plan.warnings}
        state = self.desk.worker.turns.state("s")
        if state.get("profile"):
            profile = self.desk.worker.turns.inbox.document("s", state["profile"] or "")
            found |= {issue["code"] for issue in profile["issues"]}
        return found

    def check(self, line: str, before: str | None) -> None:
        assert self.reply is not None
        text = self.reply.text
        name, _, value = (part.strip() for part in line.partition(":"))
        options = [one.strip().lower() for one in value.split("|")]
        if name == "reply mentions":
            assert any(one in text.lower() for one in options), f"{line}\n{text}"
        elif name == "reply avoids":
            assert not any(one in text.lower() for one in options), f"{line}\n{text}"
        elif name == "reply language":
            assert language_of(text) == value, f"{line}\n{text}"
        elif name == "waiting_for":
            if "approval" in options and self.reply.order is None and self.empty_is_fine():
                return
            assert (self.reply.waiting_for or "none") in options, (
                f"{line}: {self.reply.waiting_for}\n{text}"
            )
        elif name == "no order":
            assert self.reply.order is None, text
        elif name == "same order":
            assert self.training_order() == before, text
        elif name == "new order":
            assert self.training_order() not in {before, None}, text
        elif name in {"at_most_usd", "at_most_minutes"}:
            order = self.reply.order
            if order is None and self.empty_is_fine():
                return
            assert order is not None, text
            amount = order.max_cost_usd if name == "at_most_usd" else order.max_minutes
            assert amount is not None and amount <= float(value), f"{line}: {amount}"
        elif name == "launched":
            assert len(self.engine.trained()) == int(value), text
        else:
            raise AssertionError(f"unknown expectation {line!r}")


def language_of(text: str) -> str:
    """Chinese where there are at least as many Chinese characters as Latin words, code and quotations apart."""
    prose = re.sub(r"```.*?```", " ", text, flags=re.DOTALL)
    return (
        "zh" if len(HAN.findall(prose)) >= max(1, len(re.findall(r"[A-Za-z]{2,}", prose))) else "en"
    )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, simple=None, machine=MACHINE)
    yield made
    made.close()


@pytest.mark.parametrize("path", INTERVIEWS, ids=lambda path: path.stem)
def test_an_interview_ends_where_it_should(path: Path, desk: Desk) -> None:
    about, turns = read(path)
    player = Player(desk, about)
    player.play(turns)
    wanted = about["expect"]
    assert player.questions <= wanted.get("max_questions", 5)
    launches = 0 if wanted.get("no_launch") else wanted.get("launches")
    if launches is not None and not (
        launches and player.empty_is_fine() and not player.engine.trained()
    ):
        assert len(player.engine.trained()) == launches
    if "pipelines" in wanted and player.plans:
        pipeline = list(player.plans[-1].decision.pipeline)
        assert pipeline in wanted["pipelines"] or (not pipeline and player.empty_is_fine()), (
            player.plans[-1].decision.because
        )
    assert set(wanted.get("codes", ())) <= player.codes()
    assert isinstance(player.engine, FakeEngine)
