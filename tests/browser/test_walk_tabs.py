"""The whole way as people walk it: both languages, wide and narrow, light and dark; then the tabs by keyboard alone, and axe.

Pictures of every step lie in the home of the test (`walk/*.png`): look at them.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agent.ui.page import all_tabs
from tests.browser.conftest import Site
from tests.browser.conversing import OPTION, take_sample
from tests.browser.test_after_training import tab, to_result
from tests.browser.test_editing import AXE, SERIOUS
from tools.judging.report import speaker

pytestmark = pytest.mark.slow
TABS = {language: tuple(speaker(language)(one.title) for one in all_tabs()) for language in ("en", "zh")}  # fmt: skip
WAYS = {
    "en-wide-light": {"locale": "en-US", "viewport": {"width": 1280, "height": 800}},
    "en-narrow-dark": {"locale": "en-US", "viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    "zh-wide-dark": {"locale": "zh-CN", "viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "zh-narrow-light": {"locale": "zh-CN", "viewport": {"width": 390, "height": 844}},
}  # fmt: skip
YES = {"en": "Yes, start", "zh": "同意，开始"}
ANYWAY = {"en": "anyway", "zh": "还是要"}
STOP = {"en": "Stop it", "zh": "停下"}
OF_THE_FAKE = ("The loss fell steadily", "Try it on your own texts", "It answers 85% right")
"""Sentences that the hand-made results bring without a template."""
WHERE = """
() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  const shown = [one, one.nextElementSibling, one.parentElement, one.closest('label')].filter(Boolean).map((each) => getComputedStyle(each));
  const seen = shown.some((each) => (each.outlineStyle !== 'none' && parseFloat(each.outlineWidth) > 0) || each.boxShadow !== 'none');
  return { inside: !!one.closest('#ts-right'), tab: one.getAttribute('role') === 'tab', seen, top: box.top + one.closest('#ts-right')?.scrollTop,
    name: (one.getAttribute('aria-label') || one.labels?.[0]?.innerText || one.innerText || one.title || one.placeholder || one.id || '').trim().slice(0, 60),
    tag: one.tagName + (one.id ? '#' + one.id : '') + (one.className ? '.' + String(one.className).split(' ')[0] : '') };
}
"""


def open_tab(page: Any, name: str) -> None:
    """Choose a tab; on a phone the later ones wait in a menu."""
    found = page.get_by_role("tab", name=name, exact=True)
    for _ in range(20):  # the bar is laid out anew: a tab may stand in neither place for a moment
        if found.count() and found.first.is_visible():
            found.first.click()
            break
        hidden = page.locator(".overflow-dropdown button").filter(has_text=name).first
        if not hidden.is_visible() and page.locator(".overflow-menu > button").first.is_visible():
            page.locator(".overflow-menu > button").first.click()
        if hidden.is_visible():
            hidden.click()
            break
        page.wait_for_timeout(250)
    else:
        raise AssertionError(f"no tab {name}")
    page.wait_for_timeout(200)


def order_of(page: Any, site: Site, language: str) -> Any:
    """Answer with the first choice until the order stands, insisting where the advice is not to train."""
    yes = page.locator(OPTION).filter(has_text=YES[language])
    for _ in range(8):
        if yes.count():
            return yes
        if page.locator(OPTION).filter(has_text=STOP[language]).count():
            site.engine.finish_measurements()
            page.locator(OPTION).filter(has_text=STOP[language]).first.wait_for(state="detached", timeout=30_000)  # fmt: skip
            page.locator(OPTION).first.wait_for(timeout=30_000)
            continue
        before = page.locator("#ts-chat .user").count()
        insist = page.locator(OPTION).filter(has_text=ANYWAY[language])
        (insist if insist.count() else page.locator(OPTION)).first.click()
        page.wait_for_function("n => document.querySelectorAll('#ts-chat .user').length > n", arg=before)  # fmt: skip
        page.locator(OPTION).first.wait_for(timeout=30_000)
    raise AssertionError(page.inner_text("#ts-chat")[-600:])


@pytest.mark.parametrize("way", WAYS)
def test_the_whole_job_fits_and_is_spoken_in_one_language(
    person: Any, site: Site, way: str
) -> None:
    language, pictures = way[:2], site.home / "walk"
    page = person(**WAYS[way])
    width = WAYS[way]["viewport"]["width"]  # type: ignore[index]

    def look(step: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, step
        page.screenshot(path=str(pictures / f"{way}-{step}.png"))

    def all_tabs(step: str) -> None:
        for place, name in enumerate(TABS[language]):
            open_tab(page, name)
            look(f"{step}-{place}")
            if language == "zh":
                assert _english(page.inner_text("#ts-right")) == [], (step, name)

    look("empty")
    all_tabs("empty")
    take_sample(page, 5 if language == "zh" else 0)
    all_tabs("read")
    yes = order_of(page, site, language)
    all_tabs("order")
    yes.click()
    page.locator("#ts-stop").wait_for(timeout=30_000)
    all_tabs("running")
    site.engine.finish(site.engine.trained()[-1])
    page.locator(OPTION).filter(has_not_text=STOP[language]).first.wait_for(timeout=30_000)
    open_tab(page, TABS[language][4])
    page.locator(".ts-verdict:visible").first.wait_for(timeout=30_000)
    all_tabs("ended")
    assert page.trouble == []
    if language == "zh":
        assert _english(page.inner_text("#ts-chat")) == []


def _english(text: str) -> list[str]:
    """Lines with a run of English words that are ours: five or more in a row, outside of code and data."""
    found = []
    for line in text.splitlines():
        words = 0
        for word in line.split():
            plain = word.strip(".,;:!?()\"'").lower()
            words = words + 1 if plain.isascii() and plain.isalpha() else 0
            if words >= 5 and not any(one in line for one in OF_THE_FAKE) and not line.lstrip().startswith(("tunesmith ", "curl ", "from ", "import ")):  # fmt: skip
                found.append(line[:160])
                break
    return found


def test_every_tab_after_training_is_walked_with_the_tab_key_alone(person: Any, site: Site) -> None:
    page = person()
    to_result(page, site)
    reached: dict[str, list[str]] = {}
    for name in ("Plan", "Results", "Try it", "Use it", "Runs"):
        tab(page, name)
        page.get_by_role("tab", name=name, exact=True).focus()
        tops: list[float] = []
        for _ in range(120):
            page.keyboard.press("Tab")
            at = page.evaluate(WHERE)
            if not at["inside"]:
                break
            if at["tab"]:
                continue
            reached.setdefault(name, []).append(at["name"])
            assert at["seen"], f"{name}: no focus to see on {at['tag']} {at['name']!r}"
            assert at["name"], f"{name}: {at['tag']} has no name"
            tops.append(at["top"])
        steps_back = sum(later < earlier - 40 for earlier, later in pairwise(tops))
        assert steps_back == 0, f"{name}: the focus jumps back: {reached.get(name)}"
    assert any("Ask both" in one for one in reached["Try it"])
    assert any("left" in one for one in reached["Try it"])
    assert any("Export" in one for one in reached["Use it"])
    assert any("Copy" in one for one in reached["Use it"])
    assert reached["Results"] and reached["Plan"]


def test_a_key_presses_what_the_focus_is_on(person: Any, site: Site) -> None:
    page = person()
    to_result(page, site)
    tab(page, "Use it")
    export = page.locator("[data-do='export:merged']")
    export.wait_for()
    export.press("Enter")
    page.locator("#ts-right .ts-press.strong").wait_for(timeout=30_000)
    tab(page, "Try it")
    left = page.locator(".ts-offers.across .ts-press").first
    left.wait_for()
    left.press("Space")
    page.get_by_text("Pair 2 of").wait_for(timeout=30_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_after_training(person: Any, site: Site, scheme: str) -> None:
    source = next((path for path in AXE if path.is_file()), None)
    if source is None:
        pytest.skip("axe-core is not here: npm install axe-core, or name axe.min.js in AXE_CORE")
    page = person(color_scheme=scheme)
    code, found = Path(source).read_text(encoding="utf-8"), []

    def look(where: str) -> None:
        page.evaluate(code)
        found.extend(f"{where}: {one}" for one in page.evaluate(SERIOUS))

    look("first screen")
    to_result(page, site)
    for name in TABS["en"]:
        tab(page, name)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        look(name)
    assert found == []
