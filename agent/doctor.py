"""What this machine can do: checked, not guessed, without loading torch."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import Any, Literal

from agent.settings import Settings
from prompts import translate
from tools.install import halves
from tools.machine import look
from training.practice import MODEL_DIR
from training.text import Text

State = Literal["ok", "missing", "broken"]
NEEDED = ("torch", "transformers", "trl", "peft", "datasets", "langgraph", "gradio", "scikit-learn")
ENOUGH_DISK_GIB = 5.0
"""A practice run takes 0.1 GiB, an 8 B adapter run 20 and its weights 16: under this even small runs are at risk."""


def examine(settings: Settings, language: str | None) -> dict[str, Any]:
    """Give one line for each check, with its state, as a JSON document."""
    spoken = language or settings.language
    lines = [
        _python(),
        *map(_package, NEEDED),
        _cards(settings),
        _memory(settings),
        _disk(settings),
        _practice(),
        _sandbox(),
    ]
    lines += [
        _extra("bitsandbytes", Text("4-bit and 8-bit training")),
        _extra("vllm", Text("fast answers while training with rewards")),
        _extra("langchain", Text("language model as brain (--brain)")),
    ]
    checks = [
        {"name": name, "state": state, "text": translate(text, spoken)}
        for name, state, text in lines
    ]
    return {"kind": "doctor", "schema": 1, "home": str(settings.home), "checks": checks}


def _python() -> tuple[str, State, Text]:
    version = ".".join(map(str, sys.version_info[:3]))
    return "python", "ok", Text("Python {version}.", version=version)


def _package(name: str) -> tuple[str, State, Text]:
    try:
        return (
            name,
            "ok",
            Text("{name} {version}.", name=name, version=importlib.metadata.version(name)),
        )
    except importlib.metadata.PackageNotFoundError:
        if halves.read().under_way:
            return name, "missing", Text("{name} is being installed.", name=name)
        return name, "broken", Text("{name} is not installed. Run: make setup", name=name)


def _extra(name: str, use: Text) -> tuple[str, State, Text]:
    if importlib.util.find_spec(name) is None:
        return (
            name,
            "missing",
            Text("{name} is not installed: no {use}. It is optional.", name=name, use=use),
        )
    return name, "ok", Text("{name}: {use}.", name=name, use=use)


def _cards(settings: Settings) -> tuple[str, State, Text]:
    machine = look(settings.home)
    if machine.note is not None:
        return "gpu", "broken", machine.note
    if not machine.gpus:
        return (
            "gpu",
            "missing",
            Text("No graphics card: the practice model trains here, real models need a card."),
        )
    names = ", ".join(f"{card.name} ({card.gib:.0f} GiB)" for card in machine.gpus)
    return "gpu", "ok", Text("Graphics cards: {names}.", names=names)


def _memory(settings: Settings) -> tuple[str, State, Text]:
    machine = look(settings.home)
    return (
        "memory",
        "ok",
        Text(
            "{cores} processor cores, {ram:.0f} GiB of free memory.",
            cores=machine.cores,
            ram=machine.ram_gib,
        ),
    )


def _disk(settings: Settings) -> tuple[str, State, Text]:
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        return (
            "disk",
            "broken",
            Text(
                "{folder} cannot be written to. Set TUNESMITH_HOME to a folder of yours.",
                folder=str(folder),
            ),
        )
    free = shutil.disk_usage(folder).free / 1024**3
    state: State = "ok" if free >= ENOUGH_DISK_GIB else "broken"
    return (
        "disk",
        state,
        Text(
            "{free:.0f} GiB free where runs are kept ({folder}).",
            free=free,
            folder=str(settings.home),
        ),
    )


def _practice() -> tuple[str, State, Text]:
    if (MODEL_DIR / "model.safetensors").exists():
        return "practice", "ok", Text("The practice model is here.")
    return (
        "practice",
        "broken",
        Text("The practice model's files are missing. Install Tunesmith again."),
    )


def _sandbox() -> tuple[str, State, Text]:
    switch = Path("/proc/sys/kernel/unprivileged_userns_clone")
    allowed = hasattr(os, "unshare") or (
        sys.platform == "linux" and (not switch.exists() or switch.read_text().strip() == "1")
    )
    if allowed:
        return "sandbox", "ok", Text("Your own reward code can be shut in (Linux namespaces).")
    return (
        "sandbox",
        "missing",
        Text("Your own reward code cannot be shut in on this system; it would be refused."),
    )
