"""Every sentence of agent, tools and training has one Chinese translation, and every translation a sentence.

`python -m tests.test_translations` lists what has none yet.
"""

from __future__ import annotations

import ast
import functools
import re
import string
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.show import runs
from prompts import tables, translate, translations
from training.probes import FAMILIES
from training.probes.names import NAMES, ability
from training.text import ONE_OR_MANY, Text, join

ROOT = Path(__file__).parent.parent
SPEAKING = ("agent", "tools", "training")
LETTER = re.compile(r"[^\W\d_]")
HAN = re.compile(r"[\u3400-\u9fff]")
CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
"""Chinese characters and punctuation."""
HALF_WIDTH = re.compile(r"(?<=[\u3400-\u9fff])[,;:?!]|[!！]|(?<=[\u3400-\u9fff])\.(?!\w)")


@functools.cache
def spoken(root: Path = ROOT) -> dict[str, list[str]]:
    """Give template -> the modules that say it, for every `Text` with a literal template."""
    found: dict[str, list[str]] = {}
    for module, argument in _sentences(root):
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            modules = found.setdefault(argument.value, [])
            if module not in modules:
                modules.append(module)
    return found


def untranslated(root: Path = ROOT) -> dict[str, list[str]]:
    """Give the templates with words of their own that no table holds, with their modules."""
    table = translations("zh")
    return {
        template: modules
        for template, modules in spoken(root).items()
        if has_words(template) and template not in table
    }


def fields(template: str) -> set[tuple[str, str, str]]:
    """Name each placeholder with its conversion and format: {rows:,} -> ("rows", "", ",").

    Words for one and for many are English: a translation needs none.
    """
    return {
        (name, conversion or "", form or "")
        for _, name, form, conversion in string.Formatter().parse(template)
        if name is not None and "|" not in (form or "")
    }


def has_words(template: str) -> bool:
    """Tell whether anything but placeholders and signs is said."""
    return LETTER.search(own_words(template)) is not None


def own_words(template: str) -> str:
    """Give the template with "…" for each placeholder: what it says whatever the facts are."""
    many = ONE_OR_MANY.sub(r"\3", template)
    parts = [(said, name) for said, name, *_ in string.Formatter().parse(many)]
    return "".join(said if name is None else f"{said}…" for said, name in parts)


def _sentences(root: Path) -> Iterator[tuple[str, ast.expr]]:
    for folder in SPEAKING:
        for path in sorted((root / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args and _is_text(node.func):
                    yield path.relative_to(root).as_posix(), node.args[0]


def _is_text(called: ast.expr) -> bool:
    return (isinstance(called, ast.Name) and called.id == "Text") or (
        isinstance(called, ast.Attribute) and called.attr == "Text"
    )


def test_every_sentence_has_a_chinese_translation() -> None:
    missing = [f"{', '.join(modules)}: {said}" for said, modules in untranslated().items()]
    assert not missing, "add to prompts/zh/*.toml:\n" + "\n".join(missing)


def test_every_template_is_a_literal_that_this_test_can_find() -> None:
    hidden = {
        module
        for module, argument in _sentences(ROOT)
        if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str))
    }
    assert hidden <= {"training/text.py"}, hidden  # join(), which only puts sentences in a row


def test_a_translation_fills_in_the_same_facts_in_the_same_form() -> None:
    wrong = [
        f"{said}\n  lacks {sorted(fields(said) - fields(chinese))}, "
        f"does not know {sorted(fields(chinese) - fields(said))}"
        for said, chinese in translations("zh").items()
        if fields(said) != fields(chinese)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_translation_outlives_its_sentence() -> None:
    said = spoken()
    dead = [
        f"{path.name}: {template}"
        for path in tables("zh")
        for template in tomllib.loads(path.read_text(encoding="utf-8"))
        if template not in said
    ]
    assert not dead, "said nowhere, so take out:\n" + "\n".join(dead)


def test_a_sentence_is_translated_in_one_file_only() -> None:
    count = Counter(
        template
        for path in tables("zh")
        for template in tomllib.loads(path.read_text(encoding="utf-8"))
    )
    twice = [template for template, times in count.items() if times > 1]
    assert not twice, "\n".join(twice)


def test_translations_are_chinese_with_chinese_punctuation() -> None:
    wrong = [
        chinese
        for said, chinese in translations("zh").items()
        if (has_words(chinese) and not CHINESE.search(own_words(chinese)))
        or HALF_WIDTH.search(own_words(chinese))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        (
            Text("{count:,} of {rows:,} rows {count:has|have} no answer.", count=1200, rows=4800),
            "4,800",
        ),
        (Text("The run failed: {what}", what=Text("The disk is full.")), "磁盘"),
        (Text("What fell: {names}.", names=join([ability("refusal")], ", ")), "拒绝有害请求"),
    ],
)
def test_a_sentence_of_the_lower_layers_is_said_in_chinese(text: Text, chinese: str) -> None:
    said = translate(text, "zh")
    assert HAN.search(said)
    assert chinese in said
    assert translate(text, "en") == str(text)


def test_every_family_of_probes_has_a_name_for_people() -> None:
    assert set(NAMES) == set(FAMILIES)


def test_a_table_shows_chinese_sentences_to_their_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "48")
    sentence = "这一行没有空格所以表格只能在字与字之间折行而不能把后面的字换成省略号"
    runs([{"run": "one", "state": "done", "text": sentence}], "zh")
    shown = capsys.readouterr().out
    assert "…" not in shown
    assert set(sentence) <= set(shown)


if __name__ == "__main__":
    for left, by in untranslated().items():
        print(f"{by[0]}: {left}")  # noqa: T201
