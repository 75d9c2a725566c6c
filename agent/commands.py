"""What the commands share: reading options, asking for a yes, carrying out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import typer

from agent import settings, show
from agent.doctor import examine
from agent.engine import PlanRequest
from agent.lessons import by_name, carry_out_lesson, listing
from agent.local.engine import LocalEngine, Tell
from agent.runs.serving import command, prepared
from tools import training_half
from tools.brief import Brief, BriefEntry
from tools.deciding.wishes import read_words
from tools.errors import DataError, PlanError, RunError
from tools.jobs.local import LocalBackend
from tools.judging.results import Report
from tools.plan import Plan
from training.config import Metric, Technique
from training.formats import split_sheet
from training.practice.samples import SAMPLES, write
from training.rundir import RunDir
from training.text import Text

OPTIONS = frozenset({
    "model", "techniques", "reward", "target", "max_forgetting", "budget_minutes", "budget_usd", "gpu", "settings", "seed", "skip_broken", "language",
    "candidates",
})  # fmt: skip

MOST_CARDS = 72
"""Of the largest machine that is sold as one (NVL72)."""
MOST_SEED = 2**32 - 1
"""numpy takes none above it."""


def engine(home: Path | None, backend: str = "local") -> LocalEngine:
    """The engine over this home. Raises PlanError for a back-end that is not there."""
    if backend != "local":
        raise PlanError(
            Text("There is no back-end called {name!r}.", name=backend),
            where="--backend",
            what_to_do=Text("Use --backend local: it runs on this machine."),
        )
    return LocalEngine(settings.read(home), LocalBackend())


def request(
    files: list[Path],
    goal: str,
    *,
    eval_file: Path | None = None,
    general_file: Path | None = None,
    **options: Any,
) -> PlanRequest:
    """Read the options of `plan` and `auto`. Raises PlanError and DataError, naming the option."""
    unknown = sorted(set(options) - OPTIONS)
    if unknown:
        raise PlanError(
            Text("There is no option called {name!r}.", name=unknown[0]), where="options",
            what_to_do=Text("The options are: {names}.", names=", ".join(sorted(OPTIONS))),
        )  # fmt: skip
    for path, name in [
        *((file, "DATA") for file in files),
        (eval_file, "--eval"),
        (general_file, "--general"),
    ]:
        if path is not None and not split_sheet(path)[0].exists():
            raise DataError(
                Text("There is no such file or folder."), where=f"{name} {path}",
                what_to_do=Text("Check the name; the folder you are in is {folder}.", folder=str(Path.cwd())),
            )  # fmt: skip
    if options.get("model") is not None and not options["model"].strip():
        raise PlanError(
            Text("The model's name is empty."), where="--model",
            what_to_do=Text("Name a Hub id, a folder, or practice; or leave --model out."),
        )  # fmt: skip
    brief: Brief = {"goal": BriefEntry(value=goal, origin="said")} if goal else {}
    metric, target = _target(options.get("target"))
    return PlanRequest(
        brief=brief,
        files=tuple(files),
        eval_file=eval_file,
        general_file=general_file,
        overrides=_settings(options.get("settings") or []) | _candidates(options.get("candidates")),
        insist=_techniques(options.get("techniques")),
        model=options.get("model"),
        reward=options.get("reward"),
        metric=metric,
        target=target,
        max_forgetting=options.get("max_forgetting"),
        budget_minutes=_budget(options.get("budget_minutes"), "--budget-minutes"),
        budget_usd=_budget(options.get("budget_usd"), "--budget-usd"),
        gpu=_gpu(options.get("gpu")),
        seed=_seed(options.get("seed") or 0),
        skip_broken=bool(options.get("skip_broken")),
        language=options.get("language"),
    )


def carry_out(engine: LocalEngine, known: PlanRequest, plan: Plan, tell: Tell) -> Report:
    """Launch the plan and stay until its report is there; a plan that trains nothing is reported at once."""
    if not plan.stages or plan.order is None:
        if plan.stages:  # decided, but it cannot run yet: say so rather than pretend
            raise PlanError(
                Text(
                    "This plan cannot be carried out yet: {because}", because=plan.decision.because
                ),
                where="decision.pipeline",
                what_to_do=Text(
                    "Choose another technique with --technique, or save the plan with: tunesmith plan ... -o plan.json"
                ),
            )
        return engine.runs.report(engine.keep_untrained(known, plan))
    run = engine.start(
        plan, engine.dataset(known), run=engine.new_run(plan), measured_run=known.measured_run
    )
    tell(Text("The run is called {run}. It goes on if you close this window.", run=run.id))
    return engine.wait(run, tell)


def agree(plan: Plan, *, yes: bool, language: str | None) -> None:
    """Show the order and ask; without a terminal to ask on, and without --yes, refuse. Raises RunError."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RunError(
            Text("Nobody agreed to this run."), where="run",
            what_to_do=Text("Add --yes if you mean it: nothing starts without a clear yes."),
        )  # fmt: skip
    if plan.order is not None:
        show.order(plan.order, language)
    if not typer.confirm(show.say(Text("Shall I start it?"), language), default=False, err=True):
        raise RunError(
            Text("Nothing was started."), where="run",
            what_to_do=Text("Edit the plan file and run it again when it suits you."),
        )  # fmt: skip


