"""Ask a model and score what it says: the same way before, during and after training. Every answer is kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from training import metrics, probes, statistics
from training.chat import prompts_for
from training.cpt import readable
from training.evaluate import answer, context_tokens, nll_per_token
from training.identity import content_hash, hash_of
from training.measured import Difference, Score
from training.phases.rewarding import reward_of
from training.preferences import preferred
from training.probes.item import ProbeItem
from training.rewards import columns_of
from training.rows import Message, Row
from training.text import Text
from training.work import Work

FINAL, CHOOSING = "probes-final-base", "probes-choosing-base"
BITS = " bits per byte"
ROOM_FOR_ENDS = 8
"""Tokens kept free when a long text is cut for measuring: its end, and what cutting splits."""


@dataclass(frozen=True)
class Asked:
    """Rows with the answers to them and what these are worth, item by item."""

    rows: Sequence[Row]
    answers: list[str]
    values: list[float]
    score: Score


def ask_rows(
    work: Work, model: Any, rows: Sequence[Row], *, name: str, system: str | None, shots: Sequence[Row] = (),
    key: str | None = None,
) -> Asked:  # fmt: skip
    """Ask every row's question; the answers are kept under `phases/NAME.json`, for what `key` stands for.

    Of a pair the answer is the one that the model finds likelier; of a text it is its loss in words.
    """
    task = work.config.task

    def ask() -> list[str]:
        if task.metric == "bits_per_byte":
            return _read_texts(work, model, rows)
        if _compares_pairs(work):
            return preferred(model, work.loaded.tokenizer, rows, system=system)
        prompts = prompts_for(rows, system=system, shots=shots)
        return _answers(work, model, prompts, task.max_new_tokens)

    return grade(work, rows, work.once(name, ask, key=key))


def questions_key(
    work: Work, rows: Sequence[Row], *, system: str | None, shots: Sequence[Row]
) -> str:
    """Hash what the untouched model's answers to these rows rest on. Loads the model."""
    _ = work.loaded
    task = work.config.task
    return hash_of(
        work.model_key, content_hash(rows), content_hash(shots), system, task.task, task.metric, task.max_new_tokens,
    )  # fmt: skip


def grade(work: Work, rows: Sequence[Row], answers: list[str]) -> Asked:
    """Score answers by the run's metric."""
    task, seed = work.config.task, work.config.seed
    if task.metric == "bits_per_byte":
        nats, sizes = _losses(rows, answers)
        values = [loss / max(1, size) / math.log(2) for loss, size in zip(nats, sizes, strict=True)]
        return Asked(rows, answers, values, metrics.bits_per_byte(nats, sizes, seed=seed))
    if _compares_pairs(work):
        values = [float(row.chosen == answer) for row, answer in zip(rows, answers, strict=True)]
        return Asked(rows, answers, values, statistics.score(task.metric, values, seed=seed))
    if task.metric in metrics.GRADED_METRICS:
        values = reward_of(work)(answers, **columns_of(rows))
        return Asked(rows, answers, values, statistics.score(task.metric, values, seed=seed))
    values = metrics.score_answers(task, rows, answers)
    return Asked(rows, answers, values, metrics.summarize(task, rows, answers, seed=seed))


def compare(work: Work, before: Asked, after: Asked) -> Difference:
    """Compare two sets of answers to the same rows, item by item."""
    task, seed = work.config.task, work.config.seed
    if task.metric == "bits_per_byte":
        (base, sizes), (tuned, _) = (
            _losses(before.rows, before.answers),
            _losses(after.rows, after.answers),
        )
        return metrics.compare_bits(base, tuned, sizes, seed=seed)
    if _compares_pairs(work) or task.metric in metrics.GRADED_METRICS:
        return statistics.difference(before.values, after.values, metric=task.metric, seed=seed)
    return metrics.compare(task, before.rows, before.answers, after.answers, seed=seed)


