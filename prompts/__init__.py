"""Say it: translations, and the glossary. Imports nothing of ours.

A sentence is an English template and its facts (`training.text.Text`, taken here by its shape). The tables hold the
Chinese template of each English one: `zh.toml` what the conversation says, `zh/` the rest, one file for a part of the
program. Together they are one table, so a template stands in one file only; one without a translation stays English.
"""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path
from typing import Any, Protocol

FOLDER = Path(__file__).parent
AFTER_CHINESE_MARK = re.compile(r"(?<=[。！？；，：、]) +")
PLACEHOLDER = re.compile(r"\{[^{}]*\}")


class Sentence(Protocol):
    """A template with its facts; a fact may be a sentence itself."""

    template: str
    facts: dict[str, Any]

    @property
    def wording(self) -> str:
        """The template with the words for one or for many chosen."""
        ...


def tables(language: str) -> list[Path]:
    """Name the files that hold translations into `language`: `zh*.toml` and `zh/*.toml` for "zh"."""
    return sorted([*FOLDER.glob(f"{language}*.toml"), *(FOLDER / language).glob("*.toml")])


@functools.cache
def translations(language: str) -> dict[str, str]:
    """Give English template -> template in `language`, of all its files; empty where it has none."""
    union: dict[str, str] = {}
    for path in tables(language):
        union.update(tomllib.loads(path.read_text(encoding="utf-8")))
    return union


def translate(text: Sentence | str, language: str) -> str:
    """Say the sentence in `language` (ISO 639-1); sentences among its facts too."""
    template = getattr(text, "template", None)
    if template is None or language == "en":
        return str(text)
    facts = {name: _fact(value, language) for name, value in text.facts.items()}  # type: ignore[union-attr]
    found = translations(language).get(template)
    said = (found or text.wording).format(**facts)  # type: ignore[union-attr]
    return AFTER_CHINESE_MARK.sub("", said) if language == "zh" else said


def placeholders(template: str) -> set[str]:
    """Name the facts that a template needs.

    >>> sorted(placeholders("{rows:,} rows of {file}"))
    ['file', 'rows']
    """
    return {re.split(r"[:!.\[]", found[1:-1])[0] for found in PLACEHOLDER.findall(template)}


@functools.cache
def glossary(language: str) -> dict[str, dict[str, Any]]:
    """Give term -> {"also": other names, "plain": one line, "engineer": one line} in `language`."""
    path = FOLDER / f"glossary_{language}.toml"
    if not path.is_file():
        path = FOLDER / "glossary_en.toml"
    table: dict[str, dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return table


@functools.cache
def rules() -> dict[str, dict[str, str]]:
    """Give rule id -> {"when", "do", "numbers", "source", "confidence"}: what the reasons of a plan cite. In English."""
    table: dict[str, dict[str, str]] = tomllib.loads(
        (FOLDER / "rules.toml").read_text(encoding="utf-8")
    )
    return table


def _fact(value: Any, language: str) -> Any:
    return translate(value, language) if hasattr(value, "template") else value
