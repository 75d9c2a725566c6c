"""Run code that nobody vouches for: a person's own reward, and programs that a model wrote.

Each piece runs in a process of its own (`cell.py`) in namespaces of its own (`unshare` of util-linux): no network, no
other processes to see, a root that holds the interpreter and an empty folder and nothing of the person's, no
privileges, and limits of memory, time, processes and file size. Where the system cannot do that, the code is refused,
unless the caller trusts it by name; trusted code still gets the limits, a bare environment and a throw-away folder.

Not promised: that a program which knows this module and searches its own process's memory cannot claim to have passed
a *check*. What a *call* should give is compared out here, and cannot be claimed.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from training.rewards.cell import canonical
from training.rewards.reward import RewardError
from training.text import Text

CELL = Path(__file__).with_name("cell.py")
SYSTEM_FOLDERS = ("/usr", "/lib", "/lib64", "/lib32", "/bin")
NAMESPACES = ("--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child=KILL")
How = Literal["done", "raised", "too_long", "died"]


@dataclass(frozen=True)
class Limits:
    """What a piece of code may use. Guesses that leave room for pandas; not tuned."""

    seconds: float = 10.0
    """On the clock, start included."""
    cpu_seconds: int = 10
    memory_mib: int = 1024
    """Of address space, for each process."""
    processes: int = 32
    file_mib: int = 16
    open_files: int = 128
    room_mib: int = 64
    """Of the throw-away folder."""


@dataclass(frozen=True)
class Outcome:
    """How a piece of code ended."""

    how: How
    value: Any = None
    said: str = ""
    """The error's name and words; untrusted text."""


def run(
    order: Mapping[str, Any],
    *,
    limits: Limits | None = None,
    trusted: bool = False,
    packages: bool = True,
) -> Outcome:
    """Carry out one order (see `cell.py`) and say how it ended.

    Raises RewardError where the code would have to be shut in and this system cannot.
    """
    if not trusted:
        reason = unavailable()
        if reason is not None:
            raise refused(reason)
    return _run(order, limits or Limits(), shut_in=not trusted, packages=packages)


@lru_cache(maxsize=1)
def unavailable() -> Text | None:
    """Say why code cannot be shut in here; None where it can. Tried once, with a harmless program."""
    if not sys.platform.startswith("linux"):
        return Text("only Linux has the means")
    if shutil.which("unshare") is None:
        return Text("the program unshare (util-linux) is missing")
    if Path.home().is_relative_to(sys.base_prefix):
        return Text("Python itself is installed above your home folder")
    probe = {
        "kind": "program",
        "source": "import os\nsees = os.path.exists('/etc/passwd') or os.access('/usr', os.W_OK) or os.path.exists('/proc/1')",
        "steps": [{"call": "sees"}],
    }
    outcome = _run(probe, Limits(), shut_in=True, packages=False)
    if outcome.how != "done":
        return Text("the system does not allow it: {said}", said=outcome.said or outcome.how)
    if outcome.value != [canonical(False)]:
        return Text("a trial run still saw the files of this machine")
    return None


def refused(reason: Text) -> RewardError:
    """Make the error for code that cannot be shut in."""
    return RewardError(
        Text("This system cannot shut in code that comes from outside: {reason}.", reason=reason),
        where="sandbox",
        what_to_do=Text(
            "Run it on Linux with user namespaces, or choose one of the built-in rewards. Where you vouch for this code, say so with --set reward.trusted=true: it then runs with your rights."
        ),
    )


