"""A training view that is open for an hour: whether the browser's page, what it is sent, or the server grow with the time.

python -m tests.benchmarks hour

A run tells a step a second for an hour (`tests/browser/hour.py`), one second for each look of a real page in Chromium, which
looks as fast as it can: 3,600 looks in some minutes (fewer with TUNESMITH_BENCH_LOOKS, each of several seconds of the hour).
Figures are taken after a warm-up and then at every tenth, after the garbage was collected. Skipped without Chromium.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.conftest import CHROMIUM, QUIET, free_port
from tests.browser.hour import SECONDS

LOOKS = int(os.environ.get("TUNESMITH_BENCH_LOOKS", SECONDS))
PARTS = 10
MOST_NODES = 1.10
MOST_HEAP_MB = 4.0
MOST_BYTES = 1.30
MOST_RSS_MIB = 30.0
"""Of the end against the half hour: DOM nodes and bytes as times, heap and server as what was added. Our own limits."""
SERVER = """
import json, os
from pathlib import Path
import gradio as gr
from agent import settings
from agent.ui import page, view
from agent.ui.launch import start
from tests.browser import hour
from tests.fake_engine import FakeEngine
from tests.test_ui import to_order
from training.rundir import RunDir

home, told = Path({home!r}), Path({home!r}) / "told"
page.LOOK_AGAIN_S = 0.02
each, folder = hour.SECONDS // {looks}, None
at = iter(range(0, hour.SECONDS, each))

class Told(page.Page):
    def refresh(self, session: str, language: str, shown: dict, request: gr.Request):
        second = next(at, None) if session else None
        if second is not None:
            for one in range(second, second + each):
                hour.tell(folder, one)
            told.write_text(str(second // each + 1))
        return super().refresh(session, language, shown, request)

studio = view.Studio(settings.read(home), FakeEngine(home))
made = Told(studio)
blocks = made.build()
seen = to_order(studio, home)
studio.open(seen.session, "").approve(seen.reply.order)
folder = home / "runs" / studio.view(seen.session, "").training.id
(folder / "events.jsonl").unlink(missing_ok=True)
lock = RunDir(folder).lock()
start(blocks, host="127.0.0.1", port={port}, login=None)
print(json.dumps(seen.session), flush=True)
blocks.block_thread()
"""


@dataclass(frozen=True)
class Look:
    """What there was after so many looks."""

    polls: int
    nodes: int
    listeners: int
    heap_mb: float
    rss_mib: float
    bytes_each: float
    """Sent to the page by a look, since the figures before."""

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.polls:5,} looks: {self.nodes:,} DOM nodes, {self.listeners:,} listeners, heap {self.heap_mb:.1f} MB, "
            f"{self.bytes_each / 1e3:.1f} kB a look, server {self.rss_mib:.0f} MiB"
        )


class Watcher:
    """A page in Chromium, watched through its own developer tools."""

    def __init__(self, page: Any, told: Path, server: int) -> None:
        self.page, self.told, self.server = page, told, server
        self.tools = page.context.new_cdp_session(page)
        self.received, self.before = 0, (0, 0)
        for name in ("Network.enable", "Performance.enable"):
            self.tools.send(name)
        self.tools.on("Network.dataReceived", self._count)

    def _count(self, told: dict[str, Any]) -> None:
        self.received += int(told["dataLength"])

    def polls(self) -> int:
        """Looks that were answered."""
        return int(self.told.read_text() or 0) if self.told.exists() else 0

    def wait_until(self, polls: int) -> None:
        """Return after so many looks. Raises RuntimeError where the page has stopped looking."""
        known, since = -1, time.monotonic()
        while (now := self.polls()) < polls:
            if now != known:
                known, since = now, time.monotonic()
            if time.monotonic() - since > 60:
                raise RuntimeError(f"the page looked no more after {now} looks")
            self.page.wait_for_timeout(200)

    def look(self) -> Look:
        """The figures now."""
        self.tools.send("HeapProfiler.collectGarbage")
        told = {one["name"]: one["value"] for one in self.tools.send("Performance.getMetrics")["metrics"]}  # fmt: skip
        polls = self.polls()
        each = (self.received - self.before[1]) / max(1, polls - self.before[0])
        self.before = polls, self.received
        pages = int(Path(f"/proc/{self.server}/statm").read_text("utf-8").split()[1])
        nodes = int(self.page.evaluate("document.querySelectorAll('*').length"))
        rss_mib = pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
        return Look(polls, nodes, int(told["JSEventListeners"]), told["JSHeapUsedSize"] / 1e6, rss_mib, each)  # fmt: skip


def watched(home: str) -> list[Look]:
    """Keep the view open for its hour, and give the figures on the way."""
    from playwright.sync_api import sync_playwright

    port = free_port()
    code = SERVER.replace("{home!r}", repr(home)).replace("{port}", str(port)).replace("{looks}", str(LOOKS))  # fmt: skip
    with Path(home, "server.log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=log, text=True)  # fmt: skip
    try:
        assert server.stdout is not None
        first = server.stdout.readline()
        if not first:
            raise RuntimeError(f"the page did not come up: {Path(home, 'server.log').read_text()[-800:]}")  # fmt: skip
        session = json.loads(first)
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"http://127.0.0.1:{port}/#{session}")
            page.locator(".ts-charts").wait_for(timeout=60_000)
            watcher = Watcher(page, Path(home) / "told", server.pid)
            found = []
            for polls in range(LOOKS // PARTS, LOOKS + 1, LOOKS // PARTS):
                watcher.wait_until(polls)
                found.append(watcher.look())
                print(found[-1], flush=True)
            browser.close()
    finally:
        server.kill()
        server.wait()
    return found


def grown(found: list[Look]) -> list[str]:
    """What is larger at the end than at the half hour by more than our limits."""
    half, end = found[len(found) // 2], found[-1]
    wrong = []
    if end.nodes > MOST_NODES * half.nodes:
        wrong.append(f"DOM nodes {half.nodes:,} to {end.nodes:,}")
    if end.listeners > MOST_NODES * half.listeners:
        wrong.append(f"listeners {half.listeners:,} to {end.listeners:,}")
    if end.heap_mb > half.heap_mb + MOST_HEAP_MB:
        wrong.append(f"heap {half.heap_mb:.1f} to {end.heap_mb:.1f} MB")
    if end.bytes_each > MOST_BYTES * half.bytes_each:
        wrong.append(f"bytes a look {half.bytes_each:,.0f} to {end.bytes_each:,.0f}")
    if end.rss_mib > half.rss_mib + MOST_RSS_MIB:
        wrong.append(f"server {half.rss_mib:.0f} to {end.rss_mib:.0f} MiB")
    return wrong


def main() -> int:
    """Print the figures; 1 where something grows."""
    if CHROMIUM is None:
        print("no browser: not measured")
        return 0
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        found = watched(home)
    wrong = grown(found)
    print(f"{found[-1].polls:,} looks in {time.monotonic() - begun:.0f} s; the last half hour adds: {', '.join(wrong) or 'nothing beyond the limits'}")  # fmt: skip
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
