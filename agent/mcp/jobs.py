"""The tools that another agent has beside the toolbox: a whole job, from files to a report, with the person's yes between."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

from langchain_core.tools import BaseTool
from pydantic import Field

from agent import commands
from agent.engine import ExportFormat
from agent.local.engine import silent
from agent.mcp.desk import Desk, Tell
from agent.teachers import taught
from agent.toolbox import Context
from agent.toolbox import tools as toolbox
from agent.toolbox.making import Arguments, NoArguments, tool
from agent.toolbox.shown import QUOTED, page, parsed, quoted
from tools.errors import RunError
from training.rundir import RunDir
from training.text import Text

NAMES = {"launch": "order", "run_status": "status", "report_text": "report"}
"""Tools of the toolbox that are called otherwise here, where nobody knows what they are part of."""
PATH = "Absolute paths under the folders that the person allowed."


class Data(Arguments):
    """What is handed over."""

    files: list[str] = Field(
        min_length=1, max_length=50, description=f"Files or folders with examples. {PATH}"
    )
    goal: str = Field("", max_length=4000, description="What the person wants, in their own words.")
    eval_file: str | None = Field(
        None, max_length=4096, description="A test file of the person's own; never trained on."
    )
    skip_broken: bool = Field(
        False, description="Leave out rows that cannot be read or have no answer; how many is said."
    )


class Job(Data):
    """What is wanted, and what the person insists on. Leave out whatever they did not say: it is decided with a reason."""

    goal: str = Field(
        min_length=1, max_length=4000, description="What the person wants, in their own words."
    )
    model: str | None = Field(
        None,
        max_length=500,
        description="A Hub id, a folder, or practice (a toy that trains anywhere).",
    )
    general_file: str | None = Field(
        None, max_length=4096, description="General examples to mix in against forgetting."
    )
    techniques: str | None = Field(
        None, max_length=40, description="Insist on cpt, sft, dpo, rft, or a sequence: sft,rft."
    )
    reward: str | None = Field(None, max_length=2000, description="For rft: NAME or NAME:ARGUMENT.")
    target: str | None = Field(
        None, max_length=60, description="The score needed, such as accuracy=0.9."
    )
    max_forgetting: float | None = Field(
        None, ge=0, le=1, description="Largest loss of general ability accepted."
    )
    budget_minutes: float | None = Field(None, gt=0, le=1e6)
    budget_usd: float | None = Field(None, ge=0, le=1e7)
    gpu: str | None = Field(
        None, max_length=60, description="Plan for NAME:COUNT instead of this machine."
    )
    settings: dict[str, float | int | str | bool] | None = Field(
        None, max_length=60, description="Values by name, such as {'sft.epochs': 2}."
    )
    seed: int = Field(0, ge=0, le=2**32 - 1)
    measure: bool = Field(
        True,
        description="Measure the untouched model first where that is free and takes under two minutes. Asking again goes on where it was cut off.",
    )


class Approval(Arguments):
    """Which order, and the person's token for it."""

    order: str = Field(max_length=60, description="The order's id.")
    token: str = Field(
        max_length=60,
        description="The token that the person gave for exactly this order. You cannot make one up; ask the person.",
    )


class OneOrder(Arguments):
    """Which orders."""

    first: int = Field(10, ge=1, le=50, description="How many to show, the newest first.")


class RunName(Arguments):
    """Which run."""

    run: str = Field(max_length=200, description="A run's name, or its beginning.")


class Try(RunName):
    """Which run, and what to ask."""

    prompt: str = Field(min_length=1, max_length=8000, description="What both models are asked.")


class Teach(Arguments):
    """Whom to ask for what. Ask the person who the teacher shall be."""

    files: list[str] = Field(
        min_length=1,
        max_length=50,
        description=f"The person's own examples: they show the form and are the test. {PATH}",
    )
    eval_file: str | None = Field(
        None,
        max_length=4096,
        description="A test file of the person's own; nothing of it is asked.",
    )
    goal: str = Field(
        min_length=1, max_length=4000, description="What the person wants, in their own words."
    )
    teacher: str = Field(
        min_length=1,
        max_length=300,
        description="A Hub id, a folder, or with url the server's name for its model.",
    )
    url: str | None = Field(
        None,
        max_length=300,
        description="An OpenAI-compatible server: on this machine, or the one that the person named in TUNESMITH_TEACHER_URL.",
    )
    new: int = Field(
        0, ge=0, le=5000, description="So many new questions are written first; 0: answer those that have no answer."
    )  # fmt: skip
    prompts_file: str | None = Field(
        None, max_length=4096, description="Questions without answers, instead of those in files."
    )
    reward: str | None = Field(
        None, max_length=2000, description="What checks the answers: NAME or NAME:ARGUMENT."
    )


class Export(RunName):
    """Which run, and in what form."""

    format: ExportFormat = Field(
        "merged", description="merged: whole weights; adapter: the LoRA part; gguf: for llama.cpp."
    )


def tools(desk: Desk, context: Context, tell: Tell = silent) -> dict[str, BaseTool]:
    """Give every tool for other agents by its name. `tell` hears how planning goes on."""
    mirrored = {
        NAMES.get(one.name, one.name): one
        for one in toolbox(context, effects=("read", "spend", "delete"))
    }
    own = (
        *_planning(desk, context.language, tell),
        *_orders(desk, context.language),
        *_running(desk, context.language),
    )
    return mirrored | {one.name.rstrip("_"): one for one in own}


