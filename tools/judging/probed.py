"""What short trainings before a long one showed, as the report tells it; and the plan as it was carried out after them."""

from __future__ import annotations

from tools.plan import Plan
from training.measured import ProbeRecord, TrialRecord
from training.text import Text


def heading() -> Text:
    """What stands above them."""
    return Text("What short trainings showed first")


def probe_words(record: ProbeRecord) -> Text:
    """What they chose, and what that took."""
    return Text(
        "{because} {count} short {count:training|trainings} took {minutes:,.1f} minutes.",
        because=record.because, count=len(record.trials), minutes=record.minutes,
    )  # fmt: skip


def columns() -> tuple[Text, ...]:
    """What stands above the table's columns."""
    return (
        Text("Learning rate"), Text("General text"), Text("Steps"), Text("Score on rows held out"), Text("General abilities kept"), Text("Which it is"),
    )  # fmt: skip


def row(trial: TrialRecord) -> tuple[Text, ...]:
    """A trial's figures, in the order of `columns`."""
    task = trial.task
    score = Text("left the rails") if task is None else Text.plain(f"{task.value:.3f}")
    kept = "—" if trial.retention is None else f"{trial.retention:.0%}"
    return (
        Text.plain(f"{trial.learning_rate:.1e}"), Text.plain(f"{trial.replay_share:.0%}"),
        Text.plain(f"{trial.steps:,}"), score, Text.plain(kept), _which(trial),
    )  # fmt: skip


def as_carried_out(plan: Plan | None, record: ProbeRecord | None) -> Plan | None:
    """The plan with the values that the trials chose, each with that reason."""
    if plan is None or record is None or not plan.stages:
        return plan
    chosen = {"because": record.because, "source": "LR-08; measured in this run", "origin": "measured"}  # fmt: skip
    first, mixture = plan.stages[0], plan.mixture
    if record.learning_rate != record.planned_rate:
        rate = first.learning_rate.model_copy(update={"value": record.learning_rate, **chosen})
        first = first.model_copy(update={"learning_rate": rate})
    if record.replay_share != record.planned_share:
        sources = tuple(
            source.model_copy(update={"share": source.share.model_copy(
                update={"value": 1 - record.replay_share if source.name == "yours" else record.replay_share, **chosen}
            )})
            for source in mixture.sources
        )  # fmt: skip
        mixture = mixture.model_copy(update={"sources": sources})
    return plan.model_copy(update={"stages": (first, *plan.stages[1:]), "mixture": mixture})


def _which(trial: TrialRecord) -> Text:
    if trial.planned and trial.chosen:
        return Text("as planned, kept")
    if trial.chosen:
        return Text("chosen")
    return Text("as planned") if trial.planned else Text.plain("")
