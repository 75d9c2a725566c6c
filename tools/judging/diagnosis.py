"""What stands out in a run's measurements, each with its evidence. Pure; nothing is guessed at without a figure."""

from __future__ import annotations

from collections.abc import Callable

from tools.judging.case import Case
from tools.judging.causes import CAUSES
from tools.judging.learning_curve import by_step, gain, goodness, in_words, noise
from tools.judging.results import Diagnosis
from tools.plan import Plan
from training.intervals import ALPHA, detectable_difference, holm, share_drop_p
from training.measured import Measured, ProbeScore, Score
from training.probes.names import ability
from training.text import Text, join

USUAL_DISCORDANT_SHARE = 0.2  # ST-03: the middle column
ITEMS_FOR_A_VERDICT = 200  # ST-03, our default
LARGEST_USEFUL_DIFFERENCE = 0.1
LOSS_BARELY_FELL = 0.9
"""A last loss above this share of the first means that almost nothing was learnt. A guess; not calibrated."""
MIXED_UP_SHARE, MIXED_UP_ITEMS = 0.1, 3
HOPELESS_ITEMS = 5
TOOK_LONGER = 1.5
DATA_CODES = frozenset(
    {"label_conflicts", "label_noise", "missing_answers", "copied_answers", "templates_left", "class_imbalance"}
)  # fmt: skip
"""What can hold a result back. Duplicates and leaked rows were taken out before training."""

EXPLAINS: dict[str, frozenset[str]] = {
    "wrong_metric": frozenset({"labels_never_right"}),
    "too_hard": frozenset({"labels_never_right", "labels_mixed_up"}),
}
"""What need not be said beside a cause, because it follows from it."""

Rule = Callable[[Plan | None, Measured, Score | None], Diagnosis | None]


def diagnose(case: Case) -> tuple[Diagnosis, ...]:
    """List what stands out, what most likely explains the result first; what another finding explains is not repeated."""
    plan, measured, baseline = case.plan, case.measured, case.baseline
    first = [_cut_short(plan, measured, baseline), *(cause(case) for cause in CAUSES)]
    found = [*first, *(rule(plan, measured, baseline) for rule in RULES)]
    said = [one for one in found if one is not None]
    explained = {code for one in said for code in EXPLAINS.get(one.code, ())}
    return tuple(one for one in said if one.code not in explained)


def fallen_families(measured: Measured) -> list[tuple[str, ProbeScore]]:
    """The probe families that surely fell, the deepest fall first; adjusted for their number (ST-07)."""
    if measured.retention is None:
        return []
    probes = list(measured.retention.probes.items())
    adjusted = holm([share_drop_p(p.base, p.tuned, p.items) for _, p in probes])
    fallen = [entry for entry, p in zip(probes, adjusted, strict=True) if p < ALPHA]
    return sorted(fallen, key=lambda entry: entry[1].tuned - entry[1].base)


def _cut_short(plan: Plan | None, measured: Measured, baseline: Score | None) -> Diagnosis | None:
    """The training was ended by its budget or by a person before it had gone through its steps."""
    for stage in measured.stages:
        planned = stage.planned_steps
        if planned is not None and stage.steps < planned:
            return Diagnosis(
                code="cut_short",
                text=Text("The training was cut short, so this is not what the plan could reach."),
                evidence=stage.ended_because,
            )
    return None


def _not_learnt(plan: Plan | None, measured: Measured, baseline: Score | None) -> Diagnosis | None:
    """A loss that did not fall, unless the score rose: a loss near 0 from the first steps has nowhere to fall to."""
    if measured.difference is not None and measured.difference.better:
        return None
    for stage in measured.stages:
        first, last = stage.first_loss, stage.last_loss
        if first is not None and last is not None and last > LOSS_BARELY_FELL * first:
            return Diagnosis(
                code="not_learnt",
                text=Text("The model hardly learned from your examples."),
                evidence=Text(
                    "The training loss went from {first:.2f} to {last:.2f} in {steps:,} steps.",
                    first=first, last=last, steps=stage.steps,
                ),
            )  # fmt: skip
    return None


def _underfit(plan: Plan | None, measured: Measured, baseline: Score | None) -> Diagnosis | None:
    """The last checkpoint is the best, by more than noise above the one before."""
    curve = by_step(measured)
    if len(curve) < 2 or gain(curve[-2], curve[-1]) <= noise(curve[-1]):
        return None
    if max(curve, key=goodness) is not curve[-1]:
        return None
    return Diagnosis(
        code="underfit",
        text=Text("It was still getting better when training ended; more passes may help."),
        evidence=in_words(curve),
    )


def _overfit(plan: Plan | None, measured: Measured, baseline: Score | None) -> Diagnosis | None:
    """A checkpoint before the last is the best, by more than noise (CK-02)."""
    curve = by_step(measured)
    if len(curve) < 3:
        return None
    best = max(curve, key=goodness)
    if gain(curve[-1], best) <= noise(best):
        return None
    return Diagnosis(
        code="overfit",
        text=Text(
            "It was at its best at step {step:,} and then learned your examples by heart; fewer passes are enough.",
            step=best.step,
        ),
        evidence=in_words(curve),
    )


