"""JSON documents on disk: every one says its kind, and none is ever seen half written.

On disk a document also carries `texts`: its sentences with their templates and facts, so that an old
plan or report can be read in another language. Without that table a document is still complete.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from training.text import PLAIN, Text, sentences

SCHEMA = 1


class Section(BaseModel):
    """A block of a document: immutable, and unforgiving of misspelt names."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Document(Section):
    """A whole JSON document. Subclasses set `kind` to a literal."""

    kind: str
    schema_version: int = Field(default=SCHEMA, alias="schema")

    def as_json(self) -> dict[str, Any]:
        """Give the document as the contract shows it: plain JSON, sentences in English."""
        return self.model_dump(mode="json", by_alias=True)

    def save(self, path: Path) -> None:
        """Replace the file in one move, sentences' templates included."""
        texts = {str(text): text.store() for text in sentences(self) if text.template != PLAIN}
        write_json(path, self.as_json() | {"texts": texts})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a document saved or written by hand. Raises pydantic's ValidationError and ValueError."""
        return cls.from_json(json.loads(path.read_text(encoding="utf-8")))

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Validate, and give the sentences back their templates where `texts` has them."""
        if not isinstance(raw, dict):
            return cls.model_validate(raw)  # says what it is instead
        texts = {text: Text.restore(stored) for text, stored in raw.get("texts", {}).items()}
        bare = {name: value for name, value in raw.items() if name != "texts"}
        return cls.model_validate(_rehydrate(bare, texts))


def write_json(path: Path, value: Any) -> None:
    """Write JSON beside the target, sync it to disk, then move it into place."""
    data = json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8")
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _rehydrate(value: Any, texts: dict[str, Text]) -> Any:
    if isinstance(value, str):
        return texts.get(value, value)
    if isinstance(value, list):
        return [_rehydrate(inner, texts) for inner in value]
    if isinstance(value, dict):
        return {name: _rehydrate(inner, texts) for name, inner in value.items()}
    return value
