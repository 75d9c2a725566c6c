"""The report as a person reads it: one order of telling, as Markdown (`report.md`).

Verdict first, then what was gained, what was lost, what it took, examples, and what to do next. The page a boss
reads is made from the same parts in `report_html.py`. Every figure comes from the `Report`; nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prompts import translate
from tools.judging import probed
from tools.judging.invented import invention_words
from tools.judging.results import Report
from training.measured import Sample, Score
from training.probes.names import ability
from training.text import Text

Say = Callable[[Text], str]
SHOWN_SAMPLES = 10


def speaker(language: str) -> Say:
    """Give the function that says a sentence in that language."""
    return lambda text: translate(text, language)


MOST_IS_GONE = 0.5
"""Of the general abilities: below it, a plain "use it" would mislead, whatever was allowed. Our default."""


def for_one_task(report: Report) -> bool:
    """Whether the model is worth using and has lost most of everything else, which was allowed."""
    kept = report.retention
    return report.verdict == "ship" and kept is not None and kept.value < MOST_IS_GONE


def verdict_words(report: Report) -> Text:
    """The verdict as a heading."""
    if for_one_task(report):
        return Text("Use the tuned model, for this task alone")
    return {
        "ship": Text("Use the tuned model"),
        "do_not_ship": Text("Do not use the tuned model"),
        "inconclusive": Text("No clear result"),
        "not_trained": Text("No training needed now"),
    }[report.verdict]


def score_words(score: Score) -> Text:
    """A score with its interval and the number of items behind it."""
    if score.value > 1 or not score.higher_is_better:
        return Text(
            "{value:.3g} (between {low:.3g} and {high:.3g}, {items:,} items)",
            value=score.value, low=score.low, high=score.high, items=score.items,
        )  # fmt: skip
    return Text(
        "{value:.1%} (between {low:.1%} and {high:.1%}, {items:,} items)",
        value=score.value, low=score.low, high=score.high, items=score.items,
    )  # fmt: skip


def gain_words(report: Report) -> Text | None:
    """What the task gained, and how sure that is; None where nothing was compared."""
    found = report.difference
    if found is None or report.tuned is None or report.baseline is None:
        return None
    if found.better is None:
        return Text(
            "Against the untouched model the score moved by {points:+.1f} points (between {low:+.1f} and {high:+.1f}): "
            "this could be chance.",
            points=100 * found.value, low=100 * found.low, high=100 * found.high,
        )  # fmt: skip
    return Text(
        "Against the untouched model the score moved by {points:+.1f} points (between {low:+.1f} and {high:+.1f}): "
        "this is more than chance.",
        points=100 * found.value, low=100 * found.low, high=100 * found.high,
    )  # fmt: skip


def loss_words(report: Report) -> Text | None:
    """What is left of the general abilities; None where it was not measured."""
    kept = report.retention
    if kept is None:
        return None
    return Text(
        "Of its general abilities the model kept {kept:.1%} (between {low:.1%} and {high:.1%}).",
        kept=kept.value, low=kept.low, high=kept.high,
    )  # fmt: skip


def robustness_words(report: Report) -> Text | None:
    """What happens when the same questions are written a little differently."""
    found = report.robustness
    if found is None:
        return None
    if found.learned_the_wording:
        return Text(
            "With small typing errors the score falls from {plain:.1%} to {disturbed:.1%}: it learned the wording more than the task.",
            plain=found.plain.value, disturbed=found.disturbed.value,
        )  # fmt: skip
    return Text(
        "With small typing errors in the questions the score is {disturbed:.1%} instead of {plain:.1%}.",
        plain=found.plain.value, disturbed=found.disturbed.value,
    )  # fmt: skip


def vote_words(report: Report) -> Text | None:
    """What people preferred who did not know which was which; None where nobody voted."""
    found = report.votes
    if found is None:
        return None
    counted = Text(
        "Blind vote on {votes:,} {votes:pair|pairs} of answers: {tuned:,} for the tuned model, {base:,} for the untouched one, {same:,} alike.",
        votes=found.votes, tuned=found.tuned, base=found.base, same=found.same,
    )  # fmt: skip
    if found.difference.better is None:
        return Text("{counted} That could be chance.", counted=counted)
    return Text(
        "{counted} That is more than chance: the tuned model won {share:.0%} of the decided pairs (between {low:.0%} and {high:.0%}).",
        counted=counted, share=found.score.value, low=found.score.low, high=found.score.high,
    )  # fmt: skip


def chosen_samples(samples: Sequence[Sample], count: int = SHOWN_SAMPLES) -> list[Sample]:
    """Pick examples that tell the truth: what got better, what got worse, what still fails, what stays right."""
    groups: dict[str, list[Sample]] = {"better": [], "worse": [], "wrong": [], "right": []}
    for sample in samples:
        if sample.tuned_score > sample.base_score:
            groups["better"].append(sample)
        elif sample.tuned_score < sample.base_score:
            groups["worse"].append(sample)
        else:
            groups["wrong" if sample.tuned_score < 0.5 else "right"].append(sample)
    picked: list[Sample] = []
    while len(picked) < min(count, len(samples)):
        for group in groups.values():
            if group and len(picked) < count:
                picked.append(group.pop(0))
    return picked


def cost_rows(report: Report) -> list[tuple[Text, str, str]]:
    """Predicted beside actual: minutes, memory, money."""
    names = {
        "minutes": Text("Minutes"),
        "peak_gib": Text("Memory at the peak, in GiB"),
        "cost_usd": Text("Cost, in dollars"),
    }
    rows = []
    for key, name in names.items():
        values = (report.predicted.get(key), report.spent.get(key))
        shown = tuple("—" if value is None else f"{value:,.2f}" for value in values)
        rows.append((name, shown[0], shown[1]))
    return rows


def markdown(report: Report, language: str = "en") -> str:
    """The whole report as Markdown. Model output and data are quoted as code, so they cannot pose as text."""
    say = speaker(language)
    lines = [f"# {say(verdict_words(report))}", "", say(report.because), ""]
    told = (gain_words, vote_words, loss_words, robustness_words)
    for words in (tell(report) for tell in told):
        if words is not None:
            lines += [say(words), ""]
    invented = invention_words(report.invention)
    lines += [say(invented), ""] if invented is not None else []
    lines += (
        _baseline_lines(report, say)
        + _retention_lines(report, say)
        + _probe_lines(report, say)
        + _checkpoint_lines(report, say)
    )
    lines += _cost_lines(report, say) + _sample_lines(report, say) + _closing_lines(report, say)
    return "\n".join(lines).rstrip() + "\n"


def _baseline_lines(report: Report, say: Say) -> list[str]:
    if not report.baselines and report.tuned is None:
        return []
    head = [say(Text("What was compared")), say(Text("Score on the same items"))]
    lines = [f"## {say(Text('What was gained'))}", "", f"| {head[0]} | {head[1]} |", "|---|---|"]
    lines += [
        f"| {say(baseline_name(row.name))} | {say(score_words(row))} |" for row in report.baselines
    ]
    if report.tuned is not None:
        lines.append(f"| **{say(Text('tuned model'))}** | **{say(score_words(report.tuned))}** |")
    return [*lines, ""]


def baseline_name(name: str) -> Text:
    """A baseline's name as a person reads it."""
    known = {
        "commonest answer": Text("always the commonest answer"),
        "simple model": Text("simple classifier (no language model)"),
        "zero-shot": Text("untouched model, asked plainly"),
        "few-shot": Text("untouched model, shown a few examples"),
        "best prompt": Text("untouched model, asked in the best of several ways"),
    }
    return known.get(name, Text.plain(name))


