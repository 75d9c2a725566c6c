"""What is put up for approval: three lines, and an id that is the same for the same plan."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tools.deciding.advice import RUNNABLE
from tools.deciding.costing import in_words, limit_in_words
from tools.facts import Facts
from tools.plan import Order, Plan
from training.catalog import PRACTICE, ModelCard, called
from training.text import Text, join


def train_order(
    plan: Plan, facts: Facts, card: ModelCard, *, worst_minutes: float, worst_usd: float
) -> Order | None:
    """The order for this plan; None where nothing can be started: no stages, no trainer, no room, no such card here."""
    pipeline = plan.decision.pipeline
    if (
        not pipeline
        or not plan.estimate.fits
        or not facts.here
        or any(step not in RUNNABLE for step in pipeline)
    ):
        return None
    return Order(
        id=plan_id(plan),
        kind="train",
        what=_what(plan, facts),
        at_most=_at_most(worst_minutes, worst_usd),
        cannot_be_undone=_cannot_be_undone(facts, card),
        max_minutes=round(worst_minutes, 1),
        max_cost_usd=round(worst_usd, 2),
    )


def plan_id(plan: Plan) -> str:
    """Twelve letters and digits that change with anything in the plan."""
    content = plan.model_copy(update={"order": None, "questions": ()}).as_json()
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()[:12]


def export_order(run: str, form: str) -> Order:
    """Put up for approval that the tuned model of a run is written to a folder."""
    return Order(
        id=hashlib.sha256(f"export {run} {form}".encode()).hexdigest()[:12],
        kind="export",
        what=Text("Write the tuned model of {run} to a folder, as {form}.", run=run, form=form),
        at_most=Text("It costs nothing but disk space, about as much as the model's own size."),
        cannot_be_undone=Text("Nothing is lost: you can delete the folder again."),
    )


def _what(plan: Plan, facts: Facts) -> Text:
    epochs = plan.stages[0].epochs.value
    passes = Text("1 pass") if epochs == 1 else Text("{epochs:g} passes", epochs=epochs)
    parts = [
        Text(
            "Measure {model} untouched, train it on {rows:,} of your rows ({passes}), choose the best checkpoint, and compare on {items:,} test items.",
            model=called(str(plan.model.value)), rows=facts.rows, passes=passes, items=plan.evaluation.items.value,
        )
    ]  # fmt: skip
    general = sum(source.share.value for source in plan.mixture.sources if source.name != "yours")
    if general:
        parts.append(
            Text(
                "{share:.0%} of what it learns from is general text, so that it does not forget.",
                share=general,
            )
        )
    if plan.probe is not None and plan.probe.run.value and plan.probe.minutes is not None:
        parts.append(
            Text(
                "First, short trainings show which learning rate and how much general text suit your data: about {time}.",
                time=in_words(plan.probe.minutes.value),
            )
        )  # fmt: skip
    return join(parts)


def _at_most(minutes: float, usd: float) -> Text:
    if usd:
        return Text(
            "At most {time} and {usd:,.2f} dollars; it stops there and keeps its best checkpoint.",
            time=limit_in_words(minutes),
            usd=usd,
        )
    return Text(
        "At most {time} on this machine, and no money; it stops there and keeps its best checkpoint.",
        time=limit_in_words(minutes),
    )


def _cannot_be_undone(facts: Facts, card: ModelCard) -> Text:
    if needs_download(facts, card):
        return Text(
            "About {gib:.1f} GB of weights are downloaded from the Hub; nothing of yours leaves this machine, and your files are not changed.",
            gib=2 * card.params / 1e9,
        )
    return Text(
        "Nothing but the time: your files and the model are not changed, and nothing leaves this machine."
    )


def needs_download(facts: Facts, card: ModelCard) -> bool:
    """Say whether the weights must come from the Hub."""
    return (
        card.id != PRACTICE
        and card.id not in facts.machine.models_here
        and not Path(card.id).is_absolute()
        and "/" in card.id
    )
