"""Keep a question that a model was tried on: the data are those of the run, whose plan names its files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from agent.engine import PlanRequest
from agent.local.planning import file_key
from tools.errors import RunError
from tools.marking import kept
from tools.marking.kept import KeptItem
from training.rundir import RunDir
from training.text import Text


def keep(home: Path, run: RunDir, prompt: str, answer: str | None) -> int:
    """Keep a question with its right answer, or no longer; return how many the data has. Raises RunError and DataError."""
    data = data_of(run)
    if answer is None:
        kept.take_back(home, prompt, data=data)
    else:
        kept.keep(home, prompt, answer, data=data)
    return len(kept.kept_for(home, data))


def kept_of(home: Path, run: RunDir) -> Sequence[KeptItem]:
    """The questions kept for the run's data. Raises RunError."""
    return kept.kept_for(home, data_of(run)) if (home / kept.FILE).exists() else ()


def with_kept(request: PlanRequest, home: Path) -> PlanRequest:
    """The request with what was kept for its files. Raises DataError where one is gone."""
    if not request.files or not (home / kept.FILE).exists():
        return request
    hashes = {str(path.resolve()): file_key(path) for path in request.files}
    return replace(request, kept=kept.kept_for(home, hashes))


def data_of(run: RunDir) -> Mapping[str, str]:
    """Path -> hash of the files that the run was made from. Raises RunError."""
    try:
        plan = json.loads((run.path / "plan.json").read_text(encoding="utf-8"))
        return {str(path): str(found) for path, found in plan["data_hashes"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise RunError(
            Text("This run does not tell what data it learnt from."), where=run.id,
            what_to_do=Text("Keep questions beside a run that was planned here."),
        ) from error  # fmt: skip
