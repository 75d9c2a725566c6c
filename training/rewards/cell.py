"""The inside of the sandbox: run as a script of its own, it shuts itself in and then runs code nobody vouches for.

Standard library only, and nothing of ours: `sandbox.py` starts it with a bare interpreter. Order of things: read the
order, build a root that holds the interpreter and nothing of the person's, move into it, give up every privilege,
set the limits, and only then run the code. Whatever fails before that ends the process: there is no open fallback.
"""

from __future__ import annotations

import ast
import ctypes
import json
import os
import re
import resource
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

NOBODY = 65534
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1,
    2,
    4,
    32,
    4096,
    16384,
    1 << 18,
)
LOCKED_FLAGS = MS_NOSUID | MS_NODEV | 8 | 1024 | 2048 | (1 << 21)
"""Flags that a mount may not lose in a user namespace: nosuid, nodev, noexec, noatime, nodiratime, relatime."""
MOUNT_SETATTR, PIVOT_ROOT = 442, {"x86_64": 155, "aarch64": 41}
AT_RECURSIVE = 0x8000
PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP, PR_SET_SECUREBITS, PR_SET_DUMPABLE = 38, 24, 28, 4
NO_ROOT_LOCKED = 0x2F
"""SECBIT_NOROOT, NO_SETUID_FIXUP off, KEEP_CAPS off, all locked: user 0 is nobody special any more."""
CAPABILITY_VERSION_3 = 0x20080522
DEVICES = ("null", "zero", "urandom", "random")


def main() -> None:
    """Carry out one order from standard input and write its outcome after the order's secret word."""
    order = json.loads(sys.stdin.buffer.read())
    answers = os.dup(1)
    secret, first = order.pop("secret").encode(), os.getpid()
    if order["shut_in"]:
        shut_in(order["binds"], order["room_mib"])
    else:
        os.chdir(order["folder"])
    quiet = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(quiet, descriptor)
    sys.path[:] = [
        *order["imports"],
        *(path for path in sys.path if path.startswith(sys.base_prefix)),
    ]
    limit(order["limits"])
    outcome = WORK[order["kind"]](order)
    if os.getpid() == first:  # a copy that the code forked off has nothing to say
        os.write(answers, secret + json.dumps(outcome).encode())
    os._exit(0)


# Shutting in


def shut_in(binds: list[str], room_mib: int) -> None:
    """Move into a root of read-only `binds`, a few devices and an empty folder; then give up all privileges."""
    libc = ctypes.CDLL(None, use_errno=True)
    new = "/tmp"  # it exists everywhere; our mount over it is seen by this namespace alone
    _must(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "make mounts private")
    sources = [(path, _open_path(path)) for path in (*binds, *(f"/dev/{name}" for name in DEVICES))]
    options = f"size={room_mib}m,mode=0755,nr_inodes=4096".encode()
    _must(
        libc.mount(b"tmpfs", new.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, options),
        "make an empty root",
    )
    for path, descriptor in sources:
        _bind(
            libc, path, f"/proc/self/fd/{descriptor}", new + path, writable=path.startswith("/dev/")
        )
        os.close(descriptor)
    for name, mode in (("cell", 0o777), ("tmp", 0o1777), ("old-root", 0o755)):
        Path(new, name).mkdir(exist_ok=True)
        Path(new, name).chmod(mode)
    number = PIVOT_ROOT[os.uname().machine]
    _must(libc.syscall(number, new.encode(), f"{new}/old-root".encode()), "move into the new root")
    os.chdir("/")
    _must(libc.umount2(b"/old-root", 2), "leave the old root")
    Path("/old-root").rmdir()
    os.chdir("/cell")
    _give_up(libc)


def _open_path(path: str) -> int:
    return os.open(path, os.O_PATH | os.O_CLOEXEC)


def _bind(libc: ctypes.CDLL, path: str, source: str, target: str, *, writable: bool) -> None:
    place = Path(target)
    place.parent.mkdir(parents=True, exist_ok=True)
    if Path(path).is_symlink():
        place.symlink_to(Path(path).readlink())
        return
    if Path(source).is_dir():
        place.mkdir(exist_ok=True)
    else:
        place.touch()
    _must(
        libc.mount(source.encode(), target.encode(), None, MS_BIND | MS_REC, None), f"bind {path}"
    )
    if writable:
        return

    class Attributes(ctypes.Structure):
        _fields_ = [(name, ctypes.c_uint64) for name in ("add", "clear", "propagation", "userns")]

    wanted = Attributes(MS_RDONLY | MS_NOSUID | MS_NODEV, 0, 0, 0)
    if libc.syscall(MOUNT_SETATTR, -100, target.encode(), AT_RECURSIVE, ctypes.byref(wanted), 32):
        # Before Linux 5.12; a mount below this one then refuses the recursive bind's write protection
        kept = os.statvfs(target).f_flag & LOCKED_FLAGS
        flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | kept
        _must(libc.mount(None, target.encode(), None, flags, None), f"write-protect {path}")


