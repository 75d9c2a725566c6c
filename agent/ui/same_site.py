"""A page of somebody else's that is open in the same browser may not act here (an ASGI middleware).

A browser says where a request comes from (`Sec-Fetch-Site`, `Origin`) and lets no script change that. What changes
something must come from this page; programs that are no browser send neither header and are judged by their login.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

READING = frozenset({"GET", "HEAD", "OPTIONS"})
OURS = frozenset({"same-origin", "none"})


class SameSite:
    """Answers 403 to a request that changes something and was made by another site's page."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on what may come in."""
        if scope["type"] == "http" and scope["method"] not in READING and is_foreign(_headers(scope)):  # fmt: skip
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})  # fmt: skip
            await send({"type": "http.response.body", "body": b"This came from another site."})
            return
        await self.app(scope, receive, send)


def is_foreign(headers: dict[str, str]) -> bool:
    """Whether a browser sent this for another site's page. A proxy may name the page's host in X-Forwarded-Host.

    >>> is_foreign({"host": "127.0.0.1:7860", "origin": "http://127.0.0.1:7860"})
    False
    >>> is_foreign({"host": "127.0.0.1:7860", "origin": "https://evil.example"})
    True
    """
    fetched = headers.get("sec-fetch-site")
    if fetched is not None:
        return fetched not in OURS
    origin = headers.get("origin")
    if origin is None:
        return False
    known = {headers.get("host", ""), headers.get("x-forwarded-host", "")} - {""}
    return urlsplit(origin).netloc not in known


def _headers(scope: Any) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
