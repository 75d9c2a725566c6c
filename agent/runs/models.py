"""The models of a run at work: asked side by side, and written to a folder; each in a process of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from agent.engine import ExportFormat, Tried
from agent.runs import gguf
from tools import training_half
from tools.errors import RunError
from tools.jobs.local import environment
from training.rundir import RunDir
from training.text import Text


def try_out(run: RunDir, prompts: Sequence[str]) -> list[Tried]:
    """Let the untouched and the tuned model answer the same prompts. Raises RunError."""
    answer = _side_process(run, "training.side_by_side", stdin=json.dumps(list(prompts)))
    return [Tried(one["prompt"], one["base"], one["tuned"]) for one in answer["answers"]]


def export(run: RunDir, to: Path, form: str) -> Path:
    """Write the chosen model to a folder. Raises RunError."""
    if form not in get_args(ExportFormat):
        raise RunError(
            Text("There is no export format called {name!r}.", name=form), where="--format",
            what_to_do=Text("Use one of: {names}.", names=", ".join(get_args(ExportFormat))),
        )  # fmt: skip
    target = to.expanduser().resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise RunError(
            Text("The target folder is not empty."), where=str(target),
            what_to_do=Text("Name a folder that is not there yet."),
        )  # fmt: skip
    if form == "gguf":
        return _gguf(run, target)
    _side_process(run, "training.export", str(target), form)
    return target


def _gguf(run: RunDir, target: Path) -> Path:
    """Write the merged model beside the target, convert it, and keep the one file and the card."""
    command = gguf.converter()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as draft:
        merged = Path(draft) / "merged"
        _side_process(run, "training.export", str(merged), "merged")
        gguf.convert(merged, target / "model.gguf", command=command)
        shutil.copyfile(merged / "README.md", target / "README.md")
    return target


def _side_process(run: RunDir, module: str, *arguments: str, stdin: str = "") -> dict[str, Any]:
    """Run one of the trainer's modules in a process of its own; its last line is its answer in JSON. Raises RunError."""
    training_half.refuse_unready()
    done = subprocess.run(
        [sys.executable, "-P", "-m", module, str(run.path), *arguments],
        input=stdin, capture_output=True, text=True, cwd=run.path, env=environment(run), check=False,
    )  # fmt: skip
    spoken = (done.stdout if done.stdout.strip() else done.stderr).strip().splitlines()
    try:
        answer: dict[str, Any] = json.loads(spoken[-1]) if spoken else {}
    except ValueError:
        answer = {"error": None}
    if done.returncode == 0:
        return answer
    with (run.path / "log.txt").open("a", encoding="utf-8") as log:
        log.write(done.stderr)
    said = answer.get("error", answer)
    if not said:
        raise RunError(
            Text("The process that loads the model ended without an answer."),
            where=str(run.path / "log.txt"),
            what_to_do=Text("The end of that file says why."),
        )
    raise RunError(
        Text.plain(str(said["what"])),
        where=str(said["where"]),
        what_to_do=Text.plain(str(said["what_to_do"])),
    )
