"""Another agent may ask for a teacher's work; the person's yes starts it, and a key goes to no server they have not named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from agent.mcp.server import server
from tests.llm_server import serving
from tests.mcp_desk import Agent, made
from tests.test_distill import messages, write_csv
from tests.test_teaching import writes

GOAL = "Sort our support messages by topic"


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    return made(tmp_path)


def own(agent: Agent) -> str:
    open_ones = [(text, "") for text, _ in messages(5, 8)]
    return str(write_csv(agent.data / "own.csv", [("message", "topic"), *messages(1, 40), *open_ones]))  # fmt: skip


def test_a_teachers_work_goes_from_the_order_to_a_file_that_the_next_plan_takes(
    agent: Agent,
) -> None:
    async def job(url: str) -> None:
        async with Client(server(agent.desk)) as client:

            async def ask(name: str, /, **arguments: Any) -> Any:
                answer = await client.call_tool(name, arguments)
                return json.loads(answer.content[0].text)  # type: ignore[union-attr]

            file = own(agent)
            put_up = await ask("teach", files=[file], goal=GOAL, teacher="qwen3-8b", url=url)
            assert "Nothing has started" in put_up["how"]
            assert "free on your own server" in put_up["order"]["at_most"]
            order = put_up["order"]["id"]
            refused = await ask("approve", order=order, token="yes")
            assert refused["kind"] == "error"
            assert agent.engine.submitted == []
            started = await ask("approve", order=order, token=agent.token(order))
            assert (await ask("status", run=started["run"]))["state"] == "done"
            brought = await ask("taught", run=started["run"])
            assert brought["rows"] == 20
            plan = await ask("plan", files=[file, brought["file"]], goal=GOAL, skip_broken=True)
            assert plan["about"].startswith("plan-")
            again = await ask("approve", order=order, token=agent.token(order))
            assert again["run"] == started["run"]

    with serving(writes) as teacher:
        anyio.run(job, teacher.url)
        assert len(teacher.requests) == 60


def test_a_server_that_the_person_has_not_named_is_refused(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"files": [own(agent)], "goal": GOAL, "teacher": "m", "url": "https://models.example/v1"}  # fmt: skip
    refused = agent.call("teach", **asked)
    assert "has not named this server" in refused["what"]
    assert agent.call("orders")["orders"] == []
    monkeypatch.setenv("TUNESMITH_TEACHER_URL", "https://models.example/v1")
    put_up = agent.call("teach", **asked)
    assert "sent to models.example and cannot be called back" in put_up["order"]["cannot_be_undone"]


def test_data_that_changed_after_the_order_is_not_sent(agent: Agent) -> None:
    file = own(agent)
    with serving(writes) as teacher:
        put_up = agent.call("teach", files=[file], goal=GOAL, teacher="m", url=teacher.url)
        order = put_up["order"]["id"]
        with Path(file).open("a", encoding="utf-8") as rows:
            rows.write("my secret diary,\n")
        answer = agent.call("approve", order=order, token=agent.token(order))
        assert "changed after" in answer["what"]
        assert teacher.requests == []


def test_files_outside_the_roots_are_neither_read_nor_sent(agent: Agent, tmp_path: Path) -> None:
    hidden = write_csv(tmp_path / "hidden.csv", [("message", "topic"), *messages(1, 40)])
    for arguments in (
        {"files": [str(hidden)]},
        {"files": [own(agent)], "prompts_file": str(hidden)},
        {"files": [own(agent)], "eval_file": str(hidden)},
    ):
        refused = agent.call("teach", goal=GOAL, teacher="m", url="http://127.0.0.1:1/v1", **arguments)  # fmt: skip
        assert "may not be read" in refused["what"], arguments
