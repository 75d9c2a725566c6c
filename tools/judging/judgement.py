"""The rules of judging: what must hold before a tuned model is worth shipping, and how each failure is said.

Better than the untouched model on the same items, beyond chance; better than what needs no language model; surely
keeping as much of the general abilities as was asked; reaching the person's target; where many answers are right,
preferred by people who did not know which was which. Whatever fails is said, the gravest first; what cannot be told
yet is said too. Pure.
"""

from __future__ import annotations

from collections.abc import Callable

from tools.deciding.compose import stop_below
from tools.judging.case import Case, Finding, shown
from tools.judging.invented import invention_finding, invention_warning
from tools.judging.results import Verdict
from tools.plan import Plan
from training.measured import NamedScore, Score
from training.statistics import keeps_budget, unpaired_interval
from training.text import Text, join

ALREADY_GOOD = 0.95  # TC-02, where no target was named
NOT_WORTH_HAVING = 0.01
"""A gain that is surely below one point is no gain. A guess; not calibrated."""
SIMPLE_NAMES = ("simple model", "commonest answer")


def judge(case: Case) -> tuple[Verdict, Text]:
    """Give the verdict and its reasons: the first sentence says whether to ship, and the gravest reason."""
    if case.measured.tuned is None or case.measured.difference is None:
        return _without_tuned(case)
    found = [finding for rule in RULES if (finding := rule(case)) is not None]
    if not found:
        return "ship", _shipping(case, case.measured.tuned)
    verdict: Verdict = (
        "do_not_ship" if any(one.verdict == "do_not_ship" for one in found) else "inconclusive"
    )
    grave = [one for one in found if one.verdict == verdict]
    rest = [one for one in found if one.verdict != verdict]
    return verdict, join([grave[0].lead, *(one.also for one in [*grave[1:], *rest])])


# What there is to say without a tuned model


def _without_tuned(case: Case) -> tuple[Verdict, Text]:
    measured, plan = case.measured, case.plan
    if measured.stages or measured.candidates:
        return "inconclusive", Text(
            "The model was trained, but the final comparison is missing, so nothing can be said about it yet."
        )
    if plan is not None and not plan.decision.pipeline:
        return "not_trained", plan.decision.because
    best = case.baseline
    if measured.complete and best is not None and best.value >= _enough(case):
        return "not_trained", Text(
            "No training was needed: asked the right way, the untouched model already scores {value} on "
            "{items:,} test items, and {enough} is enough.",
            value=shown(best), items=best.items, enough=shown(best, _enough(case)),
        )  # fmt: skip
    if best is not None and measured.complete and _unknown_facts(plan, best):
        return "not_trained", Text(
            "Nothing was trained: even shown examples, the untouched model gets only {value} of {items:,} answers right, so they are facts it does not know, and training on them would make it invent others. Put them into a search index and let the model answer from what it finds (retrieval).",
            value=shown(best), items=best.items,
        )  # fmt: skip
    if best is not None and measured.complete:
        return "not_trained", Text(
            "Nothing was trained: the untouched model was measured, and scores {value} on {items:,} test items.",
            value=shown(best), items=best.items,
        )  # fmt: skip
    return "not_trained", Text("Nothing was trained: the run ended before its training began.")


def _unknown_facts(plan: Plan | None, best: NamedScore) -> bool:
    """Say whether the run ended because hardly an answer was known, as planned (TC-05)."""
    below = None if plan is None else stop_below(plan)
    return below is not None and best.value < below


def _enough(case: Case) -> float:
    return ALREADY_GOOD if case.target is None else case.target


# The rules, gravest first. Each gives a finding, or None where there is nothing against shipping.


def _simple_is_as_good(case: Case) -> Finding | None:
    """A classifier without a language model, or always the commonest answer, is as good (our default)."""
    tuned = case.measured.tuned
    assert tuned is not None
    rivals = [score for score in case.baselines if score.name in SIMPLE_NAMES]
    as_good = [
        score for score in rivals if score.metric == tuned.metric and not _beats(case, tuned, score)
    ]
    if not as_good:
        return None
    best = max(as_good, key=lambda score: score.value)
    facts = {"simple": shown(best), "tuned": shown(tuned), "items": tuned.items}
    if best.name == "commonest answer":
        return Finding(
            "do_not_ship",
            Text(
                "Do not use it: always giving the commonest answer is as good, {simple} against {tuned} for the tuned model on {items:,} test items.",
                **facts,
            ),
            Text("Always giving the commonest answer is as good."),
        )
    return Finding(
        "do_not_ship",
        Text(
            "Do not use it: a simple classifier that needs no language model is as good or better, {simple} against {tuned} for the tuned model on {items:,} test items.",
            **facts,
        ),
        Text("A simple classifier is as good."),
    )