def _planning(desk: Desk, language: str, tell: Tell) -> Sequence[BaseTool]:
    read = partial(tool, effect="read", needs="nothing", language=language)

    def samples() -> Any:
        """Write six small data sets of Tunesmith's own to try things with, and tell their files and goals."""
        return {"samples": commands.write_samples(desk.home / "samples")}

    def profile(**given: Any) -> Any:
        """Read data files and tell what is in them and what is wrong with them. Costs nothing.

        The answer's `about` is a handle: data_facts, find_rows and similar_rows take it to look closer.
        """
        given["language"] = language
        request = desk.request(given)
        found = desk.engine.profile(request)
        about = desk.keep_data(given, request)
        return {
            "about": about, "rows": found.rows, "usable": found.usable, "parts": found.splits, "task": found.task,
            "columns": quoted(found.columns), "tokens_of_a_row": found.tokens, "notes": found.notes,
            "findings": [{"code": one.code, "severity": one.severity, "rows": one.count, "what": one.text, "what_is_done": one.fix} for one in found.issues],
            "quoted": QUOTED,
        }  # fmt: skip

    def plan(measure: bool, **given: Any) -> Any:
        """Decide whether and how to train, and tell the advice with its reasons and its price. Starts no training.

        The advice may be not to train. The answer's `about` is a handle: plan_advice, plan_values, what_if, find_rows
        and order take it. Call again with other arguments to change the plan; do not invent what the person did not say.
        """
        given["language"] = language
        request = desk.request(given)
        if measure:
            known, made = desk.engine.plan_measured(request, tell=tell)
        else:
            known, made = request, desk.engine.plan_unmeasured(request)
        about = desk.keep_plan(given, known, made)
        advice = {one.name: one for one in toolbox(desk.context(about, language))}["plan_advice"]
        told = parsed(advice.invoke({}))
        next_step = Text(
            "Call order with this handle to put the plan up for the person's approval."
        )
        if made.order is None:
            next_step = Text(
                "There is nothing to start. Tell the person why, and what was advised instead."
            )
        return (
            {"about": about}
            | told
            | {"plan_file": str(desk.plan_file(about)), "next_step": next_step}
        )

    return read(samples, NoArguments), read(profile, Data), read(plan, Job)


def _orders(desk: Desk, language: str) -> Sequence[BaseTool]:
    read = partial(tool, effect="read", needs="nothing", language=language)
    spend = partial(tool, effect="spend", needs="nothing", language=language)

    def approve(order: str, token: str) -> Any:
        """Start what an order says, with the token that the person gave for exactly this order.

        The token is shown to the person alone, beside the order's three lines. It opens one order, once; approving the
        same order again starts nothing.
        """
        done = desk.approvals.find(order).state == "done"
        answered = desk.approvals.approve(order, token, desk.carry_out)
        said = Text("Started: run {run}. Follow it with status.", run=answered.run)
        if done:
            said = Text(
                "This order was carried out already, once, as run {run}. The same plan is the same order.",
                run=answered.run,
            )
        elif answered.action in {"export", "delete"}:
            said = Text("Done.")
        return {"order": answered.shown(), "run": answered.run, "text": said}

    def orders(first: int) -> Any:
        """List the orders that were put up, the newest first, and how each one stands. Tokens are never shown here."""
        return page(
            "orders",
            desk.approvals.all(),
            first=first,
            language=language,
            show=lambda order: order.shown(),
        )

    return spend(approve, Approval), read(orders, OneOrder)


def _running(desk: Desk, language: str) -> Sequence[BaseTool]:
    read = partial(tool, effect="read", needs="nothing", language=language)
    spend = partial(tool, effect="spend", needs="nothing", language=language)

    def stop(run: str) -> Any:
        """Stop a run that was ordered from here; its best checkpoint is kept and it can be gone on with."""
        name = desk.known_run(run)
        if name not in {order.run for order in desk.approvals.all() if order.state == "done"}:
            raise RunError(
                Text("This run was not ordered from here."), where=name,
                what_to_do=Text("The person can stop it with: tunesmith runs stop {run}", run=name),
            )  # fmt: skip
        desk.engine.stop(name)
        return {
            "run": name,
            "text": Text("The run stops at its next step and keeps its best checkpoint."),
        }

    def teach(**given: Any) -> Any:
        """Ask the person to let a stronger model write answers, or new rows, for their data to learn from.

        Answers with an order; asks nobody. What the teacher writes is checked, kept from the test, and lands in a new file
        that taught names; plan takes it beside the person's own files.
        """
        return desk.ask_to_teach(desk.teaching(given))

    def taught_(run: str) -> Any:
        """Tell what a teacher's work brought: how many rows, in which file, and why the others were left aside."""
        done = taught.result(RunDir(desk.home / "runs" / desk.known_run(run)))
        return {name: done[name] for name in ("run", "rows", "asked", "file", "complete", "requests", "tokens")} | {
            "text": taught.in_words(done)
        }  # fmt: skip

    def resume(run: str) -> Any:
        """Ask the person to go on with a run that was stopped, failed or was lost. Answers with an order; starts nothing."""
        return desk.ask_to_resume(run)

    def export(run: str, format: Literal["adapter", "merged", "gguf"]) -> Any:
        """Ask the person to take the tuned model away to a folder. Answers with an order; writes nothing."""
        return desk.ask_to_export(run, format)

    def try_(run: str, prompt: str) -> Any:
        """Ask the untouched and the tuned model of a finished run the same thing, side by side. Takes seconds or minutes."""
        tried = desk.engine.try_(desk.known_run(run), prompt)
        return quoted({"asked": tried.prompt, "untouched": tried.base, "tuned": tried.tuned}) | {
            "quoted": QUOTED
        }

    return (
        spend(stop, RunName), spend(resume, RunName), spend(export, Export), read(try_, Try), spend(teach, Teach), read(taught_, RunName),
    )  # fmt: skip