def _run(order: Mapping[str, Any], limits: Limits, *, shut_in: bool, packages: bool) -> Outcome:
    secret = secrets.token_hex(16)
    with (
        tempfile.TemporaryDirectory(prefix="cell-", ignore_cleanup_errors=True) as folder,
        contextlib.ExitStack() as files,
    ):
        message = dict(order) | {
            "secret": secret,
            "shut_in": shut_in,
            "folder": folder,
            "binds": _binds(packages),
            "imports": _packages() if packages else [],
            "room_mib": limits.room_mib,
            "limits": asdict(limits)
            | {"processes": limits.processes + (0 if _is_root() else _own_processes())},
        }
        asked = files.enter_context(tempfile.TemporaryFile())
        asked.write(json.dumps(message).encode())
        asked.seek(0)
        # Files, not pipes: the limit on file sizes then also bounds what comes back
        answered = files.enter_context(tempfile.TemporaryFile())
        complained = files.enter_context(tempfile.TemporaryFile())
        in_time, code = _wait(
            _command(shut_in), (asked, answered, complained), limits.seconds, folder
        )
        answered.seek(0)
        raw = answered.read()
        complained.seek(0)
        last_words = complained.read()[-300:].decode(errors="replace").strip().splitlines()
    if raw.startswith(secret.encode()):
        with contextlib.suppress(ValueError):
            outcome = json.loads(raw[len(secret) :])
            if "error" in outcome:
                return Outcome("raised", said=f"{outcome['error']}: {outcome['said']}")
            return Outcome("done", value=outcome["value"])
    if not in_time or code in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
        return Outcome("too_long", said=f"not done after {limits.seconds:g} s")
    return Outcome("died", said=last_words[-1] if last_words else f"ended with {code}")


def _wait(
    command: list[str], files: tuple[Any, Any, Any], seconds: float, folder: str
) -> tuple[bool, int]:
    """Wait for the process, then end whatever it left behind. Gives whether it was in time, and its exit code."""
    process = subprocess.Popen(
        command,
        stdin=files[0],
        stdout=files[1],
        stderr=files[2],
        env=_environment(),
        cwd=folder,
        start_new_session=True,
    )
    try:
        return True, process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return False, -signal.SIGKILL
    finally:
        _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the session's processes. Trusted code has no process namespace that would die with its first process."""
    for _ in range(3):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
            return


def _command(shut_in: bool) -> list[str]:
    bare = [sys.executable, "-I", "-S", "-B", str(CELL)]
    if not shut_in:
        return bare
    unshare = shutil.which("unshare") or "unshare"
    if (
        _is_root()
    ):  # root becomes nobody in there; a user namespace would leave it root to the kernel's limits
        return [unshare, *NAMESPACES, "--", *bare, "--machine-root"]
    return [unshare, "--user", "--map-root-user", *NAMESPACES, "--", *bare]


def _is_root() -> bool:
    return os.geteuid() == 0


def _environment() -> dict[str, str]:
    """Give a bare environment: no keys, no proxies, nothing of the person's."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/cell",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _packages() -> list[str]:
    return [
        path
        for path in sys.path
        if path.endswith(("site-packages", "dist-packages")) and Path(path).is_dir()
    ]


def _binds(packages: bool) -> list[str]:
    """Give the folders that code may read: the system's programs, the interpreter and its packages."""
    wanted = [*SYSTEM_FOLDERS, sys.base_prefix, *(_packages() if packages else ())]
    kept: list[str] = []
    for path in wanted:
        inside = any(
            Path(path).is_relative_to(other) and not Path(other).is_symlink() for other in kept
        )
        if Path(path).exists() and not inside:
            kept.append(path)
    return kept


def _own_processes() -> int:
    """Count this user's threads: older kernels count them all against the limit on processes."""
    threads = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == os.geteuid():
                threads += sum(1 for _ in (folder / "task").iterdir())
    return threads


def scores_of(outcome: Outcome, *, name: str) -> Sequence[Any]:
    """Give a reward's scores. Raises RewardError where it raised, hung or died."""
    if outcome.how == "done":
        return list(outcome.value)
    how = {
        "raised": Text("it raised {said}", said=outcome.said),
        "too_long": Text("it did not finish in time ({said})", said=outcome.said),
        "died": Text("it used more than it may, or ended by itself ({said})", said=outcome.said),
    }[outcome.how]
    raise RewardError(
        Text("The reward {name} does not work: {how}.", name=name, how=how),
        where=name,
        what_to_do=Text(
            "Put the reward right: it gets a list of answers and returns as many numbers, within seconds and without the network."
        ),
    )
