"""Data read once: files are prepared and the simple methods tried, and both are kept while they are likely to be asked for again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar

from agent.engine import PlanRequest
from agent.local.planning import dataset_key
from tools import simple
from tools.dataset import DataOptions, Dataset, prepare
from tools.errors import DataError
from tools.jobs.create import Splits
from training.text import Text

KEPT = 4
Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class Prepared:
    """The newest few data sets and what was worked out from them. Usable from several threads."""

    def __init__(self) -> None:
        """Nothing is read until it is asked for."""
        self._datasets: dict[str, Dataset] = {}
        self._simple: dict[int, tuple[Dataset, simple.Simple]] = {}
        self._lock = threading.Lock()

    def dataset(self, request: PlanRequest) -> Dataset:
        """Read and describe the request's files; kept by their content. Raises DataError."""
        if not request.files:
            raise DataError(
                Text("No data was given."),
                where="DATA",
                what_to_do=Text("Name a file or a folder with your examples."),
            )
        return self._kept(self._datasets, dataset_key(request), lambda: _prepare(request))

    def simply(self, dataset: Dataset) -> simple.Simple:
        """What needs no language model, item by item on the test items."""

        def measure() -> tuple[Dataset, simple.Simple]:
            return dataset, simple.measured(dataset.train, dataset.test, dataset.profile.task.value)

        return self._kept(self._simple, id(dataset), measure)[
            1
        ]  # the data set is kept: its id stays its own

    def splits(self, dataset: Dataset) -> Splits:
        """The same files for measuring and for training: what was measured is then carried over (`adopt`)."""
        return Splits(
            train=tuple(dataset.train),
            dev=tuple(dataset.dev),
            test=tuple(dataset.test),
            replay=tuple(dataset.replay),
            simple=self.simply(dataset).right,
        )

    def _kept(self, shelf: dict[Key, Made], key: Key, make: Callable[[], Made]) -> Made:
        with self._lock:
            if key in shelf:
                return shelf[key]
        made = make()
        with self._lock:
            while len(shelf) >= KEPT:
                shelf.pop(next(iter(shelf)))
            shelf[key] = made
        return made


def _prepare(request: PlanRequest) -> Dataset:
    goal = request.brief.get("goal")
    task = request.brief.get("task")
    options = DataOptions(
        goal=str(goal.value) if goal is not None else "",
        eval_file=request.eval_file,
        general_file=request.general_file,
        columns=dict(request.columns) or None,
        task=task.value if task is not None and task.origin == "said" else None,
        seed=request.seed,
        skip_broken=request.skip_broken,
        for_reward=request.reward is not None,
        drop_unanswered=request.skip_broken,
    )
    return prepare(request.files, options=options, items=request.kept)
