"""Install Tunesmith into `.venv`, in two halves or at once.

    python3 -m tools.install chat [OPTIONS]     the page's half, then the page, which has the rest installed
    python3 -m tools.install rest               the trainer's half, in the background
    python3 -m tools.install whole [PACKAGES]   everything now, and these as well (`make setup`)

Killed anywhere, the next call goes on: what pip left unfinished is found by its own record and installed anew. One process at
a time changes the environment. The standard library only; what it prints is for a terminal, before there is a page.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # said in words, not as a syntax error
    sys.exit(
        "Tunesmith needs Python 3.11 or newer; this is {}.{}. Name another one: make chat PYTHON=python3.12".format(
            *sys.version_info
        )
    )

import os
import signal

from tools.install.halves import ROOT, Place, Reason
from tools.install.parts import install_first, install_rest, install_whole, is_whole, wanted
from tools.install.running import SetupError

NICER = 10
"""The rest is installed behind a page that somebody uses."""

TO_DO: dict[Reason, str] = {
    "network": "Check the connection (or the package index that pip is set to), then run the same command again: it goes on where it was.",
    "disk": "Free some space on this disk, then run the same command again: it goes on where it was.",
    "conflict": "Run make setup: it installs everything at once and says what does not go together.",
    "other": "The whole output is in .venv/installing/log.txt. Run the same command again: it goes on where it was.",
}


def main(arguments: list[str]) -> int:
    """Do what the command line says; 0 where it is done. `chat` becomes the page and does not come back."""
    what, *rest = arguments or ["chat"]
    place, goal = Place(ROOT / ".venv"), wanted()
    try:
        if what == "rest":
            signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
            os.nice(NICER)
            return install_rest(place, goal)
        if what == "whole":
            install_whole(place, goal, rest, tell)
            return 0
        if not is_whole(place, goal.mark):
            install_first(place, goal, tell)
    except SetupError as error:
        tell(f"Tunesmith could not be installed. {error.detail}\n{TO_DO[error.reason]}")
        return 1
    except KeyboardInterrupt:
        tell("\nStopped. The same command goes on where it was.")
        return 130
    python = str(place.venv / "bin" / "python")
    os.chdir(ROOT)
    return os.execv(python, [python, "-m", "agent.cli", "chat", *rest])


def tell(line: str) -> None:
    """Say something in the terminal."""
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
