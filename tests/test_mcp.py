"""Tools for other agents: a whole job with the person's yes between, and every way around that yes."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from agent.approvals import LIFETIME
from agent.mcp import jobs
from agent.mcp.server import listed, server
from agent.toolbox import Context
from agent.toolbox import tools as toolbox
from tests.mcp_desk import GOAL, Agent, made

HAN = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    return made(tmp_path)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_whole_job_goes_from_files_to_a_report_with_the_persons_yes_between(
    agent: Agent, mode: str
) -> None:
    heard: list[str] = []

    async def job() -> None:
        async def progress(at: float, of: float | None, text: str | None) -> None:
            heard.append(str(text))

        async with Client(server(agent.desk), mode=mode) as client:

            async def ask(name: str, /, **arguments: Any) -> Any:
                answer = await client.call_tool(name, arguments, progress_callback=progress)
                told = json.loads(answer.content[0].text)  # type: ignore[union-attr]
                assert answer.is_error == (told.get("kind") == "error")
                return told

            file = agent.file()
            found = await ask("profile", files=[file])
            assert (found["rows"], found["task"]["value"]) == (600, "classification")
            row = (await ask("find_rows", about=found["about"], first=1))["rows"][0]
            assert row["messages"]
            plan = await ask("plan", files=[file], goal=GOAL)
            assert plan["pipeline"] == ["sft"]
            why = await ask("plan_values", about=plan["about"], name="learning_rate")
            assert why["values"][0]["because"]
            assert (await ask("what_if", about=plan["about"], rows=6000))["minutes"] > 0
            put_up = await ask("order", about=plan["about"])
            assert agent.engine.submitted == []
            order = put_up["order"]["id"]
            refused = await ask("approve", order=order, token="")
            assert "Nothing was started" in refused["what"]
            assert agent.engine.submitted == []
            started = await ask("approve", order=order, token=agent.token(order))
            run = started["run"]
            assert (await ask("status", run=run))["state"] == "training"
            agent.engine.finish(run)
            report = await ask("report", run=run)
            assert (report["verdict"], report["run"]) == ("ship", run)
            assert (await ask("results", run="last", by="ability"))["ability"]
            assert (await ask("try", run=run, prompt="my card"))["tuned"] == "card_lost"

    anyio.run(job)
    assert len(agent.engine.trained()) == 1
    assert "Reading." in heard


def test_every_tool_of_the_toolbox_is_there_and_says_what_it_does_to_the_world(
    agent: Agent,
) -> None:
    shown = {tool.name: tool for tool in listed(agent.desk)}
    everything = toolbox(Context(agent.engine), effects=("read", "spend", "delete"))
    assert {jobs.NAMES.get(one.name, one.name) for one in everything} <= set(shown)
    own = {
        "profile",
        "plan",
        "order",
        "approve",
        "orders",
        "status",
        "stop",
        "resume",
        "report",
        "try",
        "export",
        "samples",
    }
    assert own <= set(shown)
    effects = {name: (tool.meta or {})["effect"] for name, tool in shown.items()}
    assert {name for name, effect in effects.items() if effect == "spend"} == {
        "order",
        "approve",
        "stop",
        "resume",
        "export",
        "teach",
    }
    assert effects["remove_run"] == "delete"
    for name, tool in shown.items():
        assert tool.input_schema["additionalProperties"] is False, name
        assert tool.input_schema["properties"]["language"]["enum"] == ["en", "zh"], name
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint == (effects[name] == "read"), name
        assert len(tool.description or "") > 40, name


def test_without_the_persons_token_nothing_starts(agent: Agent) -> None:
    order = agent.order(agent.plan())
    right = agent.token(order)
    for wrong in (
        "",
        "yes",
        "aaaa-aaaa-aaaa-aaaa",
        right[:-1],
        right + "a",
        right.replace("-", ""),
        "é" * 19,
        "\0",
    ):
        answer = agent.call("approve", order=order, token=wrong)
        assert answer["kind"] == "error", wrong
    assert agent.engine.submitted == []
    assert agent.call("orders")["orders"][0]["state"] == "waiting"


def test_the_token_of_one_order_opens_no_other(agent: Agent) -> None:
    cheap, dear = agent.order(agent.plan()), agent.order(agent.plan(settings={"sft.epochs": 40}))
    assert cheap != dear
    assert agent.call("approve", order=dear, token=agent.token(cheap))["kind"] == "error"
    assert agent.engine.submitted == []
    agent.call("approve", order=cheap, token=agent.token(cheap))
    assert agent.call("approve", order=dear, token=agent.token(cheap))["kind"] == "error"
    assert len(agent.engine.trained()) == 1


def test_an_order_approved_again_is_the_same_run_even_after_the_run_was_deleted(
    agent: Agent,
) -> None:
    order = agent.order(agent.plan())
    token = agent.token(order)
    run = agent.call("approve", order=order, token=token)["run"]
    again = agent.call("approve", order=order, token=token)
    assert (again["run"], again["order"]["state"]) == (run, "done")
    assert "already" in again["text"]
    agent.desk.delete(run)
    assert agent.call("approve", order=order, token=token)["run"] == run
    assert agent.engine.submitted == [run]
    assert "already" in agent.call("order", about=agent.plan())["how"]


def test_an_order_that_was_declined_or_is_old_starts_nothing(tmp_path: Path) -> None:
    agent = made(tmp_path)
    order = agent.order(agent.plan())
    token = agent.token(order)
    later = made(tmp_path, now=datetime.now(UTC) + LIFETIME + timedelta(minutes=1))
    assert "older than 7 days" in later.call("approve", order=order, token=token)["what"]
    about = later.plan()
    assert (
        later.order(about) == order
    )  # put up again, it stands again, and the old token does not open it
    assert later.call("approve", order=order, token=token)["kind"] == "error"
    later.approvals.decline(order)
    assert "declined" in later.call("approve", order=order, token=later.token(order))["what"]
    assert agent.engine.submitted + later.engine.submitted == []


def test_two_agents_that_approve_at_once_start_one_run(tmp_path: Path) -> None:
    agents = [made(tmp_path) for _ in range(4)]
    order = agents[0].order(agents[0].plan())
    assert agents[1].order(agents[1].plan()) == order
    token = agents[0].token(order)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda at: agents[at % 4].call("approve", order=order, token=token), range(16))
        )
    assert {answer["run"] for answer in answers} == {answers[0]["run"]}
    assert sum(len(agent.engine.submitted) for agent in agents) == 1


def test_an_agent_stops_only_what_was_ordered_from_here_and_going_on_needs_a_yes(
    agent: Agent,
) -> None:
    order = agent.order(agent.plan())
    run = agent.call("approve", order=order, token=agent.token(order))["run"]
    theirs = agent.desk.home / "runs" / "theirs"
    theirs.mkdir()
    assert "not ordered from here" in agent.call("stop", run="theirs")["what"]
    assert agent.call("resume", run=run)["kind"] == "error"  # it is under way
    assert agent.call("stop", run=run)["run"] == run
    asked = agent.call("resume", run=run)["order"]
    assert agent.call("status", run=run)["state"] == "stopped"
    assert agent.call("approve", order=asked["id"], token=agent.token(order))["kind"] == "error"
    agent.call("approve", order=asked["id"], token=agent.token(asked["id"]))
    assert agent.call("status", run=run)["state"] == "training"


def test_deleting_and_taking_away_wait_for_the_person_too(agent: Agent) -> None:
    order = agent.order(agent.plan())
    run = agent.call("approve", order=order, token=agent.token(order))["run"]
    agent.engine.finish(run)
    away = agent.call("export", run=run, format="adapter")["order"]
    folder = agent.desk.home / "runs" / run
    assert not (folder / "export").exists()
    agent.call("approve", order=away["id"], token=agent.token(away["id"]))
    assert (folder / "export" / "adapter").is_dir()
    gone = agent.call("remove_run", run=run)["order"]
    assert gone["kind"] == "delete"
    assert folder.is_dir()
    agent.call("approve", order=gone["id"], token=agent.token(gone["id"]))
    assert not folder.exists()


def test_a_plan_that_trains_nothing_has_nothing_to_approve(agent: Agent) -> None:
    agent.engine.simple = 0.999
    made = agent.call("plan", files=[agent.file()], goal=GOAL)
    assert made["pipeline"] == []
    assert made["advice"].startswith("My advice: do not train now.")
    assert agent.call("order", about=made["about"])["kind"] == "error"


def test_everything_is_said_in_chinese_where_that_is_asked_for(agent: Agent) -> None:
    about = agent.plan()
    for name, arguments in (
        ("plan_advice", {"about": about}), ("order", {"about": about}), ("approve", {"order": "x", "token": "x"}), ("nonsense", {}),
    ):  # fmt: skip
        told = json.dumps(agent.call(name, language="zh", **arguments), ensure_ascii=False)
        assert HAN.search(told), name


def test_a_new_process_reads_the_handles_of_the_one_before(tmp_path: Path) -> None:
    before = made(tmp_path)
    about = before.plan(seed=3, budget_minutes=600.0)
    after = made(tmp_path)
    one, other = (one.call("plan_values", about=about, first=100) for one in (before, after))
    assert one == other
    assert after.call("what_if", about=about, rows=1200)["pipeline"] == ["sft"]
    assert before.order(about) == after.order(about)


def test_an_agent_can_try_everything_with_the_samples(agent: Agent) -> None:
    samples = {one["name"]: one for one in agent.call("samples")["samples"]}
    chosen = samples["support"]
    found = agent.call(
        "profile", files=chosen["files"], eval_file=chosen["eval_file"], goal=chosen["goal"]
    )
    assert found["task"]["value"] == "classification"
