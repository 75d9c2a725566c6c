"""What the person should know before saying yes: from the data, the values they set, and the model."""

from __future__ import annotations

from dataclasses import dataclass

from tools.deciding.advice import ALREADY_GOOD, KNOWLEDGE_TASKS, RUNNABLE, Advice
from tools.deciding.answering import answer_ms, answer_tokens, wanted_ms
from tools.deciding.evaluation import SMALL_TEST
from tools.deciding.overrides import TECHNIQUES
from tools.deciding.token_counts import share_too_long
from tools.deciding.window import usable_groups
from tools.errors import PlanError
from tools.facts import Facts
from tools.goal import high_stakes, wants_knowledge
from tools.gpus import KINDS
from tools.plan import EvaluationPlan, PlanWarning, StagePlan
from tools.resources import USABLE_SHARE
from training.catalog import ModelCard
from training.text import Text, join

GATE_OPENS_AT = 0.1
"""Share of usable groups from which on the trainer begins (`training.attempts.USABLE_AT_LEAST`, which imports torch)."""
KNOWN_ALREADY = 0.5
"""Where the untouched model knows half of the answers, they are hardly news to it. Our default."""
CUT_TEXT_TOKENS = 512
"""Pieces of a text should not be shorter: what lies before a word is what teaches it. Our default."""


@dataclass(frozen=True)
class SafeRange:
    """Where published or measured values lie."""

    low: float
    high: float
    source: str


def of_data(facts: Facts) -> list[PlanWarning]:
    """The profile's troubles that are more than a remark."""
    return [
        PlanWarning(
            code=issue.code,
            text=join([issue.text, issue.fix]),
            count=issue.count,
            examples=issue.examples,
        )
        for issue in facts.profile.issues
        if issue.severity != "info"
    ]


def of_test(facts: Facts, evaluation: EvaluationPlan) -> list[PlanWarning]:
    """Too few test items to show anything."""
    items = evaluation.items.value
    if items >= SMALL_TEST or any(issue.code == "small_eval" for issue in facts.profile.issues):
        return []
    half = 1.96 * (0.25 / max(items, 1)) ** 0.5
    return [
        PlanWarning(
            code="small_eval",
            count=items,
            text=Text(
                "Only {items} test {items:item|items}: a score is known to about {half:.0%} either way, so only large changes will show.",
                items=items,
                half=min(half, 1.0),
            ),
        )
    ]


def of_goal(facts: Facts) -> list[PlanWarning]:
    """Answers that could hurt somebody."""
    if not high_stakes(facts.goal):
        return []
    return [
        PlanWarning(
            code="high_stakes",
            text=Text(
                "A wrong answer could hurt somebody here. Test scores do not show rare mistakes: let a person check the answers before they are used."
            ),
        )
    ]


def of_pace(facts: Facts, advice: Advice) -> list[PlanWarning]:
    """Facts that change monthly can be retrained, but search follows them better."""
    if facts.said("facts_change") != "monthly":
        return []
    if facts.profile.task.value not in {"qa", "dialogue", "generation", "documents"}:
        return []
    if not advice.pipeline:
        return [
            PlanWarning(
                code="facts_change_use_rag",
                text=Text(
                    "Your facts change monthly: a search over your documents follows them, a trained model does not."
                ),
            )
        ]
    return [
        PlanWarning(
            code="facts_change_use_rag",
            text=Text(
                "Your facts change monthly: train for tone and form only, retrain each month, and let the facts come from a search over your documents."
            ),
        )
    ]


def of_knowledge(facts: Facts, advice: Advice) -> list[PlanWarning]:
    """Facts are hardly learnt from examples, and half-learnt ones are invented (TC-04, TC-05)."""
    task = facts.profile.task.value
    if not advice.pipeline or task == "documents":
        return []
    if task not in KNOWLEDGE_TASKS or not wants_knowledge(facts.goal):
        return _of_closed_book(facts)
    return [
        PlanWarning(
            code="facts_change_use_rag",
            text=Text(
                "You want it to know things. Examples teach a way of answering and hardly any facts, and a model invents what it has half learnt: let the facts come from a search over your documents (retrieval), and train the way of answering."
            ),
        )
    ]


def _of_closed_book(facts: Facts) -> list[PlanWarning]:
    """The answers are facts that no question tells, whatever the goal calls them (TC-05)."""
    found = next((one for one in facts.profile.issues if one.code == "facts_change_use_rag"), None)
    best = facts.untouched()
    if found is None or facts.said("facts_change") is not None:
        return []  # told already, with the pace
    if best is not None and best.value >= KNOWN_ALREADY:
        return []
    return [
        PlanWarning(
            code=found.code, text=join([found.text, found.fix]), count=found.count, examples=found.examples
        )
    ]  # fmt: skip


def without_effect(facts: Facts, advice: Advice) -> list[PlanWarning]:
    """Settings of a stage that this plan does not have: kept for another, told now."""
    idle = sorted(
        name for name in facts.overrides
        if name.partition(".")[0] in TECHNIQUES and name.partition(".")[0] not in advice.pipeline
    )  # fmt: skip
    if not idle:
        return []
    return [
        PlanWarning(
            code="without_effect",
            text=Text("{names} has no effect: this plan has no such stage.", names=", ".join(idle)),
        )
    ]


