"""`make bench`: measure what the project claims, and print the command, the commit and the machine's load with it.

python -m tests.benchmarks              everything (an hour and more on two quiet cores)
python -m tests.benchmarks spine replay  only these
"""

import importlib
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ALONE = "plans"
"""Takes hours: only where it is named (`make bench-plans`)."""


def main(names: list[str]) -> int:
    known = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    wrong = [name for name in names if name not in known]
    if wrong:
        print(f"no benchmark called {wrong[0]!r}; there are: {', '.join(known)}")
        return 2
    failed = 0
    for name in names or [one for one in known if one != ALONE]:
        print(f"\n=== {name} · {about()}", flush=True)
        code = importlib.import_module(f"tests.benchmarks.bench_{name}").main()
        failed += bool(code)
    return 1 if failed else 0


def about() -> str:
    """Name the commit, the machine and what else it is doing."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"commit {described.stdout.strip()} · {platform.machine()}, {cores} cores · load {load}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
