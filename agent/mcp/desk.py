"""What another agent works on: data and plans it named, each under a handle, and the orders it put up.

A handle is made from content, so asking twice gives the same one. It is kept on disk with the arguments it came from and
read again through the same checks, so it outlives this process and opens no file that may not be read now.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from agent import commands
from agent.approvals import Approvals, WaitingOrder
from agent.engine import Engine, PlanRequest
from agent.local.planning import file_key, request_of
from agent.mcp.roots import Roots
from agent.settings import teacher_price, teacher_url
from agent.teachers.teaching import Job, put_up
from agent.toolbox import Context
from tools.errors import DataError, PlanError, RunError
from tools.marking.grading import files_of
from tools.orders import plan_id
from tools.plan import Plan
from training.document import write_json
from training.formats import split_sheet
from training.text import Text

HANDLE = re.compile(r"(data|plan)-[0-9a-f]{10,12}")
Tell = Callable[[Text], None]


class JobEngine(Engine, Protocol):
    """The engine, with planning in one go."""

    def plan_measured(self, request: PlanRequest, *, tell: Tell) -> tuple[PlanRequest, Plan]:
        """Decide after measuring what needs no order. Raises DataError and PlanError."""
        ...

    def plan_unmeasured(self, request: PlanRequest) -> Plan:
        """Decide on the data alone. Raises DataError and PlanError."""
        ...


@dataclass(frozen=True)
class Desk:
    """Everything the tools for other agents share. Usable from several threads."""

    engine: JobEngine
    home: Path
    roots: Roots
    runs: Callable[[], Sequence[str]]
    """The runs of this home, the newest first."""
    delete: Callable[[str], None]
    approvals: Approvals
    announce: Callable[[WaitingOrder], None] = lambda order: None
    """Shows the person, where there is a terminal, an order that waits for them."""

    def request(self, arguments: dict[str, Any]) -> PlanRequest:
        """Read the arguments of `profile` and `plan`. Raises DataError and PlanError, naming the argument."""
        given = dict(arguments)
        files = [self.roots.file(name) for name in given.pop("files")]
        sides = {
            name: self.roots.file(given.pop(name), what=name) if given.get(name) else None
            for name in ("eval_file", "general_file")
        }
        options = {name: value for name, value in given.items() if value is not None}
        options["settings"] = self.roots.settings(options.get("settings") or {})
        options["model"] = self.roots.model(options.get("model"))
        options["reward"] = self.roots.reward(options.get("reward"))
        for name in ("eval_file", "general_file"):
            options.pop(name, None)
        return commands.request(files, options.pop("goal", ""), **sides, **options)

    def keep_data(self, arguments: dict[str, Any], request: PlanRequest) -> str:
        """Keep what was profiled, and give its handle."""
        content = [arguments, [file_key(path) for path in request.files]]
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
        return self._keep(f"data-{digest}", {"arguments": arguments})

    def keep_plan(self, arguments: dict[str, Any], known: PlanRequest, plan: Plan) -> str:
        """Keep a plan with what it was made from, and give its handle."""
        handle = f"plan-{plan_id(plan)}"
        self._folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        plan.save(self.plan_file(handle))
        return self._keep(handle, {"arguments": arguments, "measured_run": known.measured_run})

    def plan_file(self, handle: str) -> Path:
        """Where a plan is kept; `tunesmith run` takes it too."""
        return self._folder() / f"{handle}.plan.json"

    def context(self, about: str | None, language: str) -> Context:
        """What the toolbox looks at: the data or the plan of this handle, and the runs of this home."""
        bare = Context(self.engine, runs=self.runs, language=language, remove=self.ask_to_delete)
        if about is None:
            return bare
        kept = self._kept(about)
        request = self.request(kept["arguments"])
        profile = self.engine.profile(request)
        if not about.startswith("plan-"):
            return replace(bare, request=replace(request, profile=profile))
        plan = Plan.load(self.plan_file(about))
        known = replace(
            request, profile=profile, brief=plan.brief, baselines=plan.baselines, measured_run=kept["measured_run"],
        )  # fmt: skip
        return replace(
            bare, request=known, plan=plan, put_up=lambda made: self._put_up(about, made)
        )

    def ask_to_delete(self, run: str) -> dict[str, Any]:
        """Put a run's deletion up for approval."""
        name = self.known_run(run)
        asked = self._about_run(
            name, "delete", Text("Delete run {run} with its checkpoints and its report.", run=name),
            Text("It costs nothing."), Text("The run, its checkpoints and its report are gone for good."),
        )  # fmt: skip
        return self.answer(asked)

    def ask_to_resume(self, run: str) -> dict[str, Any]:
        """Put going on with a run up for approval."""
        name = self.known_run(run)
        standing = self.engine.standing(name)
        if standing.reading not in {"stopped", "failed", "lost"}:
            raise RunError(
                Text("This run is {state}; there is nothing to go on with.", state=standing.reading), where=name,
                what_to_do=Text("Read how it stands with status, or its report."),
            )  # fmt: skip
        asked = self._about_run(
            name, "resume", Text("Go on with run {run} from its last good checkpoint.", run=name),
            Text("At most what is left of the limit that this run was started with."),
            Text("Nothing but the time: your files and the model are not changed."), salt=str(standing.last_event),
        )  # fmt: skip
        return self.answer(asked)

    def ask_to_export(self, run: str, form: str) -> dict[str, Any]:
        """Put taking a tuned model away up for approval."""
        name = self.known_run(run)
        order = self.engine.export_order(name, form=form)  # type: ignore[arg-type]
        return self.answer(self.approvals.put_up(order, run=name, form=form))

    def teaching(self, given: dict[str, Any]) -> Job:
        """Read the arguments of `teach`. Raises DataError and PlanError, naming the argument."""
        sides = {
            name: str(self.roots.file(given[name], what=name)) if given.get(name) else None
            for name in ("eval_file", "prompts_file")
        }
        teacher = given["teacher"] if given.get("url") else self.roots.model(given["teacher"])
        return Job(
            files=tuple(str(self.roots.file(name)) for name in given["files"]), goal=given["goal"], teacher=teacher or "", url=given.get("url"),
            new=given["new"], prompts=sides["prompts_file"], eval_file=sides["eval_file"], reward=self.roots.reward(given.get("reward")),
            usd_per_million=teacher_price(),
        )  # fmt: skip

    def ask_to_teach(self, job: Job) -> dict[str, Any]:
        """Put a teacher's work up for approval. Raises DataError and PlanError.

        The teacher's key goes with its requests, so a server must be on this machine or one that the person has named.
        """
        if job.url is not None and job.url != teacher_url() and job.who().leaves_machine:
            raise PlanError(
                Text("The person has not named this server as a teacher."), where="url",
                what_to_do=Text("They can, where this is started: TUNESMITH_TEACHER_URL={url}", url=job.url[:300]),
            )  # fmt: skip
        bounded, order = put_up(job, self.home)
        named = [Path(name) for name in (*job.files, job.prompts, job.eval_file) if name]
        beside = {str(path): file_key(path) for path in (*named, *files_of(job.reward))}
        run = f"{run_words(job.goal)}-teach-{order.id[:8]}"
        return self.answer(
            self.approvals.put_up(order, run=run, job=bounded.as_json(), beside=beside)
        )

    def known_run(self, name: str) -> str:
        """The run of this name or beginning. Raises RunError."""
        return Context(self.engine, runs=self.runs).known_run(name)

    def answer(self, order: WaitingOrder) -> dict[str, Any]:
        """What an agent is told about an order: its three lines, and that only the person can agree to it."""
        if order.state == "waiting":
            self.announce(order)
        how = {
            "waiting": Text(
                "Nothing has started. Show the person these three lines. They agree on their terminal with tunesmith mcp approve {id}{home}, or "
                "give you this order's token, which tunesmith mcp orders{home} shows them; then call approve with both.",
                id=order.id, home=self.approvals.elsewhere(),
            ),
            "agreed": Text("The person agreed; it is being started."),
            "done": Text("This order was carried out already, once, as run {run}. The same plan is the same order.", run=order.run),
            "declined": Text("The person declined this order. Nothing was started."),
        }[order.state]  # fmt: skip
        return {"order": order.shown(), "how": how}

    def carry_out(self, order: WaitingOrder) -> str:
        """Do what an order says that the person agreed to; the same order again is the same run."""
        if order.action == "delete":
            self.delete(order.run)
        elif order.action == "resume":
            self.engine.resume(order.run)
        elif order.action == "export":
            self.engine.export(order.run, form=order.settings["form"])
        elif order.action == "synthesize":
            refuse_changed(order.settings["beside"])
            return self.engine.teach(Job.from_json(order.settings["job"]), order.run)
        else:
            plan = Plan.load(self.plan_file(order.about))
            refuse_changed(plan.data_hashes | order.settings["beside"])
            if plan.order is None or plan_id(plan) != order.id:
                raise PlanError(
                    Text("The plan was changed after its order was put up."), where=order.about,
                    what_to_do=Text("Make the plan again and put its order up again."),
                )  # fmt: skip
            request = replace(request_of(plan), measured_run=order.settings.get("measured_run"))
            return self.engine.launch(plan, request=request, order=plan.order, run=order.run)
        return order.run

    def _put_up(self, about: str, plan: Plan) -> dict[str, Any]:
        if plan.order is None:
            raise PlanError(
                Text("There is nothing to approve: {because}", because=plan.decision.because), where=about,
                what_to_do=Text("Read plan_advice for what to do instead."),
            )  # fmt: skip
        named = [Path(name) for name in (plan.eval_file, plan.general_file) if name]
        waiting = self.approvals.put_up(
            plan.order, run=run_name(plan), about=about, measured_run=self._kept(about)["measured_run"],
            beside={str(path): file_key(path) for path in (*named, *files_of(plan.reward))},
        )  # fmt: skip
        return self.answer(waiting)

    def _about_run(
        self, run: str, action: Any, what: Text, at_most: Text, cannot_be_undone: Text, *, salt: str = ""
    ) -> WaitingOrder:  # fmt: skip
        digest = hashlib.sha256(f"{action} {run} {salt}".encode()).hexdigest()[:12]
        return self.approvals.keep(
            WaitingOrder(
                id=digest, action=action, what=what, at_most=at_most, cannot_be_undone=cannot_be_undone, run=run, at="",
            )
        )  # fmt: skip

    def _folder(self) -> Path:
        return self.home / "mcp" / "plans"

    def _keep(self, handle: str, kept: dict[str, Any]) -> str:
        self._folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        write_json(self._folder() / f"{handle}.json", kept)
        return handle

    def _kept(self, handle: str) -> dict[str, Any]:
        path = self._folder() / f"{handle}.json"
        if not HANDLE.fullmatch(handle) or not path.is_file():
            raise PlanError(
                Text("There is no data and no plan called {name!r}.", name=handle[:60]), where="about",
                what_to_do=Text("Give the handle that profile or plan answered with."),
            )  # fmt: skip
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return kept


def refuse_changed(hashes: Mapping[str, str]) -> None:
    """Raise DataError where a file is not what it was when the order was put up: the yes was to other data."""
    for path, kept in hashes.items():
        if not split_sheet(Path(path))[0].exists() or file_key(Path(path)) != kept:
            raise DataError(
                Text("The data changed after this plan was made."), where=path,
                what_to_do=Text("Make the plan again, so that it fits the data as they are now."),
            )  # fmt: skip


def run_name(plan: Plan) -> str:
    """Name the run of a plan: the same plan gives the same name."""
    goal = str(plan.brief["goal"].value) if "goal" in plan.brief else ""
    return f"{run_words(goal)}-{plan_id(plan)[:8]}"


def run_words(goal: str) -> str:
    """The beginning of a run's name: the first words of what it is for."""
    return "-".join(re.findall(r"[a-z0-9]+", goal.lower())[:3] or ["run"])[:32]
