"""What to do after a run: one thing each, with the command that does it.

Remedies against forgetting come in the order of what they cost (CF-24): the free ones, weights nearer to the base
and earlier checkpoints, were tried by the run itself.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from math import ceil
from typing import Any

from tools.judging.next_command import again, command_again
from tools.judging.remedies import against_causes
from tools.judging.results import Diagnosis, NextStep, Verdict
from tools.plan import Plan, StagePlan
from tools.simple import SIMPLE
from training.intervals import required_items, required_probe_items
from training.measured import Measured
from training.text import Text

LEAST_REPLAY, MOST_REPLAY = 0.2, 0.5
SMALLEST_USEFUL_GAIN, USUAL_DISCORDANT_SHARE = 0.05, 0.2  # ST-03
MOST_PROBES = 5_000


def next_steps(
    plan: Plan | None, measured: Measured, *, verdict: Verdict, found: Sequence[Diagnosis]
) -> tuple[NextStep, ...]:
    """List what to do now, the most useful first; always at least one."""
    codes = {one.code for one in found}
    steps: list[NextStep] = _classifier(plan, measured)
    if verdict == "ship":
        steps += _use_it(measured)
    if verdict == "not_trained":
        steps += against_causes(plan, measured, codes) or _without_training(plan, measured)
    if verdict != "not_trained":
        steps += _finish(measured) + _training_remedies(plan, measured, codes)
        steps += _surer(plan, measured, verdict, codes) + _look(measured, verdict)
    return tuple(steps)


def _use_it(measured: Measured) -> list[NextStep]:
    return [
        NextStep(
            text=Text("Take the tuned model with you as a folder that needs nothing else."),
            command=f"tunesmith export {measured.run} --to ./{measured.run} --format merged",
        ),
        NextStep(
            text=Text("Ask it something of your own, beside the untouched model."),
            command=f"tunesmith try {measured.run}",
        ),
    ]


def _classifier(plan: Plan | None, measured: Measured) -> list[NextStep]:
    """Where counting words is as good, that is what to use, so here is how to get it."""
    simple = next((one for one in plan.baselines if one.name == SIMPLE), None) if plan else None
    if plan is None or simple is None or not plan.data:
        return []
    tuned = measured.tuned
    beaten = tuned is not None and (tuned.metric != simple.metric or tuned.value > simple.value)
    if beaten or (tuned is None and plan.decision.pipeline):
        return []
    return [
        NextStep(
            text=Text("Use the classifier that counts words: this writes it, with a script that asks it."),
            command=shlex.join(["tunesmith", "classifier", *plan.data, "--to", "classifier"]),
        )
    ]  # fmt: skip


def _without_training(plan: Plan | None, measured: Measured) -> list[NextStep]:
    """What the plan advised stands in its reason; here is how to insist."""
    if plan is not None and plan.decision.runners_up and plan.data:
        runner_up = next((one for one in plan.decision.runners_up if one.pipeline), None)
        if runner_up is not None:
            insisting = plan.model_copy(
                update={
                    "decision": plan.decision.model_copy(update={"pipeline": runner_up.pipeline})
                }
            )
            return [
                NextStep(
                    text=Text("If you want to train all the same, name the technique."),
                    command=command_again(insisting, {}),
                )
            ]
    return [
        NextStep(
            text=Text("Follow the advice above, and come back when something has changed."),
        )
    ]


def _finish(measured: Measured) -> list[NextStep]:
    if measured.tuned is not None:
        return []
    return [
        NextStep(
            text=Text("Go on with this run, so that it can be measured."),
            command=f"tunesmith runs resume {measured.run}",
        )
    ]


def _training_remedies(plan: Plan | None, measured: Measured, codes: set[str]) -> list[NextStep]:
    """Other settings that answer what was found."""
    stage = plan.stages[-1] if plan and plan.stages else None
    if stage is None:
        return []
    name, steps = stage.technique.value, []
    rate, epochs = stage.learning_rate.value, stage.epochs.value
    if "cut_short" in codes:
        minutes = _minutes_needed(measured)
        steps.append(again(plan, Text("Give it more time: about {minutes:,} {minutes:minute|minutes} in all.", minutes=minutes), {"budget.minutes": minutes}))  # fmt: skip
    steps += against_causes(plan, measured, codes)
    if "forgetting" in codes:
        steps += _against_forgetting(plan, stage)
    if "not_learnt" in codes:
        steps.append(again(plan, Text("Learn faster: triple the learning rate to {rate:g}.", rate=_rounded(3 * rate)), {f"{name}.learning_rate": _rounded(3 * rate)}))  # fmt: skip
    elif "underfit" in codes:
        steps.append(again(plan, Text("Let it learn longer: {epochs:g} {epochs:pass|passes} over the data instead of {before:g}.", epochs=2 * epochs, before=epochs), {f"{name}.epochs": 2 * epochs}))  # fmt: skip
    if "overfit" in codes:
        fewer = _fewer_epochs(measured, epochs)
        steps.append(again(plan, Text("Stop sooner: {epochs:g} {epochs:pass|passes} over the data instead of {before:g}; more varied examples help more.", epochs=fewer, before=epochs), {f"{name}.epochs": fewer}))  # fmt: skip
    if "learned_the_wording" in codes:
        steps.append(NextStep(text=Text("Add examples that ask the same in other words, with the typing errors that your users make.")))  # fmt: skip
    if "labels_mixed_up" in codes or "labels_never_right" in codes or "data_quality" in codes:
        steps.append(NextStep(text=Text("Look at what was found in your data, and correct it before training again."), command=_profile(plan)))  # fmt: skip
    return steps


def _against_forgetting(plan: Plan | None, stage: StagePlan) -> list[NextStep]:
    """CF-24: half the learning rate, then more replay, then an adapter instead of all weights."""
    name, rate = stage.technique.value, stage.learning_rate.value
    replay = _replay_share(plan)
    steps = [
        again(plan, Text("Learn more gently: half the learning rate, {rate:g}. Less is forgotten, and the task is nearly kept.", rate=_rounded(rate / 2)), {f"{name}.learning_rate": _rounded(rate / 2)})
    ]  # fmt: skip
    more = min(MOST_REPLAY, max(LEAST_REPLAY, 2 * replay))
    if more > replay:
        settings: dict[str, Any] = {"replay.share": round(more, 2)}
        if replay == 0:
            settings["replay.source"] = "self"
        steps.insert(0 if replay == 0 else 1, again(plan, Text("Mix in more general data: {share:.0%} of the training instead of {before:.0%}.", share=more, before=replay), settings))  # fmt: skip
    if stage.lora_rank.value == 0:
        steps.append(again(plan, Text("Train an adapter instead of all weights; it forgets less."), {f"{name}.lora_rank": 32}))  # fmt: skip
    return steps


def _surer(
    plan: Plan | None, measured: Measured, verdict: Verdict, codes: set[str]
) -> list[NextStep]:
    """More items where chance could not be excluded."""
    steps = []
    if "small_eval" in codes:
        needed = required_items(SMALLEST_USEFUL_GAIN, USUAL_DISCORDANT_SHARE)
        steps.append(NextStep(text=Text("Collect more test items, about {needed:,}: so many show a gain of {points:.0f} points. Hand them over as a file of their own (--eval).", needed=needed, points=100 * SMALLEST_USEFUL_GAIN)))  # fmt: skip
    probes = _probes_needed(plan, measured)
    if verdict == "inconclusive" and probes is not None:
        steps.append(again(plan, Text("Measure the general abilities on more probes: {needed:,} would settle it.", needed=probes), {"evaluation.final_probe_items": probes}))  # fmt: skip
    return steps


def _look(measured: Measured, verdict: Verdict) -> list[NextStep]:
    if verdict == "ship" or measured.tuned is None:
        return []
    if measured.tuned.metric in ("chrf", "rouge"):
        return [NextStep(text=Text("Judge some answers yourself, before and after side by side."), command=f"tunesmith try {measured.run}")]  # fmt: skip
    return [NextStep(text=Text("Look at where it is still wrong, and add examples of that kind."), command=f"tunesmith report {measured.run}")]  # fmt: skip


def _probes_needed(plan: Plan | None, measured: Measured) -> int | None:
    """Count the probes that would show that the budget is kept; None where that is shown, lost, or out of reach."""
    kept = measured.retention
    allowed = plan.evaluation.max_forgetting.value if plan else 0.05
    if kept is None or not kept.probes or not kept.low < 1 - allowed <= kept.value:
        return None
    items = sum(probe.items for probe in kept.probes.values())
    base = sum(probe.base * probe.items for probe in kept.probes.values()) / items
    room = base * (kept.value - (1 - allowed))
    if room <= 0:
        return None
    needed = required_probe_items(allowed, base_share=base, expected=kept.value)
    return needed if items < needed <= MOST_PROBES else None


def _minutes_needed(measured: Measured) -> int:
    """What was spent, and the missing steps at the pace of those done, with a third to spare."""
    missing = sum(
        stage.minutes * ((stage.planned_steps or stage.steps) / max(1, stage.steps) - 1)
        for stage in measured.stages
    )
    return ceil(1.33 * (measured.spent.minutes + missing))


def _fewer_epochs(measured: Measured, epochs: float) -> float:
    stage = measured.stages[-1] if measured.stages else None
    best = max(
        (c for c in measured.candidates if c.interpolation == 1.0), key=lambda c: c.task.value
    )
    share = best.step / stage.steps if stage and stage.steps else 0.5
    return round(max(0.5, epochs * share), 1)


def _replay_share(plan: Plan | None) -> float:
    if plan is None:
        return 0.0
    return sum(source.share.value for source in plan.mixture.sources if source.name != "yours")


def _profile(plan: Plan | None) -> str | None:
    return shlex.join(["tunesmith", "profile", *plan.data]) if plan and plan.data else None


def _rounded(rate: float) -> float:
    return float(f"{rate:.2g}")
