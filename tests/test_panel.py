"""The panel's first three tabs, without a browser: what moved, what-if, plan files, marked differences, colours."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from agent import settings
from agent.engine import Standing
from agent.ui import chat, firsts, marked, view, way
from agent.ui.fields import told
from agent.ui.tabs import data, plan, plan_file, plan_values, supposing, understood
from tests.fake_engine import FakeEngine
from tests.test_ui import EN, SCRIPT, ZH, say, to_order
from tools.errors import PlanError
from tools.plan import Plan

CLEAR = 4.5
"""WCAG 2.2, 1.4.3: contrast of text of ordinary size."""
SEEN = 3.0
"""WCAG 2.2, 1.4.11: contrast of the edge of a field."""


@pytest.fixture
def studio(tmp_path: Path) -> view.Studio:
    return view.Studio(settings.read(tmp_path), FakeEngine(tmp_path))


def edited(studio: view.Studio, seen: view.View, name: str, value: object) -> view.View:
    opened = studio.open(seen.session, "")
    opened.reply(opened.post_edit("changed", [{"name": name, "value": value}]))
    return studio.view(seen.session, "")


def test_what_a_change_moved_is_shown_with_old_new_and_why(
    studio: view.Studio, tmp_path: Path
) -> None:
    seen = to_order(studio, tmp_path)
    assert "What your change moved" not in plan.drawn(seen, EN)
    later = edited(studio, seen, "model", "Qwen/Qwen3-0.6B")
    assert later.before is not None and later.plan is not None
    rows = plan_values.moved(later.before, later.plan)
    names = [str(one.name) for one in rows]
    assert rows[0].by_person and names[0] == "model"
    assert "learning rate (SFT)" in names and "expected time" in names
    assert all(str(one.because) and one.old != one.new for one in rows)
    shown = plan.drawn(later, EN)
    assert "What your change moved" in shown and 'class="ts-value moved"' in shown
    assert "你的改动带来了什么变化" in plan.drawn(later, ZH)


def test_what_if_decides_again_and_changes_nothing(studio: view.Studio, tmp_path: Path) -> None:
    seen = to_order(studio, tmp_path)
    then = studio.suppose(seen.session, "", {"rows_factor": 10.0})
    assert seen.plan is not None and then is not None
    assert then.estimate.minutes.value > seen.plan.estimate.minutes.value
    assert "10 times as many" in supposing.sliders(EN)
    assert "<mark>" in supposing.answer(seen.plan, then, 3.0, EN)
    assert studio.view(seen.session, "") == seen
    assert studio.suppose(seen.session, "somebody else", {}) is None


@pytest.mark.parametrize("said", [None, [], {"rows": 99, "card": -1, "money": "x"}])  # fmt: skip
def test_sliders_out_of_range_suppose_nothing(said: object) -> None:
    assert supposing.facts(said) == {}


def test_a_plan_file_becomes_the_changes_it_makes(studio: view.Studio, tmp_path: Path) -> None:
    seen = to_order(studio, tmp_path)
    assert seen.plan is not None
    path = tmp_path / "plan.json"
    seen.plan.save(path)
    assert plan_file.changes(path, seen.plan) == []
    raw = json.loads(path.read_text(encoding="utf-8"))
    raw["stages"][0]["epochs"]["value"] = 7
    path.write_text(json.dumps(raw), encoding="utf-8")
    assert plan_file.changes(path, seen.plan) == [{"name": "sft.epochs", "value": 7.0}]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda raw: raw["data_hashes"].update({"x": "y"}), "other data"),
        (lambda raw: raw["stages"][0]["epochs"].update(value=-1), "cannot be"),
        (lambda raw: raw.pop("decision"), "decision"),
    ],
)
def test_a_plan_file_that_does_not_fit_is_refused_with_the_reason(
    studio: view.Studio, tmp_path: Path, change: object, says: str
) -> None:
    seen = to_order(studio, tmp_path)
    assert seen.plan is not None
    path = tmp_path / "plan.json"
    seen.plan.save(path)
    raw = json.loads(path.read_text(encoding="utf-8"))
    change(raw)  # type: ignore[operator]
    path.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(PlanError, match=says):
        plan_file.changes(path, seen.plan)


def test_the_plan_can_be_taken_away_and_done_from_a_script(
    studio: view.Studio, tmp_path: Path
) -> None:
    seen = to_order(studio, tmp_path)
    assert seen.script is not None and "--yes" in seen.script.command
    assert Plan.from_json(json.loads(base64.b64decode(seen.script.packed))) == seen.plan
    assert seen.script.packed in plan.drawn(seen, EN)


def test_every_answer_of_the_brief_has_a_field_and_its_origin(
    studio: view.Studio, tmp_path: Path
) -> None:
    seen = to_order(studio, tmp_path)
    shown = understood.drawn(seen, EN)
    for name in ("goal", "task", "hardware"):
        assert f'data-edit="{name}"' in shown
    assert 'data-group="budget"' in shown and "you said so" in shown
    fields, labels = (set(re.findall(form, shown)) for form in (r' id="([^"]+)"', r'label for="([^"]+)"'))  # fmt: skip
    assert labels <= fields


def test_a_field_shows_what_people_said_and_runs_none_of_it(studio: view.Studio) -> None:
    seen = say(studio, f"Sort messages {SCRIPT} by topic please, they come by mail")
    assert "<img" not in understood.drawn(seen, EN)


def test_what_the_page_reports_is_read_strictly() -> None:
    assert told({"name": "sft.epochs", "value": 3}) == ("sft.epochs", "3")
    assert told({"name": "budget", "value": {"usd": 3}}) == ("budget", {"usd": "3"})
    for nonsense in (None, [], {}, {"name": 3}, {"name": "x" * 99}, {"name": "a", "value": "x" * 9000}):  # fmt: skip
        assert told(nonsense) is None


def test_the_rows_of_the_data_add_up(studio: view.Studio, tmp_path: Path) -> None:
    seen = to_order(studio, tmp_path)
    profile = seen.profile
    assert profile is not None and profile.usable <= profile.rows
    shown = data.drawn(seen, EN)
    assert profile.rows == profile.usable and "600 rows were read and all are kept." in shown
    fewer = replace(seen, profile=profile.model_copy(update={"usable": 570}))
    assert "30 are left out, and 570 are kept" in data.drawn(fewer, EN)
    assert "ts-pair" in shown and "<mark>" in shown and "tokens in all" in shown


def test_what_differs_is_marked_and_nothing_runs() -> None:
    left, right = marked.differences(f"the red box {SCRIPT}", f"the blue box {SCRIPT}")
    assert left.startswith("the <mark>red</mark> box") and "<mark>blue</mark>" in right
    assert "<img" not in left + right
    assert marked.differences("我的包裹到了", "我的包裹没到")[1].count("<mark>") == 1
    assert marked.differences("x" * 5000, "x" * 5000)[0].endswith("…")


def test_the_first_glance_tells_size_and_lines_of_each_file(tmp_path: Path) -> None:
    small, large = tmp_path / "a.csv", tmp_path / "b.jsonl"
    small.write_text("text,label\na,b\n")
    large.write_text("{}\n" * 500_000)
    said = str(firsts.glance([small, large, tmp_path / "gone.csv"]))
    assert "a.csv: 0.1 kB, 2 lines" in said and "1.5 MB, about 500,000 lines" in said
    assert "gone.csv: it cannot be opened" in said


def test_a_reply_that_failed_offers_to_say_the_same_again(
    studio: view.Studio, tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no such thing")

    path = tmp_path / "rows.csv"
    path.write_text("text,label\n" + "a b c,x\nd e f,y\n" * 40)
    studio.engine.profile = broken  # type: ignore[method-assign,assignment]
    seen = say(studio, "Sort these by label", files=(path,))
    (again,) = chat.buttons(seen)
    assert again["label"] == "Try again"
    button = chat.pressed(seen, again["value"])
    assert button is not None and button.again is not None
    assert studio.posted(seen.session, button.again) == ("Sort these by label", [path])
    assert chat.pressed(seen, "again:99") is None


def test_the_way_never_runs_ahead(studio: view.Studio, tmp_path: Path) -> None:
    assert not any(done for _, done in way.steps(view.View()))
    seen = to_order(studio, tmp_path)
    done = [str(name) for name, is_done in way.steps(seen) if is_done]
    assert done == ["Goal", "Data", "Measure", "Plan"]
    still = view.RunView("m", "measure", Standing("m", "measuring"))
    at_it = replace(seen, reply=None, runs=(still,))
    assert [str(name) for name, is_done in way.steps(at_it) if is_done] == ["Goal", "Data"]


def test_a_lesson_writes_its_own_files_and_an_unknown_one_is_refused(studio: view.Studio) -> None:
    lesson, files = studio.lesson("0" * 16, "no-replay")
    assert lesson.name == "no-replay" and all(path.exists() for path in files.files)
    with pytest.raises(PlanError, match="no lesson"):
        studio.lesson("0" * 16, "nonsense")


def test_code_in_a_reply_is_folded_away_and_the_rest_stays_in_order() -> None:
    text = "First.\n\nDo this from a script:\n```\ntunesmith auto x\n```\n```python\nprint(1)\n```\n\nSay yes."
    turn = view.Turn(1, False, text)
    shown = chat.messages(view.View(turns=(turn,)), "en")
    assert [one["content"] for one in shown][::2] == ["First.", "Say yes."]
    assert (
        shown[1]["metadata"]["title"] == "Do this from a script"
        and "print(1)" in shown[1]["content"]
    )


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--ts-([\w-]+):(#[0-9a-f]+)", block))


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        bare = colour.lstrip("#")
        full = "".join(letter * 2 for letter in bare) if len(bare) == 3 else bare
        parts = [int(full[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        lin = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * lin[0] + 0.7152 * lin[1] + 0.0722 * lin[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", [r":root", r"\.dark"])
def test_every_text_can_be_read_in_both_themes(name: str) -> None:
    css = (Path(view.__file__).parent / "page.css").read_text(encoding="utf-8")
    found = colours(re.search(name + r"\{(.*?)\}", css)[1])  # type: ignore[index]
    pairs = [*product(("ink", "soft", "main", "good", "bad", "warn"), ("card", "paper", "pale")),
             ("on", "main"), ("warn", "warn-pale"), ("bad", "bad-pale"), ("ink", "warn-pale")]  # fmt: skip
    for text, ground in pairs:
        assert contrast(found[text], found[ground]) >= CLEAR, (text, ground)
    assert contrast(found["edge"], found["card"]) >= SEEN
