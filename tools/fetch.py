"""What a model on the Hub is: its config.json, a few thousand bytes, asked for once and kept on this machine.

No weights are fetched here. The address and the key are handed in: a mirror's, where the person has set one.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tools.machine import config_cache
from training.text import Text

HUB = "https://huggingface.co"
HUB_ID = re.compile(r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")
PATIENCE_S = 4.0
"""Until the Hub has answered; our default."""
ASK_AGAIN_AFTER_S = 60.0
"""A model that could not be read is not asked for again at once: every turn of a conversation decides anew."""
MOST_BYTES = 1 << 20

Get = Callable[[str, dict[str, str]], tuple[int, bytes]]
"""Address and headers to status and body. Raises OSError."""


@dataclass
class Hub:
    """Where models are described: the Hub itself, or a mirror of it."""

    address: str = HUB
    token: str | None = None
    get: Get | None = None
    now: Callable[[], float] = time.monotonic
    folder: Path = field(default_factory=config_cache)
    _failed: dict[str, tuple[float, Text]] = field(default_factory=dict)

    def fetch_config(self, model_id: str) -> Text | None:
        """Keep the config.json of a model; None where it is here now, else why it is not.

        Only names of the form `owner/name` are asked for, and each only once.
        """
        path = self.folder / model_id.replace("/", "--") / "config.json"
        if not HUB_ID.match(model_id) or path.exists():
            return None
        tried = self._failed.get(model_id)
        if tried is not None and self.now() - tried[0] < ASK_AGAIN_AFTER_S:
            return tried[1]
        content, reason = self._ask(model_id)
        if reason is not None:
            self._failed[model_id] = (self.now(), reason)
            return reason
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_bytes(content)
        draft.replace(path)
        return None

    def _ask(self, model_id: str) -> tuple[bytes, Text | None]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            status, content = (self.get or _get)(
                f"{self.address.rstrip('/')}/{model_id}/resolve/main/config.json", headers
            )
        except OSError as trouble:
            return b"", Text(
                "The Hub cannot be reached ({reason}); where only a mirror can, set HF_ENDPOINT to its address.",
                reason=type(trouble).__name__,
            )
        if status in {401, 403}:
            return b"", Text(
                "The Hub does not give {name} to everybody: look at its page, accept its licence there, and set HF_TOKEN.",
                name=model_id,
            )
        if status == 404:
            return b"", Text("The Hub has no model named {name} with a config.json.", name=model_id)
        if status != 200 or not _is_object(content):
            return b"", Text("The Hub's answer for {name} cannot be used ({status}).", name=model_id, status=status)  # fmt: skip
        return content, None


def _is_object(content: bytes) -> bool:
    try:
        return len(content) <= MOST_BYTES and isinstance(json.loads(content), dict)
    except ValueError:
        return False


def _get(address: str, headers: dict[str, str]) -> tuple[int, bytes]:
    import httpx  # noqa: PLC0415 (a fifth of a second, only here)

    try:
        answer = httpx.get(address, headers=headers, timeout=PATIENCE_S, follow_redirects=True)
    except httpx.HTTPError as trouble:
        raise ConnectionError(str(trouble)) from trouble
    return answer.status_code, answer.content
