"""Which questions are worth asking, and what would change the advice: found by trying, not by a list.

A question is worth asking when its plausible answers lead to different plans: another pipeline, model or
metric, or a cost that differs by more than a fifth (our default).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tools.brief import BriefField
from tools.deciding import models, technique
from tools.deciding.advice import ALREADY_GOOD, CLOSED_TASKS, MIN_PAIRS
from tools.deciding.budget import within_budget
from tools.deciding.core import Core
from tools.deciding.evaluation import evaluation
from tools.errors import PlanError
from tools.facts import ATTEMPTS, SIMPLE_NAMES, Facts
from tools.machine import Gpu
from tools.plan import Counterfactual, EvaluationPlan, Question, QuestionChoice
from training.config import Technique
from training.measured import NamedScore
from training.text import Text

Decide = Callable[[Facts], Core]
MOST_QUESTIONS = 5  # our default
COST_MATTERS = 1.2  # our default: 20 %
ENOUGH_ITEMS = 1000


@dataclass(frozen=True)
class Candidate:
    """One field of the brief, with what to ask and the answers to try."""

    field: BriefField
    text: Text
    why: Text
    answers: tuple[tuple[Any, Text], ...]


CANDIDATES: tuple[Candidate, ...] = (
    Candidate(
        "facts_change", Text("How often do the facts in the answers change?"),
        Text("A trained model goes on saying what it has learnt; facts that change often belong in a search index."),
        (("never", Text("hardly ever")), ("monthly", Text("about monthly")), ("weekly", Text("weekly or more often"))),
    ),
    Candidate(
        "hardware", Text("Is there a machine with a graphics card for the training?"),
        Text("Without one only the practice model can be trained, which is a toy."),
        (({"gpu": None, "count": 0, "gib": None}, Text("no, only this machine")),
         ({"gpu": None, "count": 1, "gib": 24.0}, Text("one card of about 24 GB")),
         ({"gpu": None, "count": 1, "gib": 80.0}, Text("one card of about 80 GB"))),
    ),
    Candidate(
        "success", Text("From which score on would it be good enough for you?"),
        Text("Where something cheaper already reaches it, nothing needs to be trained."),
        (({"metric": None, "target": 0.8, "words": ""}, Text("8 of 10 right")), ({"metric": None, "target": 0.9, "words": ""}, Text("9 of 10 right")),
         ({"metric": None, "target": 0.98, "words": ""}, Text("almost all right"))),
    ),
    Candidate(
        "must_not_get_worse", Text("May the model become worse at everything else?"),
        Text("Keeping its other abilities takes part of the training; a model for this one task alone needs none of that."),
        (({"max_forgetting": 0.02, "words": ""}, Text("no, hardly at all")), ({"max_forgetting": 0.05, "words": ""}, Text("a little")),
         ({"max_forgetting": 0.5, "words": ""}, Text("I only need this task"))),
    ),
    Candidate(
        "latency", Text("How quickly must an answer come?"),
        Text("Quick answers need a smaller model."),
        ((100.0, Text("within a tenth of a second")), (1000.0, Text("within a second")), (5000.0, Text("a few seconds are fine"))),
    ),
    Candidate(
        "budget", Text("How long may it take, and what may it cost?"),
        Text("In a short time the model can go over your examples less often, or must be a smaller one."),
        (({"minutes": 10.0, "usd": None}, Text("ten minutes")), ({"minutes": 60.0, "usd": None}, Text("an hour")),
         ({"minutes": None, "usd": None}, Text("as long as it takes"))),
    ),
)  # fmt: skip


def worth_asking(core: Core, decide: Decide) -> tuple[Question, ...]:
    """The open questions whose answers change the plan, the weightiest first, at most five."""
    weighed: list[tuple[int, int, Question]] = []
    for place, candidate in enumerate(CANDIDATES):
        if not is_open(core.facts, candidate.field):
            continue
        outcomes = [
            if_answered(core, decide, candidate.field, value) for value, _ in candidate.answers
        ]
        weight = _weight(outcomes)
        if weight:
            weighed.append((-weight, place, _question(candidate)))
    return tuple(
        question for _, _, question in sorted(weighed, key=lambda one: one[:2])[:MOST_QUESTIONS]
    )


def would_change(core: Core) -> tuple[Counterfactual, ...]:
    """Facts that, were they so, would give another pipeline: each flipped alone and decided again."""
    if core.facts.insist is not None:
        return ()
    found = []
    for fact, supposed in _flips(core):
        try:
            _, card = models.choose(supposed)
            pipeline = technique.advise(supposed, card).pipeline
        except PlanError:
            continue
        if pipeline != core.advice.pipeline:
            found.append(Counterfactual(fact=fact, pipeline=pipeline))
    return tuple(found)


def _flips(core: Core) -> list[tuple[Text, Facts]]:
    facts, profile = core.facts, core.facts.profile
    rest = tuple(
        score for score in facts.baselines if score.name in SIMPLE_NAMES or score.name == ATTEMPTS
    )
    others = tuple(score for score in facts.baselines if score.name != "simple model")
    wanted = facts.target if facts.target is not None else ALREADY_GOOD
    flips = [
        (Text("Your facts change weekly."), facts.with_said("facts_change", "weekly")),
        (Text("Your facts hardly ever change."), facts.with_said("facts_change", "never")),
        (Text("The untouched model reaches {wanted:.2f} on your test items.", wanted=wanted),
         replace(facts, baselines=(*rest, _score("zero-shot", max(wanted, 0.99))))),
        (Text("The untouched model falls short of {wanted:.2f} on your test items.", wanted=wanted),
         replace(facts, baselines=(*rest, _score("zero-shot", wanted / 2)))),
        (Text("There are only 40 usable rows."), _with_rows(facts, 40)),
        (Text("There are 500 usable rows."), _with_rows(facts, max(500, profile.usable))),
    ]  # fmt: skip
    if profile.task.value in CLOSED_TASKS:
        flips += [
            (Text("A simple word-counting classifier gets 99% right."), replace(facts, target=None, baselines=(*others, _score("simple model", 0.99)))),
            (Text("A simple word-counting classifier gets only half right."), replace(facts, baselines=(*others, _score("simple model", 0.5)))),
        ]  # fmt: skip
        if facts.model is None and not facts.on_gpu:
            flips.append(
                (
                    Text("There is a graphics card of 24 GB, so that a real model can be tuned."),
                    replace(facts, gpu=(Gpu("24 GB card", 24),)),
                )
            )
    if profile.task.value == "documents":
        for tokens in (2_000_000, 50_000_000):
            flips.append(
                (
                    Text("The documents hold {tokens:,} tokens.", tokens=tokens),
                    _with_tokens(facts, tokens),
                )
            )
    if profile.task.value == "preference":
        pairs = MIN_PAIRS * 2 if profile.usable < MIN_PAIRS else MIN_PAIRS // 2
        flips.append((Text("There are {pairs:,} pairs.", pairs=pairs), _with_rows(facts, pairs)))
    elif (
        profile.task.value not in CLOSED_TASKS
        and profile.task.value != "documents"
        and facts.reward is None
        and not profile.checkable
    ):
        flips.append(
            (Text("You name a reward that can score an answer."), replace(facts, reward="similar"))
        )
    if profile.task.value == "reasoning" or facts.reward is not None:
        flips += [
            (Text("The model succeeds in four of ten attempts."), replace(facts, pass_rates=(0.4,))),
            (Text("The model hardly ever succeeds."), replace(facts, pass_rates=(0.0,))),
        ]  # fmt: skip
    return flips


def _score(name: str, value: float) -> NamedScore:
    return NamedScore(
        name=name, metric="accuracy", value=value, low=value, high=value, items=ENOUGH_ITEMS
    )


def _with_rows(facts: Facts, rows: int) -> Facts:
    profile = facts.profile.model_copy(
        update={"usable": rows, "splits": {**facts.profile.splits, "train": rows}}
    )
    return replace(facts, profile=profile)


def _with_tokens(facts: Facts, tokens: int) -> Facts:
    counts = facts.profile.tokens.model_copy(update={"total": tokens})
    return replace(facts, profile=facts.profile.model_copy(update={"tokens": counts}))


def is_open(facts: Facts, field: BriefField) -> bool:
    """Whether this has been neither said nor settled in another way."""
    if facts.origin(field) in {"said", "data"}:
        return False
    settled = {
        "hardware": bool(facts.gpu) or bool(facts.machine.gpus) or facts.model is not None or "model" in facts.overrides,
        "success": facts.target is not None, "must_not_get_worse": facts.origin("must_not_get_worse") is not None,
        "budget": facts.budget_minutes is not None or facts.budget_usd is not None,
        "latency": facts.model is not None or "model" in facts.overrides,
    }  # fmt: skip
    return not settled.get(field, False)


def if_answered(core: Core, decide: Decide, field: BriefField, value: Any) -> Core | None:
    """Decide as if this had been answered; None where that is refused."""
    facts = core.facts.with_said(field, value)
    if field == "success":
        facts = replace(facts, target=None)
    if field == "must_not_get_worse":
        facts = replace(facts, max_forgetting=None)
    try:
        if field == "budget":  # nothing else is decided by it
            limits = {"budget_minutes": value["minutes"], "budget_usd": value["usd"]}
            return within_budget(replace(core, facts=replace(facts, **limits)), decide)
        return core if _trains_alike(core, facts) else decide(facts)
    except PlanError:
        return None


def _trains_alike(core: Core, facts: Facts) -> bool:
    """Whether model, pipeline and what is measured are the same for these facts, and so all that rests on them.

    Of the facts that are asked for, the training rests on nothing but the hardware and on what these three decide. Raises
    PlanError where they are refused.
    """
    if facts.gpus != core.facts.gpus:
        return False
    _, card = models.choose(facts)
    how = evaluation(facts, card)
    if card != core.card or not _measured_alike(how, core.evaluation):
        return False
    known = replace(facts, target=how.target.value, max_forgetting=how.max_forgetting.value)
    return technique.advise(known, card).pipeline == core.advice.pipeline


def _measured_alike(one: EvaluationPlan, other: EvaluationPlan) -> bool:
    """Whether the same is asked, the target aside: it is only compared with."""
    names = EvaluationPlan.model_fields.keys() - {"target"}
    return all(_value(one, name) == _value(other, name) for name in names)


def _value(how: EvaluationPlan, name: str) -> Any:
    choice = getattr(how, name)
    return None if choice is None else choice.value


def _weight(outcomes: list[Core | None]) -> int:
    """4: other pipelines, 3: other models, 2: other metrics, 1: other costs, 0: not worth asking."""
    if any(core is None for core in outcomes):
        return 1 if any(core is not None for core in outcomes) else 0
    cores = [core for core in outcomes if core is not None]
    if len({core.advice.pipeline for core in cores}) > 1:
        return 4
    if len({core.model.value for core in cores}) > 1 and cores[0].advice.pipeline:
        return 3
    if len({core.evaluation.metric.value for core in cores}) > 1:
        return 2
    least, most = (
        min(core.minutes.total for core in cores),
        max(core.minutes.total for core in cores),
    )
    return 1 if most > COST_MATTERS * max(least, 0.01) and cores[0].advice.pipeline else 0


def _question(candidate: Candidate) -> Question:
    choices = tuple(QuestionChoice(value=value, label=label) for value, label in candidate.answers)
    return Question(
        id=candidate.field,
        text=candidate.text,
        why=candidate.why,
        choices=choices,
        default=candidate.answers[0][0],
    )


Pipeline = tuple[Technique, ...]
