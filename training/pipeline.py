"""A run from beginning to end: read this first.

    baselines -> probes -> replay -> short trials -> stages with checkpoints -> candidates -> chosen -> measured once

Each part remembers what it finished, so a run that was killed comes through here again and goes on.
"""

from __future__ import annotations

from typing import Any, Literal

from training.checkpoints import Checkpoint
from training.config import RunConfig
from training.errors import TrainingError
from training.measured import Candidate, Measured
from training.model import put_weights, tuned_weights
from training.phases.asking import base_final
from training.phases.baselines import ask_base_probes, measure_baselines
from training.phases.candidates import (
    SHORTLIST,
    best_as_trained,
    choose_candidate,
    has_checkpoints,
    measure_checkpoint,
)
from training.phases.comparing import compare_models
from training.phases.final import measure_chosen, measure_drift_base
from training.phases.inventing import ask_base_questions
from training.phases.lessons import trainer_for
from training.phases.probing import probe_first
from training.phases.rehearsing import ask_ahead
from training.phases.replaying import Replay, gather_replay
from training.phases.stages import answering_s, prepare_model, stage_name, train_stage
from training.phases.timing import note_pace
from training.rundir import RunDir
from training.stopping import Reason, Stopping
from training.telemetry import Telemetry
from training.text import Text
from training.twins import with_manners
from training.work import Work, check_hashes

Outcome = Literal["done", "stopped"]
MOST_RESERVED = 0.5
"""Of the budget, for choosing and the final measurement. Our default."""


def load_libraries(config: RunConfig) -> None:
    """Import now what the run's first stage will want."""
    if config.stages:
        trainer_for(config.stages[0].technique)


def carry_out(run: RunDir, telemetry: Telemetry, stopping: Stopping) -> Outcome:
    """Carry out the run, or what is left of it. Raises TrainingError for what a person can put right."""
    work = _begin(run, telemetry, stopping)
    check_hashes(work)
    base = measure_baselines(work)
    enough = work.config.measure.stop_if_untouched_reaches
    if enough is not None and base.score.value >= enough:
        work.learn(complete=True)
        return _end(work, "done", _already_good(base.score.value, enough))
    least = work.config.measure.stop_if_untouched_below
    if least is not None and base.score.value < least:
        work.learn(complete=True)
        return _end(work, "done", _unknown(base.score.value))
    if not work.config.stages:
        return _end_untrained(work)
    ask_base_probes(work)
    ask_base_questions(work)
    replay = gather_replay(work)
    measure_drift_base(work, replay.samples)
    _tell_taken_over(work)
    stopping.reserve_minutes = _minutes_to_measure(work)
    if stopping.reason() is not None and not has_checkpoints(work):
        return _end(work, "stopped", _not_begun(stopping.reason()))
    model, reason = _train(work, replay)
    if reason == "terminated":
        return _end(work, "stopped", Text("The run was ended; start it again to go on from here."))
    chosen = choose_candidate(work, model)
    if chosen is None:
        return _end(work, "stopped", Text("The run was stopped before there was anything to keep."))
    base_probes = base_final(work)
    measure_chosen(work, model, chosen, base=base, base_probes=base_probes, samples=replay.samples)
    if reason == "asked":
        return _end(work, "stopped", _kept(chosen))
    return _end(work, "done", Text("Trained, chosen and measured."))


def _end_untrained(work: Work) -> Outcome:
    """End a run without stages; where a training is to follow, what that would begin with is done here already."""
    replay = Replay([], [])
    if work.config.measure.probe_items:
        ask_base_probes(work)
    if work.config.replay.source == "self":
        replay = gather_replay(work)
        measure_drift_base(work, replay.samples)
        if not replay.interrupted:  # what is noted of some of the rows does not serve all of them
            ask_ahead(work, replay.rows)
    note_pace(work, replay)
    compare_models(work)
    work.learn(complete=True)
    return _end(work, "done", Text("The untouched model was measured; nothing was to be trained."))


