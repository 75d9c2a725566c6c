"""Whether to train at all, and by which sequence of techniques.

Cheaper remedies are looked at first: a model that is already good, a linear classifier, retrieval, more rows.
A person who names a technique gets it, and is still told first what was as good.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tools.errors import PlanError
from tools.facts import Facts
from tools.goal import wants_sources
from tools.plan import Alternative, Gate, PlanWarning
from tools.profile import IssueCode
from training.catalog import ModelCard
from training.config import Task, Technique
from training.text import Text, join

RUNNABLE: frozenset[Technique] = frozenset({"cpt", "sft", "dpo", "rft"})
"""The techniques that a trainer exists for. The one place to change when another can run."""
ORDER: tuple[Technique, ...] = ("cpt", "sft", "dpo", "rft")  # TC-19
NAMES: dict[Technique, Text] = {
    "cpt": Text("continued pretraining on your texts"), "sft": Text("learning from your examples"),
    "dpo": Text("learning from preferred and rejected answers"), "rft": Text("learning from checked attempts"),
}  # fmt: skip
KNOWLEDGE_TASKS: frozenset[Task] = frozenset({"qa", "dialogue", "generation", "documents"})
"""Tasks whose answers carry facts; in the others facts are in the question."""
CLOSED_TASKS: frozenset[Task] = frozenset({"classification"})
ALREADY_GOOD = 0.95  # TC-02: AWS nova-rft "reward >95 %: RFT may be unnecessary"
MIN_ITEMS_TO_JUDGE = 30  # ST-08: fewer show only differences of 20 points
MIN_EXAMPLES = 50  # TC-03
MIN_PAIRS = 500  # TC-14
MIN_PROMPTS = 100  # TC-13: AWS nova-rft
SMALL_CORPUS_TOKENS = 10_000_000  # TC-11 [P]
BIG_CORPUS_TOKENS = 1_000_000_000  # TC-12 [P]
USABLE_TO_START = 0.5  # RF-06 [P]
GROUP_SIZE = 8  # GR-02
TOO_HARD = 0.01  # RF-02: hardly one success in a hundred attempts
LABEL_NOISE = (
    0.03  # our default: shares of wrong labels of this size are common, so nobody scores above
)
POWER_CONSTANT = 7.85  # ST-03: (1.96 + 0.84)^2, for a model that is never worse


@dataclass(frozen=True)
class Advice:
    """What to do and why. `code` is set where the advice is not to train."""

    pipeline: tuple[Technique, ...]
    because: Text
    source: str
    rules: tuple[str, ...]
    code: IssueCode | None = None
    warnings: tuple[PlanWarning, ...] = field(default=())


def advise(facts: Facts, card: ModelCard) -> Advice:
    """Decide freely, or as the person insists: then what was as good is still said first."""
    free = next((advice for rule in REFUSALS if (advice := rule(facts, card)) is not None), None)
    free = free if free is not None else by_data(facts, card)
    if facts.insist is None:
        return free
    asked = tuple(technique for technique in ORDER if technique in facts.insist)
    _refuse_unfed(facts, asked)
    if asked == free.pipeline:
        return free
    named = Text("You asked for {names}, so this plan trains that way.", names=" + ".join(asked))
    warning = PlanWarning(code="overruled", text=join([free.because, named]))
    reasons = [warning] + ([PlanWarning(code=free.code, text=free.because)] if free.code else [])
    return replace(
        free,
        pipeline=asked,
        because=join([free.because, named]),
        warnings=(*free.warnings, *reasons),
    )


def _refuse_unfed(facts: Facts, asked: tuple[Technique, ...]) -> None:
    """Raise PlanError where a technique was named that these data cannot feed."""
    task = facts.profile.task.value
    if "dpo" in asked and task != "preference":
        what, instead = (
            Text(
                "dpo learns from pairs of a preferred and a rejected answer, and your data have none."
            ),
            Text("Name those columns chosen and rejected, or use --technique sft."),
        )
    elif "cpt" in asked and task != "documents":
        what, instead = (
            Text("cpt learns from plain texts, and your data are questions with answers."),
            Text("Give the texts, or use --technique sft."),
        )
    elif "rft" in asked and task in {"preference", "documents"}:
        what, instead = (
            Text(
                "rft lets the model try questions whose answers a program can check, and your data have none."
            ),
            Text("Give questions with their answers, or name a reward with --reward."),
        )
    elif asked[:1] == ("sft",) and task == "documents":
        what, instead = (
            Text("sft learns from questions with answers, and your data are plain texts."),
            Text("Use --technique cpt, or cpt,sft."),
        )
    else:
        return
    raise PlanError(what, where="--technique", what_to_do=instead)


def data_is_unusable(facts: Facts, card: ModelCard) -> Advice | None:
    """Blocking trouble in the data comes before everything."""
    blocking = [issue for issue in facts.profile.issues if issue.severity == "blocking"]
    if not blocking:
        return None
    first = blocking[0]
    return Advice(
        (),
        join([Text("Do not train on this data yet."), first.text, first.fix]),
        "DQ-*",
        ("DQ-01",),
        code=first.code,
    )


def facts_change(facts: Facts, card: ModelCard) -> Advice | None:
    """Facts that change faster than one retrains, or that must be cited, belong in a search index (TC-04)."""
    if facts.profile.task.value not in KNOWLEDGE_TASKS:
        return None
    pace = facts.said("facts_change")
    source = "TC-04: Ovadia 2312.05934; AWS nova-forge-sft"
    if pace in {"daily", "weekly"}:
        return Advice(
            (), Text("Do not train for this: your facts change {pace}, and a trained model goes on saying the old ones. Put them into a search index and let the model answer from what it finds (retrieval); train later only for tone or form.", pace=Text("daily") if pace == "daily" else Text("weekly")),
            source, ("TC-04",), code="facts_change_use_rag",
        )  # fmt: skip
    if wants_sources(facts.goal):
        return Advice(
            (), Text("Do not train for this: answers that must name their sources have to come from a search over your documents (retrieval), because a trained model cannot say where it has something from."),
            source, ("TC-04",), code="facts_change_use_rag",
        )  # fmt: skip
    return None


def already_good(facts: Facts, card: ModelCard) -> Advice | None:
    """A model that reaches the target untouched needs no training (TC-02)."""
    best = facts.untouched()
    wanted = facts.target if facts.target is not None else ALREADY_GOOD
    if (
        best is None
        or best.items < MIN_ITEMS_TO_JUDGE
        or not best.higher_is_better
        or best.value < wanted
    ):
        return None
    if facts.target is None and best.metric in {"chrf", "rouge", "reward", "judge"}:
        return None
    return Advice(
        (), Text("No training is needed: asked the right way ({name}), the untouched model already scores {value:.3f} on {items:,} of your test items, and {wanted:.2f} is enough. Use it with that prompt.",
                 name=best.name, value=best.value, items=best.items, wanted=wanted),
        "TC-02: azure-skills diagnose-poor-results.md, AWS nova-rft", ("TC-01", "TC-02"), code="already_good",
    )  # fmt: skip


def simple_model_enough(facts: Facts, card: ModelCard) -> Advice | None:
    """A linear classifier that is as good as anything tuning could promise costs nothing to run."""
    simple, floor = facts.baseline("simple model"), facts.baseline("commonest answer")
    if (
        simple is None
        or facts.profile.task.value not in CLOSED_TASKS
        or simple.items < MIN_ITEMS_TO_JUDGE
    ):
        return None
    untouched = facts.untouched()
    if untouched is not None and untouched.low > simple.high:
        return None
    has_learnt = floor is None or simple.low > floor.high
    if not has_learnt:
        return None
    tail = _simple_tail(facts, card, simple.value, simple.items)
    if tail is None:
        return None
    head = Text(
        "A simple word-counting classifier, trained in seconds, already gets {value:.3f} of your {items:,} test items right.",
        value=simple.value,
        items=simple.items,
    )
    return Advice(
        (),
        join([head, tail]),
        "DESIGN 7: baselines on the same items; ST-03",
        ("TC-01", "TC-02", "ST-03"),
        code="simple_model_enough",
    )


def too_few_rows(facts: Facts, card: ModelCard) -> Advice | None:
    """Fewer than fifty examples teach nothing that a good prompt does not (TC-03)."""
    task, rows = facts.profile.task.value, facts.profile.usable or facts.profile.rows
    if task == "documents" or rows >= MIN_EXAMPLES:
        return None
    return Advice(
        (), Text("Do not train yet: {rows:,} usable rows are too few. Put the best ten into the prompt as examples, and collect at least {more:,} more of the kind you find hardest.", rows=rows, more=MIN_EXAMPLES - rows),
        "TC-03: azure-skills diagnose-poor-results.md; TC-09", ("TC-03", "TC-09"), code="too_few_rows",
    )  # fmt: skip


def by_data(facts: Facts, card: ModelCard) -> Advice:
    """The pipeline that suits what was handed over, once training is worth it."""
    task = facts.profile.task.value
    if task == "documents":
        return _documents(facts)
    if task == "preference":
        return _preference(facts)
    if facts.reward is not None or task == "reasoning":
        return _checked(facts)
    rows = facts.rows
    parts = [
        Text(
            "Train on your {rows:,} examples: they show the answer that belongs to each question, which is what learning from examples (SFT) needs.",
            rows=rows,
        )
    ]
    simple = facts.baseline("simple model")
    if simple is not None:
        parts.append(
            Text(
                "The bar is {value:.3f}: that is what a simple word-counting classifier gets.",
                value=simple.value,
            )
        )
    return Advice(
        ("sft",), join(parts),
        "TC-09: OpenAI SFT guide, azure-skills training-types.md; TC-16", ("TC-09", "TC-16"),
    )  # fmt: skip


def usable_groups(pass_rates: tuple[float, ...], group: int = GROUP_SIZE) -> float:
    """Share of questions whose attempts differ in success, so that they teach something (RF-06).

    >>> round(usable_groups((0.05,)), 2), round(usable_groups((0.5,)), 2)
    (0.34, 0.99)
    """
    if not pass_rates:
        return 0.0
    return sum(1 - p**group - (1 - p) ** group for p in pass_rates) / len(pass_rates)


def gates(facts: Facts, advice: Advice) -> tuple[Gate, ...]:
    """What the measurements that are still to come will do to this plan."""
    if facts.insist is not None or not advice.pipeline:
        return ()
    found = []
    wanted = facts.target if facts.target is not None else ALREADY_GOOD
    if facts.untouched() is None and facts.profile.task.value != "documents":
        found.append(_gate(
            Text("The untouched model reaches {wanted:.2f} on your test items.", wanted=wanted),
            Text("Nothing is trained; you get the prompt that does it."),
        ))  # fmt: skip
    if facts.profile.task.value in CLOSED_TASKS and facts.baseline("simple model") is None:
        found.append(_gate(
            Text("A simple word-counting classifier is as good as training could promise."),
            Text("Nothing is trained; you are advised to use the classifier."),
        ))  # fmt: skip
    if "rft" in advice.pipeline and not facts.pass_rates:
        found.append(_gate(
            Text("Fewer than half of the questions get both right and wrong attempts from the model."),
            Text("Learning from attempts is left out: it would have nothing to learn from (RF-06)."),
        ))  # fmt: skip
    if "cpt" in advice.pipeline:
        found.append(_gate(
            Text("Retrieval over the same documents answers your test questions as well."),
            Text("Continued pretraining is dropped."),
        ))  # fmt: skip
    if facts.profile.task.value == "qa":
        found.append(_gate(
            Text("The untouched model never gets most of your answers right, even with examples."),
            Text("Such answers are facts it does not know; training on them makes it invent more, so retrieval is advised."),
        ))  # fmt: skip
    return tuple(found)


def runners_up(
    facts: Facts, card: ModelCard, chosen: tuple[Technique, ...]
) -> tuple[Alternative, ...]:
    """The other pipelines, with the reason why they come second."""
    reasons: dict[tuple[Technique, ...], Text] = {
        (): _why_not_prompt(facts),
        ("sft",): Text(
            "Learning from examples is the lowest risk, but {why}.", why=_why_not_sft(facts)
        ),
        ("sft", "dpo"): _why_not_pairs(facts),
        ("sft", "rft"): _why_not_checked(facts),
        ("cpt", "sft"): _why_not_corpus(facts),
    }
    order: list[tuple[Technique, ...]] = [
        ("sft",),
        ("sft", "rft"),
        ("sft", "dpo"),
        ("cpt", "sft"),
        (),
    ]
    return tuple(
        Alternative(pipeline=pipeline, because=reasons[pipeline])
        for pipeline in order
        if pipeline != chosen
    )


def _gate(when: Text, then: Text) -> Gate:
    return Gate.model_validate({"if": when, "then": then})


TINY_STAYS_BELOW = 0.8
"""Measured on banking77 with the shipped practice model: 0.83 to 0.85, the classifier 0.92. Where the classifier
itself does badly nothing was measured, so nothing is promised either way."""


def _simple_tail(facts: Facts, card: ModelCard, value: float, items: int) -> Text | None:
    """Why the classifier is enough; None where tuning could still promise more."""
    if facts.target is not None and value >= facts.target:
        return Text(
            "That is the {target:.2f} you asked for: use it, and do not tune a model.",
            target=facts.target,
        )
    headroom = max(LABEL_NOISE, POWER_CONSTANT / items)
    if 1 - value <= headroom and facts.target is None:
        return Text(
            "What is left above it is within the wrong labels that such data usually has, or too little to show on so many items: use it, and do not tune a model."
        )
    if card.tiny and value >= TINY_STAYS_BELOW:
        return Text(
            "A model as small as the one at hand was measured to stay below that (0.83 to 0.85 on 77 topics where counting words got 0.92): use the classifier, or tune a real model on a machine with a GPU."
        )
    return None


def _documents(facts: Facts) -> Advice:
    tokens = facts.profile.tokens.total
    if tokens < SMALL_CORPUS_TOKENS:
        return Advice(
            (), Text("Do not train on these documents: {tokens:,} tokens are too few for a model to learn what they say. Put them into a search index and let the model answer from what it finds (retrieval).", tokens=tokens),
            "TC-11: EntiGraph 2409.07431; Ovadia 2312.05934; the limit of 10 million is ours", ("TC-11", "TC-04"), code="too_few_rows",
        )  # fmt: skip
    if tokens < BIG_CORPUS_TOKENS:
        return Advice(
            ("cpt", "sft"), Text("Try continued pretraining on the {tokens:,} tokens, then examples to bring its manners back, and keep it only if it beats retrieval over the same documents: between 10 million and 1 billion tokens nobody can say beforehand.", tokens=tokens),
            "TC-12 [P], TC-19, TC-22", ("TC-12", "TC-19", "TC-22"),
        )  # fmt: skip
    return Advice(
        ("cpt", "sft"), Text("Your {tokens:,} tokens are enough to teach a model the field itself: continued pretraining, then examples to bring its manners back.", tokens=tokens),
        "TC-10, TC-19, TC-21: AWS nova-forge-cpt, Jindal 2410.10739", ("TC-10", "TC-19", "TC-21"),
    )  # fmt: skip


def _preference(facts: Facts) -> Advice:
    pairs = facts.profile.usable or facts.profile.rows
    source = "TC-14, TC-16: azure-skills training-types.md, DEITA 2312.15685"
    if pairs < MIN_PAIRS:
        return Advice(
            ("sft",), Text("Train on the preferred answers of your {pairs:,} pairs as examples: learning from the pairs themselves needs about {needed:,}.", pairs=pairs, needed=MIN_PAIRS),
            source, ("TC-14", "TC-09"),
        )  # fmt: skip
    return Advice(
        ("sft", "dpo"), Text("First learn from the preferred answers, then from what sets them apart from the rejected ones: {pairs:,} pairs are enough for both.", pairs=pairs),
        source, ("TC-14", "TC-16", "TC-19"),
    )  # fmt: skip


def _checked(facts: Facts) -> Advice:
    """Success that a program can check: the pass rates of the start model decide (RF-01 to RF-07)."""
    source = "TC-13, TC-16, RF-02, RF-06: AWS nova-rft, verifiers, rlhf-book ch.7"
    rows, has_answers = (
        facts.profile.usable or facts.profile.rows,
        facts.profile.tokens.answer_total > 0,
    )
    if not facts.profile.checkable and facts.reward is None:
        return Advice(
            ("sft",),
            Text(
                "Train on your {rows:,} worked examples: no program can check the answers, so attempts could not be rewarded.",
                rows=rows,
            ),
            "TC-09, TC-13",
            ("TC-09", "TC-13"),
        )
    if rows < MIN_PROMPTS and has_answers:
        return Advice(
            ("sft",),
            Text(
                "Train on your {rows:,} worked examples: rewarded attempts need at least {least} questions.",
                rows=rows,
                least=MIN_PROMPTS,
            ),
            source,
            ("TC-09", "TC-13"),
        )
    if not facts.pass_rates:
        if has_answers:
            return Advice(
                ("sft", "rft"),
                Text(
                    "First learn from the {rows:,} worked answers, then from the model's own checked attempts, if enough of them succeed by then.",
                    rows=rows,
                ),
                source,
                ("TC-13", "TC-16", "TC-19", "RF-01"),
            )
        return Advice(
            ("rft",),
            Text(
                "Learn from the model's own attempts, which a program checks: there are no written answers to learn from."
            ),
            source,
            ("TC-13", "RF-01"),
        )
    mean, usable = sum(facts.pass_rates) / len(facts.pass_rates), usable_groups(facts.pass_rates)
    if mean >= ALREADY_GOOD:
        return Advice(
            (),
            Text(
                "No training is needed: the untouched model succeeds in {mean:.0%} of its attempts, which leaves nothing to learn from them.",
                mean=mean,
            ),
            source,
            ("RF-03", "TC-02"),
            code="already_good",
        )
    if usable >= USABLE_TO_START:
        return Advice(
            ("rft",),
            Text(
                "Learn from the model's own checked attempts: {usable:.0%} of the questions get both right and wrong attempts, which is what there is to learn from.",
                usable=usable,
            ),
            source,
            ("TC-13", "RF-04", "RF-06"),
        )
    if not has_answers:
        return Advice(
            (),
            Text(
                "Do not train yet: only {usable:.0%} of the questions get both right and wrong attempts. Give easier questions, worked answers, or a larger model.",
                usable=usable,
            ),
            source,
            ("RF-02", "RF-06", "RF-07"),
            code="too_few_rows",
        )
    hard = Text(
        "The model succeeds in {mean:.0%} of its attempts, too seldom to learn from them: learn from the worked answers first, then look again.",
        mean=mean,
    )
    return Advice(
        ("sft",) if mean <= TOO_HARD else ("sft", "rft"), hard, source, ("RF-02", "RF-06", "TC-23")
    )


def _why_not_prompt(facts: Facts) -> Text:
    best = facts.untouched()
    if best is None:
        return Text(
            "Prompting alone costs nothing; the untouched model has not been measured yet, and wins if it reaches the target."
        )
    return Text("Prompting alone scored {value:.3f}, short of what is wanted.", value=best.value)


def _why_not_sft(facts: Facts) -> Text:
    task = facts.profile.task.value
    if task == "documents":
        return Text("documents hold no questions with answers")
    if task == "preference":
        return Text("it does not use the rejected answers")
    if task == "reasoning" or facts.reward is not None:
        return Text("it copies worked answers where the model could find its own")
    return Text("here something cheaper should do")


def _why_not_pairs(facts: Facts) -> Text:
    if facts.profile.task.value == "preference":
        return Text("Learning from pairs needs about {needed:,} of them.", needed=MIN_PAIRS)
    return Text(
        "Learning from preferences needs pairs of a better and a worse answer; your data has none."
    )


def _why_not_checked(facts: Facts) -> Text:
    if facts.profile.checkable:
        return Text(
            "A program could check the answers, but they are easy to write down, and examples teach them with less risk."
        )
    return Text(
        "Learning from checked attempts needs a program or a judge that scores an answer; none is named."
    )


def _why_not_corpus(facts: Facts) -> Text:
    return Text(
        "Continued pretraining wants tens of millions of tokens of plain text; your data has {tokens:,} tokens.",
        tokens=facts.profile.tokens.total,
    )


Refusal = Callable[[Facts, ModelCard], Advice | None]
REFUSALS: tuple[Refusal, ...] = (
    data_is_unusable,
    facts_change,
    already_good,
    simple_model_enough,
    too_few_rows,
)
"""Asked in this order; the first that answers is the advice."""
