"""Whether a model can learn from its own checked attempts: its pass rates on the questions decide (RF-01 to RF-07).

A question teaches where some attempts succeed and others fail; the share of such questions predicts gains better
than the mean rate does (trials on tiny models), so it, and not the mean, opens and shuts the window.
"""

from __future__ import annotations

from tools.deciding.advice import ALREADY_GOOD, MIN_PROMPTS, Advice
from tools.deciding.answering import bare_results
from tools.facts import Facts
from training.catalog import ModelCard
from training.text import Text, join

USABLE_TO_START = 0.5  # RF-06 [P]
TINY_USABLE_TO_START = 0.1
"""trials on tiny models: a model of a million parameters gained .25 with .44 usable questions, .14 with .12, nothing with .06."""
GROUP_SIZES = (8, 16, 32)  # GR-02, RF-07: raise the group before giving up
TOO_HARD = 0.01  # RF-02: hardly one success in a hundred attempts
EASY = 0.8  # RF-03: verifiers would take harder questions from here on
SOURCE_BARE = "TC-13, MS-07: AWS nova-rft; managed products compared: examples without their reasoning took mathematics from 70% to under 10%"
SOURCE = "TC-13, TC-16, RF-02, RF-06: AWS nova-rft, verifiers, rlhf-book ch.7"


def usable_groups(pass_rates: tuple[float, ...], group: int = GROUP_SIZES[0]) -> float:
    """Share of questions whose attempts differ in success, so that they teach something (RF-06).

    >>> round(usable_groups((0.05,)), 2), round(usable_groups((0.5,)), 2)
    (0.34, 0.99)
    """
    if not pass_rates:
        return 0.0
    return sum(1 - p**group - (1 - p) ** group for p in pass_rates) / len(pass_rates)


def smallest_group(pass_rates: tuple[float, ...], *, least: float = USABLE_TO_START) -> int | None:
    """The fewest attempts at each question with which the `least` share of them teaches; None where none do.

    >>> smallest_group((0.5,)), smallest_group((0.05,)), smallest_group((0.0, 1.0))
    (8, 16, None)
    """
    return next((size for size in GROUP_SIZES if usable_groups(pass_rates, size) >= least), None)


def checked(facts: Facts, card: ModelCard) -> Advice:
    """Advise on a task whose success a program or a judge can check."""
    rows = facts.profile.usable or facts.profile.rows
    if not facts.profile.checkable and facts.reward is None:
        return Advice(
            ("sft",), Text("Train on your {rows:,} worked examples: no program can check the answers, so attempts could not be rewarded.", rows=rows),
            "TC-09, TC-13", ("TC-09", "TC-13"),
        )  # fmt: skip
    bare = bare_results(facts, card)
    worked = facts.answered and not bare
    if rows < MIN_PROMPTS:
        return _too_few_bare(rows) if bare else _too_few(rows, answered=worked)
    if not facts.success_rates:
        return _bare() if bare else _unmeasured(rows, answered=worked)
    least = TINY_USABLE_TO_START if card.tiny else USABLE_TO_START
    return _measured(facts.success_rates, answered=worked, least=least)


def _too_few(rows: int, *, answered: bool) -> Advice:
    if answered:
        return Advice(
            ("sft",), Text("Train on your {rows:,} worked examples: rewarded attempts need at least {least} questions.", rows=rows, least=MIN_PROMPTS),
            SOURCE, ("TC-09", "TC-13"),
        )  # fmt: skip
    return Advice(
        (), Text("Do not train yet: {rows:,} {rows:question without an answer is|questions without answers are} too few to learn from attempts. Collect at least {more:,} more, or write the answers.", rows=rows, more=MIN_PROMPTS - rows),
        SOURCE, ("TC-13", "TC-03"), code="too_few_rows",
    )  # fmt: skip


def _too_few_bare(rows: int) -> Advice:
    return Advice(
        (), Text("Do not train yet: {rows:,} {rows:question is|questions are} too few to learn from attempts, and your answers hold bare results, whose examples would teach the model to stop reasoning. Collect at least {more:,} more, or write the way to each result.", rows=rows, more=MIN_PROMPTS - rows),
        SOURCE_BARE, ("TC-13", "TC-03", "MS-07"), code="too_few_rows",
    )  # fmt: skip


def _bare() -> Advice:
    return Advice(
        ("rft",), Text("Learn from the model's own attempts, which a program checks: your answers hold bare results, and examples of those would teach the model to stop reasoning."),
        SOURCE_BARE, ("TC-13", "RF-01", "MS-07"),
    )  # fmt: skip


def _unmeasured(rows: int, *, answered: bool) -> Advice:
    if answered:
        return Advice(
            ("sft", "rft"), Text("First learn from the {rows:,} worked answers, then from the model's own checked attempts, if enough of them succeed by then.", rows=rows),
            SOURCE, ("TC-13", "TC-16", "TC-19", "RF-01"),
        )  # fmt: skip
    return Advice(
        ("rft",), Text("Learn from the model's own attempts, which a program checks: there are no written answers to learn from."),
        SOURCE, ("TC-13", "RF-01"),
    )  # fmt: skip


def _measured(rates: tuple[float, ...], *, answered: bool, least: float) -> Advice:
    mean, usable = sum(rates) / len(rates), usable_groups(rates)
    group = smallest_group(rates, least=least)
    if mean >= ALREADY_GOOD:
        return Advice(
            (), Text("No training is needed: the untouched model succeeds in {mean:.0%} of its attempts, which leaves nothing to learn from them. If you have harder questions, plan with those.", mean=mean),
            SOURCE, ("RF-03", "TC-02"), code="already_good",
        )  # fmt: skip
    if group == GROUP_SIZES[0] or (group is not None and not answered):
        return _open(mean, usable_groups(rates, group), group)
    if answered and mean <= TOO_HARD:
        return Advice(
            ("sft",), Text("The model succeeds in {mean:.0%} of its attempts, too seldom to learn from them: learn from the worked answers first, then look again.", mean=mean),
            SOURCE, ("RF-02", "RF-06", "TC-23"),
        )  # fmt: skip
    if answered:
        return Advice(
            ("sft", "rft"), Text("Only {usable:.0%} of the questions get both right and wrong attempts, too few to begin with them: learn from the worked answers first, then from attempts.", usable=usable),
            SOURCE, ("RF-02", "RF-06", "TC-23"),
        )  # fmt: skip
    return Advice(
        (), Text("Do not train yet: only {usable:.0%} of the questions get both right and wrong attempts. Give easier questions, worked answers, or a larger model.", usable=usable),
        SOURCE, ("RF-02", "RF-06", "RF-07"), code="too_few_rows",
    )  # fmt: skip


def _open(mean: float, usable: float, group: int) -> Advice:
    parts = [
        Text("Learn from the model's own checked attempts: with {group} attempts each, {usable:.0%} of the questions get both right and wrong ones, which is what there is to learn from.", group=group, usable=usable)
    ]  # fmt: skip
    if mean >= EASY:
        parts.append(
            Text("It already succeeds in {mean:.0%}; harder questions would teach more.", mean=mean)
        )
    return Advice(("rft",), join(parts), SOURCE, ("TC-13", "RF-04", "RF-06", "RF-07"))
