"""Excel workbooks: one sheet is the table, and where several could be it, the person names one."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from datetime import date, datetime, time
from typing import Any

from training.formats.header import Numbered, is_blank, name_columns
from training.formats.table import FormatError, Table
from training.text import Text

UNREADABLE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, SyntaxError, KeyError, IndexError, ValueError,
    TypeError, AttributeError, NotImplementedError, RuntimeError, OSError, EOFError,
)  # fmt: skip
"""What openpyxl and the modules below it raise on damaged or protected files. XML errors are SyntaxErrors."""
CLEARLY_MORE = 10
"""A sheet with this many times the rows of every other one is taken without asking. A guess."""


def read_workbook(raw: bytes, *, name: str, sheet: str | None = None) -> Table:
    """Read one sheet. Raises FormatError naming the sheets where several hold a table."""
    sheets = _sheets(raw, name)
    filled = {title: rows for title, rows in sheets.items() if rows}
    if sheet is not None:
        if sheet not in sheets:
            raise FormatError(
                Text("There is no sheet {sheet!r}.", sheet=sheet),
                where=name,
                what_to_do=Text("Name one of: {sheets}.", sheets=", ".join(sheets)),
            )
        chosen = sheet
    else:
        chosen = _choose(filled, name)
    grid = name_columns(filled.get(chosen, []))
    if not grid.columns or not grid.rows:
        raise FormatError(
            Text("The sheet {sheet!r} holds no rows below its header.", sheet=chosen),
            where=name,
            what_to_do=Text("Give a workbook with a header and at least two rows below it."),
        )
    notes = list(grid.notes)
    others = [title for title in sheets if title != chosen]
    if others:
        notes.append(
            Text(
                "The sheet {sheet!r} was read; not read: {others}.",
                sheet=chosen,
                others=", ".join(others),
            )
        )
    width = len(grid.columns)
    records = []
    for row in grid.rows:
        cells = [_plain(cell) for cell in row.cells[:width]]
        records.append(dict(zip(grid.columns, cells + [""] * (width - len(cells)), strict=True)))
    return Table(
        name=name if not others else f"{name}#{chosen}",
        format="xlsx",
        encoding="UTF-8",
        columns=grid.columns,
        records=records,
        numbers=[row.number for row in grid.rows],
        notes=tuple(notes),
    )


def _sheets(raw: bytes, name: str) -> dict[str, list[Numbered]]:
    import openpyxl  # noqa: PLC0415  # 0.2 s, for this format only

    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # "no default style" and the like say nothing about the cells
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
            sheets = {}
            for sheet in book.worksheets:
                rows = [
                    Numbered(number, cells)
                    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1)
                    if not all(is_blank(cell) for cell in cells)
                ]
                sheets[sheet.title] = rows
            return sheets
    except UNREADABLE as error:
        raise FormatError(
            Text("This Excel workbook cannot be read: {why}.", why=str(error)),
            where=name,
            what_to_do=Text(
                "Open it, save it again as XLSX without a password, or save the sheet as CSV."
            ),
        ) from error


def _choose(filled: dict[str, list[Numbered]], name: str) -> str:
    """Take the one sheet that is a table. Raises FormatError where none is, or several are."""
    if not filled:
        raise FormatError(
            Text("All sheets of this workbook are empty."),
            where=name,
            what_to_do=Text("Give a workbook with a header and at least two rows below it."),
        )
    tables = {
        title: rows
        for title, rows in filled.items()
        if len(rows) > 1 and max(_cells(row) for row in rows[:20]) > 1
    } or filled
    largest = max(tables, key=lambda title: len(tables[title]))
    rest = [len(rows) for title, rows in tables.items() if title != largest]
    if not rest or len(tables[largest]) >= CLEARLY_MORE * max(rest):
        return largest
    listed = ", ".join(f"{title} ({len(rows):,} rows)" for title, rows in tables.items())
    raise FormatError(
        Text(
            "Several sheets of this workbook hold a table: {sheets}.",
            sheets=listed,
            sheet_names=list(tables),
        ),
        where=name,
        what_to_do=Text(
            "Say which one, by writing its name after the file's: {example}.",
            example=f"{name}#{largest}",
        ),
    )


def _cells(row: Numbered) -> int:
    return sum(not is_blank(cell) for cell in row.cells)


def _plain(cell: Any) -> str:
    """Write a cell as a person sees it: whole numbers without .0, dates as ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
