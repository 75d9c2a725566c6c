"""Tools that explain words: the glossary, and the rules that reasons cite."""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial
from typing import Any, Literal

from langchain_core.tools import BaseTool
from pydantic import Field

from agent.conversation import terms
from agent.toolbox.making import Arguments, Context, tool
from prompts import rules
from tools.errors import PlanError
from training.text import Text

MARKS = "[V] primary text read, [S] read second-hand, [M] from memory, [C] computed from a formula, [P] our own default that no source gives"


class Term(Arguments):
    """Which word."""

    term: str = Field(
        max_length=100, description="The word, in English or Chinese, such as LoRA or replay."
    )
    depth: Literal["plain", "engineer"] = Field("plain", description="For whom it is explained.")


class RuleId(Arguments):
    """Which rule."""

    id: str = Field(
        max_length=10, description="The rule's id as a reason cites it, such as TC-09 or LR-02."
    )


def tools(context: Context) -> list[BaseTool]:
    """The tools that explain words."""
    make = partial(tool, effect="read", needs="nothing", language=context.language)

    def meaning(term: str, depth: str) -> Any:
        """Explain a word that plans and reports use, in a line or two."""
        found = terms.meaning(term, context.language, depth)
        if found is None:
            near = get_close_matches(
                terms.fold(term), terms.known(context.language), n=3, cutoff=0.6
            )
            keys = sorted({terms.known(context.language)[name] for name in near})
            raise PlanError(
                Text("The glossary has no entry for {term!r}.", term=term), where="term",
                what_to_do=Text("The nearest entries are: {names}.", names=", ".join(keys)) if keys
                else Text("Ask for a word that the plan or the report uses."),
            )  # fmt: skip
        return {"term": term, "meaning": found}

    def rule(id: str) -> Any:
        """Give the text of a rule by its id.

        When it holds, what to do, the numbers, where they come from, how sure it is. Plans cite ids in `source` and
        `rules`. The texts are in English.
        """
        found = rules().get(id.strip().upper())
        if found is None:
            raise PlanError(
                Text("There is no rule {id!r}.", id=id), where="id",
                what_to_do=Text("Take an id that a reason of the plan cites, such as TC-09."),
            )  # fmt: skip
        return {"id": id.strip().upper()} | found | {"marks": MARKS}

    return [make(meaning, Term), make(rule, RuleId)]