def _give_up(libc: ctypes.CDLL) -> None:
    """Become nobody where we are root, else user 0 of a namespace without a single capability."""
    _must(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "give up new privileges")
    for capability in range(64):
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
            break  # past the last capability this kernel has
    _must(libc.prctl(PR_SET_SECUREBITS, NO_ROOT_LOCKED, 0, 0, 0), "make user 0 ordinary")
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:
        pass  # a namespace of an ordinary user maps no other ids: its user 0 is that user, and capabilities go below
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _must(libc.capset(ctypes.byref(header), ctypes.byref(nothing)), "give up capabilities")
    if os.getresuid() != (NOBODY, NOBODY, NOBODY) and _kernel_root():
        raise PermissionError("this process is still root")
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _kernel_root() -> bool:
    """Say whether user 0 in here is user 0 of the machine. Set by `sandbox.py`, which knows who it is."""
    return "--machine-root" in sys.argv


def _must(failed: int, what: str) -> None:
    if failed:
        raise OSError(ctypes.get_errno(), f"cannot {what}: {os.strerror(ctypes.get_errno())}")


def limit(limits: dict[str, int]) -> None:
    """Set the limits for this process and all it starts; they cannot be raised again."""
    mib = 1024 * 1024
    for which, amount in (
        (resource.RLIMIT_AS, limits["memory_mib"] * mib),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, limits["file_mib"] * mib),
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(which)[1]
        amount = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(which, (amount, amount))


# What is run


def run_reward(order: dict[str, Any]) -> dict[str, Any]:
    """Call the person's `reward(completions, **columns)` with the columns that it names."""
    space = _space()

    def work() -> Any:
        exec(compile(order["source"], "reward.py", "exec"), space)
        reward = space.get("reward")
        if not callable(reward):
            raise NameError("no function named reward(completions, ...) in the file")
        names = reward.__code__.co_varnames[
            : reward.__code__.co_argcount + reward.__code__.co_kwonlyargcount
        ]
        takes_all = bool(reward.__code__.co_flags & 0x08)
        columns = {
            name: values for name, values in order["columns"].items() if takes_all or name in names
        }
        scores = reward(order["completions"], **columns)
        return [float(score) if not isinstance(score, bool) else score for score in scores]

    return _tried(work)


def run_program(order: dict[str, Any]) -> dict[str, Any]:
    """Run generated code; then give the value of each call, and whether each check passed.

    What a call should give never enters this process: the code cannot look it up. A program that fails ends with
    its error; a call or check that fails counts as wrong by itself.
    """
    space = _space()
    started = _tried(lambda: exec(compile(order["source"], "answer.py", "exec"), space))
    if "error" in started:
        return started
    values: list[Any] = []
    for step in order["steps"]:
        if "call" in step:
            values.append(_tried(partial(_value_of, step["call"], space)).get("value"))
        else:
            values.append("error" not in _tried(partial(_carry_out, step["check"], space)))
    return {"value": values}


def run_search(order: dict[str, Any]) -> dict[str, Any]:
    """Find a pattern's last match in each text: its group `answer` where it has one; None without a match."""

    def work() -> list[str | None]:
        pattern = re.compile(order["pattern"])
        group: int | str = "answer" if "answer" in pattern.groupindex else 0
        found: list[str | None] = []
        for text in order["texts"]:
            last = None
            for last in pattern.finditer(text):  # noqa: B007  the last one counts
                pass
            found.append(last[group] if last is not None else None)
        return found

    return _tried(work)


def canonical(value: Any, depth: int = 0) -> Any:
    """Give a value as JSON that tells kinds apart; a kind of its own compares equal to nothing.

    By exact type: an answer whose `__eq__` always says yes is still not the number that was wanted.
    """
    kind = type(value)
    if depth > 40:
        return ["deep"]
    if kind in (bool, type(None), str):
        return [kind.__name__, value]
    if kind in (int, float):
        return ["number", repr(float(value)) if abs(value) < 2**53 else repr(value)]
    if kind in (list, tuple):
        return [kind.__name__, [canonical(inner, depth + 1) for inner in value]]
    if kind in (set, frozenset):
        return ["set", sorted((canonical(inner, depth + 1) for inner in value), key=repr)]
    if kind is dict:
        pairs = [
            [canonical(key, depth + 1), canonical(inner, depth + 1)] for key, inner in value.items()
        ]
        return ["dict", sorted(pairs, key=repr)]
    return ["other", kind.__name__]


def canonical_literal(source: str) -> Any:
    """Give the canonical form of a Python literal. Raises ValueError where it is none."""
    return canonical(ast.literal_eval(source))


def _value_of(call: str, space: dict[str, Any]) -> Any:
    return canonical(eval(compile(call, "test", "eval"), space))


def _carry_out(check: str, space: dict[str, Any]) -> None:
    exec(compile(check, "test", "exec"), space)


def _space() -> dict[str, Any]:
    return {"__name__": "answer", "__builtins__": __builtins__}


def _tried(work: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {"value": work()}
    except BaseException as caught:  # noqa: BLE001  whatever code nobody vouches for raises, SystemExit included
        return {"error": type(caught).__name__, "said": str(caught)[:300]}


WORK = {"reward": run_reward, "program": run_program, "search": run_search}

if __name__ == "__main__":
    main()