def _forgetting(plan: Plan | None, measured: Measured, baseline: Score | None) -> Diagnosis | None:
    kept, fallen = measured.retention, fallen_families(measured)
    allowed = plan.evaluation.max_forgetting.value if plan else 0.05
    if kept is None or (not fallen and kept.value >= 1 - allowed):
        return None
    names = [
        Text("{ability} (from {base:.0%} to {tuned:.0%})", ability=ability(name), base=probe.base, tuned=probe.tuned)
        for name, probe in fallen[:3]
    ]  # fmt: skip
    evidence = Text(
        "Of these, {kept:.1%} is left (between {low:.1%} and {high:.1%}).",
        kept=kept.value, low=kept.low, high=kept.high,
    )  # fmt: skip
    if names:
        evidence = join([evidence, Text("What fell: {names}.", names=join(names, ", "))])
    return Diagnosis(
        code="forgetting", text=Text("It lost some of its general abilities."), evidence=evidence
    )


def _wording(plan: Plan | None, measured: Measured, baseline: Score | None) -> Diagnosis | None:
    found = measured.robustness
    if found is None or not found.learned_the_wording:
        return None
    return Diagnosis(
        code="learned_the_wording",
        text=Text(
            "It leans on the exact wording of your examples: questions with small typing errors are answered worse."
        ),
        evidence=Text(
            "{plain:.1%} on the test items as they are, {disturbed:.1%} with typing errors in them.",
            plain=found.plain.value, disturbed=found.disturbed.value,
        ),
    )  # fmt: skip


def _already_good(
    plan: Plan | None, measured: Measured, baseline: Score | None
) -> Diagnosis | None:
    if baseline is None or not baseline.higher_is_better or baseline.metric in ("chrf", "rouge"):
        return None
    target = plan.evaluation.target.value if plan else None
    enough = 0.95 if target is None else target
    if baseline.value < enough:
        return None
    return Diagnosis(
        code="already_good",
        text=Text("The untouched model is good enough already; a good prompt is all it takes."),
        evidence=Text(
            "It scores {value:.1%} on {items:,} test items; {enough:.1%} is enough.",
            value=baseline.value, items=baseline.items, enough=enough,
        ),
    )  # fmt: skip


def _small_test(plan: Plan | None, measured: Measured, baseline: Score | None) -> Diagnosis | None:
    found, tuned = measured.difference, measured.tuned
    if found is None or tuned is None or found.better is not None:
        return None
    if tuned.items >= ITEMS_FOR_A_VERDICT and found.high - found.low < LARGEST_USEFUL_DIFFERENCE:
        return None
    seen = detectable_difference(tuned.items, USUAL_DISCORDANT_SHARE)
    return Diagnosis(
        code="small_eval",
        text=Text("There are too few test items to tell a real gain from chance."),
        evidence=Text(
            "{items:,} test items show differences of about {points:.0f} points or more.",
            items=tuned.items, points=100 * max(seen, 1 / max(tuned.items, 1)),
        ),
    )  # fmt: skip


def _mixed_up(plan: Plan | None, measured: Measured, baseline: Score | None) -> Diagnosis | None:
    """Two answers that are often taken for each other: either too alike, or labelled without a rule."""
    pairs: dict[tuple[str, str], int] = {}
    for expected, answered, count in measured.confusion:
        pair = (min(expected, answered), max(expected, answered))
        pairs[pair] = pairs.get(pair, 0) + count
    if not pairs or measured.tuned is None:
        return None
    (one, other), count = max(pairs.items(), key=lambda entry: (entry[1], entry[0]))
    mistakes = max(1, round((1 - measured.tuned.value) * measured.tuned.items))
    if count < MIXED_UP_ITEMS or count < MIXED_UP_SHARE * mistakes:
        return None
    return Diagnosis(
        code="labels_mixed_up",
        text=Text(
            "It often takes {one!r} and {other!r} for each other; check that your data tell them apart by a clear rule.",
            one=one, other=other,
        ),
        evidence=Text("{count:,} of about {mistakes:,} mistakes on the test items.", count=count, mistakes=mistakes),
    )  # fmt: skip


def _hopeless_labels(
    plan: Plan | None, measured: Measured, baseline: Score | None
) -> Diagnosis | None:
    never = [
        label
        for label, cell in measured.per_label.items()
        if cell["items"] >= HOPELESS_ITEMS and cell["tuned"] == 0
    ]
    if not never:
        return None
    return Diagnosis(
        code="labels_never_right",
        text=Text(
            "Some answers are never given rightly; they need more examples, or are too like another one."
        ),
        evidence=Text("Never right: {names}.", names=", ".join(repr(label) for label in never[:5])),
    )


def _data_quality(
    plan: Plan | None, measured: Measured, baseline: Score | None
) -> Diagnosis | None:
    warnings = [one for one in plan.warnings if one.code in DATA_CODES] if plan else []
    if not warnings:
        return None
    return Diagnosis(
        code="data_quality",
        text=Text("What was found in your data may have held the result back."),
        evidence=join([one.text for one in warnings[:3]]),
    )


def _took_longer(plan: Plan | None, measured: Measured, baseline: Score | None) -> Diagnosis | None:
    if plan is None or not measured.stages:
        return None
    planned, spent = plan.estimate.minutes.value, measured.spent.minutes
    if planned <= 0 or spent < 1 or spent <= TOOK_LONGER * planned:
        return None
    return Diagnosis(
        code="took_longer",
        text=Text("It took longer than estimated."),
        evidence=Text(
            "{spent:.1f} minutes, and {planned:.1f} were estimated; {attempts} attempts.",
            spent=spent, planned=planned, attempts=measured.spent.attempts,
        ),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (
    _already_good,
    _not_learnt,
    _forgetting,
    _overfit,
    _underfit,
    _wording,
    _small_test,
    _mixed_up,
    _hopeless_labels,
    _data_quality,
    _took_longer,
)
