"""From a request to the facts of a decision, and back from a plan to the request that makes it again."""

from __future__ import annotations

import functools
import hashlib
import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.engine import PlanRequest
from tools.deciding.models import nearest_known
from tools.dry_run import DryRun
from tools.errors import DataError, PlanError
from tools.facts import Facts
from tools.fetch import HUB_ID, Hub
from tools.gpus import named_cards
from tools.machine import Machine, cards_here, find_card
from tools.marking.grading import settled
from tools.plan import Plan
from tools.profile import Profile
from training.catalog import BY_ID
from training.formats import split_sheet
from training.measured import Compared, Pace
from training.practice import MODEL_DIR
from training.rehearsed import rows_with
from training.text import Text, join

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class MeasuredBefore:
    """What a measurement found out about models, besides the baselines."""

    model: str | None = None
    """The untouched model whose scores the baselines are; None where nobody noted it."""
    compared: tuple[Compared, ...] = ()
    pace: Pace | None = None
    """How fast this machine was at it."""


NOTHING_MEASURED = MeasuredBefore()


def facts_of(
    request: PlanRequest, machine: Machine, hub: Hub | None = None, *, dry_runs: Mapping[str, DryRun] | None = None,
    measured: MeasuredBefore = NOTHING_MEASURED,
) -> Facts:  # fmt: skip
    """Gather what a decision rests on. The request's profile must be there. Raises PlanError for an unknown card.

    A model that nobody here knows is described by the `hub`, where one is given. `dry_runs`: what was tried out of memory;
    `measured`: what the request's measurement found out about models.
    """
    assert request.profile is not None, "the data are profiled before anything is decided"
    if hub is not None:
        _describe(request, hub)
    hashes = {str(path.resolve()): file_key(path) for path in request.files}
    return Facts(
        profile=_supposed(request.profile, request.what_if), brief=request.brief, machine=machine, baselines=request.baselines,
        overrides=request.overrides, insist=request.insist, model=request.model, cards=cards_here(*_models_named(request), *(one.model for one in measured.compared)),
        gpu=named_cards(*request.gpu) if request.gpu is not None else (), reward=settled(request.reward), metric=request.metric,
        target=request.target, max_forgetting=request.max_forgetting, budget_minutes=request.budget_minutes,
        budget_usd=request.budget_usd, seed=request.seed, language=request.language, data=tuple(hashes), data_hashes=hashes,
        eval_file=_absolute(request.eval_file), general_file=_absolute(request.general_file),
        skip_broken=request.skip_broken, dry_runs=dry_runs or {}, measured_model=measured.model, compared=measured.compared, pace=measured.pace,
        conversations=rows_with(MODEL_DIR, seed=request.seed),
    )  # fmt: skip


def request_of(plan: Plan) -> PlanRequest:
    """The request that a stored plan was made from, as far as the plan tells."""
    return PlanRequest(
        brief=plan.brief, files=tuple(Path(path) for path in plan.data),
        eval_file=Path(plan.eval_file) if plan.eval_file else None, general_file=Path(plan.general_file) if plan.general_file else None,
        columns=plan.columns, baselines=plan.baselines, overrides=plan.overrides, model=plan.model.value, seed=plan.seed,
        skip_broken=plan.skip_broken, reward=plan.reward,
    )  # fmt: skip


def file_key(path: Path) -> str:
    """The sha256 of a file's bytes (after the name of the sheet, where one is named), or of a folder's names and files.

    Raises DataError where it is gone or cannot be read.
    """
    try:
        stamp = _stamp(path)
        return _hash_of(path) if stamp is None else _kept_hash(str(path), stamp)
    except OSError as error:
        raise DataError(
            Text("{name} can no longer be read: {reason}.", name=path.name, reason=error.strerror or str(error)),
            where=str(path),
            what_to_do=Text("Put it back where it was, or hand it over again."),
        ) from error  # fmt: skip


@functools.lru_cache(maxsize=256)
def _kept_hash(path: str, stamp: tuple[int, ...]) -> str:
    """The hash of a file that has not been written to since: a turn asks for it several times."""
    return _hash_of(Path(path))


def _stamp(path: Path) -> tuple[int, ...] | None:
    """What changes when a file is written; None for a folder."""
    found = split_sheet(path)[0].stat()
    if not stat.S_ISREG(found.st_mode):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _hash_of(path: Path) -> str:
    path, sheet = split_sheet(path)
    digest = hashlib.sha256((sheet or "").encode())
    for one in (
        sorted(inner for inner in path.rglob("*") if inner.is_file()) if path.is_dir() else [path]
    ):
        digest.update(str(one.relative_to(path)).encode() if path.is_dir() else b"")
        with one.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
    return digest.hexdigest()


def short_hash(said: str) -> str:
    """Twelve letters and digits for a text, for names of runs."""
    return hashlib.sha256(said.encode("utf-8")).hexdigest()[:12]


def dataset_key(request: PlanRequest) -> str:
    """Name the data that a request reads, by their content and by how they are read."""
    task = request.brief.get("task")
    parts: list[Any] = [
        [(str(path), file_key(path)) for path in request.files],
        [
            None if path is None else file_key(path)
            for path in (request.eval_file, request.general_file)
        ],
        sorted((role, str(name)) for role, name in request.columns.items()),
        str(task.value) if task is not None and task.origin == "said" else None,
        request.seed,
        request.skip_broken,
        *(["reward"] if request.reward is not None else []),
        *([one.prompt, one.answer] for one in request.kept),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _supposed(profile: Profile, what_if: Any) -> Profile:
    """The profile as if there were more or fewer rows."""
    factor = float(
        what_if.get("rows_factor")
        or (float(what_if["rows"]) / max(profile.rows, 1) if what_if.get("rows") else 1.0)
    )
    if factor == 1.0:
        return profile
    tokens = profile.tokens.model_copy(update={
        name: round(getattr(profile.tokens, name) * factor) for name in ("total", "answer_total")
    })  # fmt: skip
    return profile.model_copy(update={
        "rows": round(profile.rows * factor), "usable": round(profile.usable * factor), "tokens": tokens,
        "splits": {name: round(rows * factor) for name, rows in profile.splits.items()},
        "labels": {name: round(rows * factor) for name, rows in profile.labels.items()},
    })  # fmt: skip


def _describe(request: PlanRequest, hub: Hub) -> None:
    """Let the Hub describe the models named that are neither known nor here. Raises PlanError where it cannot."""
    for name in _models_named(request):
        if "/" not in name or Path(name).expanduser().exists() or find_card(name) is not None:
            continue
        if name.lower() in BY_ID or not HUB_ID.match(name):
            continue
        reason = hub.fetch_config(name)
        if reason is not None:
            raise PlanError(
                join([Text("I do not know the model {name!r}.", name=name), reason]),
                where="--model",
                what_to_do=Text(
                    "Name one that I know, such as {nearest}; or download it to a folder and name the folder; or say practice.",
                    nearest=nearest_known(name),
                ),
            )


def _models_named(request: PlanRequest) -> list[str]:
    said = request.brief.get("base_model")
    named = (
        request.model,
        request.overrides.get("model"),
        said.value if said is not None else None,
        *str(request.overrides.get("candidates") or "").split(","),
    )
    return [str(name).strip() for name in named if name and str(name).strip()]


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(path.resolve())
