"""Say what came of a run, from its own numbers. First sentence: use it or not."""

from __future__ import annotations

from typing import Any

from agent.conversation import acts, teacher_wanted
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench
from agent.words import wording
from tools.judging.invented import invention_words
from tools.judging.report import for_one_task
from tools.judging.results import Report
from tools.marking.votes import COUNT
from training.measured import Score
from training.probes.names import ability
from training.text import Text

FAILING_SHOWN = 3
FALLEN_SHOWN = 5
BEGINNINGS = ("Do not use it", "Use it: ")
LIKENESS = frozenset({"chrf", "rouge"})
"""Metrics that compare wordings: an orientation, where many answers are right."""
SHARES = frozenset(
    {
        "accuracy",
        "exact_match",
        "json_valid",
        "numeric",
        "pass_rate",
        "macro_f1",
        "field_f1",
        "chrf",
        "rouge",
        "judge",
        "vote",
    }
)


def explain(state: Conversation, bench: Workbench, run: str) -> None:
    """Note that the run has ended and say what it means for the plan."""
    record = next((one for one in state["runs"] if one["id"] == run), None)
    if record is None or record["ended"]:
        return
    record["ended"] = True
    standing = bench.engine.standing(run)
    if record["kind"] == "measure":
        _measured(state, bench, record)
        return
    if standing.reading == "failed":
        status = standing.status
        error = (status.error or {}) if status else {}
        text = Text(
            "The training failed. {what} {what_to_do}",
            what=acts.what_failed(status),
            what_to_do=error.get("what_to_do", ""),
        )
        state["says"] += bench.spoken(
            state,
            text,
            Text(
                "Say resume and it goes on from its last good checkpoint, or tell me what to change."
            ),
        )
        return
    if record["kind"] == "synthesize":
        teacher_wanted.explain(state, bench, run)
        return
    report = bench.engine.report(run)
    invited = [invitation()] if is_for_people(report) else []
    state["says"] += bench.spoken(state, *paragraphs(report), *invited)


def _measured(state: Conversation, bench: Workbench, record: dict[str, Any]) -> None:
    wanted = state.get("measuring") == record["id"]
    if wanted:
        state["measuring"], state["stale"] = None, True
    found = bench.engine.measured_baselines(record["id"])
    if not found:
        state["says"] += bench.spoken(
            state, Text("The measurement brought no result, so I plan without it.")
        )
        return
    names = {score.name for score in found}
    state["baselines"] = [one for one in state["baselines"] if one["name"] not in names] + [
        one.model_dump(mode="json") for one in found
    ]
    state["measured_run"] = record["id"]
    if wanted:
        state["says"] += bench.spoken(
            state, Text("The untouched model is measured. Here is what follows from it.")
        )


def paragraphs(report: Report) -> list[Text]:
    """Say a report: verdict, gain, loss, what still fails, cost against estimate, what next."""
    parts = [verdict(report)]
    invented = invention_words(report.invention)
    told = (
        gain(report),
        loss(report),
        invented,
        wording_only(report),
        failing(report),
        spent(report),
    )
    for part in told:
        if part is not None:
            parts.append(part)
    if report.diagnosis:
        parts.append(
            Text(
                "What I see: {text} {evidence}",
                text=report.diagnosis[0].text,
                evidence=report.diagnosis[0].evidence,
            )
        )
    if report.next:
        parts.append(Text("What I would do next: {step}", step=report.next[0].text))
    return parts


def verdict(report: Report) -> Text:
    """Say first whether to use it."""
    if for_one_task(report):
        first = Text(
            "It does this one task better and has lost most of everything else, which you allowed: use it for this task alone."
        )
        return Text("{first} {because}", first=first, because=report.because)
    first = {
        "ship": Text(
            "Use it: the tuned model is better, and what it lost stays within your limit."
        ),
        "do_not_ship": Text("Do not use it."),
        "inconclusive": Text("It cannot be said yet whether it is better."),
        "not_trained": Text("Nothing was trained."),
    }[report.verdict]
    if str(report.because).startswith(BEGINNINGS):  # it begins with the verdict itself
        return Text("{because}", because=report.because)
    return Text("{first} {because}", first=first, because=report.because)


def is_for_people(report: Report) -> bool:
    """Whether only people can say which model is better, and none has."""
    return report.votes is None and report.tuned is not None and report.tuned.metric in LIKENESS


def invitation() -> Text:
    """Say how to begin."""
    return Text(
        "Only you can say which answers are better. Say: let me compare. I show you up to {count} pairs of answers without telling which model wrote which; it takes a few minutes, and you can stop at any time.",
        count=COUNT,
    )  # fmt: skip


def value(score: Score, number: float) -> Text:
    """Say a score in its own unit."""
    return (
        wording.percent(number) if score.metric in SHARES else Text("{number:.2f}", number=number)
    )


