"""Steps that the browser tests share: take a sample, answer until an order stands, read the chat."""

from __future__ import annotations

from typing import Any

from tests.fake_engine import FakeEngine

OPTION = "#ts-chat .option"


def take_sample(page: Any, place: int = 0) -> None:
    page.locator("#ts-samples button").nth(place).click()
    page.locator(OPTION).first.wait_for(timeout=30_000)
    page.locator(".ts-fact").first.wait_for()


def conversation(page: Any) -> list[str]:
    """Every message and the head of every card; whether a card is open is the reader's own business."""
    heads = (
        "#ts-chat .thought-group .title, #ts-chat .message-row:not(:has(.thought-group)) .message"
    )
    return [str(one.inner_text()) for one in page.locator(heads).all()]


def to_order(page: Any, engine: FakeEngine) -> Any:
    """Answer until an order stands, and give its yes; measurements on the way end at once."""
    take_sample(page)
    yes = page.locator(OPTION).filter(has_text="Yes, start")
    for _ in range(6):
        if yes.count():
            return yes
        if page.locator(OPTION).filter(has_text="Stop it").count():
            engine.finish_measurements()
            page.locator(OPTION).filter(has_not_text="Stop it").filter(
                has_not_text="How is it"
            ).first.wait_for(timeout=30_000)
            continue
        before = page.locator("#ts-chat .user").count()
        which = page.locator(OPTION).filter(has_text="anyway")
        (which if which.count() else page.locator(OPTION)).first.click()
        page.wait_for_function(
            "n => document.querySelectorAll('#ts-chat .user').length > n", arg=before
        )
        page.locator(OPTION).first.wait_for(timeout=30_000)
    raise AssertionError("no order came")


def said_by_person(page: Any, words: str) -> None:
    """Wait until the chat shows these words of the person, and a reply under them."""
    page.locator("#ts-chat .user").get_by_text(words).last.wait_for(timeout=30_000)
    page.locator(OPTION).first.wait_for(timeout=30_000)
