"""A teacher on this machine: `python -P -m training.local_teacher FOLDER`, a process of its own.

Reads FOLDER/teacher.json and FOLDER/questions.jsonl, appends to FOLDER/answers.jsonl after every few answers, and
writes one JSON line at the end: how many were asked, or the error in three parts.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from training.errors import TrainingError
from training.side_by_side import say_error
from training.teacher import FILE, JOB, QUESTIONS, Answer, Answers, Job, Question

AT_ONCE = 16
"""Answers between two writes of the file: no more is lost by a kill."""


def answer_all(folder: Path) -> int:
    """Answer what is not answered yet, and give how many that were. Raises TrainingError."""
    from training.chat import render_prompts  # noqa: PLC0415
    from training.evaluate import generate  # noqa: PLC0415 - torch only where weights are touched
    from training.model import load  # noqa: PLC0415

    job = Job.model_validate_json((folder / JOB).read_text(encoding="utf-8"))
    lines = (folder / QUESTIONS).read_text(encoding="utf-8").splitlines()
    answers = Answers(folder / FILE)
    asked = {}
    for line in lines:
        question = Question.model_validate_json(line)
        asked[question.key(job.model.name, job.max_new_tokens)] = question
    waiting = [(key, one) for key, one in asked.items() if key not in answers.known]
    if not waiting:
        return 0
    loaded = load(job.model, device=job.device)
    batches = [
        part[start : start + AT_ONCE]
        for attempt in sorted({one.attempt for _, one in waiting})
        for part in [[pair for pair in waiting if pair[1].attempt == attempt]]
        for start in range(0, len(part), AT_ONCE)
    ]
    for batch in batches:
        heat = batch[0][1].temperature
        chance: dict[str, Any] = {"do_sample": True, "temperature": heat} if heat else {}
        texts = render_prompts(loaded.tokenizer, [one.messages for _, one in batch])
        said = generate(
            loaded.model, loaded.tokenizer, texts, max_new_tokens=job.max_new_tokens, **chance
        )
        for (key, _), prompt, text in zip(batch, texts, said, strict=True):
            written = len(loaded.tokenizer(text, add_special_tokens=False)["input_ids"])
            read = len(loaded.tokenizer(prompt, add_special_tokens=False)["input_ids"])
            ended = (
                "none"
                if not text.strip()
                else "cut_off"
                if written >= job.max_new_tokens
                else "whole"
            )
            answers.add(Answer(key=key, text=text, state=ended, tokens=read + written))  # type: ignore[arg-type]
    return len(waiting)


def main() -> int:
    """Answer the questions of the folder."""
    try:
        answered = answer_all(Path(sys.argv[1]).resolve())
    except TrainingError as error:
        return say_error(error)
    sys.stdout.write("\n" + json.dumps({"answered": answered}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
