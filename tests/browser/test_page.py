"""The page as people meet it. `pytest -m slow tests/browser`."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Site, free_port
from tests.browser.conversing import OPTION, conversation, take_sample, to_order

pytestmark = pytest.mark.slow
ATTACK = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>"


def test_the_first_screen_says_what_this_is_and_fetches_nothing_from_elsewhere(person: Any) -> None:
    page = person()
    assert page.locator("#ts-samples button").count() == 6
    assert "Sends nothing of yours anywhere." in page.inner_text("#ts-welcome")
    assert page.trouble == []


def test_the_greeting_is_in_the_language_of_the_browser_and_can_be_switched(person: Any) -> None:
    page = person(locale="zh-CN")
    page.get_by_role("tab", name="数据").wait_for()
    assert "你" in page.inner_text("#ts-welcome")
    page.locator("#ts-language label").first.click()
    page.get_by_role("tab", name="Data").wait_for()
    page.get_by_text("What should your model learn?").wait_for()


def test_one_click_on_a_sample_describes_its_data_and_asks(person: Any) -> None:
    page = person()
    take_sample(page)
    assert "600" in page.inner_text(".ts-facts") and not page.locator("#ts-welcome").is_visible()
    asked = page.locator(OPTION).first.inner_text()
    page.locator(OPTION).first.click()
    page.locator("#ts-chat .user").get_by_text(asked).wait_for()
    assert page.trouble == []


def test_a_reload_shows_the_same_conversation(person: Any) -> None:
    page = person()
    take_sample(page)
    before = conversation(page)
    page.reload()
    page.locator(OPTION).first.wait_for()
    assert conversation(page) == before and before
    assert page.locator(".ts-fact").first.is_visible()


def test_a_new_conversation_begins_empty_and_stays_so(person: Any) -> None:
    page = person()
    take_sample(page)
    page.locator("#ts-new").click()
    page.locator("#ts-samples button").first.wait_for()
    page.reload()
    page.locator("#ts-samples button").first.wait_for()
    assert "#" not in page.url


def test_two_people_never_see_each_other(person: Any) -> None:
    first, second = person(), person()
    take_sample(first)
    second.reload()
    second.locator("#ts-samples button").first.wait_for()
    assert "support_600" not in second.inner_text("body")


def test_what_is_typed_and_what_stands_in_files_never_runs(person: Any, tmp_path: Path) -> None:
    page = person()
    path = tmp_path / "bad<img src=x onerror=alert(1)>.csv"
    rows = [
        f'"{ATTACK.replace(chr(34), chr(39))} nr {number}","label {number % 3} <b>x</b>"'
        for number in range(90)
    ]
    path.write_text("text,label\n" + "\n".join(rows), encoding="utf-8")
    page.set_input_files("#ts-box input[type=file]", str(path))
    page.locator(
        "#ts-box .thumbnail-item, #ts-box [data-testid=file], #ts-box .thumbnails"
    ).first.wait_for()
    page.locator("#ts-box textarea").fill(
        f"Sort these texts into groups {ATTACK} ![x](http://example.org/x.png)"
    )
    page.locator("#ts-box .submit-button").click()
    page.locator(".ts-fact").first.wait_for(timeout=30_000)
    page.get_by_role("tab", name="Understood").click()
    assert page.title() == "Tunesmith" and page.trouble == []
    assert page.locator("#ts-right img, #ts-right script, #ts-chat img").count() == 0


def test_a_phone_needs_no_sideways_scrolling(person: Any) -> None:
    page = person(viewport={"width": 390, "height": 844})
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) <= 390
    take_sample(page)
    assert page.evaluate(width) <= 390


def test_the_keyboard_alone_takes_a_sample_and_answers(person: Any) -> None:
    page = person()
    seen: dict[str, int] = {}
    for place in range(24):
        page.keyboard.press("Tab")
        where = "document.activeElement.closest('#ts-samples, #ts-lessons')?.id || document.activeElement.tagName"
        seen.setdefault(page.evaluate(where), place)
    assert {"ts-samples", "ts-lessons", "TEXTAREA"} <= set(seen)
    page.locator("#ts-samples button").first.focus()
    page.keyboard.press("Enter")
    page.locator(OPTION).first.wait_for(timeout=30_000)
    page.locator(OPTION).first.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.locator("#ts-chat .user").nth(1).wait_for(timeout=30_000)


def test_another_name_for_this_machine_is_turned_away_and_nothing_is_documented(site: Site) -> None:
    asked = urllib.request.Request(site.url, headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked)
    assert refused.value.code == 400
    with urllib.request.urlopen(site.url + "gradio_api/info") as answer:
        assert b'"/say"' not in answer.read()


def test_a_yes_starts_one_run_which_is_followed_and_stopped(person: Any, site: Site) -> None:
    page = person()
    to_order(page, site.engine).click()
    page.locator("#ts-stop").wait_for(timeout=30_000)
    assert page.get_by_role("tab", name="Training").get_attribute("aria-selected") == "true"
    assert len(site.engine.trained()) == 1
    page.locator("#ts-stop").click()
    page.locator(".ts-verdict").last.wait_for(timeout=30_000)
    assert not page.locator("#ts-stop").is_visible()


def test_the_yes_in_an_old_tab_launches_nothing(person: Any, site: Site) -> None:
    page = person()
    to_order(page, site.engine)
    old = page.context.new_page()
    old.goto(page.url)
    old_yes = old.locator(OPTION).filter(has_text="Yes, start")
    old_yes.wait_for(timeout=30_000)
    page.locator("#ts-box textarea").fill("use 1 epoch")
    page.locator("#ts-box .submit-button").click()
    page.locator("#ts-chat .user").get_by_text("use 1 epoch").wait_for()
    page.locator(OPTION).filter(has_text="Yes, start").wait_for(timeout=30_000)
    before = site.engine.trained()
    old_yes.click()
    old.get_by_text("no longer stands").wait_for(timeout=30_000)
    assert site.engine.trained() == before


def test_behind_a_login_nothing_answers_a_stranger(tmp_path: Path) -> None:
    from agent import settings
    from agent.ui.door import Door, hashed
    from agent.ui.launch import start
    from agent.ui.page import build
    from tests.fake_engine import FakeEngine

    port = free_port()
    blocks = build(engine=FakeEngine(tmp_path), home=settings.read(tmp_path), shared=True)
    start(blocks, host="127.0.0.1", port=port, login=Door({"ann": hashed("pass")}))
    try:
        for path in (
            "config",
            "gradio_api/info",
            "gradio_api/queue/data?session_hash=x",
            "gradio_api/file=/etc/passwd",
        ):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}")
            assert refused.value.code in (401, 403, 404)
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/gradio_api/queue/join", headers={"Content-Type": "application/json"},
            data=json.dumps({"data": ["", "en"], "fn_index": 0, "session_hash": "x"}).encode(),
        )  # fmt: skip
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked)
        assert refused.value.code == 401
    finally:
        blocks.close()


def test_what_is_sent_stands_there_before_the_server_has_answered(person: Any) -> None:
    page = person()
    held: list[Any] = []

    def hold(route: Any) -> None:  # playwright takes no built-in function
        held.append(route)

    page.route("**/queue/join*", hold)
    page.locator("#ts-box textarea").fill(f"Sort my mails {ATTACK}")
    page.locator("#ts-box .submit-button").click()
    page.locator("#ts-echo p").get_by_text("Sort my mails").wait_for(timeout=5_000)
    assert page.locator("#ts-echo img").count() == 0
    for one in held:
        one.continue_()
    page.unroute("**/queue/join*")
    page.locator("#ts-chat .user").get_by_text("Sort my mails").wait_for(timeout=30_000)
    page.locator("#ts-echo p").wait_for(state="detached", timeout=30_000)
    assert page.title() == "Tunesmith" and page.trouble == []
