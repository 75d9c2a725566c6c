"""The server is killed in the middle of things (signal 9), started again at its address, and the page finds its way back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import free_port
from tests.browser.conversing import OPTION, to_order

pytestmark = pytest.mark.slow
SERVER = """
import threading, time
from pathlib import Path
from agent import settings
from agent.ui.launch import start
from agent.ui.page import build
from tests.fake_engine import FakeEngine

class Slow(FakeEngine):
    "Reads data only once a file says so: a turn that can be killed in its middle."
    def launch(self, plan, *, request, order, run):
        made = super().launch(plan, request=request, order=order, run=run)
        if order.kind == "measure":
            self.finish(run, tuned=0.15)
        return made

    def dataset(self, request):
        (home / "reading").touch()
        while (home / "hold").exists():
            time.sleep(0.05)
        return super().dataset(request)

home = Path({home!r})
blocks = build(engine=Slow(home), home=settings.read(home))
start(blocks, host="127.0.0.1", port={port}, login=None)
blocks.block_thread()
"""


class Killable:
    """A server process that can be killed and started again at the same address."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start and wait until it answers."""
        code = SERVER.format(home=str(self.home), port=self.port)
        self.process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        until = time.monotonic() + 120
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(self.url, timeout=5):
                    return
            except OSError:
                assert self.process.poll() is None, "the server ended by itself"
        raise TimeoutError(self.url)

    def kill(self) -> None:
        """Signal 9: nothing is tidied up."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Ends:
    """The engine behind the server ends its measurements itself."""

    def finish_measurements(self) -> None:
        """Nothing to do from here."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Killable]:
    made = Killable(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def page(chromium: Any, server: Killable) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    made = context.new_page()
    made.goto(server.url)
    made.wait_for_selector("#ts-way li")
    yield made
    context.close()


def until_there(path: Path) -> None:
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end, path


def test_a_turn_that_was_killed_in_its_middle_is_answered_after_the_restart(
    server: Killable, page: Any
) -> None:
    (server.home / "hold").touch()
    page.locator("#ts-samples button").first.click()
    page.locator("#ts-chat .user").first.wait_for(timeout=30_000)
    until_there(server.home / "reading")
    page.wait_for_function("() => location.hash.length > 10")
    said = page.locator("#ts-chat .user").first.inner_text()
    server.kill()
    (server.home / "hold").unlink()
    server.start()
    page.reload()
    page.locator("#ts-chat .user").get_by_text(said.strip()[:30]).wait_for(timeout=60_000)
    page.locator(OPTION).first.wait_for(timeout=60_000)
    page.locator(".ts-fact").first.wait_for(timeout=60_000)
    assert page.locator("#ts-chat .user").count() == 1
    page.locator("#ts-box textarea").fill("what is LoRA")
    page.locator("#ts-box .submit-button").click()
    page.get_by_text("LoRA trains a small set").wait_for(timeout=60_000)


def test_a_page_left_open_over_a_restart_goes_on_without_a_reload(
    server: Killable, page: Any
) -> None:
    page.locator("#ts-box textarea").fill("what is LoRA")
    page.locator("#ts-box .submit-button").click()
    page.get_by_text("LoRA trains a small set").wait_for(timeout=60_000)
    page.wait_for_function("() => location.hash.length > 10")
    name = page.evaluate("location.hash")
    server.kill()
    server.start()
    page.locator("#ts-box textarea").fill("what does it cost?")
    page.locator("#ts-box .submit-button").click()
    page.locator("#ts-chat .user").nth(1).wait_for(timeout=60_000)
    page.locator("#ts-chat .bot").nth(1).wait_for(timeout=60_000)
    assert page.evaluate("location.hash") == name


def test_a_training_goes_on_beside_a_killed_server_and_the_page_follows_it_again(
    server: Killable, page: Any
) -> None:
    to_order(page, Ends()).click()
    page.locator("#ts-stop").wait_for(timeout=60_000)
    chat = page.locator("#ts-chat .user").count()
    server.kill()
    server.start()
    page.reload()
    page.locator("#ts-stop").wait_for(timeout=60_000)
    page.locator("#ts-chat .user").nth(chat - 1).wait_for(
        timeout=60_000
    )  # the panel may be drawn first
    assert page.locator("#ts-chat .user").count() == chat
    assert page.get_by_role("tab", name="Training").get_attribute("aria-selected") == "true"
    page.locator("#ts-stop").click()
    page.locator(".ts-verdict").last.wait_for(timeout=60_000)
