"""Take the chosen weights away: `python -P -m training.export RUN_DIR TO adapter|merged`.

What is exported is what was measured: the interpolation is already in the weights of `chosen/`. Tokenizer and chat
template come along, and a card with the numbers.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Literal

from training.checkpoints import is_whole, write_folder
from training.config import ModelConfig, RunConfig
from training.errors import TrainingError
from training.measured import Measured, Score
from training.rundir import RunDir
from training.text import Text

Format = Literal["adapter", "merged"]
FORMATS: tuple[Format, ...] = ("adapter", "merged")
LEAVE_OUT = frozenset({"choice.json", "complete.json", "README.md"})


def export(run: RunDir, to: Path, *, format: Format) -> Path:
    """Write the tuned model to a new folder; it appears whole or not at all.

    `adapter` needs the base model beside it, `merged` nothing. Raises TrainingError where there is nothing to export,
    where all weights were trained and an adapter is wanted, or where the folder is in use.
    """
    chosen = run.path / "chosen"
    if not is_whole(chosen):
        raise TrainingError(
            Text("The run has kept no weights yet."),
            where=str(run.path),
            what_to_do=Text("Let it finish, or resume it; then export."),
        )
    if to.exists() and any(to.iterdir()):
        raise TrainingError(
            Text("The folder is not empty."),
            where=str(to),
            what_to_do=Text("Name a folder that does not exist yet."),
        )
    choice = json.loads((chosen / "choice.json").read_text(encoding="utf-8"))
    if format == "adapter" and choice["kind"] == "full":
        raise TrainingError(
            Text("This run trained all weights, so there is no adapter to export."),
            where=str(run.path),
            what_to_do=Text("Export it as merged."),
        )
    to.parent.mkdir(parents=True, exist_ok=True)
    card = write_card(run, choice, format=format)

    def fill(folder: Path) -> None:
        if format == "merged" and choice["kind"] == "adapter":
            _merge(run.config(), chosen, folder)
        else:
            _copy(chosen, folder)
        (folder / "README.md").write_text(card, encoding="utf-8")

    write_folder(to, fill)
    (to / "complete.json").unlink()
    return to


def load_chosen(run: RunDir) -> tuple[Any, Any]:
    """Give the tuned model and its tokenizer, ready to be asked. Raises TrainingError where there is none."""
    from training.model import load  # noqa: PLC0415 - torch only where weights are touched

    chosen = run.path / "chosen"
    choice = json.loads((chosen / "choice.json").read_text(encoding="utf-8"))
    config = run.config()
    if choice["kind"] == "full":
        source = config.model.model_copy(update={"source": str(chosen), "revision": None})
        loaded = load(source, device=config.device, threads=config.threads)
        return loaded.model, loaded.tokenizer
    from peft import PeftModel  # noqa: PLC0415 - only for adapters

    loaded = load(config.model, device=config.device, threads=config.threads)
    return PeftModel.from_pretrained(loaded.model, str(chosen)).eval(), loaded.tokenizer


def write_card(run: RunDir, choice: dict[str, Any], *, format: Format) -> str:
    """Say on one page what this model is, what it scored, and what it lost."""
    config, measured = run.config(), Measured.load(run.path / "measured.json")
    front = ["---", f"base_model: {_public_name(config.model)}", "library_name: transformers"]
    front += ["tags: [tunesmith, sft]", "---", "", f"# {config.run}", ""]
    kind = "An adapter for" if format == "adapter" else "A tuned version of"
    lines = [*front, f"{kind} `{_public_name(config.model)}`, trained on your own data.", ""]
    lines += ["| | score | 95 % interval | items |", "|---|---|---|---|"]
    lines += [_score_line(baseline.name, baseline) for baseline in measured.baselines]
    if measured.tuned is not None:
        lines.append(_score_line("tuned", measured.tuned))
    lines.append("")
    if measured.retention is not None and measured.retention.probes:
        kept = measured.retention
        lines.append(
            f"General abilities kept: {kept.value:.1%} ({kept.low:.1%} to {kept.high:.1%})."
        )
    lines.append(
        f"Weights: stage {choice['stage']}, step {choice['step']}, "
        f"{choice['interpolation']:.0%} of the way from the base to the tuned weights."
    )
    if config.task.system:
        lines += [
            "",
            "Ask it with this system turn, as in training:",
            "",
            "```",
            config.task.system,
            "```",
        ]
    return "\n".join([*lines, ""])


def main(arguments: list[str] | None = None) -> int:
    """Export from the command line; what went wrong is said on standard error as JSON."""
    parser = argparse.ArgumentParser(prog="python -m training.export")
    parser.add_argument("run", type=Path)
    parser.add_argument("to", type=Path)
    parser.add_argument("format", choices=FORMATS)
    options = parser.parse_args(arguments)
    try:
        export(RunDir(options.run.resolve()), options.to.resolve(), format=options.format)
    except TrainingError as error:
        words = {"what": error.what, "where": error.where, "what_to_do": error.what_to_do}
        sys.stderr.write(json.dumps(words, ensure_ascii=False) + "\n")
        return 1
    return 0


def _merge(config: RunConfig, chosen: Path, folder: Path) -> None:
    """Add the adapter to the base's weights, in the base's own precision."""
    from peft import PeftModel  # noqa: PLC0415 - seconds of import, only for adapters

    from training.model import load  # noqa: PLC0415

    loaded = load(config.model.model_copy(update={"quantization": None}), device="cpu")
    merged = PeftModel.from_pretrained(loaded.model, str(chosen)).merge_and_unload()
    merged.save_pretrained(folder)
    loaded.tokenizer.save_pretrained(folder)


def _copy(chosen: Path, folder: Path) -> None:
    for path in chosen.iterdir():
        if path.name not in LEAVE_OUT:
            (folder / path.name).write_bytes(path.read_bytes())


def _score_line(name: str, score: Score) -> str:
    return f"| {name} | {score.value:.3f} {score.metric} | {score.low:.3f} to {score.high:.3f} | {score.items:,} |"


def _public_name(model: ModelConfig) -> str:
    return model.name


if __name__ == "__main__":
    sys.exit(main())
