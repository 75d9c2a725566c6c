"""What this machine has: processors, memory, disk, graphics cards, models. One of the modules that touch the world.

Nothing here imports torch: a page must not wait seconds to learn that there is no GPU. A driver that is
there but does not answer is told in `note`, never taken for "no card".
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tools import model_files
from tools.errors import PlanError
from training.catalog import BY_ID, PRACTICE, ModelCard
from training.practice import MODEL_DIR
from training.text import Text

GIB = 1024**3
DRIVER_TIMEOUT_S = 10


@dataclass(frozen=True)
class Gpu:
    """One graphics card, with the memory its driver states."""

    name: str
    gib: float


@dataclass(frozen=True)
class Machine:
    """What a run may use. `note` tells what could not be found out."""

    device: Literal["cpu", "cuda", "mps"]
    gpus: tuple[Gpu, ...] = ()
    cores: int = 1
    ram_gib: float = 4.0
    free_disk_gib: float = 10.0
    models_here: tuple[str, ...] = ()
    """Hub ids whose weights lie in the local cache."""
    note: Text | None = None

    @property
    def gib(self) -> float:
        """Memory of the largest card, or the machine's own where there is none."""
        return max((gpu.gib for gpu in self.gpus), default=self.ram_gib)


def look(home: Path | None = None) -> Machine:
    """Look at this machine. `home` is the folder whose disk will be filled; the present one by default."""
    gpus, note = nvidia_cards()
    apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    folder = home if home is not None and home.exists() else Path.cwd()
    return Machine(
        device="cuda" if gpus else "mps" if apple else "cpu",
        gpus=gpus,
        cores=_cores(),
        ram_gib=_ram_gib(),
        free_disk_gib=shutil.disk_usage(folder).free / GIB,
        models_here=_cached_models(),
        note=note,
    )


def model_folder(folder: Path) -> ModelCard:
    """Read a model's dimensions from the `config.json` in its folder.

    Raises PlanError where there is none, or where it does not describe a causal language model that can be asked.
    """
    path = folder / "config.json"
    model_files.check(folder)
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PlanError(
            Text("This folder holds no config.json, so it is not a model that can be loaded."),
            where=str(folder),
            what_to_do=Text(
                "Name the folder that holds config.json and the weights (safetensors)."
            ),
        ) from None
    except (OSError, ValueError) as reason:
        raise PlanError(
            Text("The model's config.json cannot be read: {reason}.", reason=str(reason)),
            where=str(path),
            what_to_do=Text("Copy the model's folder again, or name another model."),
        ) from reason
    return card_from_config(str(folder), raw)


