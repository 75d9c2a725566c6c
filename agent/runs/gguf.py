"""Turn a merged model into one GGUF file, for llama.cpp and Ollama, with llama.cpp's own converter."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.errors import RunError
from training.text import Text

CONVERTER = "convert_hf_to_gguf.py"
"""Ships with llama.cpp: in its folder, or on the path where a package manager installed it."""


def converter() -> list[str]:
    """The command of llama.cpp's converter: in the folder that LLAMA_CPP names, or on the path. Raises RunError."""
    folder = os.environ.get("LLAMA_CPP", "")
    script = str(Path(folder) / CONVERTER) if folder else shutil.which(CONVERTER) or ""
    if not script or not Path(script).is_file():
        raise RunError(
            Text("Writing GGUF needs the converter of llama.cpp, and it is not on this machine."),
            where=script or CONVERTER,
            what_to_do=Text(
                "Get llama.cpp, set LLAMA_CPP to its folder, and export again; or export as merged and convert that folder elsewhere with {name}.",
                name=CONVERTER,
            ),
        )
    return [script] if os.access(script, os.X_OK) else [sys.executable, script]


def convert(merged: Path, to: Path, *, command: list[str]) -> None:
    """Write the GGUF file of a merged model. Raises RunError with the converter's last line where it fails."""
    done = subprocess.run(
        [*command, str(merged), "--outfile", str(to)],
        capture_output=True, text=True, cwd=merged, check=False,
    )  # fmt: skip
    if done.returncode == 0 and to.is_file():
        return
    to.unlink(missing_ok=True)
    last = (done.stderr.strip() or done.stdout.strip() or "-").splitlines()[-1][:300]
    raise RunError(
        Text("The converter of llama.cpp could not write this model: {last}", last=last),
        where=command[-1],
        what_to_do=Text("Export it as merged; `tunesmith serve` works without GGUF."),
    )
