"""The real client over the real transports: standard input and output, and HTTP behind its token."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import uvicorn
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from agent.approvals import Approvals
from agent.mcp import commands
from agent.mcp.server import Gate, app, bound
from agent.settings import Settings
from tests.mcp_desk import GOAL, Agent, made
from tools.errors import PlanError, RunError

TOKEN = "a-token-of-the-tests-0123456789"


@contextlib.contextmanager
def serving(agent: Agent) -> Iterator[str]:
    """Serve over HTTP in a thread and give the address."""
    listening = bound("127.0.0.1", 0)
    gate = app(agent.desk, host="127.0.0.1", token=TOKEN)
    one = uvicorn.Server(uvicorn.Config(gate, log_level="error"))
    thread = threading.Thread(target=one.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
    finally:
        one.should_exit = True
        thread.join()


async def ask(client: Client, name: str, /, **arguments: Any) -> Any:
    answer = await client.call_tool(name, arguments)
    return json.loads(answer.content[0].text)  # type: ignore[union-attr]


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    return made(tmp_path)


def test_two_clients_over_http_that_approve_at_once_start_one_run(agent: Agent) -> None:
    runs: list[str] = []

    async def one(url: str) -> None:
        headers = {"authorization": f"Bearer {TOKEN}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=120) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            plan = await ask(client, "plan", files=[agent.file()], goal=GOAL)
            order = (await ask(client, "order", about=plan["about"]))["order"]["id"]
            assert (await ask(client, "approve", order=order, token="guess"))["kind"] == "error"
            done = await ask(client, "approve", order=order, token=agent.token(order))
            runs.append(done["run"])
            assert (await ask(client, "status", run=done["run"]))["state"] == "training"

    async def both(url: str) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(one, url)
            group.start_soon(one, url)

    agent.file()
    with serving(agent) as url:
        anyio.run(both, url)
    assert len(runs) == 2
    assert set(runs) == set(agent.engine.submitted)
    assert len(agent.engine.submitted) == 1


def test_every_http_request_needs_the_token_and_a_name_of_ours(agent: Agent) -> None:
    right = {"authorization": f"Bearer {TOKEN}", "accept": "application/json, text/event-stream"}
    start = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }  # fmt: skip
    with serving(agent) as url, httpx2.Client() as http:
        for wrong in (
            {},
            {"authorization": "Bearer x"},
            {"authorization": f"Bearer {TOKEN[:-1]}"},
            {"authorization": TOKEN},
        ):
            for method, path in (
                ("POST", url),
                ("GET", url),
                ("DELETE", url),
                ("GET", url.removesuffix("mcp")),
                ("OPTIONS", url),
            ):
                answer = http.request(
                    method, path, headers=wrong, json=start if method == "POST" else None
                )
                assert answer.status_code == 401, (method, path, wrong)
                assert TOKEN not in answer.text
        twice = [("authorization", f"Bearer {TOKEN}"), ("authorization", "Bearer x")]
        assert http.post(url, headers=twice, json=start).status_code == 401
        assert (
            http.post(url, headers=right | {"host": "evil.example"}, json=start).status_code == 421
        )
        assert (
            http.post(
                url, headers=right | {"origin": "http://evil.example"}, json=start
            ).status_code
            == 403
        )
        large = http.post(url, headers=right, content=b"[" + b"1," * 600_000 + b"1]")
        assert large.status_code in {400, 413}
        assert http.post(url, headers=right, json=start).status_code == 200
    assert agent.engine.submitted == []


def test_http_does_not_start_without_a_token_that_is_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, agent: Agent
) -> None:
    monkeypatch.delenv("TUNESMITH_MCP_TOKEN", raising=False)
    known = Settings(home=tmp_path, language="en", auth=None, mcp_token=None)
    with pytest.raises(RunError, match="there is none"):
        commands._http_token(known)
    with pytest.raises(RunError, match="too short"):
        Gate(app(agent.desk, host="127.0.0.1", token=TOKEN), "short")
    file = tmp_path / "mcp" / "token"
    file.parent.mkdir()
    file.write_text(TOKEN, encoding="utf-8")
    file.chmod(0o640)
    with pytest.raises(RunError, match="its mode is 640"):
        commands._http_token(known)
    file.chmod(0o600)
    assert commands._http_token(known) == TOKEN
    assert (
        commands._http_token(
            Settings(home=tmp_path, language="en", auth=None, mcp_token="from the environment")
        )
        == "from the environment"
    )
    for wrong in ("8765:", "host", "127.0.0.1:99999", "127.0.0.1:x"):
        with pytest.raises(PlanError):
            commands._address(wrong)
    assert commands._address(":8765") == ("127.0.0.1", 8765)
    assert commands._address("[::1]:8765") == ("::1", 8765)


def test_the_token_is_made_once_and_kept_from_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands.token(home=tmp_path, new=False)
    commands.token(home=tmp_path, new=False)
    first, again = capsys.readouterr().out.split()
    assert first == again
    assert (tmp_path / "mcp" / "token").stat().st_mode & 0o777 == 0o600
    commands.token(home=tmp_path, new=True)
    assert capsys.readouterr().out.strip() != first


def test_orders_are_shown_without_tokens_where_no_person_reads_and_agreed_to_only_by_one(
    agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    order = agent.order(agent.plan())
    home = agent.desk.home
    commands.orders(home=home, json_wanted=False, language=None)
    shown = capsys.readouterr().out
    assert order in shown
    assert "What it costs at most" in shown
    commands.orders(home=home, json_wanted=True, language=None)
    assert json.loads(capsys.readouterr().out)["orders"][0]["id"] == order
    assert agent.token(order) not in shown
    with pytest.raises(RunError, match="Nobody agreed"):
        commands.approve(order, yes=False, home=home, json_wanted=False, language=None)
    commands.decline(order, home=home, json_wanted=False, language="zh")
    with pytest.raises(RunError, match="declined"):
        commands.approve(order, yes=True, home=home, json_wanted=False, language=None)
    assert agent.engine.submitted == []


def test_a_server_started_where_everything_could_be_read_refuses(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "agent.cli", "mcp", "--home", str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)  # fmt: skip
    assert done.returncode == 4
    assert "--root" in done.stderr
    assert done.stdout == ""


async def whole_job(client: Client, home: Path, data: Path) -> None:
    """From files to a report with a real training between, and the person's token at the one place where it is needed."""
    support = (await ask(client, "samples"))["samples"][0]
    rows = Path(support["files"][0]).read_text(encoding="utf-8").splitlines()[:121]
    small = data / "small.csv"
    small.write_text("\n".join(rows) + "\n", encoding="utf-8")
    found = await ask(client, "profile", files=[str(small)], goal=support["goal"])
    assert found["usable"] > 50
    plan = await ask(
        client, "plan", files=[str(small)], goal=support["goal"], model="practice", techniques="sft", measure=False,
        settings={"sft.epochs": 1, "replay.share": 0, "evaluation.probe_items": 14, "evaluation.final_probe_items": 14},
    )  # fmt: skip
    order = (await ask(client, "order", about=plan["about"]))["order"]["id"]
    refused = await ask(client, "approve", order=order, token="yes")
    assert refused["kind"] == "error"
    assert (await ask(client, "list_runs"))["runs"] == []
    person = Approvals(home)
    started = await ask(client, "approve", order=order, token=person.token(person.find(order)))
    run = started["run"]
    with anyio.fail_after(900):
        while (await ask(client, "status", run=run))["state"] not in {"done", "failed", "stopped"}:
            await anyio.sleep(1)
    report = await ask(client, "report", run=run)
    assert report["verdict"] in {"ship", "do_not_ship", "inconclusive"}
    assert (await ask(client, "results", run=run))["tuned"]["items"] > 0
    tried = await ask(client, "try", run=run, prompt="Where is my parcel?")
    assert isinstance(tried["tuned"], str)
    for spends, arguments in (("export", {"run": run}), ("resume", {"run": run}), ("remove_run", {"run": run})):  # fmt: skip
        asked = await ask(client, spends, **arguments)
        assert asked.get("kind") == "error" or "Nothing has started" in asked["how"], spends
    again = await ask(client, "approve", order=order, token=person.token(person.find(order)))
    assert again["run"] == run


