"""Turn a file's bytes into text, whatever wrote them.

UTF-8 and UTF-16 are proven by their own rules. Older Chinese and Western code pages are told apart by how
their high bytes stand (in pairs or alone) and by how common the letters are that come out; what is left
is asked of charset-normalizer. Binary files are refused by name.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from typing import NamedTuple

from training.formats.table import FormatError
from training.text import Text

SAMPLE_BYTES = 200_000
"""How much of a file is looked at to tell its encoding. Decoding itself then covers all of it."""

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8 with BOM"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"RIFF", "a picture, sound or video"),
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office file (.doc, .xls or .ppt)"),
    (b"SQLite format 3", "an SQLite database"),
    (b"ID3", "a sound file"),
    (b"OggS", "a sound file"),
    (b"\x80\x04\x95", "a Python pickle"),
)
CONTROL_SHARE = 0.02
"""More control characters than this are not text. A guess; texts have next to none."""


class Decoded(NamedTuple):
    """Text, and what the encoding is called in the profile."""

    text: str
    encoding: str


def decode(raw: bytes, *, name: str) -> Decoded:
    """Decode the bytes of a text file. Raises FormatError where they are no text."""
    for mark, codec, called in BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return Decoded(_strictly(raw[len(mark) :], codec, name), called)
    kind = binary_kind(raw)
    if kind is None and (wide := _wide_without_mark(raw)):
        return Decoded(_strictly(raw, wide, name), "UTF-16")
    if kind is not None or b"\x00" in raw[:SAMPLE_BYTES] or _control_share(raw) > CONTROL_SHARE:
        raise FormatError(
            Text("This file is {kind}, not a table or text.", kind=kind or "binary data"),
            where=name,
            what_to_do=Text(
                "Give a CSV, TSV, XLSX, JSON, JSONL or Parquet table, or plain text or Markdown."
            ),
        )
    try:
        return Decoded(raw.decode("utf-8"), "UTF-8")
    except UnicodeDecodeError as error:
        if _mostly_utf8(raw):
            return Decoded(
                raw.decode("utf-8", errors="replace"),
                f"UTF-8 with invalid bytes (first at byte {error.start:,})",
            )
    return _legacy(raw, name)


def binary_kind(raw: bytes) -> str | None:
    """Name the kind of binary file by its first bytes; None where they are not known.

    Two letters are also how a text may begin, so short signatures need a zero byte near by.
    """
    for signature, kind in SIGNATURES:
        if raw.startswith(signature) and (len(signature) > 3 or b"\x00" in raw[:512]):
            return kind
    if raw.startswith(b"\xff\xd8\xff"):
        return "a JPEG picture"
    return None


def _strictly(raw: bytes, codec: str, name: str) -> str:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as error:
        raise FormatError(
            Text(
                "The file says that it is {codec}, but byte {byte:,} does not fit.",
                codec=codec,
                byte=error.start,
            ),
            where=name,
            what_to_do=Text("Save it again as UTF-8 and give that file."),
        ) from error


def _wide_without_mark(raw: bytes) -> str | None:
    """Recognise UTF-16 without a byte order mark: every other byte of Western text is zero."""
    sample = raw[: SAMPLE_BYTES // 2 * 2]
    if len(sample) < 4 or len(raw) % 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _control_share(raw: bytes) -> float:
    sample = raw[:SAMPLE_BYTES]
    controls = sum(sample.count(bytes([code])) for code in range(32) if code not in (9, 10, 12, 13))
    return controls / max(1, len(sample))


def _mostly_utf8(raw: bytes) -> bool:
    """Tell a UTF-8 file with a few spoilt bytes from one in an older encoding."""
    sample = raw[:SAMPLE_BYTES]
    good = len(
        re.findall(
            rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}", sample
        )
    )
    spoilt = sample.decode("utf-8", errors="replace").count("\ufffd")
    return good >= 20 * max(1, spoilt)


def _legacy(raw: bytes, name: str) -> Decoded:
    """Tell East Asian pages by their byte pairs, Western ones by letters with accents inside plain words."""
    sample = raw[:SAMPLE_BYTES]
    runs = len(re.findall(rb"[\xc0-\xff]+", sample))  # letters: dashes and euro signs stand alone
    in_words = len(re.findall(rb"(?<=[A-Za-z])[\x80-\xff]+|[\x80-\xff]+(?=[A-Za-z])", sample))
    for codec, called in _double_byte(raw):
        with contextlib.suppress(UnicodeDecodeError):
            return Decoded(raw.decode(codec), called)
    alone = _single_byte(raw) if in_words >= 0.5 * runs else _cyrillic(raw) or _asked(raw)
    for codec, called in (*alone, ("cp1252", "Windows-1252"), ("latin-1", "Latin-1")):
        with contextlib.suppress(UnicodeDecodeError, LookupError):
            return Decoded(raw.decode(codec), called)
    raise FormatError(
        Text("The encoding of this file could not be told."),
        where=name,
        what_to_do=Text("Save it again as UTF-8 and give that file."),
    )


def _double_byte(raw: bytes) -> list[tuple[str, str]]:
    """Order the East Asian encodings by their commonest lead bytes; empty where none is likely.

    GB2312 puts its 3,755 common characters at lead bytes B0-D7; Korean syllables end at C8; kana stand at
    A4-A5 (EUC) or 82-83 (Shift-JIS); Big5's common characters at A4-C6 have half of their second
    bytes below A1, which GB2312 never has.
    """
    pairs = re.findall(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]", raw[:SAMPLE_BYTES])
    leads = [pair[0] for pair in pairs]
    if not leads:
        return []
    total = len(leads)

    def share(low: int, top: int) -> float:
        return sum(1 for lead in leads if low <= lead <= top) / total

    low_seconds = sum(pair[1] < 0xA1 for pair in pairs) / total
    if share(0x82, 0x83) > 0.25:
        return [("cp932", "Shift-JIS")]
    if low_seconds > 0.15 and share(0xA1, 0xC6) > 0.7:
        return [("big5", "Big5"), ("cp950", "Big5")]
    if share(0xA4, 0xA5) > 0.25 and low_seconds < 0.05:
        return [("euc_jp", "EUC-JP")]
    if share(0xB0, 0xD7) < 0.5 or low_seconds > 0.6:
        return []
    if total >= 20 and share(0xC9, 0xD7) < 0.03 and share(0xB0, 0xC8) > 0.6:
        return [("cp949", "EUC-KR")]
    return [("gb18030", "GB18030 (GBK)")]


def _single_byte(raw: bytes) -> list[tuple[str, str]]:
    """Choose between the Western and the Central European page: one of them puts signs inside words."""
    western = raw[:SAMPLE_BYTES].decode("cp1252", errors="replace")
    signs = "\u00b9\u00b3\u00bf\u00af\u00a3\u00a5\u00aa\u00be\u00bc\ufffd"
    inside = len(re.findall(rf"(?<=[^\W\d_])[{signs}]|[{signs}](?=[^\W\d_])", western))
    accents = len(re.findall(r"[\u00c0-\u00ff]", western))
    if inside > 0.15 * max(1, accents):
        return [("cp1250", "Windows-1250")]
    return [("cp1252", "Windows-1252")]


def _cyrillic(raw: bytes) -> list[tuple[str, str]]:
    """Choose the Cyrillic page that gives small letters, and the common ones most often."""
    found: list[tuple[int, str, str]] = []
    for codec, called in (("cp1251", "Windows-1251"), ("koi8-r", "KOI8-R"), ("cp866", "CP866")):
        letters = re.findall(r"[^\x00-\x7f]", raw[:SAMPLE_BYTES].decode(codec, errors="replace"))
        small = sum("а" <= letter <= "я" or letter == "ё" for letter in letters)
        if small > 0.7 * len(letters):
            found.append((sum(letter in "оеаинтсрвл" for letter in letters), codec, called))
    return [(codec, called) for _, codec, called in sorted(found, reverse=True)]


def _asked(raw: bytes) -> list[tuple[str, str]]:
    from charset_normalizer import from_bytes  # noqa: PLC0415  # 60 ms, and hardly ever needed

    best = from_bytes(raw[:SAMPLE_BYTES]).best()
    return [(best.encoding, best.encoding)] if best is not None else []
