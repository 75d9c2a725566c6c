"""Light disturbances of what a person asks: case, spacing, typing errors.

A model that learned the task answers as before; one that learned the wording does not. Whatever carries
meaning by its exact form stays untouched: numbers and words with digits, JSON and code, placeholders,
addresses and links. Chinese is disturbed in the width of its punctuation and in spacing only, for a changed
character is another word. The same seed and text always give the same result.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from training.rows import Message, Row

NEIGHBOURS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo",
    "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad",
    "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
"""Keys side by side on a QWERTY keyboard."""
PROTECTED = re.compile(
    r"```.*?```|`[^`\n]*`"  # code
    r"|\{\{.{0,200}?\}\}|\{[^{}\n]*\}|\[[A-Z][A-Z0-9_ ]*\]|<[^<>\n]{1,60}>|%\w|\$\{?\w+\}?"  # placeholders and tags
    r"|https?://\S+|(?<!\S)(?=\S*@)\S+"  # addresses
    r"|\"[^\"\n]*\"(?=\s*[:,\]}])"  # JSON's keys and values
    r"|(?<!\S)(?=\S*[\d_\\/=#])\S+",  # numbers, words with digits, names, paths
    re.DOTALL,
)
CHINESE = re.compile(r"[\u3400-\u9fff]")
NARROW = {"，": ",", "。": ".", "！": "!", "？": "?", "：": ":", "；": ";", "（": "(", "）": ")"}
WIDE = {narrow: wide for wide, narrow in NARROW.items()}
WORD = re.compile(r"[^\W\d_]{4,}")
WORDS_FOR_ONE_TYPING_ERROR = 12
"""One error in a dozen words or fewer: what people really type. A guess; not calibrated."""


def disturb_rows(rows: Sequence[Row], *, seed: int) -> list[Row]:
    """Disturb the last turn of the person in every row; each row by its own id, whatever the others are."""
    return [_disturb_row(row, seed=seed) for row in rows]


def disturb(text: str, *, seed: int | str, keep: frozenset[str] = frozenset()) -> str:
    """Disturb one text lightly; it comes back as it was where nothing in it may be changed.

    Words in `keep` (lower case) are never mistyped: the answer may have to repeat them.
    """
    source = random.Random(f"{seed}\0{text}")
    if _is_json(text):
        return text
    if CHINESE.search(text):
        return _outside_protected(text, lambda piece: _disturb_chinese(piece, source))
    changed = _typing_errors(text, source, keep)
    kind = source.choice(["lower", "spaces", "shout start", "no end", "first small"])
    if kind == "lower":
        return _outside_protected(changed, str.lower)
    if kind == "spaces":
        return _outside_protected(changed, lambda piece: _spaces(piece, source))
    if kind == "shout start":
        return _outside_protected(changed, lambda piece: _shout(piece, source))
    if kind == "no end":
        return re.sub(r"(?<=[^\W\d_])[.!?]+\s*$", "", changed)
    return changed[:1].lower() + changed[1:] if changed[1:2].islower() else changed


def _disturb_row(row: Row, *, seed: int) -> Row:
    asked = [index for index, turn in enumerate(row.messages) if turn.role == "user"]
    if not asked:
        return row
    turns = list(row.messages)
    last = turns[asked[-1]]
    repeated = frozenset(word.lower() for word in WORD.findall(row.answer))
    content = disturb(last.content, seed=f"{seed}:{row.id}", keep=repeated)
    turns[asked[-1]] = Message(**(last.model_dump() | {"content": content}))
    return row.model_copy(update={"messages": tuple(turns)})


def _outside_protected(text: str, change: Callable[[str], str]) -> str:
    """Change what lies between the protected parts."""
    pieces, position = [], 0
    for found in PROTECTED.finditer(text):
        pieces += [change(text[position : found.start()]), found[0]]
        position = found.end()
    return "".join([*pieces, change(text[position:])])


def _typing_errors(text: str, source: random.Random, keep: frozenset[str]) -> str:
    """Mistype one word in every dozen, at least one: a neighbouring key, a dropped or two swapped letters."""
    words = [
        found
        for found in _open_words(text)
        if found[0].isascii() and not found[0].isupper() and found[0].lower() not in keep
    ]
    if not words:
        return text
    count = max(1, round(len(words) / WORDS_FOR_ONE_TYPING_ERROR))
    pieces, position = [], 0
    for found in sorted(source.sample(words, count), key=lambda word: word.start()):
        pieces += [text[position : found.start()], _mistype(found[0], source)]
        position = found.end()
    return "".join([*pieces, text[position:]])


def _open_words(text: str) -> list[re.Match[str]]:
    """Give the words outside protected parts."""
    closed = bytearray(len(text))
    for found in PROTECTED.finditer(text):
        closed[found.start() : found.end()] = b"\1" * (found.end() - found.start())
    return [word for word in WORD.finditer(text) if not any(closed[word.start() : word.end()])]


def _mistype(word: str, source: random.Random) -> str:
    """Change one letter inside; the first stays, as it mostly does when people type."""
    place = source.randrange(1, len(word) - 1)
    letter = word[place]
    if source.random() < 0.4:
        return word[:place] + word[place + 1 :]
    if source.random() < 0.4 and word[place] != word[place + 1]:
        return word[:place] + word[place + 1] + letter + word[place + 2 :]
    neighbour = source.choice(NEIGHBOURS[letter.lower()])
    return word[:place] + (neighbour.upper() if letter.isupper() else neighbour) + word[place + 1 :]


def _spaces(piece: str, source: random.Random) -> str:
    """Double some spaces, and drop those after commas."""
    without = re.sub(r"(?<=[^\W\d_]), (?=[^\W\d_])", ",", piece)
    return re.sub(
        r"(?<=\S) (?=\S)", lambda found: "  " if source.random() < 0.25 else found[0], without
    )


def _shout(piece: str, source: random.Random) -> str:
    """Write one word in capitals."""
    words = [found for found in WORD.finditer(piece) if found[0].islower()]
    if not words:
        return piece
    word = source.choice(words)
    return piece[: word.start()] + word[0].upper() + piece[word.end() :]


def _disturb_chinese(piece: str, source: random.Random) -> str:
    """Change the width of punctuation, or put or take spaces between scripts and at the ends."""
    if source.random() < 0.5:
        return "".join(NARROW.get(char) or WIDE.get(char, char) for char in piece)
    if re.search(r"(?<=[\u3400-\u9fff]) (?=[A-Za-z])|(?<=[A-Za-z]) (?=[\u3400-\u9fff])", piece):
        return re.sub(
            r"(?<=[\u3400-\u9fff]) (?=[A-Za-z])|(?<=[A-Za-z]) (?=[\u3400-\u9fff])", "", piece
        )
    return re.sub(r"(?<=[，。！？；：,;!?])(?=[\u3400-\u9fff])", " ", piece) + (
        " " if piece and not piece.endswith((" ", "\n")) else ""
    )


def _is_json(text: str) -> bool:
    bare = text.strip()
    return bare[:1] + bare[-1:] in ("{}", "[]")
