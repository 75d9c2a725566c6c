"""Ask a model and score what it says: the same way before, during and after training. Every answer is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from training import metrics, probes
from training.chat import prompts_for
from training.evaluate import answer
from training.measured import Score
from training.rows import Message, Row
from training.text import Text
from training.work import Work


@dataclass(frozen=True)
class Asked:
    """Rows with the answers to them and what these are worth, item by item."""

    rows: Sequence[Row]
    answers: list[str]
    values: list[float]
    score: Score


def ask_rows(
    work: Work, model: Any, rows: Sequence[Row], *, name: str, system: str | None, shots: Sequence[Row] = ()
) -> Asked:  # fmt: skip
    """Ask every row's question; the answers are kept under `phases/NAME.json`."""
    prompts = prompts_for(rows, system=system, shots=shots)
    answers = work.once(
        name, lambda: _answers(work, model, prompts, work.config.task.max_new_tokens)
    )
    return grade(work, rows, answers)


def grade(work: Work, rows: Sequence[Row], answers: list[str]) -> Asked:
    """Score answers by the run's metric."""
    task = work.config.task
    values = metrics.score_answers(task, rows, answers)
    return Asked(
        rows, answers, values, metrics.summarize(task, rows, answers, seed=work.config.seed)
    )


def ask_probes(work: Work, model: Any, *, name: str, purpose: str) -> dict[str, list[float]]:
    """Ask the general probes; give the values of each family, items in a fixed order.

    Empty where the run asks for none, or where the untouched model can do too little to lose anything.
    """
    measure = work.config.measure
    count = measure.final_probe_items if purpose == "final" else measure.probe_items
    cells = probe_cells(work) if count else ()
    if not cells:
        return {}
    items = probes.items(
        count,
        seed=probes.seed_for(work.config.seed, purpose),
        language=_language(work),
        cells=cells,
    )
    answers = work.once(
        name,
        lambda: _answers(work, model, [item.messages for item in items], probes.MAX_NEW_TOKENS),
    )
    values: dict[str, list[float]] = {}
    for item, said in zip(items, answers, strict=True):
        values.setdefault(item.family, []).append(probes.score(item, said))
    return values


def probe_cells(work: Work) -> tuple[tuple[str, int], ...]:
    """Find the families and levels that the untouched model can lose. First called before training."""

    def try_out() -> list[list[Any]]:
        work.telemetry.progress("measuring", Text("Finding out what the untouched model can do."))
        found = probes.adapt(
            lambda prompts: _answers(work, work.loaded.model, prompts, probes.MAX_NEW_TOKENS),
            seed=work.config.seed, language=_language(work),
        )  # fmt: skip
        for note in found.notes:
            work.note(note)
        if not found.cells:
            work.note(
                Text(
                    "The untouched model can do none of the general questions, so forgetting was not measured."
                )
            )
        return [list(cell) for cell in found.cells]

    return tuple((family, level) for family, level in work.once("probe-cells", try_out))


def share_right(values: dict[str, list[float]]) -> float:
    """Give the mean over all probe items."""
    every = [value for family in values.values() for value in family]
    return sum(every) / max(1, len(every))


def _language(work: Work) -> probes.Language:
    return "zh" if work.config.task.language == "zh" else "en"


def _answers(
    work: Work, model: Any, prompts: Sequence[Sequence[Message]], max_new_tokens: int
) -> list[str]:
    return answer(
        model, work.loaded.tokenizer, prompts, max_new_tokens=max_new_tokens, note=work.note
    )
