"""The untouched model as the teacher of the general rows: asked once, before it is moved, and kept with the stage."""

from __future__ import annotations

from training.data import Sequences
from training.loop import Lesson
from training.losses import Targets
from training.model import untouched
from training.rehearsal import load_targets, save_targets, targets_of
from training.telemetry import Place
from training.text import Text
from training.work import Work

FILE = "rehearsal.safetensors"


def teacher_of(work: Work, lesson: Lesson, general: Sequences) -> Targets | None:
    """Give what the untouched model held likely where the general rows are learnt; None where their words are learnt."""
    if work.config.replay.loss != "kl" or not general.input_ids:
        return None
    path = lesson.folder / FILE
    known = load_targets(path, general)
    if known is not None:
        return known
    work.telemetry.progress(
        "training",
        Text(
            "Noting how the untouched model would answer, so that the tuned one can be held to it."
        ),
        at=Place(lesson.name),
    )
    began = work.telemetry.elapsed_s()
    with untouched(lesson.model, work.base):
        found = targets_of(lesson.model, general)
    save_targets(path, found, general)
    work.telemetry.event(
        "teacher_asked",
        Text(
            "Noted how the untouched model would go on at {places:,} places of the general rows: training keeps it close to that, not only to the words written.",
            places=len(found.words_NK),
        ),
        at=Place(lesson.name), places=len(found.words_NK), seconds=round(work.telemetry.elapsed_s() - began, 1),
    )  # fmt: skip
    return found
