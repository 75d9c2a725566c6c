"""Whoever comes over HTTP without good intent, against a real server process: nothing runs, leaks or falls over."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.benchmarks.bench_page import call, ended, named
from tests.browser.conftest import free_port

pytestmark = pytest.mark.slow
CONNECTIONS = 200
SERVER = """
import json
from pathlib import Path
from agent import settings
from agent.ui import page
from agent.ui.door import Door, hashed
from agent.ui.launch import start
from agent.ui.view import Studio
from tests.fake_engine import FakeEngine
home = Path({home!r})
made = page.Page(Studio(settings.read(home), FakeEngine(home), shared=True))
blocks = made.build()
start(blocks, host="127.0.0.1", port={port}, login=Door({{"ann": hashed("a"), "bob": hashed("b")}}))
found = {{"all": list(blocks.fns)}}
for number, one in blocks.fns.items():
    name = getattr(one.fn, "__qualname__", "")
    kinds = [event for _, event in one.targets]
    if name.endswith("Talking.say") and "submit" in kinds: found["say"] = number
    if name.endswith("Page.refresh") and "tick" in kinds: found["refresh"] = number
print(json.dumps(found), flush=True)
blocks.block_thread()
"""


class Server:
    """A page with a login for ann and one for bob, in a process of its own."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        code = SERVER.format(home=str(home), port=self.port)
        self.process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # fmt: skip
        assert self.process.stdout is not None
        self.handlers: dict[str, Any] = json.loads(self.process.stdout.readline())

    @contextmanager
    def person(self, name: str = "") -> Iterator[httpx.Client]:
        """A client, signed in where a name is given."""
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60) as client:
            if name:
                answer = client.post("/login", data={"username": name, "password": name[0]})
                answer.raise_for_status()
            yield client

    def say(self, client: httpx.Client, person: str, text: str, session: str = "") -> list[Any]:
        """Send a message; give what the page was told."""
        return call(client, person, self.handlers["say"], [{"text": text, "files": []}, session, "en"])  # fmt: skip

    def mib(self) -> float:
        """Memory that the server holds."""
        text = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        found = re.search(r"VmRSS:\s+(\d+) kB", text)
        assert found is not None
        return int(found.group(1)) / 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("home"))
    yield made
    ended(made.process)


def test_no_handler_answers_without_a_login(server: Server) -> None:
    with server.person() as stranger:
        for number in server.handlers["all"]:
            asked = {"data": [], "fn_index": number, "session_hash": "x"}
            assert stranger.post("/gradio_api/queue/join", json=asked).status_code == 401
            assert stranger.post("/gradio_api/run/predict", json=asked).status_code in (401, 404)
            assert stranger.post(f"/gradio_api/call/{number}", json=asked).status_code in (401, 404)
        for path in ("/config", "/gradio_api/info", "/gradio_api/mcp/schema", "/monitoring/x", "/gradio_api/queue/data?session_hash=x", "/docs", "/openapi.json"):  # fmt: skip
            assert stranger.get(path).status_code in (401, 403, 404), path
        assert stranger.post("/gradio_api/upload", files={"files": ("a.csv", b"a,b")}).status_code == 401  # fmt: skip


def test_one_person_sees_and_changes_nothing_of_another(server: Server) -> None:
    with server.person("ann") as ann, server.person("bob") as bob:
        mine = named(server.say(ann, "ann1", "my secret is tulip"))
        theirs = server.say(bob, "bob1", "what did I say", mine)
        seen = call(bob, "bob2", server.handlers["refresh"], [mine, "en", None])
        assert "tulip" not in json.dumps([theirs, seen]) and named(theirs) != mine
        again = call(ann, "ann2", server.handlers["refresh"], [mine, "en", None])
        assert "tulip" in json.dumps(again) and "what did I say" not in json.dumps(again)


