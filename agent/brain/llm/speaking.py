"""Sentences in languages that nobody has translated yet: the model translates templates, never figures.

A template goes to the model with its blanks, comes back with the same blanks, is translated back by a second call that has
not seen the original, and is held against it (`mistranslated`). What passes is kept in the home,
`translations/<language>.json`, for all conversations and readable by people; what does not stays English. Facts never leave
this module: neither the person's rows nor any number reaches the translator.
"""

from __future__ import annotations

import functools
import json
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage

from agent.brain.llm.line import Line, Silence
from agent.brain.llm.purse import Purse
from agent.brain.llm.translated import mistranslated, same_blanks
from prompts import glossary, translate
from prompts.purposes import quoted, render
from training.text import PLAIN, Text

log = logging.getLogger(__name__)
AT_ONCE = 24
"""Templates in one call."""
TRIES = 2
TRANSLATED = frozenset({"en", "zh"})
"""Languages that the program speaks by itself."""


class Speaker:
    """Translates templates, and keeps the translations of this home. Usable from several threads."""

    def __init__(self, line: Line, home: Path) -> None:
        self._line = line
        self._folder = home / "translations"
        self._tables: dict[str, dict[str, str]] = {}
        self._unfit: dict[str, set[str]] = {}
        """Templates whose translation was refused in this process: not asked for again and again."""
        self._guard = threading.Lock()

    def say(self, text: Text | str, language: str) -> str:
        """Word a sentence from what is known already; asks nobody. What is not known is English."""
        if language in TRANSLATED:
            return translate(text, language)
        return str(fill(text, self.table(language)))

    def learn(self, texts: Sequence[Text], language: str, purse: Purse) -> None:
        """Have whatever the sentences need translated, where it is not known yet. Raises Silence."""
        if language in TRANSLATED:
            return
        table = self.table(language)
        unfit = self._unfit.setdefault(language, set())
        wanted = [
            one
            for one in dict.fromkeys(template for text in texts for template in templates(text))
            if one not in table and one not in unfit
        ]
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            found = self.translated(part, language, purse)
            unfit.update(one for one in part if one not in found)
            self._keep(language, found)

    def translated(self, templates: Sequence[str], language: str, purse: Purse) -> dict[str, str]:
        """Translate templates and check them; those that pass. Raises Silence."""
        passed: dict[str, str] = {}
        for _ in range(TRIES):
            left = [one for one in templates if one not in passed]
            if not left:
                break
            there = self._ask("translate", left, purse, language=language)
            back = self._ask("check", list(there.values()), purse)
            for source, translation in there.items():
                wrong = mistranslated(back.get(translation, ""), source, translation)
                if wrong:
                    log.info("translation into %s refused: %s", language, "; ".join(wrong))
                else:
                    passed[source] = translation
        return passed

    def table(self, language: str) -> dict[str, str]:
        """Template -> translation, as kept."""
        with self._guard:
            if language not in self._tables:
                self._tables[language] = _read(self._folder / f"{language}.json")
            return self._tables[language]

    def _ask(
        self, purpose: str, sentences: Sequence[str], purse: Purse, **blanks: str
    ) -> dict[str, str]:
        """Give sentence -> what became of it, for those that came back."""
        if not sentences:
            return {}
        numbered = {str(number): sentence for number, sentence in enumerate(sentences, 1)}
        told = render(purpose, sentences=quoted("sentences", numbered), **blanks)
        for left in reversed(range(TRIES)):
            answer = str(self._line.ask([HumanMessage(told)], purse=purse).text)
            try:
                found = json.loads(answer[answer.find("{") : answer.rfind("}") + 1])
            except ValueError:
                if left:
                    continue
                raise Silence(Text("what it sent could not be read")) from None
            return {
                sentence: said
                for number, sentence in numbered.items()
                if isinstance(said := found.get(number), str) and said.strip()
            }
        raise AssertionError("the last try returns or raises")

    def _keep(self, language: str, found: Mapping[str, str]) -> None:
        """Add to the table, on disk too; two processes at once lose at most a translation, never the file."""
        if not found:
            return
        path = self._folder / f"{language}.json"
        with self._guard:
            whole = _read(path) | self._tables[language] | dict(found)
            self._tables[language] = whole
            self._folder.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(f".{threading.get_ident()}.tmp")
            draft.write_text(json.dumps(whole, ensure_ascii=False, indent=1), encoding="utf-8")
            draft.replace(path)


def templates(text: Any) -> Iterator[str]:
    """Yield the templates that a sentence is made of, those among its facts too; what has no words is left out."""
    template = getattr(text, "template", None)
    if template is None:
        return
    if template == PLAIN:
        inner = text.facts["text"]
        if isinstance(inner, str) and inner in _glossary_lines():
            yield escaped(inner)
        else:
            yield from templates(inner)
        return
    if any(letter.isalpha() for letter in own_words(text.wording)):
        yield text.wording
    for fact in text.facts.values():
        yield from templates(fact)


def fill(text: Any, table: Mapping[str, str]) -> Any:
    """Say a sentence by a table of templates; English where the table lacks it."""
    template = getattr(text, "template", None)
    if template is None:
        return text
    if template == PLAIN:
        inner = text.facts["text"]
        known = table.get(escaped(inner)) if isinstance(inner, str) else None
        return known.format() if known is not None else fill(inner, table)
    facts = {name: fill(value, table) for name, value in text.facts.items()}
    return table.get(text.wording, text.wording).format(**facts)


def own_words(template: str) -> str:
    """Give a template without its blanks."""
    words, depth = [], 0
    for letter in template:
        depth += (letter == "{") - (letter == "}")
        if depth == 0 and letter != "}":
            words.append(letter)
    return "".join(words)


def escaped(text: str) -> str:
    """A finished sentence as a template without blanks."""
    return text.replace("{", "{{").replace("}", "}}")


@functools.cache
def _glossary_lines() -> frozenset[str]:
    return frozenset(
        str(line)
        for entry in glossary("en").values()
        for key, line in entry.items()
        if key in {"plain", "engineer"}
    )


def _read(path: Path) -> dict[str, str]:
    """Read a table; one that was damaged by hand counts as empty and is said so."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        log.warning("%s is no JSON, so its translations are made anew", path)
        return {}
    kept = {str(key): str(value) for key, value in found.items()}
    return {source: said for source, said in kept.items() if same_blanks(source, said)}