def agree_to_delete(run: RunDir, *, yes: bool, language: str | None) -> None:
    """Ask before a run is deleted. Raises RunError where nobody agreed."""
    if yes:
        return
    asked = Text(
        "Delete {run} with its checkpoints and its report? This cannot be undone.", run=run.id
    )
    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if not terminal or not typer.confirm(show.say(asked, language), default=False, err=True):
        raise RunError(
            Text("Nothing was deleted."), where=run.id,
            what_to_do=Text("Add --yes if you mean it."),
        )  # fmt: skip


def agree_to_distill(said: Sequence[Text], *, yes: bool, language: str | None) -> None:
    """Say what a teacher would be asked and ask for a yes. Raises RunError where nobody agreed."""
    for line in said:
        show.plain_error(show.say(line, language))
    if yes:
        return
    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    asked = show.say(Text("Shall I ask the teacher?"), language)
    if not terminal or not typer.confirm(asked, default=False, err=True):
        raise RunError(
            Text("The teacher was not asked."), where="distill",
            what_to_do=Text("Add --yes if you mean it: nothing is sent without a clear yes."),
        )  # fmt: skip


def lesson(
    engine: LocalEngine, name: str, *, yes: bool, json_wanted: bool, language: str | None
) -> None:
    """Run one of the built-in lessons, or list them."""
    if name == "list":
        rows = listing()
        show.out_json_or(
            {"kind": "lessons", "schema": 1, "lessons": rows},
            json_wanted,
            lambda: show.lessons(rows, language),
        )
        return
    chosen = by_name(name)
    asked = Text(
        "The lesson {name} trains the practice model here for about a minute. Shall I start it?",
        name=chosen.name,
    )
    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if not yes and not (
        terminal and typer.confirm(show.say(asked, language), default=False, err=True)
    ):
        raise RunError(
            Text("Nobody agreed to this run."), where="--lesson",
            what_to_do=Text("Add --yes: a lesson trains the practice model for about a minute."),
        )  # fmt: skip
    made, learnt = carry_out_lesson(engine, chosen, show.teller(json_wanted, language))
    if json_wanted:
        show.print_json(
            made.as_json() | {"lesson": {"name": chosen.name, "learnt": show.say(learnt, language)}}
        )
        return
    show.report(made, language)
    show.sentence(learnt, language)


def serve(run: RunDir, host: str, port: int) -> int:
    """Serve the tuned model until it is interrupted; returns the server's exit code. Raises RunError.

    vLLM where it is installed, else `transformers serve`: both speak the OpenAI interface.
    """
    training_half.refuse_unready()
    arguments = command(prepared(run), host, port)
    show.plain_error(" ".join(arguments))
    return subprocess.call(arguments)


def doctor(home: Path | None, language: str | None) -> dict[str, Any]:
    """Say what this machine can do, and what is missing."""
    return examine(settings.read(home), language)


def write_to(path: Path, write: Callable[[], object]) -> None:
    """Write a file the person named. Raises RunError where that cannot be done."""
    try:
        write()
    except OSError as error:
        raise RunError(
            Text("The file could not be written: {reason}.", reason=error.strerror or str(error)),
            where=str(path),
            what_to_do=Text("Name a file in a folder that is there and that you may write to."),
        ) from error


