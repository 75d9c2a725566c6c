"""Take another version of a trained run: a run of its own beside it, with the same weights and everything measured so far.

The new run is carried out like any other. It finds its training done, keeps the version that the person chose, and
measures it on the test items: a second look, which its report says. The first run and its result stay as they are.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from tools.errors import RunError
from tools.jobs.create import COMPLETE, claimed, no_room
from training.checkpoints import newest_resumable, whole
from training.config import RunConfig, Version
from training.measured import Candidate, Measured
from training.rundir import RunDir
from training.text import Text

CARRIED = ("data", "rewards", "phases", "stages", "plan.json")
"""Of the run's folder; the trainer replaces these files whole, so links to them are safe."""


def names(one: Candidate | Version) -> str:
    """A version's name, such as `1-sft@120@0.85`.

    >>> read("1-sft@120@0.85")
    Version(stage='1-sft', step=120, interpolation=0.85)
    """
    return f"{one.stage}@{one.step}@{one.interpolation:g}"


def read(name: str) -> Version:
    """The version of this name. Raises RunError where it is none."""
    stage, _, rest = name.partition("@")
    step, _, share = rest.partition("@")
    try:
        return Version(stage=stage, step=int(step), interpolation=float(share))
    except ValueError as error:
        raise RunError(
            Text("{name!r} names no version.", name=name), where="version",
            what_to_do=Text("Name it as STAGE@STEP@SHARE, such as 1-sft@120@0.85."),
        ) from error  # fmt: skip


def derive(run: RunDir, wanted: Version) -> RunDir:
    """Make the run of another version, or give the one that was made before. Raises RunError."""
    measured = Measured.load(run.path / "measured.json")
    found = next((one for one in measured.candidates if names(one) == names(wanted)), None)
    if found is None or found.chosen:
        what = Text("This version is the one in use already.") if found else Text("The run measured no such version.")  # fmt: skip
        raise RunError(what, where=run.id, what_to_do=Text("Choose another one of those it measured."))  # fmt: skip
    _refuse_gone(run, wanted)
    target = run.path.with_name(f"{run.id}-{_digest(wanted)}")
    try:
        with claimed(target):
            if not (target / COMPLETE).exists():
                _fill(run, target, wanted)
    except OSError as error:
        raise no_room(target, error) from error
    return RunDir(target)


def _fill(run: RunDir, target: Path, wanted: Version) -> None:
    for name in CARRIED:
        source = run.path / name
        if source.is_dir():
            shutil.copytree(source, target / name, copy_function=_link, dirs_exist_ok=True)
        elif source.exists():
            _link(source, target / name)
    config = run.config()
    measure = config.measure.model_copy(update={"version": wanted})
    RunConfig.model_validate(
        config.model_dump() | {"run": target.name, "measure": measure.model_dump()}
    ).save(target / COMPLETE)


def _refuse_gone(run: RunDir, wanted: Version) -> None:
    """The training must be found done, or it would be done again."""
    for index, stage in enumerate(run.config().stages, 1):
        folder = run.stages / f"{index}-{stage.technique}"
        needed = folder.name != wanted.stage or any(at.step == wanted.step for at in whole(folder))
        if newest_resumable(folder) is None or not needed:
            raise RunError(
                Text("The weights of this version are no longer here."), where=str(folder),
                what_to_do=Text("Train again, or use the version that was kept."),
            )  # fmt: skip


def _link(source: str | Path, target: str | Path) -> str:
    Path(target).unlink(missing_ok=True)  # what an interrupted try has left
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    return str(target)


def _digest(wanted: Version) -> str:
    return hashlib.sha256(names(wanted).encode("utf-8")).hexdigest()[:6]
