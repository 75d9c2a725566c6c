"""The virtual environment itself: made, looked at, and mended after a pip that was killed. The standard library only."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.install.fetching import unfinished
from tools.install.halves import Place
from tools.install.running import WORDS_KEPT, SetupError

NOT_OURS = frozenset({"pip", "setuptools", "wheel", "tunesmith"})
"""What `python -m venv` brings, and we ourselves."""


def make_environment(place: Place) -> Path:
    """Give the environment's Python, made now where there is none. Raises SetupError."""
    python, begun = place.venv / "bin" / "python", place.folder / "venv-begun"
    if begun.exists():  # ours, and cut off in the middle of its making
        for one in place.venv.iterdir():
            if one != place.folder:
                shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()
    if not python.exists() or begun.exists():
        begun.touch()
        done = subprocess.run([sys.executable, "-m", "venv", str(place.venv)], check=False, capture_output=True, text=True)  # fmt: skip
        if done.returncode:
            raise SetupError("other", (done.stdout + done.stderr).strip())
        begun.unlink()
    check = subprocess.run([str(python), "-m", "pip", "--version"], check=False, capture_output=True, text=True)  # fmt: skip
    if check.returncode:
        raise SetupError("other", f"{python} has no pip that works: {check.stderr.strip()[-WORDS_KEPT:]} Remove the folder .venv")  # fmt: skip
    return python


def mend(place: Place) -> list[str]:
    """Take back what an earlier pip left unfinished, so that it is installed anew; give the names.

    pip believes what has a folder of metadata; it writes that folder before it has written everything. Only after a pip that
    did not end by itself: whatever else changed the environment is not ours to judge.
    """
    if not place.changing.exists():
        return []
    found = [folder for site in sites(place) for folder in unfinished(site)]
    for folder in found:
        shutil.rmtree(folder)
    place.changing.unlink()
    return [folder.name for folder in found]


def sites(place: Place) -> list[Path]:
    """Where the environment keeps its packages."""
    return list((place.venv / "lib").glob("python*/site-packages"))


def present(place: Place) -> set[str]:
    """The names of what is wholly installed: pip writes INSTALLER after a package's files."""
    return {name for name, _ in installed(place)}


def installed(place: Place) -> Iterator[tuple[str, str]]:
    """Name and version of every package, but for what `python -m venv` itself brings and for us."""
    for site in sites(place):
        for folder in site.glob("*.dist-info"):
            name, _, version = folder.name.removesuffix(".dist-info").partition("-")
            known = name.lower().replace("_", "-").replace(".", "-")
            if known not in NOT_OURS and (folder / "INSTALLER").exists():  # fmt: skip
                yield known, version
