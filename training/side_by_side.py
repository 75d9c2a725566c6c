"""Ask the untouched and the tuned model the same questions: `python -P -m training.side_by_side RUN_DIR`.

Reads a JSON list of prompts from standard input and writes one JSON line: the answers, or the error in three parts.
Each model is told what it was told when it was measured.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from training.errors import TrainingError
from training.export import load_chosen
from training.rows import Message, Row
from training.rundir import RunDir
from training.text import Text


def side_by_side(run: RunDir, prompts: Sequence[str]) -> list[dict[str, str]]:
    """Give the answers of both to each prompt. Raises TrainingError where the run kept no weights."""
    from training.chat import prompts_for  # noqa: PLC0415 - torch only where weights are touched
    from training.evaluate import answer  # noqa: PLC0415
    from training.model import load  # noqa: PLC0415

    if not (run.path / "chosen" / "choice.json").exists():
        raise TrainingError(
            Text("This run has kept no tuned model."),
            where=str(run.path),
            what_to_do=Text("Wait until it has ended, or start one that trains."),
        )
    config = run.config()
    rows = [
        Row(id=str(index), messages=(Message(role="user", content=text),))
        for index, text in enumerate(prompts)
    ]
    task = config.task
    base = load(config.model, device=config.device, threads=config.threads)
    before = answer(
        base.model, base.tokenizer, prompts_for(rows, system=task.zero_shot_system or task.system),
        max_new_tokens=task.max_new_tokens,
    )  # fmt: skip
    tuned, tokenizer = load_chosen(run)
    after = answer(
        tuned, tokenizer, prompts_for(rows, system=task.system), max_new_tokens=task.max_new_tokens
    )
    return [
        {"prompt": prompt, "base": first, "tuned": second}
        for prompt, first, second in zip(prompts, before, after, strict=True)
    ]


def main() -> int:
    """Answer the prompts on standard input."""
    try:
        answers = side_by_side(RunDir(Path(sys.argv[1]).resolve()), json.load(sys.stdin))
    except TrainingError as error:
        return say_error(error)
    sys.stdout.write("\n" + json.dumps({"answers": answers}, ensure_ascii=False) + "\n")
    return 0


def say_error(error: TrainingError) -> int:
    """Write the three parts as the process's one line; give the exit code."""
    words = {"what": str(error.what), "where": error.where, "what_to_do": str(error.what_to_do)}
    sys.stdout.write("\n" + json.dumps({"error": words}, ensure_ascii=False) + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
