"""A training that is watched for an hour: what the page sends and what the server holds do not grow with the time."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent import settings
from agent.ui import view
from agent.ui.page import Page
from tests.browser import hour
from tests.fake_engine import FakeEngine
from tests.test_ui import to_order
from training.rundir import RunDir

pytestmark = pytest.mark.slow
POLLS = 120


def resident_mib() -> float:
    """Memory of this process."""
    pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])
    return pages * 4096 / (1 << 20)


def test_an_hour_of_training_weighs_no_more_than_half_of_it(tmp_path: Path) -> None:
    studio = view.Studio(settings.read(tmp_path), FakeEngine(tmp_path))
    page = Page(studio)
    page.build()
    seen = to_order(studio, tmp_path)
    assert seen.reply is not None
    studio.open(seen.session, "").approve(seen.reply.order)
    run = studio.view(seen.session, "").training
    assert run is not None
    folder = tmp_path / "runs" / run.id
    (folder / "events.jsonl").unlink(missing_ok=True)
    panel = next(tab for tab in page.tabs if tab.name == "training").html  # type: ignore[attr-defined]
    shown, weights, held = page.shown.value, [], []
    with os.fdopen(RunDir(folder).lock()):
        for poll in range(POLLS):
            for second in range(poll * hour.SECONDS // POLLS, (poll + 1) * hour.SECONDS // POLLS):
                hour.tell(folder, second)
            changes = page.refresh(seen.session, "en", shown, SimpleNamespace(username=None))  # type: ignore[arg-type]
            shown = changes[page.shown]
            weights.append(len(changes[panel]))
            held.append(resident_mib())
            assert page.way not in changes or not poll, "what did not change is not sent"
    assert "<polyline" in changes[panel] and f"{hour.SECONDS:,}" in changes[panel]
    assert max(weights) < 40_000
    assert max(weights[-12:]) < 1.3 * max(weights[POLLS // 2 - 12 : POLLS // 2])
    assert held[-1] - held[POLLS // 2] < 30


def test_only_new_events_are_read_again(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    for second in range(5):
        hour.tell(tmp_path, second)
    assert [one.n for one in run.events()] == [1, 2, 3, 4, 5, 6]
    assert [one.n for one in run.events(4)] == [5, 6]
    assert run.last_heard() == (6, (hour.SECONDS - 4) / 60)
    with (tmp_path / "events.jsonl").open("ab") as file:
        file.write(b'{"n": 7, "torn')
    assert [one.n for one in run.events(5)] == [6] and run.last_heard()[0] == 6
