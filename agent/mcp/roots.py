"""Which files another agent may name: those under the folders that the person gave, and nothing hidden in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.errors import DataError, PlanError
from tools.marking.grading import files_of
from training.formats import split_sheet
from training.text import Text

MOST_FILES_IN_A_FOLDER = 10_000


@dataclass(frozen=True)
class Roots:
    """The allowed folders, resolved. `home` is Tunesmith's own: of it only the samples and a teacher's rows are data."""

    folders: tuple[Path, ...]
    home: Path

    def file(self, name: str, *, what: str = "files") -> Path:
        """Give the path of a file or folder that may be read. Raises DataError.

        Links are followed before they are judged; of a folder, everything inside it is judged too.
        """
        try:
            path = Path(name).expanduser()
            if len(self.folders) == 1:
                path = self.folders[0] / path
            path, sheet = split_sheet(path)
            real = path.resolve()
            inside = self._is_inside(real)
        except (
            OSError,
            RuntimeError,
            ValueError,
        ) as error:  # a null byte, too long, a ring of links, ~nobody
            raise self._refusal(name, what) from error
        if not inside:
            raise self._refusal(name, what)
        if not real.exists():
            raise DataError(
                Text("There is no such file or folder."), where=f"{what}: {name[:200]}",
                what_to_do=Text("Name a file under: {folders}.", folders=self._named()),
            )  # fmt: skip
        if real.is_dir():
            self._judge_inside(real, name, what)
        elif not real.is_file():
            raise self._refusal(name, what)
        return real if sheet is None else real.with_name(f"{real.name}#{sheet}")

    def model(self, name: str | None) -> str | None:
        """Give a model's name: practice, a Hub id, or a folder that may be read. Raises DataError and PlanError."""
        if name is None:
            return None
        if not name.isprintable():
            raise PlanError(
                Text("A model's name has no signs that cannot be printed."), where="model",
                what_to_do=Text("Name a Hub id, a folder, or practice; or leave it out."),
            )  # fmt: skip
        looks_like_path = name.startswith((".", "/", "~")) or "\\" in name or name.count("/") > 1
        if looks_like_path or (name != "practice" and Path(name).exists()):
            return str(self.file(name, what="model"))
        return name

    def reward(self, written: str | None) -> str | None:
        """Give a reward whose files may be read. Raises DataError."""
        for path in files_of(written):
            self.file(str(path), what="reward")
        return written

    def settings(self, given: dict[str, float | int | str | bool]) -> list[str]:
        """Give settings as `name=value`. Raises PlanError for one that another argument is there for."""
        for name in given:
            if name in {"model", "reward"} or "=" in name:
                raise PlanError(
                    Text("{name!r} cannot be set here.", name=name[:60]), where="settings",
                    what_to_do=Text("Give it as an argument of its own."),
                )  # fmt: skip
        return [
            f"{name}={str(value).lower() if isinstance(value, bool) else value}"
            for name, value in given.items()
        ]

    def _judge_inside(self, folder: Path, name: str, what: str) -> None:
        for count, inner in enumerate(folder.rglob("*")):
            if count >= MOST_FILES_IN_A_FOLDER:
                raise DataError(
                    Text("This folder holds more than {most:,} files.", most=MOST_FILES_IN_A_FOLDER), where=f"{what}: {name[:200]}",
                    what_to_do=Text("Name the files that are meant."),
                )  # fmt: skip
            if inner.is_symlink() and not self._is_inside(inner.resolve()):
                raise self._refusal(str(inner), what)

    def _is_inside(self, real: Path) -> bool:
        own = self.home.resolve()
        if any(real.is_relative_to(own / name) for name in ("samples", "taught")):
            return True
        for folder in self.folders:
            if not real.is_relative_to(folder):
                continue
            if real.is_relative_to(own) and not folder.is_relative_to(own):
                continue  # runs, sessions and secrets, though the folder around them was allowed
            return not any(part.startswith(".") for part in real.relative_to(folder).parts)
        return False

    def _refusal(self, name: str, what: str) -> DataError:
        return DataError(
            Text("This file or folder may not be read from here."), where=f"{what}: {name[:200]!r}",
            what_to_do=Text(
                "Name a file under: {folders}. The person can allow more with: tunesmith mcp --root FOLDER", folders=self._named()
            ),
        )  # fmt: skip

    def _named(self) -> str:
        return ", ".join(str(folder) for folder in self.folders)


def allowed(given: Sequence[Path], home: Path) -> Roots:
    """The folders that the person named, or the present one. Raises PlanError where that would be everything."""
    folders = tuple(folder.expanduser().resolve() for folder in given) or (Path.cwd().resolve(),)
    for folder in folders:
        if not folder.is_dir():
            raise PlanError(
                Text("There is no such folder."), where=f"--root {folder}",
                what_to_do=Text("Name a folder with data that another agent may read."),
            )  # fmt: skip
        if not given and folder in {Path("/"), Path.home().resolve()}:
            raise PlanError(
                Text("Started in {folder}, another agent could read everything there.", folder=str(folder)), where="--root",
                what_to_do=Text("Name the folder with your data: tunesmith mcp --root FOLDER"),
            )  # fmt: skip
    return Roots(folders, home)