def test_files_of_this_machine_are_not_served_and_names_lead_nowhere(server: Server) -> None:
    secret = server.home / "secret.csv"
    secret.write_text("text,label\ntulip,a\n", encoding="utf-8")
    with server.person("ann") as ann:
        tricks = [
            "/etc/passwd", str(secret), str(server.home / "sessions.db"), f"{server.home}/uploads/incoming/../../secret.csv",
            "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:22/",
        ]  # fmt: skip
        for trick in tricks:
            got = ann.get(f"/gradio_api/file={trick}")
            assert got.status_code in (400, 403, 404) and "root:" not in got.text, trick
        sent = ann.post("/gradio_api/upload", files={"files": ("../../../evil.csv", b"text,label\na,b\n")})  # fmt: skip
        (path,) = sent.json()
        assert Path(path).resolve().is_relative_to(server.home / "uploads" / "incoming")
        assert not list(server.home.glob("evil*")) and not list(server.home.parent.glob("evil*"))
        message = {"text": "read this", "files": [{"path": str(secret), "meta": {"_type": "gradio.FileData"}}]}  # fmt: skip
        asked = {"data": [message, "", "en"], "fn_index": server.handlers["say"], "session_hash": "t"}  # fmt: skip
        ann.post("/gradio_api/queue/join", json=asked)
        with ann.stream("GET", "/gradio_api/queue/data?session_hash=t") as lines:
            told = "".join(lines.iter_text())
        assert "tulip" not in told and "rows" not in told


def test_another_sites_page_cannot_act_here(server: Server) -> None:
    asked = json.dumps({"data": [{"text": "hi", "files": []}, "", "en"], "fn_index": server.handlers["say"], "session_hash": "x"})  # fmt: skip
    with server.person("ann") as ann:
        for headers in (
            {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
            {"Origin": f"http://127.0.0.1:{server.port + 1}"}, {"Sec-Fetch-Site": "same-site"},
        ):  # fmt: skip
            for kind in ("application/json", "text/plain"):
                sent = ann.post("/gradio_api/queue/join", content=asked, headers=headers | {"Content-Type": kind})  # fmt: skip
                assert sent.status_code == 403, (headers, kind)
            upload = ann.post("/gradio_api/upload", files={"files": ("a.csv", b"a")}, headers=headers)  # fmt: skip
            assert upload.status_code == 403
        own = {"Origin": f"http://127.0.0.1:{server.port}", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}  # fmt: skip
        assert ann.post("/gradio_api/queue/join", content=asked, headers=own).status_code == 200


def test_an_upload_over_the_limit_is_refused_and_leaves_nothing(server: Server) -> None:
    block, before = b"x" * (1 << 20), server.mib()

    def body() -> Iterator[bytes]:
        yield b'--z\r\nContent-Disposition: form-data; name="files"; filename="big.csv"\r\n\r\n'
        for _ in range(230):
            yield block
        yield b"\r\n--z--\r\n"

    with server.person("ann") as ann:
        try:
            headers = {"Content-Type": "multipart/form-data; boundary=z"}
            status = ann.post("/gradio_api/upload", content=body(), headers=headers).status_code
        except httpx.TransportError:  # the server let go in the middle of it
            status = 413
        assert status in (400, 413)
        assert not [one for one in (server.home / "uploads").rglob("*") if one.is_file() and one.stat().st_size > 1 << 26]  # fmt: skip
        assert server.mib() - before < 100
        assert named(server.say(ann, "after", "hello"))


def test_two_hundred_connections_leave_the_server_answering_and_its_memory_bounded(
    server: Server,
) -> None:
    async def held(cookies: Any, tag: str) -> bool:
        limits = httpx.Limits(max_connections=CONNECTIONS + 20)
        base = f"http://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(base_url=base, limits=limits, timeout=120, cookies=cookies) as many:  # fmt: skip
            streams = [many.stream("GET", f"/gradio_api/heartbeat/{tag}{place}") for place in range(CONNECTIONS)]  # fmt: skip
            opened = await asyncio.gather(*(one.__aenter__() for one in streams))
            assert all(one.status_code == 200 for one in opened)
            asked = {"data": [{"text": "what is LoRA", "files": []}, "", "en"], "fn_index": server.handlers["say"]}  # fmt: skip
            joined = await asyncio.gather(
                *(many.post("/gradio_api/queue/join", json=asked | {"session_hash": f"{tag}{place}"}) for place in range(20))
            )  # fmt: skip
            assert all(one.status_code == 200 for one in joined)
            with server.person("ann") as ann:
                answered = bool(named(server.say(ann, f"{tag}ann", "what is LoRA")))
            for one in streams:
                await one.__aexit__(None, None, None)
            return answered

    with server.person("ann") as ann:
        before = server.mib()
        assert asyncio.run(held(dict(ann.cookies), "first"))
        once = server.mib() - before
        assert asyncio.run(held(dict(ann.cookies), "second"))
        twice = server.mib() - before
    assert once < 200
    assert twice - once < 60
