"""Files as people have them are read rightly, and what cannot be read says what, where, and what to do."""

import gzip
import json
from pathlib import Path

import openpyxl
import pandas
import pytest

from training.formats import BrokenRowsError, FormatError, files_in, read
from training.formats.delimited import sniff_delimiter

CHINESE = "问题,类别\n我的银行卡丢了应该怎么办,卡片\n请问怎么取消已经提交的订单,订单\n"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("text", "codec", "called"),
    [
        ("text,label\ncafé,a\nthé,b\n", "utf-8", "UTF-8"),
        ("text,label\ncafé,a\nthé,b\n", "utf-8-sig", "UTF-8 with BOM"),
        ("text,label\ncafé,a\nthé,b\n", "utf-16", "UTF-16"),
        ("text,label\nplain words,a\nmore words,b\n", "utf-16-le", "UTF-16"),
        ("text,label\nnaïve café à l'étranger,a\nélève,b\n", "cp1252", "Windows-1252"),
        ("text,label\nGröße und Maße,a\nschön süß,b\n", "cp1252", "Windows-1252"),
        ("text,label\nŻółć gęślą jaźń,a\nkoń łąka święta,b\n", "cp1250", "Windows-1250"),
        (CHINESE, "gbk", "GB18030 (GBK)"),
        (CHINESE, "gb18030", "GB18030 (GBK)"),
        (CHINESE.replace("问题", "問題"), "utf-8", "UTF-8"),
        ("text,label\n請問我的信用卡遺失了該怎麼辦呢,a\n帳戶餘額查詢,b\n", "big5", "Big5"),
        ("text,label\nカードをなくしました,a\nどうすればいいですか,b\n", "cp932", "Shift-JIS"),
        ("text,label\nПривет как дела сегодня,a\nмама мыла раму,b\n", "cp1251", "Windows-1251"),
    ],
)
def test_every_encoding_is_read_rightly_and_named(
    tmp_path: Path, text: str, codec: str, called: str
) -> None:
    table = read(write(tmp_path / "data.csv", text.encode(codec)))
    first = next(iter(table.records[0].values()))
    assert first == text.splitlines()[1].split(",")[0]
    assert table.encoding == called


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_separator_is_told_from_the_rows(tmp_path: Path, sign: str) -> None:
    text = f"text{sign}price\n" + "".join(f'"well, then; so | on"{sign}{i}\n' for i in range(5))
    assert sniff_delimiter(text) == sign
    assert read(write(tmp_path / "data.csv", text)).columns == ("text", "price")


def test_a_semicolon_file_keeps_its_decimal_commas(tmp_path: Path) -> None:
    table = read(write(tmp_path / "data.csv", "text;price\nnice, cheap;1,50\nbad;2,00\n"))
    assert table.records[0] == {"text": "nice, cheap", "price": "1,50"}


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    table = read(write(tmp_path / "data.csv", 'text,label\n"two\nlines",a\n\nlast,b\n'))
    assert table.numbers == [2, 4]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ('text,label\nfine,a\n"never closed,b\nfine,c\n', 3, "never closed"),
        ('text,label\nfine,a\n"said "hi" to me",b\nfine,c\n', 3, "not doubled"),
        ("text,label\nfine,a\nno, quotes,b\nfine,c\nfine,d\n", 3, "3 cells where the header has 2"),
    ],
)
def test_a_broken_row_is_named_at_its_line_and_the_rest_is_offered(
    tmp_path: Path, text: str, line: int, why: str
) -> None:
    path = write(tmp_path / "data.csv", text)
    with pytest.raises(BrokenRowsError) as caught:
        read(path)
    assert f"Line {line} is broken" in caught.value.what and why in caught.value.what
    assert caught.value.where == f"data.csv line {line}"
    table = read(path, skip_broken=True)
    assert len(table.records) == caught.value.readable
    assert {record["text"] for record in table.records} == {"fine"}
    assert any("left out" in note for note in table.notes)


