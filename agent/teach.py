"""`python -P -m agent.teach RUN_DIR`: the process of a teacher's work."""

from __future__ import annotations

import sys
from pathlib import Path

from agent.taught import carry_out
from training.rundir import RunDir

if __name__ == "__main__":
    carry_out(RunDir(Path(sys.argv[1]).resolve()))
