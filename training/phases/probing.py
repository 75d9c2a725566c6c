"""Short trainings before the first stage: which rate and how much general text it should learn with.

Each trial starts from the untouched weights, has a whole schedule of its own, is measured on a part of what chooses between
checkpoints, and leaves nothing behind but its numbers. Every finished trial stands in `phases/`, so a run that was killed goes
on with the next one and chooses alike; afterwards the model is as untouched as before.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from training import halving, statistics
from training.checkpoints import Checkpoint, whole
from training.config import ProbeConfig, RunConfig, Trial
from training.errors import OutOfMemoryError
from training.evaluate import nll_per_token
from training.guard import UnstableError
from training.halving import Outcome, Tried
from training.intervals import Z_95
from training.loop import Lesson
from training.measured import ProbeRecord, Score, TrialRecord
from training.model import (
    Weights,
    is_adapted,
    put_weights,
    trainable_weights,
    tuned_weights,
)
from training.phases.asking import ask_probes, ask_rows, base_choosing
from training.phases.lessons import build_lesson, trainer_for
from training.phases.replaying import Replay
from training.phases.stages import bare_lesson, begin_again_with_less_memory, stage_name
from training.rows import Row
from training.statistics import UNBOUNDED_METRICS
from training.stopping import Reason
from training.telemetry import Place
from training.text import Text
from training.work import Work

FOLDER = "trials"
"""Inside `phases/`: what the trial under way has saved."""
SMALLEST_LOSS = 1e-9


class _StoppedError(Exception):
    """There was a reason to stop in the middle of a trial."""


def probe_first(work: Work, replay: Replay, model: Any) -> Reason | None:
    """Give the first stage the rate and the share of general text that short trainings chose.

    Without trials in the run's configuration nothing happens. Gives the reason to stop where there was one before all were
    done; those that were stay done.
    """
    probe = work.config.probe
    if probe is None:
        return None
    if not work.dev:
        work.note(Text("No rows were left to choose by, so no short trainings were made; the plan's values stay."))  # fmt: skip
        return None
    done = work.has("probe")
    if not done:
        _announce(work, probe)
    start = work.base if done or not is_adapted(model) else trainable_weights(model)
    try:
        rounds = _rounds(work, replay, model, start=start, probe=probe)
    except _StoppedError:
        return work.stopping.reason()
    finally:
        if not done:
            put_weights(model, start)
    least = halving.least_kept(work.config.measure.max_forgetting)
    outcome = halving.choose(_tried(work, rounds[-1], len(rounds)), probe, least=least)
    record = _record(work, probe, rounds, outcome)
    work.learn(probe=record)
    if not done:
        work.telemetry.event(
            "probe_chose", outcome.because, at=Place(record.stage), learning_rate=record.learning_rate,
            replay_share=record.replay_share, minutes=round(record.minutes, 2),
        )  # fmt: skip
        work.once("probe", lambda: str(outcome.because))
    work.config = _with(work.config, record.learning_rate, record.replay_share)
    return None


def _announce(work: Work, probe: ProbeConfig) -> None:
    if work.has(_key(1, probe.trials[0])):
        return
    work.telemetry.event(
        "probe_started",
        Text(
            "Before the training, {count} short ones show which learning rate and how much general text suit your data.",
            count=len(probe.trials),
        ),
        at=Place(stage_name(0, work.config.stages[0])),
        trials=[trial.model_dump(mode="json") for trial in probe.trials],
    )  # fmt: skip


def _rounds(
    work: Work, replay: Replay, model: Any, *, start: Weights, probe: ProbeConfig
) -> list[Sequence[Trial]]:
    """Carry out what is not done yet; give the trials of each round."""
    shares = [probe.first_share, probe.last_share]
    if len(probe.trials) <= halving.KEPT:
        shares = shares[1:]
    least = halving.least_kept(work.config.measure.max_forgetting)
    rounds: list[Sequence[Trial]] = []
    trials: Sequence[Trial] = probe.trials
    for number, share in enumerate(shares, start=1):
        if rounds:
            trials = halving.last_round(_tried(work, trials, number - 1), probe, least=least)
        for place, trial in enumerate(trials, start=1):
            said = Text("Short training {place} of {count}", place=place, count=len(trials))
            work.once(
                _key(number, trial),
                lambda trial=trial, share=share, said=said: _try(  # type: ignore[misc]
                    work, replay, model, start=start, trial=trial, share=share, said=said
                ),
            )
        rounds.append(trials)
    return rounds


def _try(
    work: Work, replay: Replay, model: Any, *, start: Weights, trial: Trial, share: float, said: Text
) -> dict[str, Any]:  # fmt: skip
    """Train one trial from the untouched weights and measure it. Raises _StoppedError where there is a reason to."""
    if work.stopping.reason() is not None:
        raise _StoppedError
    config = _trial_config(work.config, trial, share)
    folder = work.run.path / "phases" / FOLDER / _name(trial, share)
    found: dict[str, Any] = {}

    def measure(checkpoint: Checkpoint) -> None:
        found.update(_measured(work, model, _name(trial, share)))

    folder.mkdir(parents=True, exist_ok=True)
    put_weights(model, start)
    with _as(work, config):
        bare = replace(bare_lesson(work, 0, model=model, on_checkpoint=measure), trial=said)
        stage_folder = bare.folder
        lesson = build_lesson(work, config.stages[0], replay, replace(bare, folder=folder))
        try:
            _, ended = trainer_for(lesson.stage.technique)(lesson)
        except UnstableError:
            _tell(work, lesson, trial, said, None)
            shutil.rmtree(folder, ignore_errors=True)
            return {"steps": lesson.steps, "gains": []}
        except OutOfMemoryError as error:
            begin_again_with_less_memory(work, replace(lesson, folder=stage_folder), error)
            raise _StoppedError from error
        if ended != "finished":
            raise _StoppedError
        if not found:  # trained to its end by a process that was killed before it had measured
            put_weights(model, tuned_weights(whole(folder)[-1].path, work.loaded))
            measure(whole(folder)[-1])
    _tell(work, lesson, trial, said, found)
    shutil.rmtree(folder, ignore_errors=True)
    return found | {"steps": lesson.steps}


def _measured(work: Work, model: Any, name: str) -> dict[str, Any]:
    """Measure the model as it stands on the first dev items and the first choosing probes."""
    probe, measure = work.config.probe, work.config.measure
    assert probe is not None, "only called in a probe"
    rows = _spread(work.dev, probe.dev_items)
    asked = ask_rows(work, model, rows, name=f"trial-dev-{name}", system=work.config.task.system)
    most = min(probe.probe_items, measure.probe_items)
    tuned = base = {}
    if most:
        tuned = ask_probes(work, model, name=f"trial-probes-{name}", purpose="choosing", most=most)
        base = base_choosing(work, most=most)
    kept = statistics.retention(base, tuned, seed=work.config.seed) if tuned else None
    return {
        "losses": _losses(work, model, rows, name),
        "gains": [_gain(value, asked.score) for value in asked.values],
        "task": asked.score.model_dump(mode="json"),
        "kept": kept.value if kept else None,
        "kept_error": (kept.high - kept.low) / 2 / Z_95 if kept else 0.0,
    }


def _losses(work: Work, model: Any, rows: Sequence[Row], name: str) -> list[float]:
    """Nats for each token of the answers; empty where an item has no answer that is right by itself."""
    task = work.config.task
    if task.metric in UNBOUNDED_METRICS or not all(row.answer for row in rows):
        return []

    def read() -> list[list[float]]:
        found = nll_per_token(model, work.loaded.tokenizer, rows, system=task.system)
        return [[one.nats, float(one.tokens)] for one in found]

    known: list[list[float]] = work.once(f"trial-loss-{name}", read)
    return [nats / max(1.0, tokens) for nats, tokens in known]


def _spread(rows: Sequence[Row], count: int) -> list[Row]:
    count = min(count, len(rows))
    return [rows[place * len(rows) // count] for place in range(count)]


def _gain(value: float, score: Score) -> float:
    """An item's value so that more is better; where less is better a hundredth less counts as a hundredth."""
    return value if score.higher_is_better else -math.log(max(value, SMALLEST_LOSS))