def test_a_broken_json_line_is_named_and_the_rest_is_offered(tmp_path: Path) -> None:
    path = write(tmp_path / "data.jsonl", '{"q": "a"}\n{"q": \n\n{"q": "b"}\n')
    with pytest.raises(BrokenRowsError, match="Line 2 is not valid JSON") as caught:
        read(path)
    assert (caught.value.broken, caught.value.readable) == ((2,), 2)
    assert read(path, skip_broken=True).numbers == [1, 4]


def test_titles_above_a_table_and_empty_columns_are_passed_over_with_a_note(tmp_path: Path) -> None:
    text = "Ticket export,,,\n,,,\nText,Label,,\nfoo,a,,\nbar,b,,\n"
    table = read(write(tmp_path / "data.csv", text))
    assert table.columns == ("Text", "Label")
    assert table.numbers == [4, 5]
    assert "Ticket export" in table.notes[0]


def test_names_that_occur_twice_are_numbered(tmp_path: Path) -> None:
    table = read(write(tmp_path / "data.csv", "Text,Text,Label\na,b,c\nd,e,f\n"))
    assert table.columns == ("Text", "Text (2)", "Label")
    assert table.records[0] == {"Text": "a", "Text (2)": "b", "Label": "c"}


def test_a_file_without_a_header_loses_no_row(tmp_path: Path) -> None:
    text = "the card is late,bad\nall is well now,good\n" * 10
    table = read(write(tmp_path / "data.csv", text))
    assert table.columns == ("column 1", "column 2")
    assert len(table.records) == 20


def test_a_header_that_stands_again_further_down_is_no_row(tmp_path: Path) -> None:
    table = read(write(tmp_path / "data.csv", "text,label\na,x\ntext,label\nb,y\n"))
    assert [record["text"] for record in table.records] == ["a", "b"]
    assert "row 3" in table.notes[0]


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


TICKETS: list[list[object]] = [["Text", "Stars"], *([f"text {n}", float(n)] for n in range(5))]


def test_the_one_sheet_with_a_table_is_taken_and_the_others_are_named(tmp_path: Path) -> None:
    table = read(workbook(tmp_path / "book.xlsx", Notes=[["by Bob"]], Tickets=TICKETS, Empty=[]))
    assert table.columns == ("Text", "Stars")
    assert table.records[2] == {"Text": "text 2", "Stars": "2"}
    assert "Notes, Empty" in table.notes[-1]


def test_of_several_tables_the_person_names_one(tmp_path: Path) -> None:
    path = workbook(tmp_path / "book.xlsx", Jan=TICKETS, Feb=TICKETS)
    with pytest.raises(FormatError, match=r"Jan .6 rows., Feb .6 rows.") as caught:
        read(path)
    assert "book.xlsx#Jan" in caught.value.what_to_do
    assert read(tmp_path / "book.xlsx#Feb").name == "book.xlsx#Feb"


def test_a_workbook_that_is_called_csv_is_read_all_the_same(tmp_path: Path) -> None:
    path = workbook(tmp_path / "book.xlsx", Tickets=TICKETS)
    assert read(path.rename(tmp_path / "book.csv")).format == "xlsx"


RECORDS = [{"question": f"q{n}", "answer": f"a{n}"} for n in range(3)]


@pytest.mark.parametrize(
    "value",
    [
        RECORDS,
        {"data": RECORDS},
        {"version": 1, "rows": RECORDS},
        {"question": ["q0", "q1", "q2"], "answer": ["a0", "a1", "a2"]},
        {
            "question": {"0": "q0", "1": "q1", "2": "q2"},
            "answer": {"0": "a0", "1": "a1", "2": "a2"},
        },
    ],
)
def test_json_is_read_in_every_usual_shape(tmp_path: Path, value: object) -> None:
    table = read(write(tmp_path / "data.json", json.dumps(value)))
    assert table.records == RECORDS


def test_json_lines_in_a_json_file_and_a_list_in_a_jsonl_file_are_read(tmp_path: Path) -> None:
    lines = "\n".join(map(json.dumps, RECORDS))
    assert read(write(tmp_path / "lines.json", lines)).records == RECORDS
    assert read(write(tmp_path / "list.jsonl", json.dumps(RECORDS, indent=2))).records == RECORDS


