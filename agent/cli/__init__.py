"""The `tunesmith` command. Reads the arguments, calls one function, shows what came; decides nothing.

Imports of the working parts stand inside the commands: `--help` must not pay for langgraph or pandas.
Exit codes: 0 done (also "do not train" and "do not ship"), 2 usage, 3 data, 4 plan, 5 run failed or refused.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from agent.cli.distill import distill
from agent.cli.edge import guarded
from agent.cli.judge import judge_app
from agent.cli.mcp import mcp_app
from agent.cli.options import (
    Data,
    Eval,
    Goal,
    Home,
    Json,
    Language,
    Run,
    SkipBroken,
    with_wishes,
)
from agent.cli.runs import runs_app

app = typer.Typer(
    name="tunesmith",
    help="Talk through a fine-tuning job, then run it: measured, explained, on your own machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(runs_app, name="runs")
app.add_typer(mcp_app, name="mcp")
app.add_typer(judge_app, name="judge")
app.command("distill")(distill)


@app.callback()
def root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Hold the options that stand before the command; `main` reads --debug itself."""


@app.command()
def profile(
    files: Data,
    goal: Goal = "",
    eval_file: Eval = None,
    skip_broken: SkipBroken = False,
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Say what is in your data and what is wrong with it."""
    from agent import commands, show

    asked = commands.request(
        files, goal, eval_file=eval_file, skip_broken=skip_broken, language=language
    )
    show.out(commands.engine(home).profile(asked), json, language, show.profile)


@app.command()
@with_wishes
def plan(
    files: Data,
    goal: Goal,
    wishes: dict[str, Any],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write the plan to this file.")
    ] = None,
    measure: Annotated[
        bool,
        typer.Option(
            "--measure/--no-measure",
            help="Measure the untouched model first, where that is quick and free.",
        ),
    ] = True,
    json: Json = False,
    home: Home = None,
) -> None:
    """Decide whether and how to train, with the reason for every number. Starts no training."""
    from agent import commands, show

    if not goal.strip():
        raise typer.BadParameter("say in a few words what you want", param_hint="--goal")
    asked = commands.request(files, goal, **wishes)
    engine, language = commands.engine(home), wishes["language"]
    made = (
        engine.plan_measured(asked, tell=show.teller(json, language))[1]
        if measure
        else engine.plan_unmeasured(asked)
    )
    if out is not None:
        commands.write_to(out, lambda: made.save(out))
    show.out(made, json, language, show.plan)


@app.command()
@with_wishes
def auto(
    wishes: dict[str, Any],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders with your examples.")
    ] = None,
    goal: Goal = "",
    lesson: Annotated[
        str | None,
        typer.Option(
            "--lesson", help="Run a short lesson on built-in data instead: `list` names them."
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Carry the plan out without asking.")
    ] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """Do the whole job without questions. Without --yes it stops at the plan."""
    from agent import commands, show

    engine, language = commands.engine(home), wishes["language"]
    tell = show.teller(json, language)
    if lesson is not None:
        commands.lesson(engine, lesson, yes=yes, json_wanted=json, language=language)
        return
    if not files or not goal:
        raise typer.BadParameter("give your data and --goal, or --lesson NAME")
    known, made = engine.plan_measured(commands.request(files, goal, **wishes), tell=tell)
    if not yes:
        show.out(made, json, language, show.plan)
        return
    show.out(commands.carry_out(engine, known, made, tell), json, language, show.report)


@app.command()
def run(
    plan_file: Annotated[
        Path, typer.Argument(metavar="PLAN", help="A plan file, edited by hand or not.")
    ],
    backend: Annotated[str, typer.Option("--backend", help="Where to run: local.")] = "local",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Stay until the run has ended and show the report.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Run it once more where it was run before.")
    ] = False,
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Carry out a plan. Asks first; where nobody can answer it refuses without --yes."""
    from agent import commands, show

    engine = commands.engine(home, backend)
    made = engine.read_plan(plan_file)
    if not again:
        engine.refuse_second_run(made)
    commands.agree(made, yes=yes, language=language)
    started = engine.start_plan(made)
    if wait:
        show.out(engine.wait(started, show.teller(json, language)), json, language, show.report)
    else:
        show.out_json_or(
            engine.runs.describe(started), json, lambda: show.started(started, language)
        )


@app.command()
def report(
    run: Run,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write the one-page report here.")
    ] = None,
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Show what a run gained and lost, and what to do next."""
    from agent import commands, show

    engine = commands.engine(home)
    found = engine.runs.find(run)
    made = engine.runs.report(found)
    if html is not None:
        page = engine.runs.page(found, made, language or engine.settings.language)
        commands.write_to(html, lambda: html.write_text(page, encoding="utf-8"))
    show.out(made, json, language, show.report)


@app.command()
def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN...")],
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Set runs side by side: task, retention, cost, and where their settings differ."""
    from agent import commands, show

    if len(set(runs)) < 2:
        raise typer.BadParameter("name at least two different runs", param_hint="RUN RUN...")
    engine = commands.engine(home)
    table = engine.runs.compare([engine.runs.find(name) for name in runs])
    show.out_json_or(table, json, lambda: show.comparison(table, language))


@app.command("try")
def try_(
    run: Run,
    prompt: Annotated[
        str | None,
        typer.Argument(help="What to ask; read from standard input where it is left out."),
    ] = None,
    right: Annotated[
        str | None,
        typer.Option(
            help="The right answer: keeps the question as a test item of the next plan for this data."
        ),
    ] = None,
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Ask the untouched and the tuned model the same thing, side by side."""
    from agent import commands, show

    if right is not None and prompt is None:
        raise typer.BadParameter("name the one question it answers", param_hint="--right")
    engine = commands.engine(home)
    prompts = (
        [prompt]
        if prompt is not None
        else [line.rstrip("\n") for line in sys.stdin if line.strip()]
    )
    found = engine.runs.find(run)
    answers = engine.runs.try_out(found, prompts)
    document: dict[str, Any] = {
        "kind": "answers",
        "schema": 1,
        "run": found.id,
        "answers": [asdict(one) for one in answers],
    }
    if right is not None and prompt is not None:
        document["kept"] = engine.keep(found.id, prompt, right)
    show.out_json_or(
        document, json, lambda: show.answers(answers, language, kept=document.get("kept"))
    )


@app.command()
def export(
    run: Run,
    to: Annotated[Path, typer.Option("--to", help="A folder that is not there yet, or is empty.")],
    format: Annotated[str, typer.Option("--format", help="adapter, merged or gguf.")] = "merged",
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Take the tuned model away: weights, tokenizer, and a card with the numbers."""
    from agent import commands, show
    from agent.engine import ExportFormat

    if format not in (known := get_args(ExportFormat)):
        raise typer.BadParameter(f"use one of: {', '.join(known)}", param_hint="--format")

    engine = commands.engine(home)
    found = engine.runs.find(run)
    made = {
        "kind": "export",
        "schema": 1,
        "run": found.id,
        "format": format,
        "folder": str(engine.runs.export(found, to, format)),
    }
    show.out_json_or(made, json, lambda: show.exported(made, language))


@app.command()
def classifier(
    files: Data,
    to: Annotated[Path, typer.Option("--to", help="The folder to write it to.")],
    goal: Goal = "",
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Train the simple classifier that counts words, and write it with a script that asks it."""
    from agent import commands, show
    from tools.classifier import hand_over

    asked = commands.request(files, goal, language=language)
    script = hand_over(commands.engine(home).dataset(asked).train, to)
    made = {"kind": "classifier", "schema": 1, "folder": str(to), "script": str(script)}
    show.out_json_or(made, json, lambda: show.classifier(script, language))


@app.command()
def serve(
    run: Run,
    host: Annotated[str, typer.Option("--host")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port")] = 8000,
    home: Home = None,
) -> None:
    """Serve the tuned model with an OpenAI-compatible interface (vLLM where it is installed)."""
    from agent import commands

    engine = commands.engine(home)
    raise typer.Exit(commands.serve(engine.runs.find(run), host, port))


@app.command()
def sample(folder: Path, json: Json = False, language: Language = None) -> None:
    """Write the built-in sample data sets into a folder."""
    from agent import commands, show

    made = commands.write_samples(folder)
    document = {"kind": "samples", "schema": 1, "folder": str(folder), "samples": made}
    show.out_json_or(document, json, lambda: show.samples(made, language))


@app.command()
def doctor(json: Json = False, home: Home = None, language: Language = None) -> None:
    """Say what this machine can do, and what is missing."""
    from agent import commands, show

    found = commands.doctor(home, language)
    show.out_json_or(found, json, lambda: show.doctor(found, language))


@app.command()
def chat(
    host: Annotated[
        str,
        typer.Option("--host", help="Any but this machine's own needs a login: TUNESMITH_AUTH."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port")] = 7860,
    brain: Annotated[str, typer.Option("--brain", help="rules, or PROVIDER:MODEL.")] = "rules",
    home: Home = None,
) -> None:
    """Open the conversation as a web page."""
    from agent.ui.page import serve_page

    serve_page(host=host, port=port, brain=brain, home=home)


@app.command()
def talk(
    session: Annotated[
        str | None, typer.Option("--session", help="Go on with an earlier conversation.")
    ] = None,
    brain: Annotated[str, typer.Option("--brain", help="rules, or PROVIDER:MODEL.")] = "rules",
    home: Home = None,
) -> None:
    """Have the conversation in the terminal."""
    from agent.cli.talk import talk as converse

    converse(session=session, brain=brain, home=home)


def main() -> None:
    """Run the command and turn every error into three parts and an exit code."""
    sys.exit(guarded(app, sys.argv[1:]))