def _tell(
    work: Work, lesson: Lesson, trial: Trial, said: Text, found: dict[str, Any] | None
) -> None:
    facts: dict[str, Any] = {"said": said, "rate": trial.learning_rate, "steps": lesson.steps}
    if found is None:
        text = Text("{said}, rate {rate:.1e}: it left the rails within {steps:,} steps.", **facts)
    elif found["kept"] is None:
        text = Text(
            "{said}, rate {rate:.1e}, {steps:,} steps: {value:.3f} on the held-out items.",
            **facts, value=found["task"]["value"],
        )  # fmt: skip
    else:
        text = Text(
            "{said}, rate {rate:.1e}, {share:.0%} general text, {steps:,} steps: {value:.3f} on the held-out items, {kept:.1%} of the general abilities kept.",
            **facts, share=trial.replay_share, value=found["task"]["value"], kept=found["kept"],
        )  # fmt: skip
    work.telemetry.event(
        "trial", text, at=Place(lesson.name), learning_rate=trial.learning_rate, replay_share=trial.replay_share,
        steps=lesson.steps, task=None if found is None else found["task"]["value"],
        retention=None if found is None else found["kept"],
    )  # fmt: skip


def _tried(work: Work, trials: Sequence[Trial], number: int) -> list[Tried]:
    """Read how the trials of a round did."""
    found = []
    for trial in trials:
        done = work.once(_key(number, trial), dict)
        kept = done.get("kept")
        found.append(
            Tried(
                trial, tuple(done["gains"]), kept=1.0 if kept is None else kept,
                kept_error=done.get("kept_error", 0.0), losses=tuple(done.get("losses", ())),
            )
        )  # fmt: skip
    return found


