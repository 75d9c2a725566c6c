"""Invented facts in words, and what they mean for the verdict. Pure.

A model that answers more readily where it knows nothing has lost something (TC-05). Only a rise beyond chance counts;
where it is surely larger than the loss that the person allowed, the tuned model is not shipped.
"""

from __future__ import annotations

from tools.judging.case import Case, Finding
from training.measured import Invention
from training.text import Text


def invents_more(found: Invention | None) -> bool:
    """Say whether it surely answers wrongly more often after training."""
    return found is not None and found.difference.better is True


def invention_finding(case: Case) -> Finding | None:
    """Give what stands against shipping: a rise of invented answers that is surely larger than the allowed loss."""
    found = case.measured.invention
    if found is None or not invents_more(found) or found.difference.low <= case.max_forgetting:
        return None
    facts = {**_facts(found), "allowed": f"{100 * case.max_forgetting:.0f}%"}
    return Finding(
        "do_not_ship",
        Text(
            "Do not use it: it invents more than before. Of {items} questions on your data, half about things that are not there, it answered {after} wrongly instead of saying that it does not know, the untouched model {before}; that is surely more than the {allowed} you allow it to lose.",
            **facts,
        ),
        Text(
            "It invents more than before: {after} of {items} answers, the untouched model {before}.",
            **facts,
        ),
    )


def invention_warning(found: Invention | None) -> Text | None:
    """Say what to mind where it ships all the same."""
    if found is None or not invents_more(found):
        return None
    return Text(
        "Mind that it invents more than before: {after} of {items} answers to questions on your data, the untouched model {before}.",
        **_facts(found),
    )


def invention_words(found: Invention | None) -> Text | None:
    """Say what it invents, before and after; None where that was not measured."""
    if found is None:
        return None
    absent, told = found.tuned_absent, found.base_absent
    said = Text(
        "Asked {items} questions from your data without the data at hand, half of them about things that are not there, it answered {right} rightly (before: {right_before}), {wrong} wrongly ({wrong_before}), and {unknown} times said that it does not know ({unknown_before}).",
        items=found.items,
        right=found.tuned_there.right, right_before=found.base_there.right,
        wrong=found.tuned_there.wrong + absent.wrong, wrong_before=found.base_there.wrong + told.wrong,
        unknown=found.tuned_there.unknown + absent.unknown, unknown_before=found.base_there.unknown + told.unknown,
    )  # fmt: skip
    if found.difference.better is None:
        return Text("{said} Whether it invents more or less than before cannot be told.", said=said)
    if found.difference.better:
        return Text("{said} It invents more than before.", said=said)
    return Text("{said} It invents less than before.", said=said)


def _facts(found: Invention) -> dict[str, int]:
    return {
        "items": found.items,
        "after": found.tuned_there.wrong + found.tuned_absent.wrong,
        "before": found.base_there.wrong + found.base_absent.wrong,
    }
