"""The command line: one JSON document, exit codes, errors in three parts, and help that costs little."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def tunesmith(
    *arguments: str | Path, home: Path, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "agent.cli", *map(str, arguments)],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=cwd,
        env={"TUNESMITH_HOME": str(home), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
    )  # fmt: skip


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    path = tmp_path / "tickets.csv"
    topics = {
        "billing": "my invoice number {n} is wrong",
        "login": "I cannot sign in with account {n}",
        "delivery": "parcel {n} has not come",
    }
    lines = [f"{text.format(n=n)},{topic}" for n in range(40) for topic, text in topics.items()]
    path.write_text("message,topic\n" + "\n".join(lines) + "\n")
    return path


def test_help_loads_none_of_the_working_parts() -> None:
    probe = (
        "import sys\nfrom agent.cli.edge import guarded\nfrom agent.cli import app\nguarded(app, ['--help'])\n"
        "sys.stderr.write(str(sorted({'torch', 'gradio', 'langgraph', 'pandas', 'sklearn', 'transformers'} & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stderr == "[]"


def test_import_agent_loads_neither_torch_nor_gradio() -> None:
    probe = "import sys, agent; print(sorted({'torch', 'transformers', 'gradio', 'langgraph'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_folder_of_the_persons_own_that_hides_ours_is_named(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").touch()
    probe = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; import agent"
    done = subprocess.run(
        [sys.executable, "-P", "-c", probe], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode
    assert str(tmp_path / "tools") in done.stderr
    assert "rename that folder" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["profile", "nowhere.csv"], 3, "nowhere.csv"),
        (["plan", "DATA", "--goal", "sort", "--technique", "magic"], 4, "magic"),
        (["plan", "DATA", "--goal", "sort", "--target", "accuracy=1.5", "--no-measure"], 4, "1.5"),
        (
            ["plan", "DATA", "--goal", "sort", "--set", "sft.learning_rat=1e-3", "--no-measure"],
            4,
            "learning_rat",
        ),
        (["plan", "DATA", "--goal", "sort", "--gpu", "H100:none"], 4, "H100:none"),
        (
            ["plan", "DATA", "--goal", "sort", "--model", "nobody/nothing", "--no-measure"],
            4,
            "nobody/nothing",
        ),
        (["run", "nowhere.json", "--yes"], 4, "nowhere.json"),
        (["runs", "show", "none"], 5, "none"),
        (["report", "none"], 5, "none"),
        (["runs", "--no-such-option"], 2, "no-such-option"),
    ],
)
def test_what_cannot_be_done_is_said_with_an_exit_code(
    tickets: Path, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    done = tunesmith(*[str(tickets) if one == "DATA" else one for one in arguments], home=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_error_is_one_json_document_for_a_script(tmp_path: Path) -> None:
    done = tunesmith("profile", "nowhere.csv", "--json", home=tmp_path)
    document = json.loads(done.stdout)
    assert document["kind"] == "error"
    assert {"what", "where", "what_to_do"} <= document.keys()
    assert document["exit_code"] == done.returncode == 3


def test_a_profile_is_one_json_document(tickets: Path, tmp_path: Path) -> None:
    done = tunesmith("profile", tickets, "--json", home=tmp_path)
    document = json.loads(done.stdout)
    assert (document["kind"], document["schema"], document["rows"]) == ("profile", 1, 120)
    assert document["columns"]["label"] == "topic"
    assert document["task"]["value"] == "classification"


def test_a_plan_can_be_made_edited_and_is_refused_with_a_wrong_name(
    tickets: Path, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.json"
    made = tunesmith(
        "plan",
        tickets,
        "--goal",
        "sort by topic",
        "--model",
        "practice",
        "--technique",
        "sft",
        "--no-measure",
        "-o",
        plan,
        "--json",
        home=tmp_path,
    )
    assert json.loads(made.stdout)["decision"]["pipeline"] == ["sft"]
    edited = json.loads(plan.read_text())
    edited["stages"][0]["learning_rat"] = edited["stages"][0].pop("learning_rate")
    plan.write_text(json.dumps(edited))
    done = tunesmith("run", plan, "--yes", home=tmp_path)
    assert done.returncode == 4
    assert "learning_rat" in done.stderr


def test_nothing_starts_without_a_yes_where_nobody_can_be_asked(
    tickets: Path, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.json"
    tunesmith(
        "plan",
        tickets,
        "--goal",
        "sort by topic",
        "--model",
        "practice",
        "--technique",
        "sft",
        "--no-measure",
        "-o",
        plan,
        home=tmp_path,
    )
    done = tunesmith("run", plan, home=tmp_path)
    assert done.returncode == 5
    assert "--yes" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_doctor_says_what_this_machine_can_do(tmp_path: Path) -> None:
    document = json.loads(tunesmith("doctor", "--json", home=tmp_path).stdout)
    states = {check["name"]: check["state"] for check in document["checks"]}
    assert states["practice"] == states["torch"] == "ok"


def test_samples_can_be_profiled(tmp_path: Path) -> None:
    document = json.loads(tunesmith("sample", tmp_path / "samples", "--json", home=tmp_path).stdout)
    names = {one["name"] for one in document["samples"]}
    assert {"support", "forms", "maths"} <= names
    first = next(one for one in document["samples"] if one["name"] == "support")
    found = json.loads(
        tunesmith(
            "profile", *first["files"], "--eval", first["eval_file"], "--json", home=tmp_path
        ).stdout
    )
    assert {"exact_duplicates", "leakage", "pii"} <= {issue["code"] for issue in found["issues"]}
