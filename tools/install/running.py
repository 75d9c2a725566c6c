"""Run pip to its end: hear what it says, and say in one word why it failed. The standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tools.install.halves import ROOT, Place, Reason

LOOK_EVERY_S = 1.0
WORDS_KEPT = 400
NETWORK = ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ReadTimeoutError", "ProxyError", "SSLError",
           "ConnectionResetError", "IncompleteRead", "Connection broken", "ConnectionError", "RemoteDisconnected", "(from versions: none)")  # fmt: skip
Tick = Callable[["Heard"], None]


class SetupError(Exception):
    """The installation cannot go on: why, and pip's own words."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


@dataclass
class Heard:
    """What a pip under way has printed so far."""

    lines: list[str] = field(default_factory=list)
    to_unpack: int = 0
    """Packages it unpacks, once it does."""

    def hear(self, line: str) -> None:
        """Take in one line."""
        self.lines.append(line)
        if line.startswith("Installing collected packages:"):
            self.to_unpack = line.count(",") + 1


def pip(place: Place, command: list[str], *, lock: int, tick: Tick = lambda heard: None) -> None:
    """Run pip to its end, with a look at it each second. Raises SetupError with its reason in one word."""
    shutil.rmtree(place.downloads, ignore_errors=True)
    place.downloads.mkdir(parents=True)
    environment = os.environ | {
        "TMPDIR": str(place.downloads),
        "PYTHONUNBUFFERED": "1",
        "PIP_PROGRESS_BAR": "off",
    }
    heard = Heard()
    place.changing.touch()
    with place.log.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, errors="replace",
            env=environment, cwd=ROOT, pass_fds=[lock],
        )  # fmt: skip

        def listen() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                log.write(line)
                log.flush()
                heard.hear(line.rstrip("\n"))

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        try:
            while process.poll() is None:
                tick(heard)
                with _or_less():
                    process.wait(LOOK_EVERY_S)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
            listener.join()
    if process.returncode >= 0:  # it ended by itself, and took back what it could not finish
        place.changing.unlink(missing_ok=True)
    if process.returncode:
        raise SetupError(*why(heard.lines))
    shutil.rmtree(place.downloads, ignore_errors=True)


@contextmanager
def _or_less() -> Iterator[None]:
    try:
        yield
    except subprocess.TimeoutExpired:
        return


def why(lines: list[str]) -> tuple[Reason, str]:
    """Give the reason of a failure, and pip's own words.

    >>> why(["WARNING: Retrying ... NewConnectionError(...)", "ERROR: No matching distribution found for torch"])
    ('network', 'ERROR: No matching distribution found for torch')
    """
    whole = "\n".join(lines)
    errors = [line for line in lines if line.startswith("ERROR:")] or lines[-1:]
    detail = " ".join(errors[-2:])
    if "No space left on device" in whole or "Disk quota exceeded" in whole:
        return "disk", detail
    if "ResolutionImpossible" in whole or "conflicting dependencies" in whole:
        return "conflict", detail
    return ("network" if any(sign in whole for sign in NETWORK) else "other"), detail


def fetched(place: Place) -> dict[str, int]:
    """File name -> bytes, of what pip has fetched or is fetching."""
    found = {}
    for path in place.downloads.glob("pip-unpack-*/*"):
        try:
            found[path.name] = path.stat().st_size
        except OSError:
            continue
    return found