def test_parquet_and_packed_files_are_read(tmp_path: Path) -> None:
    pandas.DataFrame(RECORDS).to_parquet(tmp_path / "data.parquet")
    assert read(tmp_path / "data.parquet").records == RECORDS
    (tmp_path / "data.csv.gz").write_bytes(gzip.compress(b"text,label\na,b\nc,d\n"))
    assert len(read(tmp_path / "data.csv.gz").records) == 2


def test_a_text_becomes_passages_numbered_by_their_first_line(tmp_path: Path) -> None:
    text = "\n\n".join("word " * 150 for _ in range(10))
    table = read(write(tmp_path / "book.md", text))
    assert len(table.records) == 5
    assert table.numbers[:2] == [1, 5]
    assert "".join(r["text"] for r in table.records).count("word") == 1500


@pytest.mark.parametrize(
    ("name", "content", "what", "todo"),
    [
        ("a.csv", b"", "empty", "text in it"),
        ("a.csv", b"\n \n", "empty", "text in it"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00", "PNG picture", "CSV"),
        ("a.txt", bytes(range(256)) * 20, "binary", "plain text"),
        ("a.pdf", b"%PDF-1.7 ...", ".pdf", "pdftotext"),
        ("a.docx", b"PK\x03\x04...", ".docx", "pandoc"),
        ("a.xls", b"\xd0\xcf\x11\xe0", ".xls", "save it as XLSX"),
        ("a.xlsx", b"PK\x03\x04 broken", "cannot be read", "save it again"),
        ("a.json", b"[]", "no record", "two records"),
        ("a.json", b'{"a": 1,}', "not valid JSON", "Repair"),
        ("a.parquet", b"PAR1 broken", "Parquet", "Write it again"),
        ("a.xyz", b"hello", ".xyz", "CSV"),
    ],
)
def test_what_cannot_be_read_says_what_where_and_what_to_do(
    tmp_path: Path, name: str, content: bytes, what: str, todo: str
) -> None:
    with pytest.raises(FormatError) as caught:
        read(write(tmp_path / name, content))
    assert what in caught.value.what
    assert "a." in caught.value.where
    assert todo in caught.value.what_to_do


def test_a_cell_of_200_000_characters_is_read(tmp_path: Path) -> None:
    table = read(write(tmp_path / "data.csv", f"text,label\nshort,a\n{'x' * 200_000},b\n"))
    assert len(table.records[1]["text"]) == 200_000


def test_a_folder_gives_its_tables_and_names_what_it_left_aside(tmp_path: Path) -> None:
    write(tmp_path / "b.csv", "text\n")
    write(tmp_path / "README.md", "about")
    write(tmp_path / ".hidden.csv", "text\n")
    files, notes = files_in([tmp_path])
    assert [file.name for file in files] == ["b.csv"]
    assert "README.md" in notes[0]


def test_a_folder_without_readable_files_says_what_it_holds(tmp_path: Path) -> None:
    write(tmp_path / "scan.pdf", b"%PDF")
    with pytest.raises(FormatError, match=r"scan\.pdf") as caught:
        files_in([tmp_path])
    assert "pdftotext" in caught.value.what_to_do
    with pytest.raises(FormatError, match="no such file"):
        files_in([tmp_path / "nowhere"])


@pytest.mark.parametrize(
    ("said", "codec"),
    [
        ("für Überweisung ß – €12", "cp1252"),
        ("très déjà à côté où Noël être forêt", "cp1252"),
        ("Zażółć gęślą jaźń łódź", "cp1250"),
        ("Привет, мир!", "koi8-r"),
        ("Привет, мир! Как дела?", "cp866"),
    ],
)
def test_short_lines_in_an_old_code_page_come_out_as_they_were_written(
    tmp_path: Path, said: str, codec: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(("text,label\n" + f'"{said}",a\n' * 20).encode(codec))
    assert {record["text"] for record in read(path).records} == {said}


def test_half_of_a_character_in_json_is_replaced_and_told(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"prompt": "\\ud800 odd", "answer": "a"}\n{"prompt": "even", "answer": "b"}\n')
    table = read(path)
    assert [record["prompt"] for record in table.records] == ["\ufffd odd", "even"]
    assert any("half of a character" in note and note.endswith("now: 1.") for note in table.notes)
