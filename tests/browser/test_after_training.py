"""The tabs after training as people meet them: result, trying, voting, taking away, runs. `pytest -m slow tests/browser`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.browser.conftest import Site
from tests.browser.conversing import OPTION, to_order

pytestmark = pytest.mark.slow
ATTACK = "<img src=x onerror=\"document.title='pwned'\">"


def to_result(page: Any, site: Site) -> str:
    """Order a training, end it, and give the run's name."""
    to_order(page, site.engine).click()
    page.locator("#ts-stop").wait_for(timeout=30_000)
    run = site.engine.trained()[-1]
    folder = site.home / "runs" / run
    hostile = json.loads((folder / "phases/base-zero-shot.json").read_text("utf-8"))
    hostile["value"][:5] = [ATTACK] * 5
    (folder / "phases/base-zero-shot.json").write_text(json.dumps(hostile), "utf-8")
    site.engine.finish(run)
    page.locator(".ts-verdict").last.wait_for(timeout=30_000)
    return run


def tab(page: Any, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    page.wait_for_timeout(200)


def test_asking_both_models_and_voting_blindly_reach_the_result(person: Any, site: Site) -> None:
    page = person()
    to_result(page, site)
    tab(page, "Try it")
    page.locator("#ts-ask textarea").fill(f"my card is gone {ATTACK}")
    page.locator("#ts-ask-both").click()
    page.get_by_text("card_lost").wait_for(timeout=30_000)
    for _ in range(2):
        press = page.locator(".ts-offers.across .ts-press").last
        now = press.get_attribute("data-do")
        press.click()
        page.wait_for_function('now => !document.querySelector(`[data-do="${now}"]`)', arg=now)
    page.get_by_text("Pair 3 of").wait_for(timeout=30_000)
    page.reload()
    page.locator(".ts-verdict").last.wait_for(timeout=30_000)
    tab(page, "Try it")
    page.get_by_text("Pair 3 of").wait_for(timeout=30_000)
    assert page.title() == "Tunesmith" and page.trouble == []
    assert page.locator("#ts-right img").count() == 0


def test_a_question_that_was_tried_is_kept_for_the_next_test(person: Any, site: Site) -> None:
    page = person()
    run = to_result(page, site)
    tab(page, "Try it")
    page.locator("#ts-ask textarea").fill(f"my card is gone {ATTACK}")
    page.locator("#ts-ask-both").click()
    page.get_by_text("card_lost").wait_for(timeout=30_000)
    assert page.locator("#ts-right-answer textarea").input_value() == "card_lost"
    page.locator("#ts-right-answer textarea").fill(f"card_lost {ATTACK}")
    page.locator("#ts-keep").click()
    page.locator(".ts-kept li").wait_for(timeout=30_000)
    (item,) = site.engine.kept(run)
    assert (item.prompt, item.answer) == (f"my card is gone {ATTACK}", f"card_lost {ATTACK}")
    page.locator("#ts-box textarea").fill("Please plan another training with 2 epochs")
    page.locator("#ts-box .submit-button").click()
    page.locator(OPTION).filter(has_text="Yes, start").last.wait_for(timeout=30_000)
    tab(page, "Data")
    page.get_by_text("join the test: 1").wait_for(timeout=30_000)
    tab(page, "Plan")
    page.get_by_text("test items you kept 1").wait_for(timeout=30_000)
    tab(page, "Try it")
    page.screenshot(path=str(site.home / "kept.png"))
    page.locator(".ts-kept .ts-press").click()
    page.locator(".ts-kept").wait_for(state="detached", timeout=30_000)
    assert site.engine.kept(run) == ()
    assert page.title() == "Tunesmith" and page.trouble == []


def test_the_slider_stands_at_a_version_that_a_press_makes_the_one_to_use(
    person: Any, site: Site
) -> None:
    page = person()
    run = to_result(page, site)
    tab(page, "Results")
    slider = page.locator("[data-slide]")
    slider.scroll_into_view_if_needed()
    press = page.get_by_role("button", name="Make this the one to use")
    assert not press.is_visible()
    slider.press("ArrowRight")
    press.scroll_into_view_if_needed()
    page.screenshot(path=str(site.home / "version.png"))
    press.click()
    page.get_by_text("this is a second look and I say so").first.wait_for(timeout=30_000)
    page.locator("#ts-right").get_by_text("You chose this version after").first.wait_for(
        timeout=30_000
    )
    page.screenshot(path=str(site.home / "second.png"))
    assert len(list((site.home / "runs").glob(f"{run}-*"))) == 1
    assert page.trouble == []


def test_a_press_exports_through_the_conversation_after_a_yes(person: Any, site: Site) -> None:
    page = person()
    run = to_result(page, site)
    tab(page, "Use it")
    page.locator("[data-do='export:merged']").click()
    yes = page.locator("#ts-right .ts-press.strong")
    yes.wait_for(timeout=30_000)
    assert not (site.home / "runs" / run / "export").exists()
    yes.click()
    page.locator("#ts-chat").get_by_text("the model lies in").wait_for(timeout=30_000)
    assert (site.home / "runs" / run / "export" / "merged").is_dir()
    assert run in page.inner_text("#ts-right .ts-copy code >> nth=0")
    assert page.trouble == []


def test_a_stopped_run_goes_on_by_a_press(person: Any, site: Site) -> None:
    page = person()
    to_order(page, site.engine).click()
    page.locator("#ts-stop").wait_for(timeout=30_000)
    page.locator("#ts-stop").click()
    page.locator(".ts-verdict").last.wait_for(timeout=30_000)
    tab(page, "Training")
    page.locator("#ts-resume").click()
    page.locator("#ts-stop").wait_for(timeout=30_000)
    assert not page.locator("#ts-resume").is_visible() and page.trouble == []


def test_every_tab_after_training_fits_a_phone_in_chinese(person: Any, site: Site) -> None:
    page = person()
    to_result(page, site)
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#ts-language label").last.click()
    page.locator(".ts-verdict", has_text="模型").wait_for(timeout=30_000)
    for name in ("训练", "结果", "试一试", "使用", "运行记录"):
        found = page.get_by_role("tab", name=name, exact=True)
        if not found.is_visible():
            page.locator(".overflow-menu button").first.click()
            found = page.locator(".overflow-dropdown button").filter(has_text=name)
        found.click()
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.trouble == []
