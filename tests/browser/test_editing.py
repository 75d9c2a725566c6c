"""Values changed where they are shown, what-if sliders, plan files, lessons, cards: in a real browser. `pytest -m slow tests/browser`."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Site
from tests.browser.conversing import OPTION, conversation, said_by_person, take_sample, to_order

pytestmark = pytest.mark.slow
AXE = [Path(os.environ.get("AXE_CORE", "axe.min.js")), Path("node_modules/axe-core/axe.min.js")]
SERIOUS = """
async () => (await axe.run(document)).violations.filter((one) => ['serious', 'critical'].includes(one.impact))
  .map((one) => one.id + ' ' + one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', '))
"""


def plan_field(page: Any, name: str) -> Any:
    """A field of the plan's first stage, opened where it is folded away."""
    page.get_by_role("tab", name="Plan").click()
    field = page.locator(f"#plan-{name}")
    if not field.is_visible():
        page.locator("#ts-right details summary:visible").first.click()
    return field


def hand_back(page: Any, path: Path) -> None:
    """Choose a plan file as a person does: the click makes the same name count as a new file."""
    with page.expect_file_chooser() as chooser:
        page.locator("#ts-planfile").click()
    chooser.value.set_files(str(path))


def test_what_was_done_stands_as_cards_with_how_long_it_took(person: Any) -> None:
    page = person()
    take_sample(page)
    heads = [one for one in conversation(page) if "Decided the plan" in one]
    assert heads and ("ms)" in heads[0] or "s)" in heads[0])
    page.locator("#ts-chat .thought-group .title").filter(has_text="Decided").click()
    page.locator("#ts-chat .thought-group .content").filter(has_text="about").wait_for()


def test_a_value_changed_on_the_plan_is_told_marked_and_kept(person: Any, site: Site) -> None:
    page = person()
    to_order(page, site.engine)
    field = plan_field(page, "sft-epochs")
    old = field.input_value()
    field.fill("9")
    field.press("Enter")
    said_by_person(page, "passes over the data (SFT) = 9")
    page.locator(".ts-moved").first.wait_for(timeout=30_000)
    assert old in page.inner_text(".ts-moved") and "9" in page.inner_text(".ts-moved")
    assert page.locator(".ts-value.moved").count() >= 1 and field.is_visible()
    page.reload()
    page.locator(OPTION).filter(has_text="Yes, start").wait_for()
    again = plan_field(page, "sft-epochs")
    assert again.input_value() == "9"
    page.get_by_role("button", name="Leave passes over the data").click()
    said_by_person(page, "I leave this to you again")
    page.wait_for_function(
        "old => document.querySelector('#plan-sft-epochs').value === old", arg=old
    )
    assert site.engine.trained() == [] and page.trouble == []


def test_a_value_that_means_nothing_goes_back_to_what_stands(person: Any, site: Site) -> None:
    page = person()
    to_order(page, site.engine)
    field = plan_field(page, "sft-batch-size")
    old = field.input_value()
    field.fill("<img src=x onerror=alert(1)>")
    field.press("Enter")
    page.get_by_text("Nothing was changed.").wait_for(timeout=30_000)
    page.wait_for_function(
        "old => document.querySelector('#plan-sft-batch-size').value === old", arg=old
    )
    assert page.trouble == [] and page.locator("#ts-chat img, #ts-right img").count() == 0


def test_the_sliders_only_ask(person: Any, site: Site) -> None:
    page = person()
    to_order(page, site.engine)
    page.get_by_role("tab", name="Plan").click()
    before = conversation(page)
    page.locator("#ts-whatif button").first.click()
    slider = page.get_by_role("slider", name="Examples")
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    page.get_by_text("Decided again in").wait_for(timeout=30_000)
    assert slider.get_attribute("aria-valuetext") == "4 times as many"
    assert conversation(page) == before


def test_a_plan_file_goes_down_and_comes_back(person: Any, site: Site, tmp_path: Path) -> None:
    page = person()
    to_order(page, site.engine)
    page.get_by_role("tab", name="Plan").click()
    packed = page.locator("a[download='plan.json']").get_attribute("href").split(",")[1]
    plan = json.loads(base64.b64decode(packed))
    plan["stages"][0]["epochs"]["value"] = 4
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    hand_back(page, path)
    said_by_person(page, "1 changed value.")
    page.wait_for_function("document.querySelector('#plan-sft-epochs').value === '4'")
    path.write_text("{}", encoding="utf-8")
    hand_back(page, path)
    page.locator("#ts-alert [role=alert]").wait_for(timeout=30_000)
    assert "Field required" not in page.inner_text("#ts-alert")


