"""Read the files that people have: tables, records, workbooks, texts, and folders of these.

A reader never guesses in silence: encoding, separator, sheet, passed-over rows are said in the table's
notes, and what cannot be read is a FormatError that says what, where, and what to do. Loads no torch.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

from training.formats.delimited import read_delimited
from training.formats.encoding import decode
from training.formats.passages import read_passages
from training.formats.structured import read_json, read_json_lines, read_parquet
from training.formats.table import BrokenRowsError, FormatError, Table
from training.formats.workbook import read_workbook
from training.text import Text

__all__ = ["BrokenRowsError", "FormatError", "Table", "files_in", "read", "split_sheet"]

TABLES = frozenset(
    {".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".json", ".jsonl", ".ndjson", ".parquet", ".pq"}
)
TEXTS = frozenset({".txt", ".md", ".markdown", ".rst", ".text"})
CONVERTIBLE: dict[str, Text] = {
    ".pdf": Text(
        "Convert it to text first, for example with `pdftotext FILE.pdf FILE.txt`, and give the text."
    ),
    ".docx": Text(
        "Save it from Word as plain text (.txt), or run `pandoc FILE.docx -o FILE.md`, and give that."
    ),
    ".doc": Text("Save it from Word as plain text (.txt) and give that."),
    ".odt": Text(
        "Save it as plain text (.txt), or run `pandoc FILE.odt -o FILE.md`, and give that."
    ),
    ".rtf": Text("Save it as plain text (.txt) and give that."),
    ".pptx": Text("Export its text as plain text (.txt) and give that."),
    ".xls": Text("Open it and save it as XLSX or as CSV UTF-8, and give that."),
    ".ods": Text("Open it and save it as XLSX or as CSV UTF-8, and give that."),
    ".html": Text(
        "Convert it to text first, for example with `pandoc FILE.html -t plain -o FILE.txt`."
    ),
    ".htm": Text(
        "Convert it to text first, for example with `pandoc FILE.htm -t plain -o FILE.txt`."
    ),
    ".zip": Text("Unpack it and give the files inside."),
    ".tar": Text("Unpack it and give the files inside."),
    ".tgz": Text("Unpack it and give the files inside."),
}
MOST_UNPACKED_BYTES = 4 * 2**30
"""A compressed file that unpacks to more than this is refused: it may be made to fill the memory."""


def read(path: Path, *, sheet: str | None = None, skip_broken: bool = False) -> Table:
    """Read one file. Raises FormatError, and BrokenRowsError where only some of its rows are bad.

    A sheet of a workbook may also be named in the path: `book.xlsx#Tickets`.
    """
    path, named = split_sheet(path)
    name, raw = _bytes(path)
    suffix = Path(name).suffix.lower()
    if raw.startswith(b"PAR1"):
        return read_parquet(raw, name=path.name)
    if raw.startswith(b"PK\x03\x04") and suffix not in CONVERTIBLE and suffix not in TEXTS:
        return read_workbook(raw, name=path.name, sheet=sheet or named)
    if suffix in CONVERTIBLE or raw.startswith((b"%PDF", b"PK\x03\x04")):
        kind = suffix if suffix in CONVERTIBLE else ".pdf" if raw.startswith(b"%PDF") else ".zip"
        raise FormatError(
            Text("Files of the kind {kind} are not read directly.", kind=kind),
            where=path.name,
            what_to_do=CONVERTIBLE[kind],
        )
    if suffix in {".xlsx", ".xlsm"}:
        return read_workbook(raw, name=path.name, sheet=sheet or named)
    if suffix in {".parquet", ".pq"}:
        return read_parquet(raw, name=path.name)
    text, encoding = decode(raw, name=path.name)
    if not text.strip():
        raise _empty(path.name)
    return _read_text(text, suffix, path.name, encoding=encoding, skip_broken=skip_broken)


def files_in(paths: Sequence[Path]) -> tuple[list[Path], tuple[Text, ...]]:
    """List the files to read, folders opened, with notes on what was left aside.

    Where a folder holds tables, its texts are left aside: they are usually its readme and licence.
    Raises FormatError where something is not there or a folder holds nothing that can be read.
    """
    files: list[Path] = []
    notes: list[Text] = []
    for path in paths:
        bare, _ = split_sheet(path)
        if not bare.exists():
            raise FormatError(
                Text("There is no such file or folder."),
                where=str(path),
                what_to_do=Text(
                    "Check the spelling, and give the path from where you are, or the full path."
                ),
            )
        if not bare.is_dir():
            files.append(path)
            continue
        inside, note = _folder(bare)
        files += inside
        notes += note
    return files, tuple(notes)


def split_sheet(path: Path) -> tuple[Path, str | None]:
    """Split `book.xlsx#Tickets` into the file and the sheet; a file that is called so is left whole."""
    stem, mark, sheet = path.name.rpartition("#")
    if mark and stem and not path.exists() and path.with_name(stem).is_file():
        return path.with_name(stem), sheet
    return path, None


def _folder(folder: Path) -> tuple[list[Path], list[Text]]:
    inside = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith((".", "~$", "__")) for part in path.relative_to(folder).parts)
    ]
    tables = [path for path in inside if _suffix(path) in TABLES]
    texts = [path for path in inside if _suffix(path) in TEXTS]
    chosen = tables or texts
    if not chosen:
        held = ", ".join(path.name for path in inside[:5]) or "nothing"
        convertible = next(
            (CONVERTIBLE[_suffix(path)] for path in inside if _suffix(path) in CONVERTIBLE), None
        )
        raise FormatError(
            Text("The folder has no file that can be read. It holds: {held}.", held=held),
            where=str(folder),
            what_to_do=convertible
            or Text(
                "Give a folder with CSV, TSV, XLSX, JSON, JSONL, Parquet, text or Markdown files."
            ),
        )
    aside = [path.name for path in inside if path not in set(chosen)]
    if not aside:
        return chosen, []
    return chosen, [
        Text(
            "{count:,} file(s) of the folder were left aside: {names}.",
            count=len(aside),
            names=", ".join(aside[:5]) + (", ..." if len(aside) > 5 else ""),
        )
    ]


def _suffix(path: Path) -> str:
    name = path.name.lower()
    return Path(name.removesuffix(".gz")).suffix


def _bytes(path: Path) -> tuple[str, bytes]:
    """Give the name without `.gz` and the contents, unpacked."""
    if not path.exists():
        raise FormatError(
            Text("There is no such file or folder."),
            where=str(path),
            what_to_do=Text(
                "Check the spelling, and give the path from where you are, or the full path."
            ),
        )
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise FormatError(
            Text("The file cannot be opened: {why}.", why=error.strerror or str(error)),
            where=str(path),
            what_to_do=Text("Check that it is a file and that you may read it."),
        ) from error
    if not raw:
        raise _empty(path.name)
    if not raw.startswith(b"\x1f\x8b"):
        return path.name, raw
    try:
        with gzip.open(path) as packed:
            raw = packed.read(MOST_UNPACKED_BYTES + 1)
    except (OSError, EOFError) as error:
        raise FormatError(
            Text("This compressed file is damaged: {why}.", why=str(error)),
            where=path.name,
            what_to_do=Text("Pack it again, or give the file unpacked."),
        ) from error
    if len(raw) > MOST_UNPACKED_BYTES:
        raise FormatError(
            Text("This compressed file is too large to read at once."),
            where=path.name,
            what_to_do=Text("Unpack it and give a part of it."),
        )
    return path.name.removesuffix(".gz"), raw


def _read_text(text: str, suffix: str, name: str, *, encoding: str, skip_broken: bool) -> Table:
    if suffix in {".jsonl", ".ndjson"}:
        return read_json_lines(text, name=name, encoding=encoding, skip_broken=skip_broken)
    if suffix == ".json":
        return read_json(text, name=name, encoding=encoding, skip_broken=skip_broken)
    if suffix in {".csv", ".tsv", ".tab"}:
        tabbed = "\t" if suffix != ".csv" and "\t" in text[:100_000] else None
        return read_delimited(
            text, name=name, encoding=encoding, delimiter=tabbed, skip_broken=skip_broken
        )
    if suffix in TEXTS or not suffix:
        if suffix not in {".md", ".markdown", ".rst"} and _is_tabbed(text):
            return read_delimited(
                text, name=name, encoding=encoding, delimiter="\t", skip_broken=skip_broken
            )
        if text.lstrip()[:1] == "{" and text.lstrip().partition("\n")[0].rstrip().endswith("}"):
            return read_json_lines(text, name=name, encoding=encoding, skip_broken=skip_broken)
        kind = "md" if suffix in {".md", ".markdown"} else "txt"
        return read_passages(text, name=name, format=kind, encoding=encoding)
    raise FormatError(
        Text("Files of the kind {kind} are not known.", kind=suffix),
        where=name,
        what_to_do=Text(
            "Give a CSV, TSV, XLSX, JSON, JSONL or Parquet table, or plain text or Markdown."
        ),
    )


def _is_tabbed(text: str) -> bool:
    """Whether every line has the same number of tabs: a table that is only called .txt."""
    counts = {line.count("\t") for line in text[:200_000].splitlines()[:-1][:500] if line.strip()}
    return len(counts) == 1 and counts != {0}


def _empty(name: str) -> FormatError:
    return FormatError(
        Text("The file is empty."), where=name, what_to_do=Text("Give a file with text in it.")
    )