def of_measuring(facts: Facts, advice: Advice) -> list[PlanWarning]:
    """The untouched model has not been measured before deciding."""
    if facts.untouched() is not None or not advice.pipeline:
        return []
    return [
        PlanWarning(
            code="not_measured",
            text=Text(
                "The untouched model has not been measured yet, so nobody knows whether training is needed; the run measures it first."
            ),
        )
    ]


def of_latency(facts: Facts, card: ModelCard) -> list[PlanWarning]:
    """The answers that are wanted take longer than the person allows, whichever way it is trained (MS-04)."""
    wanted, takes = wanted_ms(facts), answer_ms(card, facts)
    if wanted is None or takes is None or takes <= wanted:
        return []
    return [PlanWarning(code="too_slow", text=Text(
        "An answer of about {tokens:,.0f} tokens takes {model} about {takes:,.0f} milliseconds on this card, an estimate; you want {wanted:,.0f}. Shorter answers, a smaller model or a faster card would bring it nearer.",
        tokens=answer_tokens(facts, card), model=card.id, takes=takes, wanted=wanted,
    ))]  # fmt: skip


def of_running(facts: Facts, advice: Advice) -> list[PlanWarning]:
    """Techniques without a trainer, and cards that are not here."""
    missing = [step for step in advice.pipeline if step not in RUNNABLE]
    found = []
    if missing:
        found.append(
            PlanWarning(
                code="cannot_run_yet",
                text=Text(
                    "Tunesmith cannot run {names} yet, so nothing is started. With --technique sft it trains on your examples only.",
                    names=", ".join(missing),
                ),
            )
        )
    if advice.pipeline and not facts.here:
        found.append(
            PlanWarning(
                code="cannot_run_yet",
                text=Text(
                    "The graphics card this plan is for is not in this machine. Take the plan file there and start it with: tunesmith run PLAN"
                ),
            )
        )
    if advice.pipeline and len(facts.gpus) > 1:
        found.append(
            PlanWarning(
                code="without_effect",
                text=Text(
                    "You named {count} cards, and a run uses one: the others stand idle, and are in the price.",
                    count=len(facts.gpus),
                ),
            )
        )
    return found + _of_attempts(facts, advice)


def _of_attempts(facts: Facts, advice: Advice) -> list[PlanWarning]:
    """The gate before learning from attempts will stay closed (RF-02, RF-03, RF-06)."""
    rates = facts.success_rates
    if not rates or advice.pipeline[:1] != ("rft",):
        return []
    mean, usable = sum(rates) / len(rates), usable_groups(rates)
    if mean < ALREADY_GOOD and usable >= GATE_OPENS_AT:
        return []
    return [
        PlanWarning(
            code="overruled",
            text=Text(
                "The untouched model succeeds in {rate:.1%} of its attempts, and only {usable:.0%} of the questions get both good and bad ones: the run will check this once more and end there, without training. Train on worked examples first (--technique sft,rft), or take questions that it gets right now and then.",
                rate=mean, usable=usable,
            ),
        )
    ]  # fmt: skip


def of_room(peak: float, room: float, card: ModelCard, *, nearest: Text) -> list[PlanWarning]:
    """A run that does not fit in memory; raises PlanError where no card that can be had would hold it."""
    enough = [(kind.gib, name) for name, kind in KINDS.items() if kind.gib * USABLE_SHARE >= peak]
    if not enough:
        raise PlanError(
            Text("{model} would need {peak:,.0f} GiB at once, more than any single card has.", model=card.id, peak=peak), where="model",
            what_to_do=nearest,
        )  # fmt: skip
    gib, name = min(enough)
    return [
        PlanWarning(
            code="cannot_run_yet",
            text=Text(
                "This does not fit: it needs about {peak:.1f} GiB, and {room:.1f} GiB can be used. The smallest card that would hold it is one of {gib:.0f} GiB, such as {name}; or take a smaller model.",
                peak=peak,
                room=room,
                gib=gib,
                name=name,
            ),
        )
    ]


def of_values(
    stage: StagePlan, card: ModelCard, *, longest: int, only_set: bool = True
) -> list[PlanWarning]:
    """Values outside what was published or measured as safe; `longest` is the 99th percentile of the rows' tokens.

    Only those that the person set; all of them in a plan that was edited by hand.
    """
    found = []
    for name, limits in safe_ranges(stage, card, longest).items():
        choice = getattr(stage, name)
        if (
            choice is None
            or limits.low <= choice.value <= limits.high
            or (only_set and choice.origin != "user")
        ):
            continue
        found.append(PlanWarning(code="dangerous_value", text=Text(
            "{name} = {value:g} lies outside {low:g} to {high:g}, the range that was tried ({source}). It is kept because you set it.",
            name=f"{stage.technique.value}.{name}", value=float(choice.value), low=limits.low, high=limits.high, source=limits.source,
        )))  # fmt: skip
    return found


