"""What a person sees in the terminal. Renders documents with rich; decides nothing.

Standard output carries the answer (or one JSON document); progress and errors go to standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.table import Column, Table

from agent import errors, settings
from agent.engine import Tried
from prompts import translate
from tools.classifier import command
from tools.errors import TuningError
from tools.judging.report import baseline_name, markdown
from tools.judging.results import Report
from tools.plan import Order, Plan
from tools.profile import Profile
from tools.teachers.distill import REASONS
from training.document import Document
from training.rundir import Event, RunDir
from training.text import Text, join

Tell = Callable[[Text], None]


def say(text: Text, language: str | None) -> str:
    """The sentence in the language asked for, or the machine's."""
    return translate(text, language or settings.read().language)


def print_json(document: dict[str, Any]) -> None:
    """Print the one JSON document."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def out(
    document: Document,
    json_wanted: bool,
    language: str | None,
    render: Callable[[Any, str | None], None],
) -> None:
    """Print a document of the contract, as JSON or for people."""
    if json_wanted:
        print_json(document.as_json())
    else:
        render(document, language)


def out_json_or(document: dict[str, Any], json_wanted: bool, render: Callable[[], None]) -> None:
    """Print plain JSON, or what `render` prints."""
    if json_wanted:
        print_json(document)
    else:
        render()


def teller(json_wanted: bool, language: str | None) -> Tell:
    """Give the function that tells progress, on standard error."""
    console = Console(stderr=True, highlight=False)

    def tell(text: Text) -> None:
        console.print(f"[dim]·[/dim] {escape(say(text, language))}")

    return tell


def error(failed: TuningError, *, json_wanted: bool, language: str | None) -> None:
    """Show what, where, and what to do now."""
    spoken = language or settings.read().language
    if json_wanted:
        print_json(errors.as_json(failed, spoken))
        return
    console = Console(stderr=True, highlight=False)
    console.print(f"[bold red]{escape(translate(failed.what, spoken))}[/bold red]")
    console.print(f"[dim]{escape(say(Text('Where'), language))}:[/dim] {escape(failed.where)}")
    console.print(
        f"[dim]{escape(say(Text('What to do'), language))}:[/dim] {escape(translate(failed.what_to_do, spoken))}"
    )


def plain_error(text: str) -> None:
    """Show one line on standard error."""
    Console(stderr=True, highlight=False).print(escape(text))


def sentence(text: Text, language: str | None) -> None:
    """Show one sentence."""
    _console().print(escape(say(text, language)))


def profile(found: Profile, language: str | None) -> None:
    """Show what is in the data and what is wrong with it."""
    console = _console()
    facts = Text(
        "{rows:,} {rows:row|rows}, {usable:,} usable. Format {format}, encoding {encoding}.",
        rows=found.rows, usable=found.usable, format=found.format, encoding=found.encoding,
    )  # fmt: skip
    console.print(escape(say(facts, language)))
    console.print(
        f"[bold]{escape(found.task.value)}[/bold]: {escape(say(found.task.because, language))}"
    )
    roles = ", ".join(
        f"{role} = {name if isinstance(name, str) else ' + '.join(name)}"
        for role, name in found.columns.items()
    )
    console.print(f"[dim]{escape(say(Text('Columns'), language))}:[/dim] {escape(roles)}")
    lengths = Text(
        "Half of the rows have under {p50:,} tokens (pieces of words), 95 of 100 under {p95:,}, the longest {max:,}; {total:,} in all.",
        p50=found.tokens.p50, p95=found.tokens.p95, max=found.tokens.max, total=found.tokens.total,
    )  # fmt: skip
    console.print(escape(say(lengths, language)))
    splits = ", ".join(f"{name} {rows:,}" for name, rows in found.splits.items())
    console.print(f"[dim]{escape(say(Text('Split'), language))}:[/dim] {splits}")
    if not found.issues:
        return
    table = _table(language, Text("What is wrong"), Text("Rows"), Text("What to do"))
    for issue in found.issues:
        color = {"blocking": "red", "warning": "yellow", "info": "dim"}[issue.severity]
        table.add_row(
            f"[{color}]{escape(say(issue.text, language))}[/{color}]",
            f"{issue.count:,}",
            escape(say(issue.fix, language)),
        )
    console.print(table)


def plan(made: Plan, language: str | None) -> None:
    """Show the decision first, then every value with its reason, then the order in three lines."""
    console = _console()
    title = " → ".join(step.upper() for step in made.decision.pipeline)
    title = title or say(Text("Do not train now"), language)
    console.print(f"[bold]{escape(title)}[/bold]  {escape(say(made.decision.because, language))}")
    _line(Text("Model"), f"{made.model.value}. {say(made.model.because, language)}", language)
    if made.baselines:
        table = _table(
            language, Text("Measured on the test items"), Text("Score"), Text("95% interval")
        )
        for row in made.baselines:
            table.add_row(
                escape(say(baseline_name(row.name), language)),
                f"{row.value:.3f}",
                f"{row.low:.3f} – {row.high:.3f}",
            )
        console.print(table)
    if made.stages:
        _stages(made, language)
    for warning in made.warnings:
        if warning.text != made.decision.because:
            console.print(f"[yellow]![/yellow] {escape(say(warning.text, language))}")
    _other_ways(made, language)
    if made.order is not None:
        order(made.order, language)


def _stages(made: Plan, language: str | None) -> None:
    console = _console()
    for number, stage in enumerate(made.stages, start=1):
        table = _table(language, Text("Setting"), Text("Value"), Text("Why"))
        for name in type(stage).model_fields:
            choice = getattr(stage, name)
            if choice is None:
                continue
            source = f" [dim]({escape(choice.source)})[/dim]" if choice.source else ""
            why = escape(say(choice.because, language)) + source
            table.add_row(f"{number}. {name}", escape(_shown(choice.value)), why)
        console.print(table)
    for part in made.mixture.sources:
        share = f"{part.share.value:.0%}. {say(part.share.because, language)}"
        console.print(f"[dim]{escape(part.name)}:[/dim] {escape(share)}")
    if made.probe is not None:
        trials = made.probe.trials
        words = made.probe.run.because if trials is None else join([made.probe.run.because, trials.because])  # fmt: skip
        _line(Text("Short trainings first"), say(words, language), language)
    for cost in (made.estimate.minutes, made.estimate.peak_gib, made.estimate.cost_usd):
        console.print(f"[dim]·[/dim] {escape(say(cost.because, language))}")


def _sizes(made: Plan, language: str | None) -> None:
    """Show the sizes of model on offer side by side, where there is a choice."""
    if len(made.models) < 2:
        return
    table = _table(
        language, Text("Model"), Text("Minutes"), Text("Dollars"), Text("Milliseconds an answer"), Text("Quality")
    )  # fmt: skip
    for one in made.models:
        mark = "→ " if one.chosen else ""
        speed = "" if one.answer_ms is None else f"{one.answer_ms:,.0f}"
        if one.answer_measured:
            speed += f" ({say(Text('measured here'), language)})"
        table.add_row(
            mark + escape(one.model), f"{one.minutes:,.0f}", f"{one.cost_usd:,.2f}", speed,
            escape(say(one.quality, language)),
        )  # fmt: skip
    _console().print(table)
    for source in sorted({one.source for one in made.models if one.source}):
        _console().print(f"[dim]{escape(source)}[/dim]")


def _other_ways(made: Plan, language: str | None) -> None:
    _sizes(made, language)
    if made.teacher is not None:
        _line(Text("Then plan with the new rows"), made.teacher.then, language)
    for other in made.decision.runners_up:
        name = " → ".join(other.pipeline) or say(Text("no training"), language)
        _line(Text("Also considered {name}", name=name), say(other.because, language), language)
    for flip in made.decision.would_change_if:
        name = " → ".join(flip.pipeline) or say(Text("no training"), language)
        _line(Text("Would change to {name}", name=name), say(flip.fact, language), language)


def _line(label: Text, said: str, language: str | None) -> None:
    _console().print(f"[dim]{escape(say(label, language))}:[/dim] {escape(said)}")


def order(put_up: Order, language: str | None) -> None:
    """Show the three lines that an approval is about."""
    console = Console(stderr=True, highlight=False)
    for label, text in (
        (Text("What will happen"), put_up.what),
        (Text("What it costs at most"), put_up.at_most),
        (Text("What cannot be undone"), put_up.cannot_be_undone),
    ):
        console.print(f"[bold]{escape(say(label, language))}:[/bold] {escape(say(text, language))}")


def report(made: Report, language: str | None) -> None:
    """Show the whole report."""
    _console().print(Markdown(markdown(made, language or settings.read().language)))


def runs(rows: Sequence[dict[str, Any]], language: str | None) -> None:
    """List runs."""
    if not rows:
        sentence(Text("There are no runs yet."), language)
        return
    table = _table(language, Text("Run"), Text("State"), Text("What it says"))
    for row in rows:
        table.add_row(escape(row["run"]), row["state"], escape(say(row["text"], language)))
    _console().print(table)


def run(found: dict[str, Any], language: str | None) -> None:
    """Show how a run stands."""
    console = _console()
    said = escape(say(found["text"], language))
    console.print(f"[bold]{escape(found['run'])}[/bold]  {found['state']}  {said}")
    if found["steps"]:
        console.print(f"{found['step']:,} / {found['steps']:,}")
    console.print(f"[dim]{escape(found['folder'])}  {found['disk_gib']:.2f} GiB[/dim]")
    if found["error"]:
        console.print("\n".join(escape(str(part)) for part in found["error"].values()))


def started(found: RunDir, language: str | None) -> None:
    """Say that a run has started and how to follow it."""
    sentence(
        Text(
            "{run} has started. Follow it with: tunesmith runs logs {run}. Its report: tunesmith report {run}",
            run=found.id,
        ),
        language,
    )


def deleted(found: RunDir, language: str | None) -> None:
    """Say that a run is gone."""
    sentence(Text("{run} was deleted.", run=found.id), language)


def events(found: Sequence[Event], language: str | None) -> None:
    """List what a run has said."""
    console = _console()
    for event in found:
        place = f" {event.stage}" if event.stage else ""
        console.print(f"[dim]{event.at[11:19]}{place}[/dim] {escape(say(event.text, language))}")


def comparison(table_of: dict[str, Any], language: str | None) -> None:
    """Show runs side by side."""
    table = _table(
        language,
        Text("Run"),
        Text("Verdict"),
        Text("Untouched"),
        Text("Tuned"),
        Text("Kept"),
        Text("Minutes"),
    )
    for row in table_of["runs"]:
        table.add_row(
            escape(row["run"]),
            row["verdict"],
            _value_of(row["baseline"]),
            _value_of(row["tuned"]),
            "—" if row["retention"] is None else f"{row['retention']:.1%}",
            "—" if row["minutes"] is None else f"{row['minutes']:.1f}",
        )
    _console().print(table)
    for name, values in table_of["differences"].items():
        _console().print(f"[dim]{escape(name)}:[/dim] {escape(' | '.join(values))}")


def answers(found: Sequence[Tried], language: str | None, *, kept: int | None = None) -> None:
    """Show both models' answers, and how many questions are kept, where one was kept now."""
    table = _table(language, Text("Asked"), Text("Untouched"), Text("Tuned"))
    for one in found:
        table.add_row(escape(one.prompt), escape(one.base), escape(one.tuned))
    _console().print(table)
    if kept is not None:
        sentence(Text("Kept as a test item of the next plan for this data; it has {count} of them now.", count=kept), language)  # fmt: skip