def _record(
    work: Work, probe: ProbeConfig, rounds: Sequence[Sequence[Trial]], outcome: Outcome
) -> ProbeRecord:
    least = halving.least_kept(work.config.measure.max_forgetting)
    planned, last = probe.trials[0], len(rounds)
    records, seconds = [], 0.0
    for number, trials in enumerate(rounds, start=1):
        for tried in _tried(work, trials, number):
            key = _key(number, tried.trial)
            done = work.once(key, dict)
            seconds += work.seconds(key)
            records.append(
                TrialRecord(
                    round=number, learning_rate=tried.trial.learning_rate, replay_share=tried.trial.replay_share,
                    steps=done["steps"], task=Score(**done["task"]) if done.get("task") else None,
                    retention=done.get("kept"), worth=None if tried.broke else halving.worth(tried, least=least),
                    planned=tried.trial == planned, chosen=number == last and tried.trial == outcome.winner,
                )
            )  # fmt: skip
    return ProbeRecord(
        stage=stage_name(0, work.config.stages[0]), trials=tuple(records),
        planned_rate=planned.learning_rate, planned_share=planned.replay_share,
        learning_rate=outcome.learning_rate, replay_share=outcome.winner.replay_share,
        by_loss=outcome.by_loss, because=outcome.because, minutes=seconds / 60,
    )  # fmt: skip


def _trial_config(config: RunConfig, trial: Trial, share: float) -> RunConfig:
    """The run as a trial: the first stage's passes cut down, one checkpoint at its end."""
    shorter = _with(config, trial.learning_rate, trial.replay_share)
    first = shorter.stages[0]
    stage = first.model_copy(update={"epochs": first.epochs * share, "checkpoints": 1})
    return shorter.model_copy(update={"stages": (stage, *config.stages[1:])})


def _with(config: RunConfig, rate: float, share: float) -> RunConfig:
    first = config.stages[0].model_copy(update={"learning_rate": rate})
    replay = config.replay.model_copy(update={"share": share})
    return config.model_copy(update={"stages": (first, *config.stages[1:]), "replay": replay})


@contextmanager
def _as(work: Work, config: RunConfig) -> Iterator[None]:
    """Carry out another configuration inside."""
    own = work.config
    work.config = config
    try:
        yield
    finally:
        work.config = own


def _key(number: int, trial: Trial) -> str:
    return f"trial-{number}-{trial.learning_rate:.6g}-{trial.replay_share:g}"


def _name(trial: Trial, share: float) -> str:
    return f"{share:.4g}-{trial.learning_rate:.6g}-{trial.replay_share:g}"