def of_length(stage: StagePlan, card: ModelCard, facts: Facts) -> list[PlanWarning]:
    """Rows that are longer than the model, or the plan, reads at once."""
    limit = stage.max_seq_tokens.value
    if facts.profile.task.value == "documents":
        return []  # texts are cut into pieces, none is left out
    share = share_too_long(card, facts.profile.tokens, limit)
    if not share:
        return []
    count = round(share * facts.rows)
    return [PlanWarning(code="truncation", count=count, text=Text(
        "At least {share:.0%} of your rows, about {count:,}, are longer than the {limit:,} tokens that are read at once; they are left out of the training. Shorten them, or take a model that reads more.",
        share=share, count=count, limit=limit,
    ))]  # fmt: skip


def of_mixture(
    share: float, source: str, facts: Facts, card: ModelCard, max_forgetting: float
) -> list[PlanWarning]:
    """A replay share that the person set against the evidence."""
    if "replay.share" not in facts.overrides and "replay.source" not in facts.overrides:
        return []
    if share == 0 and max_forgetting < 0.3:
        return [
            PlanWarning(
                code="dangerous_value",
                text=Text(
                    "Without general data a model forgets: one of a million parameters kept nothing, and larger ones lose much (trials on tiny models, CF-01, CF-10). It is kept because you set it."
                ),
            )
        ]
    if share > 0.75:
        return [
            PlanWarning(
                code="dangerous_value",
                text=Text(
                    "With {share:.0%} general data little of the training is about your task; published trials stop at 75% (managed products compared). It is kept because you set it.",
                    share=share,
                ),
            )
        ]
    return []


def safe_ranges(stage: StagePlan, card: ModelCard, longest: int) -> dict[str, SafeRange]:
    """The ranges for this technique, size, and way of training."""
    lora = stage.lora_rank.value > 0
    return {
        "learning_rate": _safe_rate(stage, card, lora=lora),
        "epochs": _safe_passes(stage, card),
        "batch_size": SafeRange(1, 128, "LO-05, BS-01")
        if lora and stage.technique.value != "cpt"
        else SafeRange(1, 256, "BS-01"),
        "lora_rank": SafeRange(0, 256, "LO-02: TRL lora_without_regret.md"),
        "lora_alpha": SafeRange(8, 192, "LO-03; hyperpod recipes"),
        "warmup_share": SafeRange(0, 0.2, "SC-01: hyperpod 15%"),
        "weight_decay": SafeRange(0, 0.1, "SC-03"),
        "max_grad_norm": SafeRange(0.1, 10, "SC-03; ART clips at 0.1"),
        "max_seq_tokens": SafeRange(
            min(CUT_TEXT_TOKENS, card.context // 2),
            card.context,
            "longer texts are cut into pieces",
        )
        if stage.technique.value == "cpt"
        else SafeRange(min(longest, card.context), card.context, "DQ-11: rows beyond are left out"),
        "preference_strength": SafeRange(0.01, 0.5, "DP-02: alignment-handbook, TRL"),
        "group_size": SafeRange(4, 64, "GR-02: AWS Nova 2 to 8, TRL 8, Tulu 3.1 16"),
        "kl_weight": SafeRange(0, 0.1, "GR-03: Tulu 3 .05; serverless services up to .1"),
    }


def _safe_passes(stage: StagePlan, card: ModelCard) -> SafeRange:
    technique = stage.technique.value
    if technique == "rft":
        return SafeRange(0, 20, "GR-08; managed products compared: Bedrock 6 to 12 on small sets")
    if card.tiny:
        return SafeRange(1, 20, "trials on tiny models")
    if technique == "cpt":
        return SafeRange(0.1, 4, "EP-03: Muennighoff 2305.16264, repeats beyond four teach little")
    return SafeRange(1, 10, "EP-01: LIMA's best lay between 5 and 10")


def _safe_rate(stage: StagePlan, card: ModelCard, *, lora: bool) -> SafeRange:
    technique = stage.technique.value
    if card.tiny:
        full = {"sft": 5e-3, "cpt": 3e-3, "dpo": 5e-4, "rft": 4e-4}
        adapter = {"sft": 1e-2, "cpt": 3e-3, "dpo": 4e-3, "rft": 4e-3}
        return SafeRange(1e-4, (adapter if lora else full)[technique], "trials on tiny models")
    if technique == "dpo":
        return SafeRange(1e-6, 5e-5, "DP-01") if lora else SafeRange(5e-8, 5e-6, "DP-01")
    if technique == "rft":
        return SafeRange(1e-6, 1e-4, "GR-01") if lora else SafeRange(1e-7, 1e-5, "GR-01")
    if lora:
        return SafeRange(
            2e-5,
            5e-4 if card.billions >= 27 else 1e-3,
            "LR-03: tinker sft_sweep, where 3e-3 diverged",
        )
    return SafeRange(
        5e-7, 1e-3 if card.billions <= 0.4 else 3e-4 if card.billions < 2 else 1e-4, "LR-05"
    )
