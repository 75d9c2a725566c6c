"""What the page shows, without a browser: renderers, buttons, the door, and whose session is whose."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent import settings
from agent.ui import chat, curves, door, safe, view, way, welcome
from agent.ui.lean import UNCHANGED
from agent.ui.page import Page
from agent.ui.tabs import data, plan, results, runs, training, understood
from tests.fake_engine import FakeEngine
from tests.talking import handed_over
from tools.errors import DataError, RunError
from tools.judging.report import speaker
from training.rundir import Event
from training.text import Text

SCRIPT = "<img src=x onerror=alert(1)>\"'"
EN, ZH = speaker("en"), speaker("zh")


@pytest.fixture
def studio(tmp_path: Path) -> view.Studio:
    return view.Studio(settings.read(tmp_path), FakeEngine(tmp_path))


def say(
    studio: view.Studio,
    text: str,
    *,
    session: str = "",
    owner: str = "",
    files: tuple[Path, ...] = (),
) -> view.View:
    opened = studio.open(session, owner)
    opened.say(text, files)
    return studio.view(opened.id, owner)


def to_order(studio: view.Studio, tmp_path: Path) -> view.View:
    seen = say(
        studio,
        "Sort our support tickets by topic",
        files=(handed_over.write("support_600", tmp_path),),
    )
    for _ in range(8):
        assert seen.reply is not None
        if seen.reply.waiting_for == "answer":
            seen = say(studio, "I don't know, you decide", session=seen.session)
        elif seen.reply.waiting_for == "run":
            studio.engine.finish_measurements()  # type: ignore[attr-defined]
            studio.open(seen.session, "").look()
            seen = studio.view(seen.session, "")
        elif seen.reply.order is None:
            seen = say(studio, str(chat.suggestions(seen)["anyway"]), session=seen.session)
    assert seen.reply is not None and seen.reply.order is not None
    return seen


def drawn(seen: view.View, speak: object = EN) -> str:
    return "".join(
        [way.stepper(seen, speak), understood.drawn(seen, speak), data.drawn(seen, speak), plan.drawn(seen, speak),  # type: ignore[arg-type]
         training.drawn(seen, speak), results.drawn(seen, speak, "en"), runs.drawn(seen, speak)]  # type: ignore[arg-type]
    )  # fmt: skip


def test_an_empty_page_says_what_to_do_in_both_languages() -> None:
    empty = view.View()
    assert "hand over some examples" in drawn(empty)
    assert "No runs yet" in drawn(empty) and "No runs yet" not in drawn(empty, ZH)
    assert "Sends nothing of yours anywhere." in welcome.hello(EN)
    assert len(welcome.cards(EN)) == 6 and all("\n" in words for words in welcome.cards(ZH))


def test_the_panel_follows_the_conversation_to_an_order(
    studio: view.Studio, tmp_path: Path
) -> None:
    seen = to_order(studio, tmp_path)
    assert "600" in data.drawn(seen, EN) and way.stage(seen) == "plan"
    assert "learning rate" in plan.drawn(seen, EN) and "ts-verdict go" in plan.drawn(seen, EN)
    done = [str(name) for name, is_done in way.steps(seen) if is_done]
    assert done == ["Goal", "Data", "Measure", "Plan"]


def test_only_the_button_of_the_standing_order_launches(
    studio: view.Studio, tmp_path: Path
) -> None:
    seen = to_order(studio, tmp_path)
    yes, no = chat.buttons(seen)
    assert "at most" in yes["label"] and "no money" in yes["label"]
    assert chat.pressed(seen, yes["value"]) == chat.Pressed(order=seen.reply.order.id)  # type: ignore[union-attr]
    later = say(studio, "use 1 epoch", session=seen.session)
    assert chat.pressed(later, no["value"]) is None
    old = chat.pressed(later, yes["value"])
    assert old is not None and old.order is not None
    before = list(studio.engine.submitted)  # type: ignore[attr-defined]
    studio.open(seen.session, "").approve(old.order)
    assert studio.engine.submitted == before and studio.view(seen.session, "").training is None  # type: ignore[attr-defined]


def test_only_the_last_message_has_buttons_and_none_while_one_is_answered(
    studio: view.Studio, tmp_path: Path
) -> None:
    seen = to_order(studio, tmp_path)
    shown = chat.messages(seen, "en")
    assert [bool(one.get("options")) for one in shown].count(True) == 1 and shown[-1]["options"]
    assert not any(
        one.get("options") for one in chat.messages(seen, "en", forming=chat.Forming(text="…"))
    )


def test_a_made_up_button_means_nothing(studio: view.Studio) -> None:
    seen = say(studio, "hello")
    for value in (
        "",
        "answer:1:99",
        "answer:x:y",
        "say:1:rm",
        "approve:",
        "nonsense",
        "answer:1:-1",
    ):
        assert chat.pressed(seen, value) is None


def test_what_people_rows_and_files_say_is_shown_and_not_run(
    studio: view.Studio, tmp_path: Path
) -> None:
    path = tmp_path / "evil<b>.csv"
    rows = [f"{SCRIPT} message {number},label{number % 3}{SCRIPT[:12]}" for number in range(60)]
    path.write_text(
        "text,label\n" + "\n".join(row.replace('"', "") for row in rows), encoding="utf-8"
    )
    seen = say(studio, f"Sort these {SCRIPT} by label", files=(path,))
    assert "<img" not in drawn(seen)
    assert "&lt;img" in drawn(seen)
    for message in chat.messages(seen, "en"):
        assert "<img" not in message["content"].replace("\\<img", "")


def test_quoted_text_holds_no_picture_and_no_link() -> None:
    said = safe.spoken("see ![x](http://a/b.png) and [y](javascript:alert(1)) <b>\n- one\nafter")
    assert "![" not in said and "](" not in said and "<b>" not in said and "- one\n\nafter" in said
    assert safe.spoken("`a < b`") == "`a < b`"
    assert safe.typed("*a* `b`") == "\\*a\\* \\`b\\`"


def test_an_uploaded_name_is_only_a_name() -> None:
    assert view.plain_name("../../etc/passwd") == "passwd"
    assert view.plain_name("..\\..\\x.csv") == "x.csv"
    assert view.plain_name(".hidden") == "hidden"
    assert view.plain_name("a" * 300 + ".csv") == "a" * 80 + ".csv"
    assert view.plain_name('<b>"x\n.csv') == "bx.csv"
    assert view.plain_name("...") == "data"


def test_uploads_are_kept_under_their_session(studio: view.Studio, tmp_path: Path) -> None:
    first, second = studio.incoming / "a" / "rows.csv", studio.incoming / "b" / "rows.csv"
    for number, path in enumerate((first, second)):
        path.parent.mkdir(parents=True)
        path.write_text(str(number))
    kept = studio.keep("0" * 16, [str(first), str(second)])
    assert [path.read_text() for path in kept] == ["0", "1"]
    assert all(
        path.name == "rows.csv" and tmp_path / "uploads" / ("0" * 16) in path.parents
        for path in kept
    )


def test_only_what_was_uploaded_can_be_handed_over(studio: view.Studio, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("text,label\na,b\n")
    studio.incoming.mkdir(parents=True)
    (studio.incoming / "link.csv").symlink_to(secret)
    for name in (
        str(secret),
        "/etc/passwd",
        str(studio.incoming / ".." / ".." / "secret.csv"),
        str(studio.incoming / "link.csv"),
    ):
        with pytest.raises(DataError, match="uploaded"):
            studio.keep("0" * 16, [name])


def test_nobody_sees_the_conversation_of_another(studio: view.Studio) -> None:
    mine = say(studio, "hello", owner="ann")
    assert mine.turns
    assert (
        studio.view(mine.session, "bob")
        == view.View()
        == studio.view("../x", "ann")
        == studio.view("0" * 16, "ann")
    )
    with pytest.raises(RunError):
        studio.open(mine.session, "bob")


def test_a_page_that_is_opened_again_shows_the_same(studio: view.Studio, tmp_path: Path) -> None:
    seen = to_order(studio, tmp_path)
    again = view.Studio(studio.settings, studio.engine).view(seen.session, "")
    assert chat.messages(again, "en") == chat.messages(seen, "en") and drawn(again) == drawn(seen)


def test_another_address_needs_a_login(tmp_path: Path) -> None:
    bare = settings.Settings(home=tmp_path, language="en", auth=None, mcp_token=None)
    assert (
        door.door("127.0.0.1", bare) is None
        and door.door("::1", bare) is None
        and door.door("localhost", bare) is None
    )
    for host in ("0.0.0.0", "::", "192.168.1.4", "example.org", "127.0.0.1.example.org"):
        with pytest.raises(RunError, match="no login"):
            door.door(host, bare)
    with pytest.raises(RunError, match="user:password"):
        door.door("0.0.0.0", settings.Settings(tmp_path, "en", "onlyname", None))
    given = door.door("0.0.0.0", settings.Settings(tmp_path, "en", "ann:a:b", None))
    assert (
        given is not None
        and given("ann", "a:b")
        and not given("ann", "a")
        and not given("bob", "a:b")
    )


def test_passwords_are_kept_as_hashes(tmp_path: Path) -> None:
    path = door.add(tmp_path, "ann", "first")
    door.add(tmp_path, "bob", "other")
    door.add(tmp_path, "ann", "second")
    assert "second" not in path.read_text() and path.stat().st_mode & 0o077 == 0
    known = door.door("0.0.0.0", settings.Settings(tmp_path, "en", None, None))
    assert (
        known is not None
        and known("ann", "second")
        and not known("ann", "first")
        and known("bob", "other")
    )


def test_whoever_guesses_has_to_wait() -> None:
    now = [0.0]
    guarded = door.Door({"ann": door.hashed("right")}, clock=lambda: now[0])
    assert not any(guarded("ann", "wrong") for _ in range(door.TRIES))
    assert not guarded("ann", "right")
    now[0] = door.WAIT_S + 1
    assert guarded("ann", "right")


def event(n: int, code: str, step: int, **facts: float) -> Event:
    return Event(
        n=n,
        at="2026-11-20T10:00:00.000+00:00",
        run="r",
        stage="1-sft",
        step=step,
        code=code,
        text=Text.plain(SCRIPT),
        facts=facts,
    )


def test_a_long_run_draws_no_more_than_a_short_one() -> None:
    points = [(float(step), 1.0 / (1 + step)) for step in range(50_000)]
    assert len(curves.thinned(points)) < 500 and curves.thinned(points)[-1] == points[-1]
    assert curves.chart("t", [("loss", [])], x_max=1) == ""
    drawing = curves.chart(SCRIPT, [(SCRIPT, points[:5])], x_max=5)
    assert "<img" not in drawing and drawing.count("ts-dot") == 5


def test_a_run_shows_its_curves_and_a_lost_one_stops_the_polling() -> None:
    from agent.engine import Standing

    events = (event(1, "stage_started", 0, steps=100), event(2, "step", 5, loss=2.0, seconds_left=90.0), event(3, "checkpoint", 50, task=0.4, retention=0.9))  # fmt: skip
    run = view.RunView("r", "train", Standing("r", "training"), events)
    shown = training.drawn(view.View(runs=(run,)), EN)
    assert (
        "100 steps" in shown
        and "2 minutes" in shown
        and "<img" not in shown
        and shown.count("<svg") == 2
    )
    assert run.lives and not view.RunView("r", "train", Standing("r", "lost")).lives


def test_a_look_at_a_new_page_sends_nothing_that_stands_there_already(studio: view.Studio) -> None:
    page = Page(studio)
    page.build()
    stranger = SimpleNamespace(username=None)
    changes = page.refresh("", "en", page.shown.value, stranger)  # type: ignore[arg-type]
    assert set(changes) == {page.chat, page.timer, page.welcome, page.shown}
    assert len(page.refresh("", "zh", page.shown.value, stranger)) > 30  # type: ignore[arg-type]


def test_what_an_event_leaves_alone_is_not_made_anew(studio: view.Studio) -> None:
    from gradio.state_holder import SessionState

    blocks = Page(studio).build()
    number, event = next(
        (number, one) for number, one in blocks.fns.items() if len(one.outputs) > 30
    )
    state = SessionState(blocks)
    chosen = next(one for one in event.outputs if one.get_block_name() == "html")
    before = {one._id: state.blocks_config.blocks[one._id] for one in event.outputs}
    sent = asyncio.run(blocks.postprocess_data(blocks.fns[number], {chosen: "<b>new</b>"}, state))
    assert sent[event.outputs.index(chosen)] == "<b>new</b>"
    assert all(
        one == UNCHANGED for place, one in enumerate(sent) if event.outputs[place] is not chosen
    )
    assert all(state.blocks_config.blocks[name] is one for name, one in before.items())