def write_samples(folder: Path) -> list[dict[str, Any]]:
    """Write the sample data sets and describe them."""
    try:
        written = {path.name: str(path) for path in write(folder)}
    except OSError as error:
        raise DataError(
            Text(
                "The samples could not be written: {reason}.", reason=error.strerror or str(error)
            ),
            where=str(folder),
            what_to_do=Text("Name a folder that you may write to."),
        ) from error
    return [
        {
            "name": one.name,
            "files": [written[name] for name in one.data_files],
            "eval_file": written[one.eval_file] if one.eval_file else None,
            "goal": str(one.goal),
            "says": str(one.says),
        }
        for one in SAMPLES
    ]


def _target(text: str | None) -> tuple[Metric | None, float | None]:
    if text is None:
        return None, None
    name, _, value = text.rpartition("=")
    number = _number(value.strip().rstrip("%"))
    if number is None or (name and name.strip() not in get_args(Metric)):
        raise PlanError(
            Text("The target {text!r} is not METRIC=NUMBER.", text=text), where="--target",
            what_to_do=Text("Write it like accuracy=0.9. The metrics are: {names}.", names=", ".join(get_args(Metric))),
        )  # fmt: skip
    share = number / 100 if value.strip().endswith("%") else number
    return (name.strip() or None), share  # type: ignore[return-value]  # checked above


def _techniques(text: str | None) -> tuple[Technique, ...] | None:
    if text is None:
        return None
    names = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    wrong = [name for name in names if name not in get_args(Technique)]
    if wrong or not names:
        raise PlanError(
            Text("There is no technique called {name!r}.", name=wrong[0] if wrong else text), where="--technique",
            what_to_do=Text("Use cpt, sft, dpo or rft, or a sequence such as sft,rft."),
        )  # fmt: skip
    if len(set(names)) < len(names):
        raise PlanError(
            Text("A technique is named twice: {names}.", names=",".join(names)), where="--technique",
            what_to_do=Text("Name each once, in the order cpt, sft, dpo, rft."),
        )  # fmt: skip
    return names  # type: ignore[return-value]  # checked above


def _gpu(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    name, _, count = text.partition(":")
    if not name or (count and not (count.isdigit() and int(count) > 0)):
        raise PlanError(
            Text("The card {text!r} is not NAME:COUNT.", text=text), where="--gpu",
            what_to_do=Text("Write it like H100:1 or 4090."),
        )  # fmt: skip
    if int(count or 1) > MOST_CARDS:
        raise PlanError(
            Text("No machine has {count:,} cards.", count=int(count)), where="--gpu",
            what_to_do=Text("Take a number from 1 to {most}.", most=MOST_CARDS),
        )  # fmt: skip
    return name, int(count or 1)


def _budget(most: float | None, option: str) -> float | None:
    if most is None or 0 < most < float("inf"):
        return most
    raise PlanError(
        Text("A budget of {number} is no limit to keep to.", number=f"{most:g}"), where=option,
        what_to_do=Text("Name a positive number, or leave it out."),
    )  # fmt: skip


def _seed(number: int) -> int:
    if 0 <= number <= MOST_SEED:
        return number
    raise PlanError(
        Text("The seed {number} is out of range.", number=str(number)[:40]), where="--seed",
        what_to_do=Text("Take a whole number from 0 to {most}.", most=MOST_SEED),
    )  # fmt: skip


def _candidates(names: str | Sequence[str] | None) -> dict[str, str]:
    """The models to compare, as a setting of the plan. Raises PlanError where fewer than two are named."""
    if names is None:
        return {}
    listed = names.split(",") if isinstance(names, str) else names
    found = list(dict.fromkeys(name.strip() for name in listed if name.strip()))
    if len(found) < 2:
        raise PlanError(
            Text("A comparison needs at least two models."), where="--candidates",
            what_to_do=Text("Name them with commas between: --candidates Qwen/Qwen3-0.6B,practice. For one model use --model."),
        )  # fmt: skip
    return {"candidates": ",".join(found)}


def _settings(pairs: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        words = None if equals else read_words(pair)
        if words is not None:
            made |= words
            continue
        if not equals or not name.strip():
            raise PlanError(
                Text("The setting {text!r} is not NAME=VALUE.", text=pair), where="--set",
                what_to_do=Text("Write it like sft.learning_rate=1e-4."),
            )  # fmt: skip
        made[name.strip()] = _value(value.strip())
    return made


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        number = _number(text)
        return text if number is None else number


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