def _tell_taken_over(work: Work) -> None:
    """Say once which measurements of another run stand in for ours."""
    if work.taken_over and not work.has("taken-over"):
        work.once("taken-over", lambda: list(work.taken_over))
        work.telemetry.event(
            "taken_over",
            Text(
                "The untouched model had been measured before with the same weights and questions, so {pieces} {pieces:measurement was|measurements were} not made again.",
                pieces=len(work.taken_over),
            ),
            names=list(work.taken_over),
        )  # fmt: skip


def _already_good(value: float, enough: float) -> Text:
    return Text(
        "The untouched model already scores {value:.3f}, and {enough:.3f} is enough: nothing was trained, as planned.",
        value=value,
        enough=enough,
    )


def _unknown(value: float) -> Text:
    return Text(
        "Even shown examples, the untouched model scores only {value:.3f}: these answers are facts it does not know, and training on them would make it invent others. Nothing was trained, as planned.",
        value=value,
    )


def _begin(run: RunDir, telemetry: Telemetry, stopping: Stopping) -> Work:
    config = run.config()
    path = run.path / "measured.json"
    measured = Measured.load(path) if path.exists() else Measured(run=config.run)
    if len({stage.lora for stage in config.stages}) > 1:
        raise TrainingError(
            Text(
                "The stages train different parts of the model: all must train the same adapter, or all weights."
            ),
            where="run.json: stages",
            what_to_do=Text("Give every stage the same lora_rank."),
        )
    return Work(run, config, telemetry, stopping, measured)


def _train(work: Work, replay: Replay) -> tuple[Any, str]:
    """Train every stage, each from the best checkpoint of the one before, the first with what short trials chose.

    Give the model and how it ended.
    """
    model = prepare_model(work, work.config.stages[0])
    stopped = probe_first(work, replay, model)
    if stopped is not None:
        return model, stopped
    ended = "finished"
    for index, stage in enumerate(work.config.stages):
        name = stage_name(index, stage)
        if index:
            before = work.config.stages[index - 1]
            start = best_as_trained(work, stage_name(index - 1, before))
            weights = tuned_weights(start.path, work.loaded)
            if before.technique == "cpt":
                weights = with_manners(work, weights, stage=name)
            put_weights(model, weights)

        def on_checkpoint(checkpoint: Checkpoint, *, name: str = name) -> None:
            measure_checkpoint(work, model, name, checkpoint)

        ended = train_stage(work, index, replay, model=model, on_checkpoint=on_checkpoint)
        if ended != "finished":
            break
    return model, ended


def _minutes_to_measure(work: Work) -> float:
    """Reckon what choosing and the final measurement will take, from what the untouched model took.

    At most `MOST_RESERVED` of the budget: a run that only measures would be no run.
    """
    cap = work.stopping.cap_minutes()
    if cap is None:
        return 0.0
    test_s = work.seconds("base-zero-shot")
    dev_s = answering_s(work)
    shares = sum(share < 1.0 for share in work.config.measure.interpolations)
    tries = 1 + SHORTLIST * shares
    total_s = tries * (dev_s + work.seconds("probes-choosing-base"))
    total_s += test_s * (2 if work.config.measure.robustness else 1) + work.seconds(
        "probes-final-base"
    )
    return min(total_s / 60, MOST_RESERVED * cap)


def _not_begun(reason: Reason | None) -> Text:
    if reason == "budget":
        return Text("The budget was used up by measuring the untouched model; nothing was trained.")
    return Text("The run was stopped before training.")


def _kept(chosen: Candidate) -> Text:
    return Text(
        "Stopped as asked. The best checkpoint so far, step {step:,}, was kept and measured.",
        step=chosen.step,
    )


def _end(work: Work, outcome: Outcome, text: Text) -> Outcome:
    work.learn()
    work.telemetry.event(outcome, text, minutes=round(work.telemetry.minutes(), 2))
    work.telemetry.progress(outcome, text)
    return outcome