def _is_worse(case: Case) -> Finding | None:
    found, tuned, base = case.measured.difference, case.measured.tuned, case.baseline
    assert found is not None and tuned is not None
    if found.better is not False or case.is_open_ended:
        return None
    before = shown(base) if base else shown(tuned, tuned.value - found.value)
    return Finding(
        "do_not_ship",
        Text(
            "Do not use it: it is worse than the untouched model, {tuned} against {before} on the same {items:,} items.",
            tuned=shown(tuned), before=before, items=tuned.items,
        ),
        Text("It is worse than the untouched model ({before}).", before=before),
    )  # fmt: skip


def _forgot_too_much(case: Case) -> Finding | None:
    kept = case.measured.retention
    if kept is None or kept.value >= 1 - case.max_forgetting - 1e-9:
        return None
    facts = {
        "kept": f"{100 * kept.value:.1f}%",
        "least": f"{100 * (1 - case.max_forgetting):.0f}%",
    }
    lead = Text(
        "Do not use it: it forgot too much, keeping {kept} of its general abilities where at least {least} was asked for.",
        **facts,
    )
    return Finding(
        "do_not_ship",
        lead,
        Text(
            "It forgot too much: {kept} of its general abilities are left, {least} was asked for.",
            **facts,
        ),
    )


def _was_already_good(case: Case) -> Finding | None:
    found, base = case.measured.difference, case.baseline
    if found is None or base is None or found.better is True or not base.higher_is_better:
        return None
    if case.is_open_ended:
        return None
    if base.low < _enough(case):
        return None
    facts = {"value": shown(base), "enough": shown(base, _enough(case))}
    return Finding(
        "do_not_ship",
        Text(
            "Do not use it: the untouched model was already good enough ({value}, where {enough} is enough), and training added nothing that can be shown.",
            **facts,
        ),
        Text("The untouched model was already good enough ({value}).", **facts),
    )


def _misses_the_target(case: Case) -> Finding | None:
    tuned, target = case.measured.tuned, case.target
    assert tuned is not None
    if target is None or not tuned.higher_is_better or tuned.value >= target:
        return None
    facts = {
        "tuned": shown(tuned),
        "target": shown(tuned, target),
        "high": shown(tuned, tuned.high),
    }
    if tuned.high < target:
        return Finding(
            "do_not_ship",
            Text("Do not use it yet: it scores {tuned}, and your target is {target}.", **facts),
            Text("Your target of {target} is not reached.", **facts),
        )
    return Finding(
        "inconclusive",
        Text(
            "It is not clear whether to ship this: it scores {tuned} (at best {high}), so your target of {target} may or may not be reached.",
            **facts,
        ),
        Text("Whether your target of {target} is reached cannot be told.", **facts),
    )


def _learned_the_wording(case: Case) -> Finding | None:
    """With slips of the pen the gain is gone: what was learnt is the wording."""
    found, base = case.measured.robustness, case.baseline
    if found is None or base is None or not found.learned_the_wording:
        return None
    if not found.disturbed.higher_is_better or found.disturbed.value > base.high:
        return None
    facts = {"plain": shown(found.plain), "disturbed": shown(found.disturbed)}
    return Finding(
        "do_not_ship",
        Text(
            "Do not use it: it learned the wording, not the task. With small typing errors in the questions its score falls from {plain} to {disturbed}.",
            **facts,
        ),
        Text(
            "It learned the wording: typing errors take its score from {plain} to {disturbed}.",
            **facts,
        ),
    )


def _no_gain(case: Case) -> Finding | None:
    found, tuned = case.measured.difference, case.measured.tuned
    assert found is not None and tuned is not None
    if found.better is not None or case.is_open_ended:
        return None
    if tuned.metric not in ("bits_per_byte", "reward") and found.high < NOT_WORTH_HAVING:
        return Finding(
            "do_not_ship",
            Text(
                "Do not use it: on {items:,} test items it is no better than the untouched model, by {points:+.1f} points at the very best.",
                items=tuned.items, points=100 * found.high,
            ),
            Text("It is no better than the untouched model."),
        )  # fmt: skip
    return Finding(
        "inconclusive",
        Text(
            "It is not clear whether to ship this: on {items:,} test items the difference to the untouched model could be chance.",
            items=tuned.items,
        ),
        Text("The difference to the untouched model could be chance."),
    )


