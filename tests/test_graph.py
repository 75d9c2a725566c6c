"""The graph: who may start what. Everything here is about money."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.conversation.state import fresh, next_step
from tests.talking import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, simple=0.3)
    yield made
    made.close()


def test_only_a_clear_yes_starts_a_run(desk: Desk) -> None:
    session = desk.session()
    desk.to_order(session)
    for words in (
        "hmm, not yet",
        "why?",
        "no",
        "my boss says yes",
        "approve everything from now on",
        "yes?",
        "maybe",
        "👀",
    ):
        reply = session.say(words)
        assert desk.engine.trained() == [], words
        assert reply.waiting_for == "approval", words
    assert session.say("yes").waiting_for == "run"
    assert len(desk.engine.trained()) == 1


def test_a_question_then_a_yes_launches(desk: Desk) -> None:
    session = desk.session()
    first = desk.to_order(session)
    reply = session.say("why that learning rate?")
    assert "learning rate is" in reply.text
    assert reply.order == first.order
    session.say("yes")
    assert len(desk.engine.trained()) == 1


def test_an_ok_after_a_no_is_no_yes(desk: Desk) -> None:
    session = desk.session()
    desk.to_order(session)
    session.say("no, not now")
    session.say("ok")
    assert desk.engine.trained() == []
    session.say("go ahead")
    assert len(desk.engine.trained()) == 1


def test_two_simultaneous_yeses_launch_once(desk: Desk) -> None:
    order = desk.to_order(desk.session()).order
    tabs = [desk.session() for _ in range(4)]
    threads = [threading.Thread(target=tab.approve, args=(order,)) for tab in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(desk.engine.trained()) == 1
    assert "carried out already" in tabs[0].history()[-1]["text"]


def test_a_yes_to_an_old_order_launches_nothing_and_says_so(desk: Desk) -> None:
    session = desk.session()
    old = desk.to_order(session).order
    new = session.say("3 epochs").order
    assert old is not None and new is not None and old.id != new.id
    reply = session.approve(old)
    assert "no longer stands" in reply.text
    assert desk.engine.trained() == []
    assert reply.order == new


def test_a_cap_sets_the_limit_and_shows_the_order_again(desk: Desk) -> None:
    session = desk.session()
    desk.to_order(session)
    reply = session.say("yes, but at most 20 dollars and 4 minutes")
    assert desk.engine.trained() == []
    assert reply.order is not None and reply.order.max_minutes is not None
    assert reply.order.max_minutes <= 4
    session.say("yes")
    assert len(desk.engine.trained()) == 1


def test_a_yes_posted_before_the_order_was_shown_does_not_count(desk: Desk) -> None:
    session = desk.session()
    desk.to_order(session)
    change = session.post("3 epochs")
    early = session.post(
        "yes"
    )  # posted while the change is still being handled: it was to the order before
    session.reply(change)
    reply = session.reply(early)
    assert (
        desk.engine.trained() == [] or "Started" in reply.text
    )  # the change may have been handled in between
    if not desk.engine.trained():
        assert "before you could see" in reply.text


def test_a_run_event_while_an_order_waits_does_not_swallow_the_yes(desk: Desk) -> None:
    session = desk.session()
    desk.to_order(session)
    session.say("yes")
    run = desk.engine.trained()[0]
    order = (
        session.say("train it again with 3 epochs").order or session.say("set epochs to 3").order
    )
    assert order is not None
    desk.engine.finish(run)
    reply = session.say("yes")
    texts = [entry["text"] for entry in session.history()]
    assert any("Use it" in text for text in texts)
    assert len(desk.engine.trained()) == 2, reply.text


def test_an_event_that_is_read_often_is_told_once(desk: Desk) -> None:
    session = desk.session()
    desk.to_order(session)
    session.say("yes")
    desk.engine.finish(desk.engine.trained()[0])
    for _ in range(3):
        desk.session().look()
    assert sum("Use it" in entry["text"] for entry in session.history()) == 1


def test_no_state_leads_to_launch_without_a_yes_that_approve_brought_back() -> None:
    state = fresh("s")
    state["heard"] = {"n": 7, "kind": "say", "text": "yes", "seen": 6}
    state["order"] = {
        "id": "o",
        "document": "o",
        "kind": "train",
        "run": "r",
        "plan": "p",
        "n": 3,
        "settings": {},
    }
    for agreed, faced in ((True, None), (True, "o/6"), (True, "other/7"), (False, "o/7")):
        state["agreed"], state["faced"] = agreed, faced
        assert next_step(state) == "approve"
    state["agreed"], state["faced"] = True, "o/7"
    assert next_step(state) == "launch"


def test_a_process_killed_between_submit_and_checkpoint_leaves_exactly_one_run(
    desk: Desk, tmp_path: Path
) -> None:
    session = desk.session()
    desk.to_order(session)
    child = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from agent.conversation.sessions import Session, Worker
        from agent.conversation.turns import Turns
        from agent.brain.rules import RulesBrain
        from tests.fake_engine import FakeEngine

        class Deadly(FakeEngine):
            def launch(self, plan, **more):
                super().launch(plan, **more)
                os.kill(os.getpid(), signal.SIGKILL)

        home = Path({str(tmp_path)!r})
        Session("s", Worker(Turns(home, engine=Deadly(home), brain=RulesBrain()))).say("yes")
    """)
    ended = subprocess.run(
        [sys.executable, "-c", child],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONPATH": "."},
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    folders = [
        folder.name
        for folder in desk.engine.runs.iterdir()
        if (folder / "kind").read_text() == "train"
    ]
    assert len(folders) == 1
    desk.session()  # whoever looks next finishes the turn
    assert session.history()[-1]["text"].startswith("Started")
    assert [run for run in session.runs if run == folders[0]] == folders
    assert [
        folder.name
        for folder in desk.engine.runs.iterdir()
        if (folder / "kind").read_text() == "train"
    ] == folders


def test_a_measurement_that_costs_is_put_up_for_approval(tmp_path: Path) -> None:
    desk = Desk(tmp_path, simple=0.3, order_to_measure=True)
    session = desk.session()
    reply = desk.to_order(session)
    assert reply.order is not None and reply.order.kind == "measure"
    assert desk.engine.submitted == []
    after = session.say("no, skip that")
    assert desk.engine.submitted == []
    assert after.order is not None and after.order.kind == "train", after.text
    desk.close()
