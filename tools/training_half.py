"""Whether trainers can be started here yet, said in words: for whatever needs one while it is still being installed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable

from tools.errors import RunError
from tools.install.halves import ROOT, Half, Place, here, read
from training.text import Text

LOOK_EVERY_S = 1.0
WAITING = Text("It begins by itself when the training half of Tunesmith is installed.")
Read = Callable[[], Half]


def is_ready(read_half: Read = read) -> bool:
    """Whether a trainer can be started now."""
    return read_half().is_ready


def refuse_unready(read_half: Read = read) -> None:
    """Raise RunError, with what to do, where a model cannot be loaded yet."""
    half = read_half()
    if half.is_ready:
        return
    if half.under_way:
        raise RunError(
            Text("The training half of Tunesmith is still being installed, and this needs it."), where="installation",
            what_to_do=Text("Wait until the page says that it is installed, then do this again."),
        )  # fmt: skip
    raise RunError(
        Text("The training half of Tunesmith is not installed yet, and this needs it."), where="installation",
        what_to_do=Text("Press the button at the top of the page, or run: make setup"),
    )  # fmt: skip


def wait(
    is_stopped: Callable[[], bool], read_half: Read = read, sleep: Callable[[float], None] = time.sleep
) -> None:  # fmt: skip
    """Return once a trainer can be started, or when nobody wants it any more.

    A failed installation is waited for too: it goes on when the person lets it, and then so does everything that waits.
    """
    while not read_half().is_ready and not is_stopped():
        sleep(LOOK_EVERY_S)


def go_on(place: Place | None = None) -> subprocess.Popen[bytes] | None:
    """Have the rest installed by a process of its own, which outlives this one; None where there is nothing to do."""
    place = place or here()
    half = read(place)
    if half.is_ready or half.under_way or not (ROOT / "pyproject.toml").exists():
        return None
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.install", "rest"], cwd=ROOT, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    threading.Thread(target=process.wait, daemon=True).start()  # it leaves no zombie
    return process
