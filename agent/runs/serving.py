"""The command that serves a tuned model rightly: its own template, bound to this machine unless told otherwise."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from agent import settings
from agent.runs.directories import Runs
from tools.jobs.local import LocalBackend
from training.rundir import RunDir

MERGED = "export/merged"


def prepared(run: RunDir) -> Path:
    """The folder of merged weights, written now where it is not there yet. Raises RunError."""
    folder = run.path / MERGED
    if not (folder / "config.json").exists():
        Runs(settings.read(run.path.parents[1]), LocalBackend()).export(run, folder, "merged")
    return folder


def command(folder: Path, host: str, port: int) -> list[str]:
    """The server's command line: vLLM where it is installed, else transformers' own server."""
    if importlib.util.find_spec("vllm") is not None:
        return [
            sys.executable,
            "-m",
            "vllm.entrypoints.openai.api_server",
            "--model",
            str(folder),
            "--host",
            host,
            "--port",
            str(port),
        ]
    beside = Path(sys.executable).parent / "transformers"
    return [str(beside), "serve", str(folder), "--host", host, "--port", str(port)]
