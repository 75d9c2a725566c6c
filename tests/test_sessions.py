"""Sessions: they survive restarts, belong to somebody, and stream."""

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.conversation.sessions import named_files, open_session
from tests.talking import Desk
from tools.errors import PlanError, RunError


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, simple=0.3)
    yield made
    made.close()


def test_a_session_goes_on_after_a_restart(tmp_path: Path) -> None:
    first = Desk(tmp_path, simple=0.3)
    order = first.to_order(first.session()).order
    first.close()
    second = Desk(tmp_path, simple=0.3)
    session = second.session()
    last = session.last_reply()
    assert last is not None and last.order == order
    session.approve(order)
    assert len(second.engine.trained()) == 1
    second.close()


def test_a_reply_forms_piece_by_piece_and_adds_up(desk: Desk) -> None:
    session = desk.session()
    pieces = list(session.stream("Sort our support tickets by topic", [desk.data()]))
    assert len(pieces) > 1
    last = session.last_reply()
    assert last is not None and "".join(pieces) == last.text


def test_what_happened_is_told_and_watched(desk: Desk) -> None:
    session = desk.session()
    desk.to_order(session)
    session.say("yes")
    desk.engine.finish(desk.engine.trained()[0])
    assert [event.code for event in session.watch(poll_s=0)][-1] == "done"
    report = session.wait(poll_s=0)
    assert report.verdict == "ship"
    assert "Use it" in session.history()[-1]["text"]


def test_waiting_without_a_run_is_an_error_that_says_what_to_do(desk: Desk) -> None:
    with pytest.raises(RunError, match="Approve the order"):
        desk.session().wait()
    with pytest.raises(RunError, match="no order to approve"):
        desk.session().approve(None)


def test_an_id_cannot_be_guessed_and_another_owner_is_refused(desk: Desk, tmp_path: Path) -> None:
    settings = SimpleNamespace(home=tmp_path)
    mine = open_session(settings, desk.engine, owner="ann")  # type: ignore[arg-type]
    assert len(mine.id) == 16
    assert open_session(settings, desk.engine, id=mine.id, owner="ann").id == mine.id  # type: ignore[arg-type]
    for name, owner in ((mine.id, "bob"), ("unknown", "ann"), ("../../etc", "ann")):
        with pytest.raises(RunError, match="no conversation"):
            open_session(settings, desk.engine, id=name, owner=owner)  # type: ignore[arg-type]
    with pytest.raises(PlanError, match="no brain"):
        open_session(settings, desk.engine, brain="telepathy")  # type: ignore[arg-type]


def test_paths_typed_on_a_shared_page_are_not_looked_up(desk: Desk) -> None:
    from agent.conversation.sessions import Session

    path = desk.data()
    reply = Session("page", desk.worker, local_files=False).say(f"my data is in {path}")
    assert "cannot find" in reply.text
    assert named_files(f"my data is in {path}") == [str(path)]


def test_a_file_that_is_not_there_is_named(desk: Desk) -> None:
    reply = desk.session().say("here's tickets_of_2019.csv")
    assert "tickets_of_2019.csv" in reply.text


def test_an_error_inside_a_turn_is_told_and_the_session_lives_on(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    session = desk.session()
    plan = desk.engine.plan
    desk.engine.plan = lambda request: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    reply = session.say("Sort our support tickets by topic", [desk.data()])
    assert "went wrong on my side" in reply.text
    assert "ZeroDivisionError" in caplog.text
    desk.engine.plan = plan  # type: ignore[method-assign]
    assert "went wrong" not in session.say("hello, are you there?").text


def test_a_session_keeps_one_checkpoint_however_long_it_is(desk: Desk) -> None:
    session = desk.session()
    desk.to_order(session)
    sizes = []
    for _ in range(3):
        for words in ("why?", "what does it cost?", "what is LoRA", "how long?"):
            session.say(words)
        rows = desk.worker.turns._saver.conn.execute(
            "SELECT COUNT(*), SUM(LENGTH(checkpoint)) FROM checkpoints"
        ).fetchone()
        sizes.append(rows)
    assert all(count == 1 for count, _ in sizes)
    assert sizes[-1][1] < 1.2 * sizes[0][1]


def test_the_conversation_can_be_taken_away(desk: Desk) -> None:
    session = desk.session()
    session.say("hello")
    assert session.markdown().startswith("# Conversation s\n\n**You**: hello\n\n**Tunesmith**: ")
    assert [entry["role"] for entry in session.history()] == ["user", "assistant"]


def test_the_terminal_shows_choices_and_orders(desk: Desk) -> None:
    from rich.console import Console

    from agent.cli.talk import show

    out = io.StringIO()
    show(Console(file=out, width=100), desk.to_order(desk.session()))
    assert "Waits for your yes" in out.getvalue()
