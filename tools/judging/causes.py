"""Causes that only several measurements together show: a wrong metric, a task too hard for the model, a gamed reward.

Each rule asks for figures that chance does not bring about; where a figure was not measured, nothing is said. Pure.
"""

from __future__ import annotations

from collections.abc import Callable

from tools.judging.case import Case, shown
from tools.judging.learning_curve import by_step, gain, goodness, in_words, noise
from tools.judging.results import Diagnosis
from training.measured import AttemptRecord, Measured, Reading, StageRecord
from training.statistics import unpaired_interval
from training.text import Text, join

NEAR_ZERO, SAYS_GOOD = 0.1, 0.5
"""By the metric nearly nothing is right, by a looser reading at least half. Our defaults."""
LEAST_ITEMS = 20
RARE_MISSED, LEAST_RARE = 0.25, 10
"""Of the rarer answers hardly any is right, and there are enough of them to say so. Our defaults."""
SEVERAL_PASSES, LOSS_FELL = 2.0, 0.7
HOPELESS_RATE, FEW_USABLE = 0.01, 0.1  # RF-02; training.attempts, which imports torch
REWARD_GAP = 0.10  # RW-06: azure reward-hacking.md
SURE = 2.6
"""Standard errors of a gap that is taken at its word: about one in a hundred by chance, at one checkpoint of several."""
GREW, GAINED = 3.0, 0.05  # RW-07; as `training.rft` ends a stage
REWARD_ROSE = 0.10

Cause = Callable[[Case], Diagnosis | None]


def reward_hacking(case: Case) -> Diagnosis | None:
    """The reward was earned by something other than the task (RW-06, RW-07)."""
    for record in case.measured.attempts:
        evidence = [one for one in (_gap(record), _grown(record), _apart(case, record)) if one]
        if evidence:
            return Diagnosis(
                code="reward_hacking",
                text=Text("It learned to please the reward rather than to do the task."),
                evidence=join(evidence),
            )
    return None


def wrong_metric(case: Case) -> Diagnosis | None:
    """The metric does not see what the answers are worth, or hides what they are not."""
    return _too_strict(case) or _people_disagree(case) or _rare_answers_hidden(case)


def too_hard(case: Case) -> Diagnosis | None:
    """It learned its rows and nothing that carries over; or none of its attempts succeeds (RF-02)."""
    return _no_attempt_succeeds(case.measured) or _nothing_carries_over(case)


CAUSES: tuple[Cause, ...] = (reward_hacking, wrong_metric, too_hard)


def kinder_reading(measured: Measured) -> Reading | None:
    """The reading by which at least half of the answers are right that the metric calls wrong; None where none is."""
    tuned = measured.tuned
    if tuned is None or tuned.items < LEAST_ITEMS or tuned.metric != "exact_match":
        return None
    if tuned.value > NEAR_ZERO:
        return None
    good = [one for one in measured.readings if one.tuned >= SAYS_GOOD]
    return good[0] if good else None


def stronger_model(measured: Measured) -> str | None:
    """A compared model that, untouched, is surely better on the held-out items than this one trained."""
    curve = by_step(measured)
    if not curve:
        return None
    best = max(curve, key=goodness).task
    above = [
        one for one in measured.compared
        if one.score is not None and one.score.metric == best.metric and best.higher_is_better and one.score.low > best.high
    ]  # fmt: skip
    return (
        max(above, key=lambda one: one.score.value if one.score else 0.0).model if above else None
    )


# Reward hacking


def _gap(record: AttemptRecord) -> Text | None:
    sure = [
        one for one in record.gaps if one.rate - one.held_out > max(REWARD_GAP, SURE * one.error)
    ]
    if not sure:
        return None
    worst = max(sure, key=lambda one: one.rate - one.held_out)
    return Text(
        "At step {step:,} it succeeded in {rate:.0%} of its attempts at training questions, and in {held_out:.0%} at held-out ones; a gap above {allowed:.0%} is too much.",
        step=worst.step, rate=worst.rate, held_out=worst.held_out, allowed=REWARD_GAP,
    )  # fmt: skip


def _grown(record: AttemptRecord) -> Text | None:
    if record.first_tokens <= 0 or record.last_tokens < GREW * record.first_tokens:
        return None
    if record.last_reward > record.first_reward + GAINED:
        return None
    return Text(
        "Its answers grew from {first:.0f} to {last:.0f} tokens, while the mean reward went from {before:.2f} to {after:.2f}.",
        first=record.first_tokens, last=record.last_tokens, before=record.first_reward, after=record.last_reward,
    )  # fmt: skip


def _apart(case: Case, record: AttemptRecord) -> Text | None:
    """The reward rose in training, and the score on the test items surely fell."""
    tuned, found = case.measured.tuned, case.measured.difference
    if tuned is None or found is None or found.better is not False or case.baseline is None:
        return None
    if record.last_reward - record.first_reward < REWARD_ROSE:
        return None
    return Text(
        "In training the mean reward rose from {before:.2f} to {after:.2f}, and on the test items the score fell from {base} to {tuned}.",
        before=record.first_reward, after=record.last_reward, base=shown(case.baseline), tuned=shown(tuned),
    )  # fmt: skip


# Wrong metric


def _too_strict(case: Case) -> Diagnosis | None:
    reading, tuned = kinder_reading(case.measured), case.measured.tuned
    if reading is None or tuned is None:
        return None
    facts = {"value": shown(tuned), "items": tuned.items, "other": f"{100 * reading.tuned:.1f}%"}
    evidence = {
        "number": Text("To the letter {value} of {items:,} test answers are right; {other} end on the right number.", **facts),
        "contains": Text("To the letter {value} of {items:,} test answers are right; {other} hold the wanted answer among other words.", **facts),
        "similar": Text("To the letter {value} of {items:,} test answers are right; on average they share {other} of their wording with the wanted ones.", **facts),
    }[reading.name]  # fmt: skip
    return Diagnosis(
        code="wrong_metric",
        text=Text(
            "The score counts right answers as wrong, because they are worded differently; it says little about the model."
        ),
        evidence=evidence,
    )


