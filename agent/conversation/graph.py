"""The conversation as a graph. Read this file first.

One message is one walk through it, from `listen` until there is nothing more to do in this turn:

    listen -> inspect    profile data that was just handed over
           -> ask        the one question whose answer would change the plan most
           -> measure    what the untouched model and simple ones can do
           -> propose -> approve  (the only interrupt) -> listen -> launch
           -> answer     why / what / how much / status / glossary / what-if (-> approve while an order stands)
           -> act        revise, stop, resume, compare, try, export
           -> explain    a run ended: verdict, samples, next step

After every node the same pure function says where to go (`agent.conversation.state.next_step`). `approve` only waits, `launch`
only acts: an interrupted node runs again from its first line.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agent.conversation import nodes
from agent.conversation.state import Conversation, next_step
from agent.conversation.workbench import Workbench

STEPS = {
    "inspect": nodes.inspect,
    "ask": nodes.ask,
    "measure": nodes.measure,
    "propose": nodes.propose,
    "launch": nodes.launch,
    "answer": nodes.answer,
    "act": nodes.act,
    "explain": nodes.explain,
}


def build(checkpointer: BaseCheckpointSaver[Any]) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Draw the graph."""
    graph = StateGraph(Conversation, context_schema=Workbench)
    onward: dict[Hashable, str] = dict(zip((*STEPS, "approve"), (*STEPS, "approve"), strict=True))
    onward["end"] = END
    graph.add_node("listen", nodes.listen)
    graph.add_node("approve", nodes.approve)
    graph.add_edge(START, "listen")
    graph.add_edge("approve", "listen")
    graph.add_conditional_edges("listen", next_step, onward)
    for name, node in STEPS.items():
        graph.add_node(name, node)
        graph.add_conditional_edges(name, next_step, onward)
    return graph.compile(checkpointer=checkpointer)
