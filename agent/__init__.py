"""Talk. `import agent` loads neither torch, transformers nor gradio, and is ready in a tenth of a second.

from agent import TuningAgent

report = TuningAgent().auto("tickets.csv", goal="sort support tickets by topic", yes=True)
"""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.api import TuningAgent
    from agent.conversation.sessions import Reply, Session

__all__ = ["Reply", "Session", "TuningAgent"]

_HOMES = {
    "TuningAgent": "agent.api",
    "Session": "agent.conversation.sessions",
    "Reply": "agent.conversation.sessions",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'agent' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def _refuse_strangers() -> None:
    """Raise ImportError where a folder of the person's own hides one of our packages."""
    ours = Path(__file__).resolve().parents[1]
    for name in ("tools", "training", "prompts"):
        found = importlib.util.find_spec(name)
        if found is None:
            continue
        places = [str(place) for place in found.submodule_search_locations or [str(found.origin)]]
        if (ours / name) not in {Path(place).resolve() for place in places}:
            raise ImportError(
                f"{places[0]} hides Tunesmith's own package {name!r}. Start Python in another folder, or with -P, "
                f"or rename that folder."
            )


_refuse_strangers()
