"""CSV and its relatives: comma, semicolon, tab or pipe, told by which one cuts the rows evenly.

The standard library's reader works in its strict mode, so that a quote that is never closed is an
error at a named line instead of half the file in one cell.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from training.formats.header import Grid, Numbered, is_blank, name_columns
from training.formats.table import BrokenRowsError, FormatError, Table, spelled
from training.text import Text

DELIMITERS = (",", ";", "\t", "|")
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
SNIFFED_LINES = 200
MOST_BROKEN = 1000
"""After this many broken rows the file is refused: it is not a table with a few slips."""
LONGEST_CELL = 2**31 - 1


class Broken(NamedTuple):
    """A row that cannot be read, and why."""

    number: int
    line: int
    why: Text


def read_delimited(
    text: str, *, name: str, encoding: str, delimiter: str | None = None, skip_broken: bool = False
) -> Table:
    """Read a delimited table. Raises FormatError, and BrokenRowsError where only some rows are bad."""
    declared, text = _declared_delimiter(text)
    chosen = delimiter or declared or sniff_delimiter(text)
    rows, broken = _parse(text, chosen, name)
    grid = name_columns(rows)
    grid, ragged = _of_one_width(grid, chosen)
    broken = sorted(broken + ragged)
    if not grid.columns:
        raise FormatError(
            Text("The file holds no row."),
            where=name,
            what_to_do=Text("Give a file with a header and at least two rows below it."),
        )
    if broken and not skip_broken:
        raise _broken_rows(broken, name=name, readable=len(grid.rows))
    notes = list(grid.notes)
    if chosen != "," and delimiter is None:
        notes.append(
            Text("The columns are separated by {sign}.", sign=DELIMITER_NAMES.get(chosen, chosen))
        )
    if broken:
        notes.append(
            Text(
                "{count:,} broken row(s) were left out: {rows}.",
                count=len(broken),
                rows=spelled([row.number for row in broken]),
            )
        )
    return Table(
        name=name,
        format="tsv" if chosen == "\t" else "csv",
        encoding=encoding,
        columns=grid.columns,
        records=[_record(grid.columns, row.cells) for row in grid.rows],
        numbers=[row.number for row in grid.rows],
        notes=tuple(notes),
        broken=tuple(row.number for row in broken),
    )


def sniff_delimiter(text: str) -> str:
    r"""Choose the separator that cuts most rows into the same number of cells, two or more.

    >>> sniff_delimiter("text;price\nfine, thanks;1,50\nno;2,00\n")
    ';'
    """
    sample = "".join(list(io.StringIO(text[:2_000_000], newline=""))[:SNIFFED_LINES])
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        widths = [len(row) for row in _lenient(sample, delimiter) if row]
        wide = Counter(width for width in widths if width > 1)
        if not wide:
            continue
        usual, count = wide.most_common(1)[0]
        score = count / len(widths) + 0.001 * min(usual, 50)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _lenient(sample: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    return list(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter))


def _declared_delimiter(text: str) -> tuple[str | None, str]:
    """Excel writes `sep=;` on top; the line stays as a blank one, so that rows keep their numbers."""
    first, _, rest = text[:20].partition("\n")
    first = first.strip().strip('"')
    if first.lower().startswith("sep=") and len(first) == 5 and rest is not None:
        return first[4], "\n" + text[text.index("\n") + 1 :] if "\n" in text else ""
    return None, text


def _parse(text: str, delimiter: str, name: str) -> tuple[list[Numbered], list[Broken]]:
    """Read every row that can be read. After a broken one, reading goes on at the line below it."""
    csv.field_size_limit(LONGEST_CELL)
    rows: list[Numbered] = []
    broken: list[Broken] = []
    lines: list[str] | None = None
    source: io.StringIO | list[str] = io.StringIO(text, newline="")
    offset, number = 0, 0
    while True:
        reader = csv.reader(source, delimiter=delimiter, strict=True)
        ended_at = 0
        try:
            for cells in reader:
                number += 1
                ended_at = reader.line_num
                if cells:
                    rows.append(Numbered(number, cells))
            return rows, broken
        except csv.Error as error:
            number += 1
            line = offset + ended_at + 1
            broken.append(Broken(number, line, _why(str(error))))
            if len(broken) > MOST_BROKEN:
                raise _hopeless(broken, name) from error
            lines = list(io.StringIO(text, newline="")) if lines is None else lines
            offset = line
            source = lines[offset:]


def _why(message: str) -> Text:
    if "unexpected end" in message:
        return Text("a quotation mark opens there and is never closed")
    if "expected after" in message:
        return Text("there is a quotation mark inside a quoted cell that is not doubled")
    return Text("it cannot be read: {message}", message=message)


def _hopeless(broken: list[Broken], name: str) -> FormatError:
    return FormatError(
        Text("More than {count:,} rows cannot be read.", count=MOST_BROKEN),
        where=f"{name} line {broken[0].line:,}",
        what_to_do=Text("Save the table again as CSV in UTF-8, or as XLSX, and give that file."),
    )


def _of_one_width(grid: Grid, delimiter: str) -> tuple[Grid, list[Broken]]:
    """Set rows apart that have more cells than there are columns; short rows are filled by `_record`."""
    width = len(grid.columns)
    named = sum(not column.startswith("column ") for column in grid.columns)
    over: list[Broken] = []
    if 0 < named < width:
        # Columns without a name that fewer than half of the rows reach are not columns: those rows have a sign too many.
        reach = sum(_filled(row) > named for row in grid.rows)
        unnamed_tail = all(column.startswith("column ") for column in grid.columns[named:])
        if unnamed_tail and reach < 0.5 * len(grid.rows):
            width = named
    kept: list[Numbered] = []
    for row in grid.rows:
        if len(row.cells) > width and _filled(row) > width:
            why = Text(
                "it has {cells} cells where the header has {width}",
                cells=_filled(row),
                width=width,
            )
            over.append(Broken(row.number, row.number, why))
        else:
            kept.append(row)
    return Grid(grid.columns[:width], kept, grid.notes), over


def _filled(row: Numbered) -> int:
    """Count the cells up to the last one that holds something."""
    count = len(row.cells)
    while count and is_blank(row.cells[count - 1]):
        count -= 1
    return count


def _record(columns: tuple[str, ...], cells: Sequence[str]) -> dict[str, str]:
    values = dict(zip(columns, cells, strict=False))
    if len(values) < len(columns):
        for column in columns[len(values) :]:
            values[column] = ""
    return values


def _broken_rows(broken: list[Broken], *, name: str, readable: int) -> BrokenRowsError:
    first = broken[0]
    return BrokenRowsError(
        Text(
            "Line {line:,} is broken: {why}. Broken rows in all: {count:,}.",
            line=first.line,
            why=first.why,
            count=len(broken),
        ),
        where=f"{name} line {first.line:,}",
        what_to_do=Text(
            "Put cells that contain the separator or a quotation mark in quotes, with quotes inside "
            "doubled; or leave the broken rows out and use the other {readable:,} with --skip-broken.",
            readable=readable,
        ),
        broken=tuple(row.number for row in broken),
        readable=readable,
    )