def _retention_lines(report: Report, say: Say) -> list[str]:
    if report.retention is None or not report.retention.probes:
        return []
    lines = [f"## {say(Text('What was lost'))}", ""]
    lines += [
        f"| {say(Text('General ability'))} | {say(Text('before'))} | {say(Text('after'))} | {say(Text('items'))} |",
        "|---|---:|---:|---:|",
    ]
    for name, probe in report.retention.probes.items():
        lines.append(
            f"| {say(ability(name))} | {probe.base:.0%} | {probe.tuned:.0%} | {probe.items} |"
        )
    return [*lines, ""]


def _probe_lines(report: Report, say: Say) -> list[str]:
    if report.probe is None:
        return []
    heads = [say(head) for head in probed.columns()]
    lines = [f"## {say(probed.heading())}", "", say(probed.probe_words(report.probe)), ""]
    lines += [f"| {' | '.join(heads)} |", "|---:|---:|---:|---:|---:|---|"]
    for trial in report.probe.trials:
        lines.append(f"| {' | '.join(say(cell) for cell in probed.row(trial))} |")
    return [*lines, ""]


def _checkpoint_lines(report: Report, say: Say) -> list[str]:
    if report.checkpoint is None:
        return []
    return [f"## {say(Text('Which version was kept'))}", "", say(report.checkpoint.because), ""]


def _cost_lines(report: Report, say: Say) -> list[str]:
    lines = [f"## {say(Text('What it took'))}", ""]
    lines += [f"| | {say(Text('predicted'))} | {say(Text('actual'))} |", "|---|---:|---:|"]
    lines += [f"| {say(name)} | {before} | {after} |" for name, before, after in cost_rows(report)]
    return [*lines, ""]


def _sample_lines(report: Report, say: Say) -> list[str]:
    shown = chosen_samples(report.samples)
    if not shown:
        return []
    lines = [f"## {say(Text('Before and after'))}", ""]
    for sample in shown:
        lines += [
            f"- {code(sample.prompt)}",
            f"  - {say(Text('wanted'))}: {code(sample.expected)}",
            f"  - {say(Text('before'))}: {code(sample.base)} {_mark(sample.base_score)}",
            f"  - {say(Text('after'))}: {code(sample.tuned)} {_mark(sample.tuned_score)}",
        ]
    return [*lines, ""]


def _closing_lines(report: Report, say: Say) -> list[str]:
    lines = []
    if report.diagnosis:
        lines += [f"## {say(Text('What stands out'))}", ""]
        lines += [f"- {say(found.text)} {say(found.evidence)}" for found in report.diagnosis] + [""]
    if report.next:
        lines += [f"## {say(Text('What to do next'))}", ""]
        for step in report.next:
            command = f" `{step.command}`" if step.command else ""
            lines.append(f"- {say(step.text)}{command}")
        lines.append("")
    if report.notes:
        lines += [f"## {say(Text('Good to know'))}", ""] + [
            f"- {say(note)}" for note in report.notes
        ]
    return lines


def code(text: str, limit: int = 280) -> str:
    """Quote foreign text for Markdown: one line, fenced longer than any fence inside it."""
    flat = " ".join(text.split()) or "(empty)"
    flat = flat if len(flat) <= limit else flat[: limit - 1] + "…"
    fence = "`"
    while fence in flat:
        fence += "`"
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def _mark(score: float) -> str:
    return "✓" if score >= 0.999 else "✗" if score < 0.5 else f"({score:.0%})"
