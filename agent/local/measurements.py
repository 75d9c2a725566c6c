"""Measurements of untouched models: runs without stages, found again by their content, and what they found out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from agent.engine import PlanRequest
from agent.local import keeping
from agent.local.comparing import Comparison, comparison, most_minutes, with_candidates
from agent.local.measuring import (
    FREE_MEASUREMENT_MINUTES,
    minutes_taken,
    prepares,
)
from agent.local.planning import (
    NOTHING_MEASURED,
    MeasuredBefore,
    dataset_key,
    file_key,
    short_hash,
)
from agent.local.prepared import Prepared
from agent.runs.directories import Runs
from agent.settings import Settings
from tools.dataset import Dataset
from tools.deciding.compose import measure_config
from tools.jobs.create import create
from tools.machine import Machine
from tools.plan import Plan
from training.config import RunConfig
from training.rundir import RunDir


class Measurements:
    """The measuring runs of one home."""

    def __init__(self, settings: Settings, runs: Runs, prepared: Prepared, machine: Callable[[], Machine]) -> None:  # fmt: skip
        """`machine` looks at the machine when it is asked."""
        self._settings = settings
        self._runs = runs
        self._prepared = prepared
        self._machine = machine
        self._found: dict[str, MeasuredBefore] = {}

    def found_out(self, request: PlanRequest) -> MeasuredBefore:
        """What the request's measurement found out about models; kept once the run has ended."""
        found = self._found_in(request.measured_run)
        if request.compared_run is None:
            return found
        return replace(found, compared=self._found_in(request.compared_run).compared)

    def _found_in(self, run: str | None) -> MeasuredBefore:
        if run is None:
            return NOTHING_MEASURED
        if run in self._found:
            return self._found[run]
        found = self._runs.find(run)
        measured = self._runs.measured(found)
        made = MeasuredBefore(
            found.config().model.name, measured.compared if measured is not None else (),
            measured.pace if measured is not None else None,
        )  # fmt: skip
        if measured is not None and measured.complete:
            self._found[run] = made
        return made

    def run_for(self, request: PlanRequest, plan: Plan) -> RunDir:
        """The measurement of this plan's model on this data, found again by its content, or started now."""
        dataset = self._dataset(request)
        name = self._name(request, plan)
        compared = request.compared_run is not None
        config = self._config(plan, dataset, run=name, compared=compared)
        wanted = json.dumps(
            [config.as_json(), dataset_key(keeping.with_kept(request, self._settings.home))],
            sort_keys=True,
        )
        before = self.before(request, plan)
        run = f"{name}-{short_hash(wanted)[:4]}"
        return self.start(plan, dataset, run, before=before, compared=compared)

    def _dataset(self, request: PlanRequest) -> Dataset:
        return self._prepared.dataset(keeping.with_kept(request, self._settings.home))

    def before(self, request: PlanRequest, plan: Plan) -> RunDir | None:
        """A finished measurement of the same model on the same data, whatever else it did."""
        found = sorted(self._settings.runs.glob(f"{self._name(request, plan)}-*"))
        return next((run for run in map(RunDir, found) if run.reading() == "done"), None)

    def _name(self, request: PlanRequest, plan: Plan) -> str:
        """The beginning of its name: by the model and the files. What else differs, the trainer sees piece by piece."""
        config = measure_config(plan, self._dataset(request).profile, run="measure")
        beside = [
            None if path is None else file_key(path)
            for path in (request.eval_file, request.general_file)
        ]
        said = [config.model.model_dump(), config.device, plan.seed, sorted(plan.data_hashes.values()), beside]  # fmt: skip
        return f"measure-{short_hash(json.dumps(said, sort_keys=True))}"

    def start(
        self, plan: Plan, dataset: Dataset, run: str, *, before: RunDir | None = None, compared: bool = False
    ) -> RunDir:  # fmt: skip
        """Start the measurement `run`, or go on with it; what `before` found is taken over."""
        config = self._config(plan, dataset, run=run, compared=compared)
        made = create(self._settings.home, plan, config, self._prepared.splits(dataset))
        self._runs.adopt(made, before.id if before is not None else None)
        if made.reading() in ("failed", "stopped"):  # the same measurement, asked for again
            self._runs.resume(made)
        else:
            self._runs.submit(made)
        return made

    def _config(self, plan: Plan, dataset: Dataset, *, run: str, compared: bool) -> RunConfig:
        """The measurement's configuration; with the models to compare, where they have not been compared yet."""
        items = dataset.profile.splits.get("test", 0)
        taken = minutes_taken(plan, items, self._machine())
        others = Comparison()
        if not compared:
            others = comparison(plan, dataset.profile, self._machine(), minutes_taken=taken)
        config = measure_config(
            plan, dataset.profile, run=run, prepare=prepares(plan, items, self._machine()),
            write_until_s=60 * max(min(FREE_MEASUREMENT_MINUTES, most_minutes(plan) - others.minutes), 0.0),
        )  # fmt: skip
        return with_candidates(config, others)
