"""Begin to serve: which switches of Gradio are set for a page that is offline, and this machine's own unless told otherwise."""

from __future__ import annotations

import gradio as gr
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from agent.ui import look
from agent.ui.door import Door, Headers, is_loopback
from agent.ui.same_site import SameSite
from tools.errors import RunError
from training.text import Text

MOST_UPLOAD = "200mb"
HANDLERS = 40
"""Threads for events. The default of Gradio."""


def start(blocks: gr.Blocks, *, host: str, port: int, login: Door | None) -> None:
    """Begin serving and return. Raises RunError for a port in use."""
    guards = [Middleware(Headers), Middleware(SameSite)]
    if is_loopback(host):  # a foreign page that points its own name at this machine is turned away
        guards.append(
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
        )
    try:
        blocks.queue(default_concurrency_limit=HANDLERS).launch(
            server_name=host, server_port=port, prevent_thread_lock=True, quiet=True, share=False, ssr_mode=False, mcp_server=False,
            auth=login, max_file_size=MOST_UPLOAD, max_threads=HANDLERS, footer_links=[], enable_monitoring=False, pwa=False,
            app_kwargs={"middleware": guards, "docs_url": None, "redoc_url": None, "openapi_url": None}, theme=look.theme(), css=look.css(),
        )  # fmt: skip
    except OSError as error:
        raise RunError(
            Text("The page cannot be served there: {reason}", reason=str(error)), where=f"{host}:{port}",
            what_to_do=Text("Close what uses the port, or choose another one with --port."),
        ) from error  # fmt: skip
