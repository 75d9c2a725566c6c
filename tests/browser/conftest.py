"""A real page in a real browser, over a back-end that is finished by hand. Skipped where there is no Chromium."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent import settings
from tests.fake_engine import FakeEngine

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip


@dataclass(frozen=True)
class Site:
    """Where the page is, and what works behind it."""

    url: str
    home: Path
    engine: FakeEngine


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    from agent.ui.launch import start
    from agent.ui.page import build

    home = tmp_path_factory.mktemp("home")
    engine = FakeEngine(home)
    port = free_port()
    blocks = build(engine=engine, home=settings.read(home))
    start(blocks, host="127.0.0.1", port=port, login=None)
    yield Site(f"http://127.0.0.1:{port}/", home, engine)
    blocks.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def person(chromium: Any, site: Site) -> Iterator[Any]:
    """Give a function that opens the page for somebody with an own browser profile."""
    opened: list[Any] = []

    def open_page(**options: Any) -> Any:
        context = chromium.new_context(
            **({"viewport": {"width": 1280, "height": 800}, "locale": "en-US"} | options)
        )
        opened.append(context)
        page = context.new_page()
        page.trouble = []
        page.on("pageerror", lambda error: page.trouble.append(str(error)))
        page.on("dialog", lambda dialog: (page.trouble.append("dialog"), dialog.dismiss()))
        page.on(
            "request",
            lambda sent: (
                page.trouble.append(sent.url)
                if not sent.url.startswith((site.url, "data:", "blob:"))
                else None
            ),
        )
        page.goto(site.url)
        page.wait_for_selector("#ts-way li")
        page.get_by_role("tab", name="Data").or_(
            page.get_by_role("tab", name="数据")
        ).first.wait_for()
        return page

    yield open_page
    for context in opened:
        context.close()
