"""A server that speaks the OpenAI protocol as badly as it is told to: over real HTTP, streamed, on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What the server does with one request."""

    text: str = ""
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    refusal: str | None = None
    cut_after: int | None = None
    """Break the connection off after so many events."""
    hang: bool = False
    """Take the request and say nothing until the test is over."""
    streams: bool = True
    """False: answers whole, whatever was asked for."""
    raw: bytes | None = None
    """Send this instead of events."""
    usage: dict[str, int] | None = None
    """Tokens counted, of an answer that is sent whole."""


Script = Callable[[dict[str, Any]], Reply]


class Server:
    """`requests` holds the bodies and keys received."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.over = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.over.set()
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def serving(script: Script) -> Iterator[Server]:
    """Serve until the block ends."""
    server = Server(script)
    try:
        yield server
    finally:
        server.close()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (Answering,), {"server_of_tests": server})


class Answering(BaseHTTPRequestHandler):
    """Answers one request as the script says."""

    protocol_version = "HTTP/1.1"
    server_of_tests: Server

    def do_POST(self) -> None:
        server = self.server_of_tests
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server.requests.append(body)
        server.keys.append(self.headers.get("authorization", ""))
        reply = server.script(body)
        if reply.hang:
            server.over.wait()
            self.close_connection = True
            return
        if reply.status != 200:
            key = self.headers.get("authorization", "")
            self._json({"error": {"message": f"no: {key}", "type": "bad"}}, reply)
        elif reply.streams and body.get("stream", False):
            self._stream(reply)
        else:
            self._json(_whole(reply), reply)

    def _json(self, document: dict[str, Any], reply: Reply) -> None:
        text = json.dumps(document).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _stream(self, reply: Reply) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        if reply.raw is not None:
            self._piece(reply.raw)
        else:
            for number, event in enumerate(events(reply)):
                if reply.cut_after is not None and number >= reply.cut_after:
                    self.close_connection = True
                    return  # no last chunk: the connection breaks off
                self._piece(b"data: " + json.dumps(event).encode() + b"\n\n")
            self._piece(b"data: [DONE]\n\n")
        self._piece(b"")

    def _piece(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def _whole(reply: Reply) -> dict[str, Any]:
    calls = [
        {"id": f"c{index}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for index, (name, arguments) in enumerate(reply.calls)
    ]  # fmt: skip
    message = {"role": "assistant", "content": reply.text or None, "tool_calls": calls or None}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {"id": "r", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    return body | ({"usage": reply.usage} if reply.usage else {})


def events(reply: Reply) -> Iterator[dict[str, Any]]:
    """The events of a streamed chat completion."""
    yield _event({"role": "assistant", "content": ""})
    if reply.refusal is not None:
        yield _event({"refusal": reply.refusal})
    for index, (name, arguments) in enumerate(reply.calls):
        head = {"index": index, "id": f"c{index}", "type": "function", "function": {"name": name, "arguments": ""}}  # fmt: skip
        yield _event({"tool_calls": [head]})
        text = json.dumps(arguments)
        for start in range(0, len(text), 25):
            part = {"index": index, "function": {"arguments": text[start : start + 25]}}
            yield _event({"tool_calls": [part]})
    for start in range(0, len(reply.text), 12):
        yield _event({"content": reply.text[start : start + 12]})
    yield _event({}, "tool_calls" if reply.calls else "stop")


def _event(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "r", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }  # fmt: skip


def understood(*intents: dict[str, Any], language: str | None = "en") -> Reply:
    """The answer to `understand`."""
    return Reply(calls=(("understood", {"intents": list(intents), "language": language}),))
