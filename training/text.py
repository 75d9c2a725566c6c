"""Sentences that people read: an English string that remembers the template it was made from.

A `Text` is a `str`, so it goes wherever a string goes, and JSON shows the English sentence. Its template
and facts stay with it, so that the same sentence can be said in Chinese later (`prompts.translate`).
Where one and many need other words, the template holds both: `{rows:,} {rows:row has|rows have} no answer.`
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

PLAIN = "{text}"
"""The template of a sentence that came without one: it is passed through untranslated."""
ONE_OR_MANY = re.compile(r"\{(\w+):([^{}|]*)\|([^{}|]*)\}")
"""`{name:words for one|words for any other number}`."""


class Text(str):
    """A sentence as English, with the template and the facts it was made from.

    >>> said = Text("{rows:,} rows have no answer.", rows=1200)
    >>> said
    '1,200 rows have no answer.'
    >>> said.facts
    {'rows': 1200}
    >>> Text("{rows:,} {rows:row has|rows have} no answer.", rows=1)
    '1 row has no answer.'
    """

    template: str
    facts: dict[str, Any]

    def __new__(cls, template: str, /, **facts: Any) -> Text:
        """Fill the template in. Raises KeyError where a fact is missing."""
        made = super().__new__(cls, in_number(template, facts).format(**facts))
        made.template = template
        made.facts = facts
        return made

    @property
    def wording(self) -> str:
        """The template with the words for one or for many, as the facts have it."""
        return in_number(self.template, self.facts)

    @classmethod
    def plain(cls, text: str) -> Text:
        """Wrap a finished sentence, such as one that a person typed; a `Text` is returned as it is."""
        return text if isinstance(text, Text) else cls(PLAIN, text=text)

    @classmethod
    def restore(cls, stored: dict[str, Any]) -> Text:
        """Rebuild from `store()`."""
        facts = {name: _restore_fact(value) for name, value in stored["facts"].items()}
        return cls(stored["template"], **facts)

    def store(self) -> dict[str, Any]:
        """Give the template and facts as plain JSON."""
        return {
            "template": self.template,
            "facts": {name: _store_fact(value) for name, value in self.facts.items()},
        }

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.template,), self.facts

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            cls.plain,
            core_schema.union_schema(
                [core_schema.is_instance_schema(cls), core_schema.str_schema()],
                mode="left_to_right",
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(str.__str__),
        )


def in_number(template: str, facts: Mapping[str, Any]) -> str:
    """Choose the words for one or for many wherever a template holds both. Raises KeyError where a fact is missing.

    >>> in_number("{rows:,} {rows:row|rows}", {"rows": 3})
    '{rows:,} rows'
    """
    if "|" not in template:
        return template
    return ONE_OR_MANY.sub(lambda both: both[2] if facts[both[1]] == 1 else both[3], template)


def join(parts: list[Text] | tuple[Text, ...], separator: str = " ") -> Text:
    """Put sentences one after the other; each keeps its own template."""
    names = {f"part_{index}": part for index, part in enumerate(parts)}
    return Text(separator.join("{" + name + "}" for name in names), **names)


def sentences(value: Any) -> Iterator[Text]:
    """Yield every `Text` inside nested models, dicts, lists and tuples."""
    if isinstance(value, Text):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from sentences(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from sentences(inner)
    elif hasattr(type(value), "model_fields"):
        for name in type(value).model_fields:
            yield from sentences(getattr(value, name))


def _store_fact(value: Any) -> Any:
    if isinstance(value, Text):
        return value.store()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _restore_fact(value: Any) -> Any:
    return Text.restore(value) if isinstance(value, dict) else value
