"""`tunesmith runs`: see, stop, resume, delete and take over runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.options import Home, Json, Language, Run

runs_app = typer.Typer(help="See, stop, resume and delete runs.", invoke_without_command=True)


@runs_app.callback()
def runs(
    context: typer.Context, json: Json = False, home: Home = None, language: Language = None
) -> None:
    """List the runs."""
    if context.invoked_subcommand is None:
        runs_list(json, home, language)


@runs_app.command("list")
def runs_list(json: Json = False, home: Home = None, language: Language = None) -> None:
    """List the runs, newest first."""
    from agent import commands, show

    rows = commands.engine(home).runs.summaries()
    show.out_json_or(
        {"kind": "runs", "schema": 1, "runs": rows}, json, lambda: show.runs(rows, language)
    )


@runs_app.command("show")
def runs_show(run: Run, json: Json = False, home: Home = None, language: Language = None) -> None:
    """Say how a run stands."""
    from agent import commands, show

    engine = commands.engine(home)
    found = engine.runs.find(run)
    show.out_json_or(
        engine.runs.describe(found), json, lambda: show.run(engine.runs.describe(found), language)
    )


@runs_app.command("logs")
def runs_logs(run: Run, json: Json = False, home: Home = None, language: Language = None) -> None:
    """Print what a run has said, event by event."""
    from agent import commands, show

    runs = commands.engine(home).runs
    found = runs.find(run)
    events = runs.events(found)
    document = {
        "kind": "events",
        "schema": 1,
        "run": found.id,
        "events": [event.model_dump(mode="json") for event in events],
    }
    show.out_json_or(document, json, lambda: show.events(events, language))


@runs_app.command("stop")
def runs_stop(run: Run, json: Json = False, home: Home = None, language: Language = None) -> None:
    """Stop a run and keep its best checkpoint."""
    from agent import commands, show

    engine = commands.engine(home)
    found = engine.runs.find(run)
    engine.runs.stop(found)
    show.out_json_or(
        engine.runs.describe(found), json, lambda: show.run(engine.runs.describe(found), language)
    )


@runs_app.command("resume")
def runs_resume(
    run: Run,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it has ended.")] = False,
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Go on with a run that was stopped or interrupted."""
    from agent import commands, show

    engine = commands.engine(home)
    found = engine.runs.find(run)
    engine.runs.resume(found)
    if wait:
        show.out(engine.wait(found, show.teller(json, language)), json, language, show.report)
    else:
        show.out_json_or(
            engine.runs.describe(found),
            json,
            lambda: show.run(engine.runs.describe(found), language),
        )


@runs_app.command("version")
def runs_version(
    run: Run,
    version: Annotated[
        str | None,
        typer.Argument(
            help="STAGE@STEP@SHARE, such as 1-sft@120@0.85; left out, the versions are listed."
        ),
    ] = None,
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Make another version of a trained run the one to use, measured on the test items a second time."""
    from agent import commands, show
    from agent.cli import show_versions

    engine = commands.engine(home)
    found = engine.runs.find(run)
    if version is None:
        rows = show_versions.facts(engine.runs.report(found).candidates)
        document = {"kind": "versions", "schema": 1, "run": found.id, "versions": rows}
        show.out_json_or(document, json, lambda: show_versions.table(rows, language))
        return
    made = engine.runs.find(engine.take_version(found.id, version))
    show.out(engine.wait(made, show.teller(json, language)), json, language, show.report)


@runs_app.command("delete")
def runs_delete(
    run: Run,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Delete a run that has ended, with its checkpoints and its report."""
    from agent import commands, show

    engine = commands.engine(home)
    found = engine.runs.find(run)
    commands.agree_to_delete(found, yes=yes, language=language)
    engine.runs.delete(found)
    show.out_json_or(
        {"kind": "deleted", "schema": 1, "run": found.id},
        json,
        lambda: show.deleted(found, language),
    )


@runs_app.command("import")
def runs_import(
    folder: Path, json: Json = False, home: Home = None, language: Language = None
) -> None:
    """Take over a run directory that was carried out on another machine."""
    from agent import commands, show

    engine = commands.engine(home)
    found = engine.runs.take_over(folder)
    show.out_json_or(
        engine.runs.describe(found), json, lambda: show.run(engine.runs.describe(found), language)
    )
