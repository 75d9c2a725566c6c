"""Every property, tried on a thousand examples that are new each time; `make test` tries the same few."""

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def main() -> int:
    command = [sys.executable, "-m", "pytest", "-q", "--hypothesis-profile=search", "-m", "hypothesis", str(TESTS)]  # fmt: skip
    return subprocess.run(command, cwd=TESTS.parent, check=False).returncode