def started(tmp_path: Path) -> tuple[list[str], dict[str, str]]:
    """The command and the environment of a server of its own over this folder."""
    command = ["-P", "-m", "agent.cli", "mcp", "--home", str(tmp_path / "home"), "--root", str(tmp_path)]  # fmt: skip
    return command, dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parent.parent)}


def trained_once(home: Path) -> bool:
    runs = [path for path in (home / "runs").iterdir() if not path.name.startswith("measure-")]
    return len(runs) == 1 and (runs[0] / "results.json").exists()


@pytest.mark.slow
def test_a_whole_job_over_standard_input_and_output_trains_the_practice_model(
    tmp_path: Path,
) -> None:
    arguments, environment = started(tmp_path)
    parameters = StdioServerParameters(command=sys.executable, args=arguments, env=environment, cwd=str(tmp_path))  # fmt: skip

    async def job() -> None:
        async with Client(parameters) as client:
            await whole_job(client, tmp_path / "home", tmp_path)

    anyio.run(job)
    assert trained_once(tmp_path / "home")


@pytest.mark.slow
def test_a_whole_job_over_http_trains_the_practice_model_for_whoever_has_the_token(
    tmp_path: Path,
) -> None:
    arguments, environment = started(tmp_path)
    server = subprocess.Popen(
        [sys.executable, *arguments, "--http", "127.0.0.1:0"], env=environment | {"TUNESMITH_MCP_TOKEN": TOKEN}, cwd=tmp_path,
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip

    async def job(url: str) -> None:
        headers = {"authorization": f"Bearer {TOKEN}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=120) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            await whole_job(client, tmp_path / "home", tmp_path)

    try:
        assert server.stderr is not None
        url = server.stderr.readline().strip()
        with httpx2.Client() as stranger:
            assert stranger.post(url, json={}).status_code == 401
        anyio.run(job, url)
    finally:
        server.terminate()
        server.wait()
    assert trained_once(tmp_path / "home")
