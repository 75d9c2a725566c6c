"""What else could be done, and what the measurements still to come will decide."""

from __future__ import annotations

from tools.deciding.advice import ALREADY_GOOD, CLOSED_TASKS, MIN_PAIRS, UNKNOWN_FACTS, Advice
from tools.deciding.evaluation import SHORT_ANSWER_TOKENS
from tools.facts import Facts
from tools.plan import Alternative, Gate
from training.catalog import ModelCard
from training.config import Technique
from training.figures import figure
from training.text import Text


def gates(facts: Facts, card: ModelCard, advice: Advice) -> tuple[Gate, ...]:
    """What the measurements that are still to come will do to this plan; the run carries it out."""
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
            Text("You are advised to use the classifier; measured before the yes, nothing is trained."),
        ))  # fmt: skip
    if "rft" in advice.pipeline and not facts.success_rates:
        found.append(_gate(
            Text("Fewer than one in ten of the questions get both right and wrong attempts from the model, or nearly all attempts succeed."),
            Text("Learning from attempts is left out: it would have nothing to learn from (RF-06)."),
        ))  # fmt: skip
    if "cpt" in advice.pipeline:
        found.append(_gate(
            Text("Retrieval over the same documents answers your test questions as well, which a run cannot measure and you can."),
            Text("Keep the retrieval, and not the model."),
        ))  # fmt: skip
    if facts.untouched() is None and _closed_book(facts, card):
        found.append(_gate(
            Text("Even shown examples, the untouched model gets fewer than {share:.0%} of your answers right.", share=UNKNOWN_FACTS),
            Text("Nothing is trained: such answers are facts it does not know; training on them makes it invent more, so retrieval is advised."),
        ))  # fmt: skip
    return tuple(found)


def _closed_book(facts: Facts, card: ModelCard) -> bool:
    """Short answers with nothing to read them from, asked of a model that could know them (TC-05)."""
    profile = facts.profile
    short = profile.tokens.answer_p99 <= SHORT_ANSWER_TOKENS
    return (
        profile.task.value == "qa" and "context" not in profile.columns and short and not card.tiny
    )


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


def _why_not_prompt(facts: Facts) -> Text:
    best = facts.untouched()
    if best is None:
        return Text(
            "Prompting alone costs nothing; the untouched model has not been measured yet, and wins if it reaches the target."
        )
    return Text("Prompting alone scored {value}, short of what is wanted.", value=figure(best))


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
