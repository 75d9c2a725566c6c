"""A chat model behind the OpenAI-compatible protocol: one question sent, one answer read. Free of torch.

The key travels only over https or on this machine, follows no redirect, and stands in no message of ours.
"""

from __future__ import annotations

import json
import stat
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from training.text import Text

TIMEOUT_S = 60.0
MOST_BYTES = 1 << 20
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ServerRefusedError(Exception):
    """The address or the key cannot be used; `why` is half a sentence."""

    def __init__(self, why: Text) -> None:
        super().__init__(why)
        self.why = why


class Reply(NamedTuple):
    """What a server answered. Tokens are None where it does not count them."""

    text: str
    prompt_tokens: int | None
    answer_tokens: int | None
    cut_off: bool
    """It ended at the limit and not by itself."""


Send = Callable[[Mapping[str, Any]], Reply]
"""Sends one request body. Raises OSError (HTTPError with the status among them) or ValueError."""


def check_address(url: str) -> None:
    """Raise ServerRefusedError where words and key would travel in the open."""
    address = urllib.parse.urlsplit(url)
    if address.scheme == "https" and address.hostname:
        return
    if not (address.scheme == "http" and address.hostname in LOOPBACK):
        raise ServerRefusedError(Text("{url} is neither https nor on this machine", url=url))


def read_key(path: Path) -> str:
    """Read a key. Raises ServerRefusedError where others can read the file too, or it is not there."""
    try:
        mode = path.stat().st_mode
        key = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ServerRefusedError(
            Text("its key file cannot be read ({said})", said=error.strerror or "")
        ) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ServerRefusedError(
            Text("its key file {name} can be read by others; run chmod 600 on it", name=path.name)
        )
    return key


def sender(url: str, key: str | None, *, timeout_s: float = TIMEOUT_S) -> Send:
    """Give what sends to this server. Raises ServerRefusedError for an address that is not safe."""
    check_address(url)
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    opener = urllib.request.build_opener(_NoRedirects())

    def send(request: Mapping[str, Any]) -> Reply:
        posted = urllib.request.Request(
            url.rstrip("/") + "/chat/completions",
            data=json.dumps(request).encode(),
            headers=headers,
        )
        with opener.open(posted, timeout=timeout_s) as reply:
            return read_reply(reply.read(MOST_BYTES))

    return send


def read_reply(body: bytes) -> Reply:
    """Read a chat completion. Raises ValueError where it is none."""
    try:
        reply = json.loads(body)
        choice = reply["choices"][0]
        text = choice["message"]["content"]
    except (KeyError, IndexError, TypeError):
        raise ValueError("the reply is not a chat completion") from None
    usage = reply.get("usage")
    counted = usage if isinstance(usage, dict) else {}
    return Reply(
        text=text if isinstance(text, str) else str(text),
        prompt_tokens=_whole(counted.get("prompt_tokens")),
        answer_tokens=_whole(counted.get("completion_tokens")),
        cut_off=choice.get("finish_reason") == "length",
    )


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follow no redirect: the key would travel with it."""

    def redirect_request(self, *arguments: Any, **named: Any) -> None:
        return None
