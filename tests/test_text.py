"""Sentences for one and for many, and how they are said in other languages."""

from __future__ import annotations

import re

from agent.brain.llm.speaking import fill, templates
from prompts import translate
from tests.test_translations import spoken
from training.text import Text

BARE = re.compile(
    r"\{(\w+)(?::,)?\} (?:(?:test|training|evaluation|usable|rare|more) )?"
    r"(?:rows|answers|texts|conversations|labels|remarks|questions|lines|files|copies)\b"
)
"""A count before a word that only means many."""
OUT_OF = re.compile(r"\b(?:of|the|all|at most|your|about|until|from|than) (?:all )?(?:the |your )?$", re.IGNORECASE)  # fmt: skip
"""After these a whole is named, or a limit of ours: more than one."""


def test_one_is_said_as_one_and_many_as_many() -> None:
    template = "{rows:,} {rows:row has|rows have} no answer."
    assert Text(template, rows=1) == "1 row has no answer."
    assert Text(template, rows=0) == "0 rows have no answer."
    assert Text(template, rows=1200) == "1,200 rows have no answer."


def test_what_is_stored_is_the_template_for_both() -> None:
    said = Text("{rows:,} {rows:row has|rows have} no answer.", rows=1)
    again = Text.restore(said.store())
    assert again == said and again.template == said.template
    assert again.wording == "{rows:,} row has no answer."


def test_a_language_without_plurals_is_filled_in_as_ever() -> None:
    said = Text("{count:,} {count:row holds|rows hold} HTML tags or entities, such as <br> or &amp;.", count=1)  # fmt: skip
    assert translate(said, "zh").startswith("有 1 行含有")


def test_what_nobody_translated_is_said_with_translated_facts() -> None:
    inner = Text("{lines:,} {lines:new line|new lines}", lines=1)
    assert translate(Text("Look: {inner}", inner=inner), "zh") == "Look: 1 new line"


def test_a_model_that_translates_gets_the_words_that_fit_the_number() -> None:
    said = Text("{rows:,} {rows:row has|rows have} no answer.", rows=1)
    assert list(templates(said)) == ["{rows:,} row has no answer."]
    assert fill(said, {"{rows:,} row has no answer.": "{rows:,} ligne sans réponse."}) == "1 ligne sans réponse."  # fmt: skip


def test_remarks_on_the_data_read_well_for_a_single_row() -> None:
    wrong = [
        template
        for template, modules in spoken().items()
        if any(module.startswith(("tools/data/", "agent/ui/")) for module in modules)
        for found in BARE.finditer(template)
        if not OUT_OF.search(template[: found.start()])
    ]
    assert not wrong, "\n".join(wrong)
