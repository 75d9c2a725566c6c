"""The untouched model as the teacher of the general rows: asked once, before it is moved, and kept with the stage.

It teaches the whole conversations, questions as well as answers: it wrote both. On the practice model that kept more than
the answers alone (.985 instead of .979) at a better score (.829 instead of .809).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from training.data import Sequences, tokenise
from training.identity import hash_of
from training.loop import Lesson
from training.losses import Targets
from training.model import untouched
from training.rehearsal import fingerprint, load_targets, save_targets, targets_of
from training.rows import Row
from training.telemetry import Place
from training.text import Text
from training.work import Work

FOLDER = "teacher"
"""Inside `phases/`: a file for each set of general rows, named by the rows and the weights."""


def with_teacher(
    work: Work, lesson: Lesson, general: Sequences
) -> tuple[Sequences, Targets | None]:
    """Give the general rows with all their tokens learnt, and what the untouched model held likely at each.

    Where the plan wants only their words learnt, they come back as they are, without a teacher.
    """
    if work.config.replay.loss != "kl" or not general.input_ids:
        return general, None
    whole = replace(general, labels=general.input_ids)
    held = untouched(lesson.model, work.base)
    return whole, _asked(work, whole, model=lesson.model, held=held, at=Place(lesson.name))


def ask_ahead(work: Work, rows: Sequence[Row]) -> None:
    """Ask the teacher about rows that a training to come will rehearse, where the run says how long they may be."""
    most, loaded = work.config.replay.teacher_tokens, work.loaded
    if most is None or work.config.replay.loss != "kl" or not rows:
        return
    general = tokenise(rows, loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=most)
    if general.input_ids:
        whole = replace(general, labels=general.input_ids)
        _asked(work, whole, model=loaded.model, held=nullcontext(), at=Place())


def _asked(
    work: Work, whole: Sequences, *, model: Any, held: AbstractContextManager[None], at: Place
) -> Targets:
    """Read what was noted before, or note it now with the model held at its untouched weights."""
    name = hash_of(work.model_key, fingerprint(whole))[:20]
    path = work.run.path / "phases" / FOLDER / f"{name}.safetensors"
    known = load_targets(path, whole)
    if known is not None:
        return known
    work.telemetry.progress(
        "training" if at.stage else "measuring",
        Text(
            "Noting how the untouched model would answer, so that the tuned one can be held to it."
        ),
        at=at,
    )
    began = work.telemetry.elapsed_s()
    with held:
        found = targets_of(model, whole)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_targets(path, found, whole)
    work.telemetry.event(
        "teacher_asked",
        Text(
            "Noted how the untouched model would go on at {places:,} places of the general rows: training keeps it close to that, not only to the words written.",
            places=found.places,
        ),
        at=at, places=found.places, seconds=round(work.telemetry.elapsed_s() - began, 1),
    )  # fmt: skip
    return found
