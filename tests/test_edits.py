"""Values changed on the page: kept, told, decided again, or refused with nothing changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent import settings
from agent.conversation.sessions import Session, open_session
from tests.fake_engine import FakeEngine, score
from tests.talking import handed_over
from training.measured import Measured
from training.practice.lessons import find


@pytest.fixture
def engine(tmp_path: Path) -> FakeEngine:
    return FakeEngine(tmp_path, measurable=False)


@pytest.fixture
def session(engine: FakeEngine, tmp_path: Path) -> Session:
    """A conversation in which an order stands."""
    made = open_session(settings.read(tmp_path), engine)
    made.say("Sort our support tickets by topic", [handed_over.write("support_600", tmp_path)])
    for _ in range(6):
        reply = made.last_reply()
        assert reply is not None
        if reply.order is not None:
            break
        made.say("Train it anyway with SFT" if reply.waiting_for is None else "you decide")
    assert made.last_reply().order is not None  # type: ignore[union-attr]
    return made


def edited(session: Session, *changes: tuple[str, Any]) -> Any:
    words = "; ".join(f"{name} = {value}" for name, value in changes)
    return session.reply(
        session.post_edit(words, [{"name": name, "value": value} for name, value in changes])
    )


def test_an_edited_value_is_kept_told_and_put_up_anew(session: Session) -> None:
    old = session.last_reply()
    reply = edited(session, ("sft.epochs", "2"))
    assert reply.plan is not None and reply.plan.stages[0].epochs.value == 2.0
    assert reply.plan.stages[0].epochs.origin == "user"
    assert "passes over the data (SFT) is 2.0 now" in reply.text
    assert reply.order is not None and old is not None and reply.order.id != old.order.id  # type: ignore[union-attr]


def test_a_value_that_is_taken_back_is_the_rules_again(session: Session) -> None:
    before = session.last_reply().plan.stages[0].epochs  # type: ignore[union-attr]
    edited(session, ("sft.epochs", "2"))
    reply = edited(session, ("sft.epochs", None))
    assert reply.plan.stages[0].epochs == before and "my choice again" in reply.text


@pytest.mark.parametrize(
    ("name", "value"),
    [("sft.epochs", "-3"), ("sft.epochs", "many"), ("sft.nonsense", "3"), ("max_forgetting", "7"), ("volume", "x"), ("goal", "x" * 3000)],
)  # fmt: skip
def test_an_edit_that_means_nothing_changes_nothing(
    session: Session, name: str, value: str
) -> None:
    before = session.last_reply()
    reply = edited(session, ("sft.batch_size", "8"), (name, value))
    assert "Nothing was changed." in reply.text
    assert before is not None and reply.order == before.order and reply.plan == before.plan


def test_a_field_of_the_brief_is_said_by_its_editor(session: Session) -> None:
    reply = edited(session, ("budget", {"usd": "", "minutes": "7"}), ("max_forgetting", 0.2))
    brief = reply.plan.brief
    assert brief["budget"].value == {"minutes": 7.0} and brief["budget"].origin == "said"
    assert brief["must_not_get_worse"].value["max_forgetting"] == 0.2
    assert "budget" not in edited(session, ("budget", None)).plan.brief


def test_a_yes_to_the_order_before_an_edit_starts_nothing(
    session: Session, engine: FakeEngine
) -> None:
    old = session.last_reply().order  # type: ignore[union-attr]
    edited(session, ("sft.epochs", "2"))
    assert "no longer stands" in session.approve(old).text and engine.trained() == []


def test_what_was_done_for_a_reply_is_kept_with_it(engine: FakeEngine, tmp_path: Path) -> None:
    made = open_session(settings.read(tmp_path), engine)
    n = made.post("Sort tickets by topic", [handed_over.write("support_600", tmp_path)])
    parts = list(made.forming(n))
    tools = [one["tool"] for one in parts[-1]["calls"]]
    assert "plan" in tools and any(part.get("calls") for part in parts[:-1])
    assert all(one["seconds"] >= 0 for one in parts[-1]["calls"])


def test_a_lesson_asks_nothing_and_says_at_its_end_what_it_shows(
    engine: FakeEngine, tmp_path: Path
) -> None:
    lesson = find("no-replay")
    data = lesson.prepare(tmp_path / "lesson")
    made = open_session(settings.read(tmp_path), engine)
    changes = [{"name": "model", "value": "practice"}, {"name": "technique", "value": "sft"}]
    changes += [{"name": name, "value": value} for name, value in lesson.overrides.items()]
    about = {"lesson": "no-replay", "language": "en", "files": [str(path) for path in data.files], "eval_file": str(data.eval_file), "reward": None}  # fmt: skip
    reply = made.reply(made.post_edit("Lesson", changes, lesson=about))
    assert reply.order is not None and "Noted" not in reply.text
    made.approve(reply.order)
    (run,) = engine.trained()
    engine.finish(run)
    measured = Measured(run=run, complete=True, tuned=score(0.91))
    measured.save(tmp_path / "runs" / run / "measured.json")
    made.look()
    said = made.last_reply()
    assert said is not None and "What this lesson shows: It now gets 91%" in said.text