def ask_probes(
    work: Work, model: Any, *, name: str, purpose: str, untouched: bool = False, most: int | None = None
) -> dict[str, list[float]]:  # fmt: skip
    """Ask the general probes; give the values of each family, items in a fixed order.

    Empty where the run asks for none, or where the untouched model can do too little to lose anything. The `untouched`
    model's answers are taken over from another run where model and questions are the same. `most` asks only the first so
    many of them, which are spread evenly over the families.
    """
    measure = work.config.measure
    count = measure.final_probe_items if purpose == "final" else measure.probe_items
    cells = probe_cells(work) if count else ()
    if not cells:
        return {}
    seed, language = probes.seed_for(work.config.seed, purpose), _language(work)
    items = _items(count, seed, language, cells)
    asked = items if untouched else items[:most]
    answers = work.once(
        name,
        lambda: _answers(work, model, [item.messages for item in asked], probes.MAX_NEW_TOKENS),
        key=_probes_key(work, purpose) if untouched else None,
    )
    values: dict[str, list[float]] = {}
    for item, said in zip(items[:most], answers[:most], strict=True):
        values.setdefault(item.family, []).append(probes.score(item, said))
    return values


def base_choosing(work: Work, *, most: int | None = None) -> dict[str, list[float]]:
    """The untouched model on the probes that choose between checkpoints, or the first of them: asked before training."""
    model = work.loaded.model
    return ask_probes(work, model, name=CHOOSING, purpose="choosing", untouched=True, most=most)


def base_final(work: Work) -> dict[str, list[float]]:
    """The untouched model on the probes of the end: asked before training."""
    values = ask_probes(work, work.loaded.model, name=FINAL, purpose="final", untouched=True)
    work.learn(base_retention_items=sum(len(family) for family in values.values()))
    return values


def base_probes_known(work: Work) -> bool:
    """Say whether the untouched model has answered both, as far as any are wanted; hears what was noted then."""
    measure = work.config.measure
    wanted = [(FINAL, "final")] if measure.final_probe_items else []
    wanted += [(CHOOSING, "choosing")] if measure.probe_items else []
    if not wanted or not probe_cells(work):
        return True
    known = all(work.has(name, key=_probes_key(work, purpose)) for name, purpose in wanted)
    for name, _ in wanted if known else ():
        work.once(name, list)  # done: it only hears the notes, and whose work it was
    return known


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

    _ = work.loaded
    key = hash_of(work.model_key, work.config.seed, _language(work), probes.source_hash())
    return tuple((family, level) for family, level in work.once("probe-cells", try_out, key=key))


def _probes_key(work: Work, purpose: str) -> str:
    """Hash what the untouched model's answers rest on; the questions by what draws them, which is quicker than drawing."""
    measure = work.config.measure
    count = measure.final_probe_items if purpose == "final" else measure.probe_items
    return hash_of(
        work.model_key, probes.source_hash(), count, work.config.seed, purpose, _language(work), probe_cells(work),
    )  # fmt: skip


@lru_cache(maxsize=8)
def _items(
    count: int, seed: int, language: probes.Language, cells: tuple[probes.Cell, ...]
) -> tuple[ProbeItem, ...]:
    """Draw the items: once for all checkpoints, for it takes a third of a second."""
    return tuple(probes.items(count, seed=seed, language=language, cells=cells))


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


def _compares_pairs(work: Work) -> bool:
    """Say whether the run is judged by which answer of a pair the model finds likelier."""
    return work.config.task.task == "preference" and work.config.task.metric == "accuracy"


def _read_texts(work: Work, model: Any, rows: Sequence[Row]) -> list[str]:
    """Give the loss of each text, the pieces of a long one together, as the sentence that samples show."""
    tokenizer, room = work.loaded.tokenizer, context_tokens(model) - ROOM_FOR_ENDS
    cut = readable(rows, tokenizer, max_tokens=room)
    losses = iter(nll_per_token(model, tokenizer, [piece for pieces in cut for piece in pieces]))
    nats = [sum(next(losses).nats for _ in pieces) for pieces in cut]
    sizes = [len((row.text or "").encode()) for row in rows]
    return [
        f"{loss / max(1, size) / math.log(2):.6f}{BITS}"
        for loss, size in zip(nats, sizes, strict=True)
    ]


def _losses(rows: Sequence[Row], answers: Sequence[str]) -> tuple[list[float], list[int]]:
    """Give the nats and bytes of each text."""
    sizes = [len((row.text or "").encode()) for row in rows]
    bits = [float(answer.removesuffix(BITS)) for answer in answers]
    return [each * size * math.log(2) for each, size in zip(bits, sizes, strict=True)], sizes
