"""What both models said to the test items of a run, read once for the result: all of them, not only the report's few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.ui.tabs.results_labels import Read
from agent.ui.tabs.results_samples import comparable
from agent.ui.view import RunView, Studio
from tools.errors import TuningError
from tools.judging.results import Report
from tools.judging.run_answers import Answered
from training.measured import Sample
from training.metrics import read_labels
from training.rundir import RunDir

KEPT = 16


@dataclass(frozen=True)
class Answers:
    """The compared items, and for groups what each answer names."""

    samples: tuple[Sample, ...] = ()
    read: tuple[Read, ...] = ()


NO_ANSWERS = Answers()


@dataclass
class Shelf:
    """Keeps what was read; a run that has ended answers no more."""

    _kept: dict[tuple[str, int], Answers] = field(default_factory=dict)

    def of(self, studio: Studio, run: RunView) -> Answers:
        """The answers of a run with a report; the report's own samples where no others were kept."""
        if run.report is None or run.report.tuned is None:
            return Answers()
        key = run.id, run.standing.last_event
        if key not in self._kept:
            while len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)), None)
            self._kept[key] = _read(studio, run.id, run.report)
        return self._kept[key]


def _read(studio: Studio, run: str, made: Report) -> Answers:
    try:
        found = studio.engine.answers(run, scores=True)
    except TuningError:
        return Answers(made.samples)
    samples = comparable(found)
    read = _labels(studio, run, found) if made.per_label and samples else ()
    return Answers(tuple(samples) or made.samples, read)


def _labels(studio: Studio, run: str, found: Sequence[Answered]) -> tuple[Read, ...]:
    """What each answer of the tuned model names, read as the trainer reads it."""
    try:
        task = RunDir(studio.settings.home / "runs" / run).config().task
    except (OSError, ValueError):  # carried out elsewhere, or damaged: the report's mistakes remain
        return ()
    expected, named = read_labels(
        task, [one.row for one in found], [one.tuned or "" for one in found]
    )
    return tuple(zip(expected, named, strict=True))
