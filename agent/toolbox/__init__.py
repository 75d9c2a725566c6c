"""The tools' functions as LangChain tools, for whoever answers with them: a language model, or another agent by MCP.

Each tool says in its metadata what it does to the world: `read` looks, `spend` puts an order up that only the person
approves, `delete` takes something away for good. None of them decides or computes anything of its own: they call the
engine, the report and the glossary that the conversation's nodes call. What stands in the person's files comes back as
quoted data, and every list says how much of it is shown.
"""

from __future__ import annotations

from collections.abc import Collection

from langchain_core.tools import BaseTool

from agent.toolbox import data, plans, results, running, words
from agent.toolbox.making import Context, Effect

__all__ = ["Context", "Effect", "tools"]

READ: frozenset[Effect] = frozenset({"read"})


def tools(context: Context, *, effects: Collection[Effect] = READ) -> list[BaseTool]:
    """Give the tools of these effects over what `context` knows; reading alone where nothing else is said.

    Every result is one JSON document as text, also an error: what, where, and what to do now.
    """
    made = [tool for part in (data, plans, running, results, words) for tool in part.tools(context)]
    return [tool for tool in made if (tool.metadata or {})["effect"] in effects]