def exported(made: dict[str, Any], language: str | None) -> None:
    """Say where the model was written."""
    sentence(Text("The model is in {folder}.", folder=made["folder"]), language)


def classifier(script: Path, language: str | None) -> None:
    """Say where the classifier was written, and how it is asked."""
    folder, asked = str(script.parent), escape(command(script, "your text"))
    sentence(Text("The classifier is in {folder}. Ask it with:", folder=folder), language)
    _console().print(asked, soft_wrap=True)  # in one piece, to be copied


def distilled(done: dict[str, Any], language: str | None) -> None:
    """Say how many answers were kept, why the others were not, and what comes next."""
    sentence(
        Text("{rows:,} of {asked:,} answers are kept.", rows=done["rows"], asked=done["asked"]),
        language,
    )
    for name, count in done["turned_away"].items():
        sentence(
            Text("{count:,} turned away: {reason}.", count=count, reason=REASONS[name]), language
        )
    if not done["complete"]:
        sentence(Text("The limit ended it early. Run the same command with a higher limit: what was answered is kept."), language)  # fmt: skip
    if done["next"] is None:
        sentence(Text("No answer passed, so there is nothing to train on. Try a stronger teacher, or say the task more clearly in --goal."), language)  # fmt: skip
        return
    sentence(Text("Look some of them through in {file}. What a teacher wrote is only trained on: the test stays your own rows.", file=done["file"]), language)  # fmt: skip
    sentence(Text("Next: {command}", command=done["next"]), language)