def test_a_message_that_could_not_be_posted_comes_back_with_what_to_do(
    person: Any, site: Site, tmp_path: Path
) -> None:
    page = person()
    path = tmp_path / "gone.csv"
    path.write_text("text,label\na,b\n", encoding="utf-8")
    page.set_input_files("#ts-box input[type=file]", str(path))
    page.locator("#ts-box .thumbnail-item, #ts-box [data-testid=file]").first.wait_for()
    page.locator("#ts-box textarea").fill("Sort these")
    for arrived in (site.home / "uploads" / "incoming").rglob("gone.csv"):
        arrived.unlink()  # as a full disk or a sweeper would
    page.locator("#ts-box .submit-button").click()
    page.locator("#ts-alert [role=alert]").wait_for(timeout=30_000)
    assert page.locator("#ts-box textarea").input_value() == "Sort these"
    page.locator("#ts-box .submit-button").click()
    page.locator("#ts-chat .user").get_by_text("Sort these").wait_for(timeout=30_000)
    assert not page.locator("#ts-alert [role=alert]").is_visible()


def test_what_was_understood_is_changed_in_its_place(person: Any, site: Site) -> None:
    page = person()
    to_order(page, site.engine)
    page.get_by_role("tab", name="Understood").click()
    page.locator("#ts-right details summary:visible").first.click()
    page.get_by_label("limit in minutes").fill("12")
    page.get_by_label("limit in minutes").press("Enter")
    said_by_person(page, "minutes 12")
    page.locator(OPTION).filter(has_text="at most 12 minutes").wait_for(timeout=30_000)


def test_a_lesson_is_one_click_from_its_order(person: Any, site: Site) -> None:
    page = person()
    before = site.engine.trained()
    page.get_by_role("button", name="See a model forget").click()
    page.locator(OPTION).filter(has_text="Yes, start").wait_for(timeout=30_000)
    page.get_by_role("tab", name="Plan").click()
    page.locator(".ts-verdict").first.wait_for()
    assert "Nothing to rehearse" in page.inner_text("#ts-chat .user")
    assert site.engine.trained() == before


def test_near_copies_stand_side_by_side_with_the_difference_marked(person: Any) -> None:
    page = person()
    take_sample(page)
    page.get_by_role("tab", name="Data").click()
    page.locator(".ts-issue").filter(has_text="nearly the same").locator("summary").click()
    pair = page.locator(".ts-pair").first
    assert pair.is_visible() and pair.locator("mark").count() >= 1
    assert pair.locator("code").count() == 2


def test_several_files_are_handed_over_at_once_and_glanced_at(person: Any, tmp_path: Path) -> None:
    page = person()
    paths = [tmp_path / "rows.csv", tmp_path / "rows_test.csv"]
    for number, path in enumerate(paths):
        rows = "".join(f"question {number} {n} about it,topic {n % 4}\n" for n in range(120))
        path.write_text("text,label\n" + rows, encoding="utf-8")
    page.set_input_files("#ts-box input[type=file]", [str(path) for path in paths])
    page.locator("#ts-box .thumbnail-item, #ts-box [data-testid=file]").nth(1).wait_for()
    named = page.locator("#ts-attached span")
    named.nth(1).wait_for()
    assert "rows.csv" in named.nth(0).inner_text() and "kB" in named.nth(1).inner_text()
    page.locator("#ts-box textarea").fill("Sort these texts into groups")
    page.locator("#ts-box .submit-button").click()
    page.locator(OPTION).first.wait_for(timeout=30_000)
    page.locator(".ts-fact").first.wait_for()
    assert "rows_test.csv" in page.inner_text("#ts-chat .user")


def test_editing_works_on_a_phone_without_sideways_scrolling(person: Any, site: Site) -> None:
    page = person(viewport={"width": 390, "height": 844}, color_scheme="dark")
    to_order(page, site.engine)
    plan_field(page, "sft-epochs").scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_axe_finds_nothing_serious(person: Any, site: Site) -> None:
    source = next((path for path in AXE if path.is_file()), None)
    if source is None:
        pytest.skip("axe-core is not here: npm install axe-core, or name axe.min.js in AXE_CORE")
    page = person()
    found = []

    def look(where: str) -> None:
        page.evaluate(source.read_text(encoding="utf-8"))
        found.extend(f"{where}: {one}" for one in page.evaluate(SERIOUS))

    look("first screen")
    to_order(page, site.engine)
    for name in ("Understood", "Data", "Plan"):
        page.get_by_role("tab", name=name).click()
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        look(name)
    assert found == []
