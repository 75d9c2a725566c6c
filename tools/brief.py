"""The brief: what the person wants, field by field, and where each answer came from."""

from __future__ import annotations

from typing import Any, Literal

from training.document import Section

BriefField = Literal[
    "goal", "data", "task", "success", "must_not_get_worse", "volume", "hardware", "budget", "deadline",
    "latency", "privacy", "base_model", "users", "facts_change", "current_solution", "language",
]  # fmt: skip
BriefOrigin = Literal["said", "data", "assumed"]


class BriefEntry(Section):
    """One answer. What was said beats what the data show, which beats an assumption."""

    value: Any
    origin: BriefOrigin


Brief = dict[BriefField, BriefEntry]
"""The values are plain JSON; their forms are listed in `FIELD_FORMS`."""

FIELD_FORMS: dict[str, str] = {
    "goal": "the person's own words",
    "data": "list of file names",
    "task": "a task of the closed vocabulary",
    "success": '{"metric": metric or null, "target": 0-1 or null, "words": the person\'s own}',
    "must_not_get_worse": '{"max_forgetting": 0-1, "words": ...}',
    "volume": "requests a day, a number",
    "hardware": '{"gpu": name or null, "count": int, "gib": per card or null}',
    "budget": '{"minutes": number or null, "usd": number or null}',
    "deadline": "the person's own words",
    "latency": "milliseconds a request, a number",
    "privacy": "'local' (nothing may leave the machine) or 'any'",
    "base_model": "a Hub id, a folder, or 'practice'",
    "users": "the person's own words",
    "facts_change": "'never', 'yearly', 'monthly', 'weekly' or 'daily'",
    "current_solution": "the person's own words",
    "language": "ISO 639-1 code of what the model reads and writes",
}