def gain(report: Report) -> Text | None:
    """Say the gain, and how sure it is."""
    if report.tuned is None or report.baseline is None:
        return None
    said = Text(
        "On {items:,} examples kept for the test it scores {tuned} (between {low} and {high}); before it was {before}.",
        items=report.tuned.items, tuned=value(report.tuned, report.tuned.value), low=value(report.tuned, report.tuned.low),
        high=value(report.tuned, report.tuned.high), before=value(report.baseline, report.baseline.value),
    )  # fmt: skip
    found = report.difference
    if found is None:
        return said
    if found.better is None:
        return Text("{said} The difference could be chance.", said=said)
    if report.tuned.metric not in SHARES:
        return said
    low, high = sorted((abs(found.low), abs(found.high)))
    if (found.value > 0) == report.tuned.higher_is_better:
        return Text(
            "{said} The true gain lies most likely between {low:.1f} and {high:.1f} points.",
            said=said,
            low=low * 100,
            high=high * 100,
        )
    return Text(
        "{said} The true loss lies most likely between {low:.1f} and {high:.1f} points.",
        said=said,
        low=low * 100,
        high=high * 100,
    )


def loss(report: Report) -> Text | None:
    """Say what it lost."""
    kept = report.retention
    if kept is None:
        return None
    said = Text(
        "Of its general abilities it kept {kept} (between {low} and {high}).",
        kept=wording.percent(kept.value),
        low=wording.percent(kept.low),
        high=wording.percent(kept.high),
    )
    worst = min(kept.probes.items(), key=lambda item: item[1].tuned - item[1].base, default=None)
    if worst is None or worst[1].tuned >= worst[1].base:
        return said
    name, probe = worst
    return Text(
        "{said} It lost most at {name}: from {base} to {tuned}.",
        said=said,
        name=ability(name),
        base=wording.percent(probe.base),
        tuned=wording.percent(probe.tuned),
    )


def lost(report: Report) -> list[Text]:
    """Say what it lost and nothing else: how much in all, and which abilities fell most."""
    said, kept = loss(report), report.retention
    if said is None or kept is None:
        return [Text("Its general abilities were not measured, so nobody knows what it lost.")]
    fallen = sorted(
        (one.tuned - one.base, name) for name, one in kept.probes.items() if one.tuned < one.base
    )
    if not fallen:
        return [said, Text("None of the abilities I asked about fell.")]
    rows = [
        Text("{name}: from {base} to {tuned}", name=ability(name), base=wording.percent(kept.probes[name].base), tuned=wording.percent(kept.probes[name].tuned))
        for _, name in fallen[:FALLEN_SHOWN]
    ]  # fmt: skip
    return [said, Text("Questions answered right, before and after:\n{lines}", lines=wording.bullets(rows))]  # fmt: skip


def wording_only(report: Report) -> Text | None:
    """Say so where it only learned how the examples are written."""
    found = report.robustness
    if found is None or not found.learned_the_wording:
        return None
    return Text(
        "With small typing errors in the texts it scores {disturbed} instead of {plain}: part of what it learned is the wording.",
        disturbed=value(found.disturbed, found.disturbed.value), plain=value(found.plain, found.plain.value),
    )  # fmt: skip


def failing(report: Report) -> Text | None:
    """Show what still goes wrong."""
    if report.confusion:
        rows = [
            Text("once it said “{answered}” where “{expected}” was right", answered=answered, expected=expected)
            if count == 1
            else Text("{count:,} {count:time|times} it said “{answered}” where “{expected}” was right", count=count, answered=answered, expected=expected)
            for expected, answered, count in report.confusion[:FAILING_SHOWN]
        ]  # fmt: skip
        return Text("What still goes wrong most:\n{lines}", lines=wording.bullets(rows))
    wrong = [sample for sample in report.samples if sample.tuned_score < 0.5][:FAILING_SHOWN]
    if not wrong:
        return None
    rows = [
        Text(
            "“{prompt}”: it said “{tuned}”, wanted was “{expected}”",
            prompt=_short(one.prompt),
            tuned=_short(one.tuned),
            expected=_short(one.expected),
        )
        for one in wrong
    ]
    return Text("What still goes wrong, for example:\n{lines}", lines=wording.bullets(rows))


def spent(report: Report) -> Text | None:
    """Set the cost beside the estimate."""
    minutes, expected = report.spent.get("minutes"), report.predicted.get("minutes")
    if minutes is None:
        return None
    said = Text(
        "It took {time} and cost {money}.",
        time=wording.duration(float(minutes)),
        money=wording.money(float(report.spent.get("cost_usd") or 0)),
    )
    if expected is None:
        return said
    return Text(
        "{said} I had expected {expected}.", said=said, expected=wording.duration(float(expected))
    )


def _short(text: str, length: int = 80) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"


def last_report(state: Conversation, bench: Workbench) -> Report | None:
    """The report of the latest training run that has ended."""
    for run in reversed(acts.trained(state)):
        if run["ended"] and bench.engine.standing(run["id"]).reading in {"done", "stopped"}:
            return bench.engine.report(run["id"])
    return None
