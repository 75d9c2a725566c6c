"""The `tunesmith` command. Reads the arguments, calls one function, shows what came; decides nothing.

Imports of the working parts stand inside the commands: `--help` must not pay for langgraph or pandas.
Exit codes: 0 done (also "do not train" and "do not ship"), 2 usage, 3 data, 4 plan, 5 run failed or refused.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.edge import guarded

app = typer.Typer(
    name="tunesmith",
    help="Talk through a fine-tuning job, then run it: measured, explained, on your own machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document.")]
Home = Annotated[Path | None, typer.Option("--home", help="Where runs are kept. [~/.tunesmith]")]
Language = Annotated[str | None, typer.Option("--language", help="en or zh.")]
Data = Annotated[list[Path], typer.Argument(help="Files or folders with your examples.")]
Goal = Annotated[str, typer.Option("--goal", "-g", help="What you want, in your own words.")]
Model = Annotated[
    str | None, typer.Option("--model", "-m", help="A Hub id, a folder, or 'practice'.")
]
Eval = Annotated[
    Path | None, typer.Option("--eval", help="Your own test file; it is never trained on.")
]
General = Annotated[
    Path | None, typer.Option("--general", help="General examples to mix in against forgetting.")
]
Techniques = Annotated[
    str | None,
    typer.Option("--technique", help="Insist on cpt, sft, dpo, rft, or a sequence: sft,rft."),
]
Reward = Annotated[str | None, typer.Option("--reward", help="For rft: NAME or NAME:ARGUMENT.")]
Target = Annotated[
    str | None, typer.Option("--target", help="The score you need, such as accuracy=0.9.")
]
MaxForgetting = Annotated[
    float | None,
    typer.Option(
        "--max-forgetting", help="Largest loss of general ability you accept, 0 to 1. [0.05]"
    ),
]
Minutes = Annotated[
    float | None, typer.Option("--budget-minutes", help="Most minutes it may take.")
]
Usd = Annotated[float | None, typer.Option("--budget-usd", help="Most dollars it may cost.")]
Gpu = Annotated[
    str | None, typer.Option("--gpu", help="Plan for NAME:COUNT instead of this machine.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="stage.key=value, such as sft.learning_rate=1e-4. May be repeated."),
]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same run.")]
Run = Annotated[str, typer.Argument(help="A run's name, or its beginning.")]


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
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Say what is in your data and what is wrong with it."""
    from agent import commands, show

    asked = commands.request(files, goal, eval_file=eval_file, language=language)
    show.out(commands.engine(home).profile(asked), json, language, show.profile)


@app.command()
def plan(
    files: Data,
    goal: Goal,
    model: Model = None,
    eval_file: Eval = None,
    general: General = None,
    technique: Techniques = None,
    reward: Reward = None,
    target: Target = None,
    max_forgetting: MaxForgetting = None,
    budget_minutes: Minutes = None,
    budget_usd: Usd = None,
    gpu: Gpu = None,
    settings: Set = None,
    seed: Seed = 0,
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
    language: Language = None,
) -> None:
    """Decide whether and how to train, with the reason for every number. Starts no training."""
    from agent import commands, show

    asked = commands.request(
        files, goal, model=model, eval_file=eval_file, general_file=general, techniques=technique, reward=reward, target=target,
        max_forgetting=max_forgetting, budget_minutes=budget_minutes, budget_usd=budget_usd, gpu=gpu, settings=settings, seed=seed, language=language,
    )  # fmt: skip
    engine = commands.engine(home)
    made = (
        engine.plan_measured(asked, tell=show.teller(json, language))[1]
        if measure
        else engine.plan_unmeasured(asked)
    )
    if out is not None:
        made.save(out)
    show.out(made, json, language, show.plan)


@app.command()
def auto(
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
    model: Model = None,
    eval_file: Eval = None,
    general: General = None,
    technique: Techniques = None,
    reward: Reward = None,
    target: Target = None,
    max_forgetting: MaxForgetting = None,
    budget_minutes: Minutes = None,
    budget_usd: Usd = None,
    gpu: Gpu = None,
    settings: Set = None,
    seed: Seed = 0,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Carry the plan out without asking.")
    ] = False,
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Do the whole job without questions. Without --yes it stops at the plan."""
    from agent import commands, show

    options: dict[str, Any] = {
        "model": model, "eval_file": eval_file, "general_file": general, "techniques": technique, "reward": reward, "target": target,
        "max_forgetting": max_forgetting, "budget_minutes": budget_minutes, "budget_usd": budget_usd, "gpu": gpu, "settings": settings,
        "seed": seed, "language": language,
    }  # fmt: skip
    tell = show.teller(json, language)
    engine = commands.engine(home)
    if lesson is not None:
        commands.lesson(engine, lesson, yes=yes, json_wanted=json, language=language)
        return
    if not files or not goal:
        raise typer.BadParameter("give your data and --goal, or --lesson NAME")
    known, made = engine.plan_measured(commands.request(files, goal, **options), tell=tell)
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
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Carry out a plan. Asks first; where nobody can answer it refuses without --yes."""
    from agent import commands, show

    engine = commands.engine(home, backend)
    made = engine.read_plan(plan_file)
    commands.agree(made, yes=yes, language=language)
    started = engine.start_plan(made)
    if wait:
        show.out(engine.wait(started, show.teller(json, language)), json, language, show.report)
    else:
        show.out_json_or(
            engine.runs.describe(started), json, lambda: show.started(started, language)
        )


runs_app = typer.Typer(help="See, stop, resume and delete runs.", invoke_without_command=True)
app.add_typer(runs_app, name="runs")


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

    found = commands.engine(home).runs.find(run)
    events = list(found.events())
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
        html.write_text(
            engine.runs.page(found, made, language or engine.settings.language), encoding="utf-8"
        )
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
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Ask the untouched and the tuned model the same thing, side by side."""
    from agent import commands, show

    engine = commands.engine(home)
    prompts = (
        [prompt]
        if prompt is not None
        else [line.rstrip("\n") for line in sys.stdin if line.strip()]
    )
    found = engine.runs.find(run)
    answers = engine.runs.try_out(found, prompts)
    document = {
        "kind": "answers",
        "schema": 1,
        "run": found.id,
        "answers": [asdict(one) for one in answers],
    }
    show.out_json_or(document, json, lambda: show.answers(answers, language))


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
    from agent.talk import talk as converse

    converse(session=session, brain=brain, home=home)


def main() -> None:
    """Run the command and turn every error into three parts and an exit code."""
    sys.exit(guarded(app, sys.argv[1:]))


if __name__ == "__main__":
    main()