def _people_disagree(case: Case) -> Diagnosis | None:
    votes, found = case.votes, case.measured.difference
    tuned = case.measured.tuned
    if votes is None or found is None or tuned is None or tuned.metric != "exact_match":
        return None
    if votes.difference.better is not True or found.better is True:
        return None
    return Diagnosis(
        code="wrong_metric",
        text=Text("The score does not see what people prefer in the answers."),
        evidence=Text(
            "Of {votes:,} blind votes {tuned:,} preferred the tuned model and {base:,} the untouched one; the score went {points:+.1f} points.",
            votes=votes.votes, tuned=votes.tuned, base=votes.base, points=100 * found.value,
        ),
    )  # fmt: skip


def _rare_answers_hidden(case: Case) -> Diagnosis | None:
    """Accuracy on uneven classes that is no better than always giving the commonest answer."""
    tuned, cells = case.measured.tuned, case.measured.per_label
    if tuned is None or tuned.metric != "accuracy" or len(cells) < 2:
        return None
    name, commonest = max(cells.items(), key=lambda entry: entry[1]["items"])
    items = sum(cell["items"] for cell in cells.values())
    others = items - commonest["items"]
    share = commonest["items"] / items if items else 0.0
    if others < LEAST_RARE or share < SAYS_GOOD or tuned.low > share:
        return None
    right = sum(cell["items"] * cell["tuned"] for label, cell in cells.items() if label != name)
    if commonest["tuned"] < 1 - RARE_MISSED or right / others > RARE_MISSED:
        return None
    return Diagnosis(
        code="wrong_metric",
        text=Text("The score hides that the rarer answers are missed."),
        evidence=Text(
            "{value} of the test items are right, but {share:.1%} have the answer {name!r} anyway; of the {others:,} others {rare:.1%} are right.",
            value=shown(tuned), share=share, name=name, others=int(others), rare=right / others,
        ),
    )  # fmt: skip


# Too hard for the model


def _no_attempt_succeeds(measured: Measured) -> Diagnosis | None:
    windows = [found for name, found in measured.extra.items() if name.startswith("window-")]
    for window in windows:
        if window["mean_rate"] <= HOPELESS_RATE and window["usable_share"] < FEW_USABLE:
            return _hard(
                Text(
                    "Of its attempts at {questions:,} questions {rate:.1%} succeeded, and {usable:.1%} of the questions got both good and bad ones.",
                    questions=window["questions"], rate=window["mean_rate"], usable=window["usable_share"],
                )
            )  # fmt: skip
    return None


def _nothing_carries_over(case: Case) -> Diagnosis | None:
    measured, curve = case.measured, by_step(case.measured)
    if len(curve) < 3 or not measured.stages or kinder_reading(measured) is not None:
        return None
    if measured.difference is None or measured.difference.better is True:
        return None
    course, standing = _learnt(case, measured.stages[-1]), _far_below(case)
    flat = gain(min(curve, key=goodness), max(curve, key=goodness)) <= 2 * noise(curve[-1])
    if course is None or standing is None or not flat:
        return None
    return _hard(join([course, in_words(curve), standing]))


def _learnt(case: Case, stage: StageRecord) -> Text | None:
    """Say that the training loss fell over several passes; None where it did not, or where rewards were learnt from."""
    passes = case.plan.stages[-1].epochs.value if case.plan and case.plan.stages else 0.0
    first, last = stage.first_loss, stage.last_loss
    if stage.technique == "rft" or passes < SEVERAL_PASSES or first is None or last is None:
        return None
    if last > LOSS_FELL * first or stage.steps < (stage.planned_steps or stage.steps):
        return None
    return Text(
        "The training loss went from {first:.2f} to {last:.2f} in {passes:g} passes, but only on the rows it saw.",
        first=first, last=last, passes=passes,
    )  # fmt: skip


def _far_below(case: Case) -> Text | None:
    """Say what shows that the score is low: another model, a rival that is surely better, or hardly an answer right."""
    tuned, best = case.measured.tuned, case.baseline
    if tuned is None or not tuned.higher_is_better:
        return None
    stronger = stronger_model(case.measured)
    if stronger is not None:
        return Text("{model}, untouched, is surely better on the same items.", model=stronger)
    above = [
        one for one in case.baselines
        if one.name != case.measured.baseline_chosen and one.metric == tuned.metric and unpaired_interval(tuned, one)[0] > 0
    ]  # fmt: skip
    if above:
        rival = max(above, key=lambda one: one.value)
        if rival.name == "simple model":
            return Text("A simple classifier without a language model gets {rival}, this model {tuned}.", rival=shown(rival), tuned=shown(tuned))  # fmt: skip
        if rival.name == "commonest answer":
            return Text("Always giving the commonest answer gets {rival}, this model {tuned}.", rival=shown(rival), tuned=shown(tuned))  # fmt: skip
    if tuned.items < 2 * LEAST_ITEMS or tuned.metric in {"chrf", "rouge"} or tuned.high > NEAR_ZERO:
        return None
    if best is not None and best.high > NEAR_ZERO:
        return None
    return Text("Of {items:,} test answers {tuned} are right.", items=tuned.items, tuned=shown(tuned))  # fmt: skip


def _hard(evidence: Text) -> Diagnosis:
    return Diagnosis(
        code="too_hard", text=Text("The task is too hard for this model as it is."), evidence=evidence
    )  # fmt: skip
