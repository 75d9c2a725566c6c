"""The best of a small set of prompts: chosen on dev items, measured on the test items like the other ways of asking."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from training.chat import prompts_for
from training.config import PromptConfig
from training.evaluate import answer
from training.identity import content_hash, hash_of
from training.phases.asking import Asked, grade
from training.prompting import Similar, written_out
from training.rows import Row
from training.text import Text
from training.work import Work

BEST_PROMPT = "best prompt"


def ask_best_prompt(work: Work) -> tuple[Asked, dict[str, Any]] | None:
    """Ask the test items by the way that did best on dev items; None where none is to be tried.

    With the answers comes what `NamedScore` tells of the prompt.
    """
    rows = _choosing_rows(work)
    variants = work.config.task.prompts
    if not variants or not rows or not work.test:
        return None
    similar = Similar(work.rows("train"))
    scores = {
        variant.name: _ask(work, variant, rows, similar, name=f"prompt-{number}").score.value
        for number, variant in enumerate(variants)
    }
    best = max(variants, key=lambda variant: scores[variant.name])
    work.telemetry.event(
        "prompts_tried",
        Text(
            "Of {count} other ways of asking, {name} did best on {items:,} items set apart for choosing.",
            count=len(variants), name=best.name, items=len(rows),
        ),
        scores=scores, items=len(rows),
    )  # fmt: skip
    asked = _ask(work, best, work.test, similar, name="base-best-prompt")
    written = written_out(best.system, (), language=work.config.task.language)
    return asked, {"prompt": written or None, "similar_examples": best.examples}


def _choosing_rows(work: Work) -> list[Row]:
    """Dev items, as many as the plan says: never a test item, so that the best prompt's score is not flattered."""
    rows, wanted = work.rows("dev"), work.config.measure.prompt_items
    if wanted >= len(rows):
        return rows
    places = sorted(random.Random(work.config.seed).sample(range(len(rows)), wanted))
    return [rows[place] for place in places]


def _ask(
    work: Work, variant: PromptConfig, rows: Sequence[Row], similar: Similar, *, name: str
) -> Asked:
    model = work.loaded.model
    task = work.config.task
    key = hash_of(
        work.model_key, content_hash(rows), content_hash(similar.rows), variant.model_dump(), task.metric, task.max_new_tokens,
    )  # fmt: skip

    def ask() -> list[str]:
        work.telemetry.progress(
            "measuring", Text("Trying other ways of asking the untouched model.")
        )
        prompts = [
            prompts_for(
                [row], system=variant.system, shots=similar.to(row, variant.examples) if variant.examples else (),
            )[0]
            for row in rows
        ]  # fmt: skip
        return answer(
            model,
            work.loaded.tokenizer,
            prompts,
            max_new_tokens=task.max_new_tokens,
            note=work.note,
        )

    return grade(work, rows, work.once(name, ask, key=key))
