"""Documents of conversations as models: parsed once, and readable where a later release wrote them."""

from __future__ import annotations

import copy
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError

log = logging.getLogger(__name__)
Made = TypeVar("Made")
KEPT = 64
"""Parsed documents kept in memory: a plan takes about 5 ms to parse, and a turn asks for it several times."""


class Parsed:
    """The last documents that were read. They are named by their content, so a name never means another one."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str], Any] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, key: tuple[str, str, str], make: Callable[[], Made]) -> Made:
        """Give the document under `key`, made now where it is not kept. Models are immutable, so they can be shared."""
        with self._guard:
            if key in self._kept:
                self._kept.move_to_end(key)
                found: Made = self._kept[key]
                return found
        made = make()
        with self._guard:
            self._kept[key] = made
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made


def known_only(make: Callable[[dict[str, Any]], Made], stored: dict[str, Any]) -> Made:
    """Make a model of a stored document; fields that this release does not know are left aside, and logged.

    Raises pydantic's ValidationError for anything else that is wrong with it.
    """
    while True:
        try:
            return make(stored)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            unknown = [one["loc"] for one in found if one["type"] == "extra_forbidden"]
            if not unknown or len(unknown) < len(found):
                raise
            log.warning("left aside, written by a later release: %s", unknown[:10])
            stored = copy.deepcopy(stored)
            if not all(_took_out(stored, place) for place in unknown):
                raise


def _took_out(stored: Any, place: tuple[int | str, ...]) -> bool:
    """Take out one field; False where there is no such place."""
    *way, last = place
    for step in way:
        try:
            stored = stored[step]
        except (KeyError, IndexError, TypeError):
            return False
    return isinstance(stored, dict) and stored.pop(last, None) is not None
