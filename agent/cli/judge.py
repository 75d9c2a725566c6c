"""`tunesmith judge`: mark answers, and check a judge by rubric on the marks before it may grade anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.options import Home, Json, Language

judge_app = typer.Typer(
    help="Check a language model as judge on answers that you marked, before it grades anything."
)


@judge_app.command()
def sheet(
    out: Annotated[Path, typer.Option("-o", "--out", help="The sheet to write: marks.csv.")],
    run: Annotated[
        str | None,
        typer.Option("--run", help="Whose answers. [the last one that measured a model]"),
    ] = None,
    count: Annotated[int, typer.Option("--count", min=20, help="How many answers.")] = 50,
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Write answers of the untouched model to a sheet, for you to mark each as good or bad."""
    from agent import commands, show
    from agent.cli import judged

    made = judged.sheet(commands.engine(home), run, out, count=count)
    show.out_json_or(made, json, lambda: show.sentence(judged.said_of_sheet(made), language))


@judge_app.command()
def check(
    settings: Annotated[
        Path, typer.Argument(help="The judge's settings, as JSON: url, model, rubric, best.")
    ],
    marks: Annotated[Path, typer.Option("--marks", help="The sheet with your marks in it.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Let the judge grade what you marked and show how it agrees. One that does not agree may not grade."""
    from agent import commands, show
    from agent.cli import judged

    ready = judged.prepared(settings, marks)
    for line in ready.says:
        show.plain_error(show.say(line, language))
    judged.agree(ready, yes=yes, language=language)
    found = judged.carry_out(ready, commands.engine(home).settings.home)
    document = found.as_json() | {"fit": found.is_fit, "text": show.say(found.text, language)}
    show.out_json_or(document, json, lambda: show.sentence(found.text, language))