def samples(made: Sequence[dict[str, Any]], language: str | None) -> None:
    """List the samples that were written, each with a command to try."""
    console = _console()
    for one in made:
        console.print(f"[bold]{escape(one['name'])}[/bold] {escape(one['says'])}")
        console.print(
            f'  tunesmith auto {escape(" ".join(one["files"]))} --goal "{escape(one["goal"])}" --model practice',
            soft_wrap=True,
        )


def lessons(rows: Sequence[dict[str, Any]], language: str | None) -> None:
    """List the lessons."""
    for one in rows:
        _console().print(f"[bold]{escape(one['name'])}[/bold] {escape(one['story'])}")


def doctor(found: dict[str, Any], language: str | None) -> None:
    """Show what this machine can do."""
    console = _console()
    for check in found["checks"]:
        mark = {
            "ok": "[green]✓[/green]",
            "missing": "[yellow]–[/yellow]",
            "broken": "[red]✗[/red]",
        }[check["state"]]
        console.print(f"{mark} {escape(check['text'])}")


def _console() -> Console:
    return Console(highlight=False)


def _table(language: str | None, *heads: Text) -> Table:
    """Make a table whose cells wrap: Chinese has no spaces to wrap at, and rich would cut it off."""
    columns = (Column(say(head, language), overflow="fold") for head in heads)
    return Table(*columns, box=None, header_style="dim", padding=(0, 2, 0, 0))


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _value_of(score: dict[str, Any] | None) -> str:
    return "—" if score is None else f"{score['value']:.3f}"
