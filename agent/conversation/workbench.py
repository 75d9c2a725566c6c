"""What the nodes work with: the engine, the brain, and the session's documents on disk."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.brain.protocol import Brain
from agent.conversation.state import Conversation
from agent.engine import Engine, PlanRequest
from agent.inbox import Inbox
from tools.brief import Brief, BriefEntry
from tools.marking.marks import Mark
from tools.plan import Order, Plan
from tools.profile import Profile
from training.document import Document
from training.measured import NamedScore
from training.text import Text, sentences


@dataclass(frozen=True)
class Workbench:
    """Handed to every node; holds nothing that belongs to the conversation."""

    engine: Engine
    brain: Brain
    inbox: Inbox
    session: str

    def plan(self, state: Conversation) -> Plan | None:
        """The plan last made."""
        name = state.get("plan")
        return None if not name else self.read_plan(name)

    def read_plan(self, name: str) -> Plan:
        """A stored plan. Raises KeyError where there is none."""
        return self.inbox.read(self.session, name, "plan", Plan.from_json)

    def profile(self, state: Conversation) -> Profile | None:
        """The profile of the data handed over."""
        name = state.get("profile")
        return (
            None if not name else self.inbox.read(self.session, name, "profile", Profile.from_json)
        )

    def order(self, state: Conversation) -> Order | None:
        """The order that waits for a yes."""
        standing = state.get("order")
        return None if not standing else self.read_order(standing["document"])

    def read_order(self, name: str) -> Order:
        """A stored order."""
        return self.inbox.read(self.session, name, "order", _order)

    def keep(self, name: str, document: Document) -> str:
        """Store a document with its sentences' templates, under a name made from its content."""
        texts = {str(text): text.store() for text in sentences(document)}
        body = document.as_json() | {"texts": texts}
        name = f"{name}-{digest(body)}"
        self.inbox.keep(self.session, name, body)
        return name

    def keep_order(self, order: Order) -> str:
        """Store an order under its id."""
        texts = {
            key: getattr(order, key).store() for key in ("what", "at_most", "cannot_be_undone")
        }
        self.inbox.keep(self.session, order.id, order.model_dump(mode="json") | texts)
        return order.id

    def spoken(self, state: Conversation, *texts: Text) -> list[str]:
        """Word the sentences in the person's language."""
        self.brain.prepare(texts, language=state["language"])
        return [self.brain.write(text, language=state["language"]) for text in texts]

    def waits(self, run: str) -> list[Text]:
        """What keeps a run that was just started from beginning; nothing where nothing does."""
        why = self.engine.standing(run).waits_for
        return [why] if why is not None else []


OWN_FIELDS = frozenset({"metric", "seed"})
"""Settings that a request has fields of its own for."""


def digest(value: Any) -> str:
    """Ten hexadecimal digits that stand for a JSON value."""
    packed = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(packed.encode("utf-8")).hexdigest()[:10]


def brief_of(state: Conversation) -> Brief:
    """The brief as models."""
    return {name: BriefEntry.model_validate(entry) for name, entry in state["brief"].items()}  # type: ignore[misc]


def request_of(state: Conversation, bench: Workbench, **changes: Any) -> PlanRequest:
    """Gather what a decision is made from; `changes` replace fields, for what-ifs."""
    eval_file, general_file = state.get("eval_file"), state.get("general_file")
    facts: dict[str, Any] = {
        "brief": brief_of(state),
        "profile": bench.profile(state),
        "files": tuple(Path(name) for name in state["files"]),
        "eval_file": Path(eval_file) if eval_file else None,
        "general_file": Path(general_file) if general_file else None,
        "columns": dict(state["columns"]),
        "baselines": tuple(NamedScore.model_validate(score) for score in state["baselines"]),
        "measured_run": state.get("measured_run"),
        "compared_run": state.get("compared_run"),
        "overrides": {
            name: value for name, value in state["overrides"].items() if name not in OWN_FIELDS
        },
        "metric": state["overrides"].get("metric"),
        "seed": state["overrides"].get("seed", 0),
        "language": state["language"],
        "insist": tuple(state["insist"]) if state.get("insist") is not None else None,  # type: ignore[arg-type]
        "model": state.get("model"),
        "reward": state.get("reward"),
        "skip_broken": bool(state.get("skip_broken")),
        "marks": marks_of(state, bench),
        "marks_agreed": int((state.get("graded") or {}).get("agreed", 0)),
    }
    return PlanRequest(**(facts | changes))


def marks_of(state: Conversation, bench: Workbench) -> tuple[Mark, ...]:
    """The answers that the person marked to choose a grader by; none where they did not."""
    name = (state.get("graded") or {}).get("document")
    if not name:
        return ()
    return bench.inbox.read(bench.session, name, "marks", _marks)


def _marks(stored: dict[str, Any]) -> tuple[Mark, ...]:
    return tuple(Mark.model_validate(one) for one in stored["marks"])


def _order(stored: dict[str, Any]) -> Order:
    texts = {key: Text.restore(stored[key]) for key in ("what", "at_most", "cannot_be_undone")}
    return Order.model_validate(stored | texts)


def run_id(state: Conversation, kind: str, salt: str) -> str:
    """Name a run: the same session, message and plan give the same name."""
    words = "".join(
        letter if letter.isascii() and letter.isalnum() else " "
        for letter in Path(state["files"][0]).stem.lower()
    ).split()
    name = "-".join(words[:3])[:24] or "data"
    return f"{name}-{kind}-{digest([state['session'], state['heard']['n'], salt, len(state['runs'])])[:6]}"
