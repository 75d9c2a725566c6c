"""The patterns, loaded once from the TOML files of this folder: English and Chinese together, as people mix them."""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from pathlib import Path

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "zh")
LONGEST_READ = 3000
"""Letters of a message that patterns are tried on; the message itself is kept whole."""
CJK = re.compile(r"[\u3400-\u9fff]")
PLACE = re.compile(r"<(\w+)>")
PRACTICE_MODEL = re.compile(r"practi[cs]e model|练习")


@functools.cache
def table(language: str) -> dict[str, dict[str, list[str]]]:
    """All sections of one language, with the names under [words] filled in."""
    sections: dict[str, dict[str, list[str]]] = {}
    for name in (language, f"{language}_fields"):
        sections |= _loaded(name)
    words = {name: "|".join(patterns) for name, patterns in sections["words"].items()}
    words["modelname"] = (
        "|".join(patterns_of("model", "name"))
        if language == "zh"
        else "|".join(sections["model"]["name"])
    )
    for name in ("number", "day", "gpu", "want", "verb", "term"):
        words.setdefault(name, "(?!)")

    def fill(pattern: str) -> str:
        return PLACE.sub(
            lambda found: (
                f"(?:{words[found.group(1)]})" if found.group(1) in words else found.group()
            ),
            pattern,
        )

    return {
        name: {key: [fill(one) for one in patterns] for key, patterns in section.items()}
        for name, section in sections.items()
    }


def patterns_of(section: str, key: str) -> list[str]:
    """The patterns of the English files, unfilled: for names that both languages share."""
    found: list[str] = []
    for name in ("en", "en_fields"):
        found += _loaded(name).get(section, {}).get(key, [])
    return found


@functools.cache
def _loaded(name: str) -> dict[str, dict[str, list[str]]]:
    """One file, parsed once: three of a message's readers ask for it, 5 ms each time."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@functools.cache
def pattern(section: str, key: str) -> re.Pattern[str]:
    """One search pattern for a section's key, over both languages."""
    found = [one for language in LANGUAGES for one in table(language).get(section, {}).get(key, [])]
    return re.compile("|".join(f"(?:{one})" for one in found) or "(?!)")


@functools.cache
def whole(section: str, key: str) -> re.Pattern[str]:
    """The same, for the whole of a message or of a part of it."""
    return re.compile(rf"(?:{pattern(section, key).pattern})[\s.!~,]*")


@functools.cache
def keys(section: str) -> tuple[str, ...]:
    """The keys of a section in the order of the files."""
    return tuple(
        dict.fromkeys(key for language in LANGUAGES for key in table(language).get(section, {}))
    )


def warm() -> None:
    """Make every pattern ready, some 150 ms once: what a server does before its first visitors meet."""
    for section in dict.fromkeys(name for language in LANGUAGES for name in table(language)):
        for key in keys(section):
            pattern(section, key)


def models_named(text: str) -> list[str]:
    """The models named in a text, as they are written; the practice model by its one name, `practice`."""
    names = [found.group().strip() for found in pattern("model", "name").finditer(text)]
    return ["practice" if PRACTICE_MODEL.search(name) else name for name in names]


def has(text: str, section: str, key: str) -> bool:
    """Whether a pattern of this key occurs in the text."""
    return pattern(section, key).search(text) is not None


def is_all(text: str, section: str, key: str) -> bool:
    """Whether the text as a whole is one of these."""
    return whole(section, key).fullmatch(text.strip()) is not None


def fold(text: str) -> str:
    """Give the text in one form: NFKC, lower case, straight quotes, single spaces.

    >>> fold("Yes，  GO！")
    'yes, go!'
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = (
        plain.replace("’", "'")
        .replace("‘", "'")
        .replace("“", '"')
        .replace("”", '"')
        .replace("、", ",")
        .replace("。", ". ")
        .replace("《", '"')
        .replace("》", '"')
    )
    plain = re.sub(r"([a-z0-9_]{40})[a-z0-9_]+", r"\1", plain[:LONGEST_READ])  # no word is longer
    return re.sub(r"[ \t\u3000]+", " ", plain).strip()


def words_in(text: str) -> int:
    """Count words; two Chinese characters count as one."""
    return len(re.findall(r"[a-z0-9']+", text)) + len(CJK.findall(text)) // 2
