"""The first half, the rest, or everything at once; each goes on where a killed one was. The standard library only."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tools.install.environment import installed, make_environment, mend, present
from tools.install.fetching import Clock, Wheel, progress, sized, wheels_of
from tools.install.halves import READY, ROOT, Half, Place, fingerprint, holding, requirements
from tools.install.running import WORDS_KEPT, Heard, SetupError, fetched, pip

PIP = ("-m", "pip", "--no-input", "--disable-pip-version-check")
CONSTRAINTS = ROOT / "constraints.txt"


@dataclass(frozen=True)
class Wanted:
    """What is to be installed, and the marks by which it is known again."""

    first: list[str]
    everything: list[str]
    mark: str


def wanted(root: Path = ROOT) -> Wanted:
    """Read the project's own list; it stands nowhere else."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    first, everything = requirements(project)
    constraints = (root / "constraints.txt").read_text(encoding="utf-8")
    return Wanted(first, everything, fingerprint(everything, constraints))


def is_whole(place: Place, mark: str, root: Path = ROOT) -> bool:
    """Whether everything was installed for these very requirements, here or by `make setup`."""
    if place.stamped("whole") == mark:
        return (place.venv / "bin" / "python").exists()
    try:
        made = (place.venv / ".ready").stat().st_mtime
    except OSError:
        return False
    return all((root / name).stat().st_mtime <= made for name in ("pyproject.toml", "constraints.txt"))  # fmt: skip


def install_first(place: Place, goal: Wanted, tell: Callable[[str], None]) -> None:
    """Leave an environment in which the page runs. Raises SetupError."""
    with held(place, tell) as lock:
        if place.stamped("first") == goal.mark or is_whole(place, goal.mark):
            return  # another call has just done it
        python = make_environment(place)
        mend(place)
        tell("Setting up 1 of 2: the page and the conversation. The rest follows while you talk.")
        place.write(Half("waiting"), first=None, whole=None)
        show = Shown(place)
        pip(place, [str(python), *PIP, "install", "--no-compile", "-c", str(CONSTRAINTS), *goal.first], lock=lock, tick=show.tick)  # fmt: skip
        show.end()
        pins = sorted(f"{name}=={version}" for name, version in installed(place))
        place.pins.write_text("\n".join(pins) + "\n", encoding="utf-8")
        place.write(Half("waiting"), first=goal.mark)


def install_rest(place: Place, goal: Wanted) -> int:
    """Install the trainer's half, telling in the state file how far it is; 0 once it is there or somebody else is at it."""
    with holding(place, wait=False) as lock:
        if lock is None:
            return 0
        if is_whole(place, goal.mark):
            place.write(READY, first=goal.mark, whole=goal.mark)
            return 0
        try:
            _install_rest(place, lock)
        except SetupError as error:
            place.write(Half("failed", reason=error.reason, detail=error.detail[-WORDS_KEPT:]))
            return 1
        except SystemExit:
            place.write(Half("waiting"))
            raise
        place.write(READY, first=goal.mark, whole=goal.mark)
        return 0


def _install_rest(place: Place, lock: int) -> None:
    place.write(Half("resolving"))
    mend(place)
    python = str(place.venv / "bin" / "python")
    bounds = ["-c", str(CONSTRAINTS), "-c", str(place.pins)]
    report = place.folder / "report.json"
    report.unlink(missing_ok=True)
    everything = wanted().everything
    pip(place, [python, *PIP, "install", "--dry-run", "--report", str(report), *bounds, *everything], lock=lock)  # fmt: skip
    wheels = sized(wheels_of(report))
    need = sum(one.bytes or 0 for one in wheels)
    free = shutil.disk_usage(place.venv).free
    if need * UNPACKED_TIMES > free:
        raise SetupError(
            "disk",
            f"about {need * UNPACKED_TIMES / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free",
        )
    watch = Watch(place, wheels)
    pip(place, [python, *PIP, "install", *bounds, "-e", f"{ROOT}[llm]"], lock=lock, tick=watch.tick)


UNPACKED_TIMES = 4.0
"""What an environment and pip's cache take, against the packed files: 3.4 times for torch 2.13 (CPU) and its company, here."""


class Watch:
    """Writes each second how far a pip is with what it was told to install."""

    def __init__(self, place: Place, wheels: tuple[Wheel, ...]) -> None:
        self.place, self.wheels = place, wheels
        self.clock = Clock(time.monotonic(), begun=time.monotonic())
        self.in_place = -1

    def tick(self, heard: Heard) -> None:
        """Look, and tell."""
        now, there = time.monotonic(), present(self.place)
        self.clock = replace(self.clock, now=now)
        if heard.to_unpack and self.clock.unpacking is None:
            self.clock = replace(self.clock, unpacking=now)
        if len(there) != self.in_place:
            self.in_place = len(there)
            self.clock = replace(self.clock, settled=now)
        self.place.write(progress(self.wheels, fetched(self.place), there, self.clock))


def install_whole(place: Place, goal: Wanted, more: list[str], tell: Callable[[str], None]) -> None:
    """Install everything and `more` now. Raises SetupError."""
    with held(place, tell) as lock:
        python = make_environment(place)
        mend(place)
        command = [str(python), *PIP, "install", "--quiet", "-c", str(CONSTRAINTS), "-e", f"{ROOT}[llm]", *more]  # fmt: skip
        place.changing.touch()
        code = subprocess.run(command, check=False, pass_fds=[lock]).returncode
        if code >= 0:
            place.changing.unlink(missing_ok=True)
        if code:
            raise SetupError("other", "pip ended with what stands above")
        place.write(READY, first=goal.mark, whole=goal.mark)


@contextmanager
def held(place: Place, tell: Callable[[str], None]) -> Iterator[int]:
    """Hold the environment, after waiting for whoever has it; say so where it takes a wait."""
    with holding(place, wait=False) as lock:
        if lock is not None:
            yield lock
            return
    tell("Another installation into .venv is under way; waiting for it to end.")
    with holding(place, wait=True) as lock:
        assert lock is not None, "waited for"
        yield lock


class Shown:
    """One line of a terminal that tells how far the first half is; silent where it is no terminal."""

    def __init__(self, place: Place) -> None:
        self.place, self.begun = place, time.monotonic()

    def tick(self, heard: Heard) -> None:
        """Write the line anew."""
        if not sys.stderr.isatty():
            return
        sizes = fetched(self.place)
        if heard.to_unpack:
            line = f"{len(present(self.place))} of {heard.to_unpack} packages in place"
        else:
            line = f"{len(sizes)} packages fetched, {sum(sizes.values()) / 1e6:.0f} MB"
        sys.stderr.write(f"\r\x1b[K  {line}, {time.monotonic() - self.begun:.0f} s")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the line."""
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
        sys.stderr.write(f"  done in {time.monotonic() - self.begun:.0f} s\n")