def _people_prefer(case: Case) -> Finding | None:
    """Where many answers are right, the blind vote says which model is better; without votes nobody can."""
    tuned, votes = case.measured.tuned, case.votes
    assert tuned is not None
    if not case.is_open_ended:
        return None
    if votes is None:
        return Finding(
            "inconclusive",
            Text(
                "It is not clear whether to ship this: many different answers can be right here, and nobody has judged them yet. That its answers "
                "are {value} like the wanted ones (0 to 1) is an orientation only.",
                value=shown(tuned),
            ),
            Text(
                "Nobody has judged the answers yet; their likeness to the wanted ones is an orientation only."
            ),
        )
    facts = {"votes": votes.votes, "tuned": votes.tuned, "base": votes.base}
    if votes.difference.better is False:
        return Finding(
            "do_not_ship",
            Text(
                "Do not use it: of {votes:,} blind votes {base:,} preferred the untouched model and only {tuned:,} the tuned one.",
                **facts,
            ),
            Text(
                "In the blind vote the untouched model was preferred, {base:,} to {tuned:,}.",
                **facts,
            ),
        )
    if votes.difference.better is None:
        return Finding(
            "inconclusive",
            Text(
                "It is not clear whether to ship this: of {votes:,} blind votes {tuned:,} preferred the tuned model and {base:,} the untouched one, which could be chance.",
                **facts,
            ),
            Text(
                "The blind vote ({tuned:,} to {base:,} for the tuned model) could be chance.",
                **facts,
            ),
        )
    return None


def _retention_is_unsure(case: Case) -> Finding | None:
    kept = case.measured.retention
    if kept is not None and not kept.probes and case.asked_for_probes:
        return None  # the untouched model can do none of them, so there is nothing to lose
    if kept is None or not kept.probes:
        return Finding(
            "inconclusive",
            Text(
                "It is not clear whether to ship this: what it lost of its general abilities was not measured."
            ),
            Text("What it lost of its general abilities was not measured."),
        )
    base_can_nothing = all(probe.base == 0 for probe in kept.probes.values())
    if base_can_nothing or keeps_budget(kept, max_forgetting=case.max_forgetting) is True:
        return None
    if kept.value < 1 - case.max_forgetting - 1e-9:
        return None  # said by `_forgot_too_much`
    facts = {
        "kept": f"{100 * kept.value:.1f}%",
        "low": f"{100 * kept.low:.1f}%",
        "least": f"{100 * (1 - case.max_forgetting):.0f}%",
        "items": sum(probe.items for probe in kept.probes.values()),
    }
    return Finding(
        "inconclusive",
        Text(
            "It is not clear whether to ship this: it kept {kept} of its general abilities, but {items:,} probes are too few to exclude that only {low} is left, and {least} was asked for.",
            **facts,
        ),
        Text(
            "It kept {kept} of its general abilities, but as little as {low} is possible; {least} was asked for.",
            **facts,
        ),
    )


RULES: tuple[Callable[[Case], Finding | None], ...] = (
    _simple_is_as_good,
    _is_worse,
    _forgot_too_much,
    invention_finding,
    _learned_the_wording,
    _was_already_good,
    _no_gain,
    _misses_the_target,
    _people_prefer,
    _retention_is_unsure,
)


def _beats(case: Case, tuned: Score, rival: NamedScore) -> bool:
    """Say whether the tuned model is surely better: item by item where that is known, else by the two intervals."""
    paired = case.versus.get(rival.name)
    if paired is not None:
        return paired.better is True
    low, high = unpaired_interval(rival, tuned)
    return low > 0 if tuned.higher_is_better else high < 0


def _shipping(case: Case, tuned: Score) -> Text:
    kept, found = case.measured.retention, case.measured.robustness
    parts = [_better_because(case, tuned)]
    if kept is not None and kept.probes:
        parts.append(
            Text("It kept {kept} of its general abilities.", kept=f"{100 * kept.value:.1f}%")
        )
    if found is not None and found.learned_the_wording:
        parts.append(
            Text(
                "Mind that it leans on the wording: small typing errors take its score to {disturbed}.",
                disturbed=shown(found.disturbed),
            )
        )
    invented = invention_warning(case.measured.invention)
    return join([*parts, *([invented] if invented is not None else [])])


def _better_because(case: Case, tuned: Score) -> Text:
    """Say what shows that the tuned model is better."""
    if case.is_open_ended and case.votes is not None:
        return Text(
            "Use it: of {votes:,} blind votes {tuned:,} preferred the tuned model and {base:,} the untouched one.",
            votes=case.votes.votes, tuned=case.votes.tuned, base=case.votes.base,
        )  # fmt: skip
    base, found = case.baseline, case.measured.difference
    assert found is not None
    before = shown(base) if base else shown(tuned, tuned.value - found.value)
    return Text(
        "Use it: it scores {tuned} where the untouched model scores {before}, on the same {items:,} test items.",
        tuned=shown(tuned), before=before, items=tuned.items,
    )  # fmt: skip
