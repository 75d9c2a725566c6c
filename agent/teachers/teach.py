"""`python -P -m agent.teachers.teach RUN_DIR`: the process of a teacher's work."""

from __future__ import annotations

import sys
from pathlib import Path

from agent.teachers.taught import carry_out
from training.rundir import RunDir

if __name__ == "__main__":
    carry_out(RunDir(Path(sys.argv[1]).resolve()))