def card_from_config(name: str, raw: dict[str, Any]) -> ModelCard:
    """Make a card from a Hub `config.json`. Raises PlanError where the sizes are missing."""
    inner = raw.get("text_config")
    config: dict[str, Any] = inner if isinstance(inner, dict) else raw
    try:
        heads = int(config["num_attention_heads"])
        hidden = int(config["hidden_size"])
        card = ModelCard(
            id=name,
            family=str(raw.get("model_type", "unknown")),
            layers=int(config["num_hidden_layers"]),
            hidden=hidden,
            intermediate=int(config["intermediate_size"]),
            heads=heads,
            kv_heads=int(config.get("num_key_value_heads") or heads),
            head_dim=int(config.get("head_dim") or hidden // heads),
            vocab=int(config["vocab_size"]),
            context=int(config.get("max_position_embeddings") or 2048),
            kind="instruct",
            licence="unknown",
            tied=bool(config.get("tie_word_embeddings", raw.get("tie_word_embeddings", True))),
            checked=f"config.json of {name}",
            unverified=frozenset({"licence", "languages", "kind"}),
        )
    except (KeyError, TypeError, ValueError) as reason:
        raise PlanError(
            Text(
                "The model's config.json lacks the sizes of a causal language model ({reason}).",
                reason=str(reason),
            ),
            where=name,
            what_to_do=Text("Name a model that writes text, such as Qwen/Qwen3-1.7B, or practice."),
        ) from reason
    if not card.hidden or not card.layers or not card.vocab:
        raise PlanError(
            Text("The model's config.json gives a size of zero."), where=name,
            what_to_do=Text("Copy the model's folder again, or name another model."),
        )  # fmt: skip
    return card


def find_card(name: str) -> ModelCard | None:
    """Read a model's card off this machine: the practice model, a folder, or the Hub's cache; None where it is not here.

    Put what it finds into `Facts.cards` under `name`. Raises PlanError for a folder that holds no model.
    """
    if name == PRACTICE:
        if not (MODEL_DIR / "config.json").exists():
            return None
        return replace(
            model_folder(MODEL_DIR),
            id=PRACTICE,
            family=PRACTICE,
            kind="practice",
            languages=("en", "zh"),
            unverified=frozenset(),
        )
    folder = Path(name).expanduser()
    if folder.is_dir():
        return replace(model_folder(folder), id=str(folder.resolve()))
    known = BY_ID.get(name.lower())
    return None if known is not None else cached_model(name)


def cards_here(*names: str) -> dict[str, ModelCard]:
    """Read what lies on this machine of the models named, for `Facts.cards`. Raises PlanError as `find_card` does."""
    return {name: card for name in (PRACTICE, *names) if (card := find_card(name)) is not None}


def cached_model(model_id: str) -> ModelCard | None:
    """Read the card of a model that lies in the Hub's local cache; None where it does not."""
    snapshots = _hub_cache() / f"models--{model_id.replace('/', '--')}" / "snapshots"
    described = config_cache() / model_id.replace("/", "--")
    for config in (*sorted(snapshots.glob("*/config.json")), *described.glob("config.json")):
        return replace(model_folder(config.parent), id=model_id, checked="config.json of the Hub")
    return None


def config_here(name: str) -> dict[str, Any] | None:
    """Read a model's own `config.json` where it lies on this machine; None where it does not, or cannot be read."""
    folder = MODEL_DIR if name == PRACTICE else Path(name).expanduser()
    snapshots = _hub_cache() / f"models--{name.replace('/', '--')}" / "snapshots"
    described = config_cache() / name.replace("/", "--")
    for path in (
        folder / "config.json", *sorted(snapshots.glob("*/config.json")), described / "config.json",
    ):  # fmt: skip
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(found, dict) and "model_type" in found:
            return found
    return None


def config_cache() -> Path:
    """Where the descriptions of models on the Hub are kept."""
    return Path.home() / ".cache" / "tunesmith" / "models"


def nvidia_cards(program: str = "nvidia-smi") -> tuple[tuple[Gpu, ...], Text | None]:
    """Ask the driver for its cards; also a note where it is there and does not answer."""
    driver = shutil.which(program)
    if driver is None:
        return (), None
    query = [driver, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(
            query, capture_output=True, text=True, timeout=DRIVER_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as reason:
        said = Text(
            "A graphics driver is installed but does not answer ({reason}); I plan as if there were no card.",
            reason=type(reason).__name__,
        )
        return (), said
    cards = []
    for line in done.stdout.splitlines():
        name, _, memory = line.rpartition(",")
        if memory.strip().replace(".", "", 1).isdigit():
            cards.append(Gpu(name.strip(), float(memory) / 1024))
    return tuple(cards), None


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _ram_gib() -> float:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
        return sizes.get("MemAvailable", sizes.get("MemTotal", 0)) / 1024**2
    except FileNotFoundError:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB


def _hub_cache() -> Path:
    return Path.home() / ".cache" / "huggingface" / "hub"


def _cached_models() -> tuple[str, ...]:
    found = []
    for folder in _hub_cache().glob("models--*"):
        if any(folder.glob("snapshots/*/*.safetensors")):
            found.append("/".join(folder.name.split("--")[1:]))
    return tuple(sorted(found))
