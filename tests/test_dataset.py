"""From a file to rows, split without leaks, with a profile: on made tables, and on real data where they lie."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.data_files import A, B, C, labelled, lines, ready, sentences, table
from tools.data.duplicates import clusters, near, normal
from tools.data.splits import sizes, split
from tools.errors import DataError

DATA = Path(__file__).parents[2] / "shared" / "data"
real = pytest.mark.skipif(not DATA.exists(), reason="the real data sets are not here")


def test_a_classification_asks_the_text_and_answers_the_label(tmp_path: Path) -> None:
    made = ready(labelled(tmp_path / "t.csv"))
    row = made.train[0]
    assert [turn.role for turn in row.messages] == ["user", "assistant"]
    assert row.answer in {"bill", "login"}
    assert made.profile.task.value == "classification" and "come again" in made.profile.task.because
    assert made.profile.columns == {"prompt": "text", "label": "label"}
    assert made.profile.labels == {"bill": 100, "login": 100}
    assert made.profile.checkable
    assert row.id == "t.csv:2" or row.id.startswith("t.csv:")


def test_every_row_stands_in_one_part_and_the_seed_decides_which(tmp_path: Path) -> None:
    path = labelled(tmp_path / "t.csv")
    made, again, other = ready(path), ready(path), ready(path, seed=1)
    ids = [row.id for part in (made.train, made.dev, made.test) for row in part]
    assert len(ids) == len(set(ids)) == 200
    assert made.profile.splits == {"train": 140, "dev": 20, "test": 40}
    assert [row.id for row in made.test] == [row.id for row in again.test]
    assert [row.id for row in made.test] != [row.id for row in other.test]


def test_every_label_gives_its_share_of_the_test(tmp_path: Path) -> None:
    rows = [(text, "rare" if i % 10 == 0 else "usual") for i, text in enumerate(sentences(400))]
    made = ready(table(tmp_path / "t.csv", ("text", "label"), rows))
    assert Counter(row.answer for row in made.test) == {"usual": 72, "rare": 8}


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (10_000, (200, 500)),
        (1000, (100, 200)),
        (100, (10, 20)),
        (10, (1, 2)),
        (3, (0, 1)),
        (1, (0, 0)),
    ],
)
def test_the_parts_have_sensible_sizes(count: int, expected: tuple[int, int]) -> None:
    assert sizes(count) == expected


def test_a_cluster_never_straddles_the_split() -> None:
    owners = [index // 4 for index in range(400)]
    train, dev, test = split(owners, wanted=(40, 80), seed=3)
    sides = [{owners[index] for index in part} for part in (train, dev, test)]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    assert (len(dev), len(test)) == (40, 80)


def test_near_copies_and_groups_stay_on_one_side(tmp_path: Path) -> None:
    texts = sentences(150)
    copies = [text.replace("please", "pls").replace(" ", "  ", 1) + "!" for text in texts]
    rows = [(text, f"a {i} {text}", f"C{i // 3}") for i, text in enumerate(texts)]
    rows += [(text, f"b {i} {text}", f"D{i}") for i, text in enumerate(copies)]
    made = ready(table(tmp_path / "t.csv", ("question", "answer", "customer"), rows))
    assert made.profile.columns["group"] == "customer"
    side = {}
    for name, part in (("train", made.train), ("dev", made.dev), ("test", made.test)):
        for row in part:
            side[int(row.id.rpartition(":")[2])] = name
    assert all(side[i + 2] == side[i + 152] for i in range(150))
    assert all(side[i + 2] == side[i // 3 * 3 + 2] for i in range(150))


def test_a_template_does_not_swallow_the_split() -> None:
    texts = [f"where is my order number {n:06} that i placed last week" for n in range(300)]
    ids, asked_for = clusters(300, near([normal(text) for text in texts]))
    assert Counter(ids.tolist()).most_common(1)[0][1] <= 15
    assert asked_for > 0.8


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda text: text.replace("a", "e", 1), 0.9),
        (lambda text: text + " please", 0.9),
        (lambda text: " ".join(text.split()[1:]), 0.9),
        (lambda text: " ".join([*text.split()[:3], "something", *text.split()[4:]]), 0.75),
    ],
)
def test_near_copies_of_short_texts_are_found(change: Any, found: float) -> None:
    texts = [normal(text) for text in sentences(300, length=10)]
    copies = [normal(change(text)) for text in texts]
    pairs = near(texts + copies)
    met = set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    assert sum((i, i + 300) in met for i in range(300)) >= found * 300
    assert sum(right - left != 300 for left, right in met) <= 6


def test_the_rows_of_an_evaluation_file_are_the_test_and_their_copies_leave_the_training(
    tmp_path: Path,
) -> None:
    train = labelled(tmp_path / "train.csv")
    copied = [(text.upper() + " ", "bill") for text in sentences(200)[:5]]
    fresh = [(text, "LOGIN") for text in sentences(50, seed=9)]
    held_out = table(tmp_path / "held.csv", ("text", "label"), copied + fresh)
    made = ready(train, eval_file=held_out)
    leak = next(issue for issue in made.profile.issues if issue.code == "leakage")
    assert leak.count == 5 and "5 copies were taken out" in leak.fix
    assert leak.examples[0]["row"] == 2 and leak.examples[0]["train_row"] == 2
    assert made.profile.splits == {"train": 175, "dev": 20, "test": 55}
    asked = {normal(row.messages[0].content) for row in (*made.train, *made.dev)}
    assert not asked & {normal(row.messages[0].content) for row in made.test}
    assert {row.answer for row in made.test} == {"bill", "login"}


def test_a_training_file_given_as_evaluation_file_is_refused(tmp_path: Path) -> None:
    path = labelled(tmp_path / "t.csv")
    with pytest.raises(DataError, match="Every training row"):
        ready(path, eval_file=path)


def test_a_folder_with_a_test_file_uses_it_and_says_so(tmp_path: Path) -> None:
    labelled(tmp_path / "train.csv")
    labelled(tmp_path / "test.csv", 30, seed=5)
    made = ready(tmp_path)
    assert made.profile.splits["test"] == 30
    assert any("used as the test" in note for note in made.profile.notes)


def turns(*said: str) -> list[dict[str, str]]:
    return [
        {"role": "assistant" if i % 2 else "user", "content": text} for i, text in enumerate(said)
    ]


FORMATS: list[tuple[str, list[Any], str]] = [
    ("dialogue", [{"messages": turns(a, b, c, b)} for a, b, c in zip(A, B, C, strict=True)], "messages"),
    ("dialogue", [{"conversations": [{"from": "human", "value": a}, {"from": "gpt", "value": b}]} for a, b in zip(A, B, strict=True)], "messages"),
    ("generation", [{"instruction": "Reply kindly", "input": a, "output": b} for a, b in zip(A, B, strict=True)], "answer"),
    ("generation", [{"prompt": a, "completion": b} for a, b in zip(A, B, strict=True)], "answer"),
    ("generation", [{"prompt": turns(a), "completion": [{"role": "assistant", "content": b}]} for a, b in zip(A, B, strict=True)], "answer"),
    ("preference", [{"prompt": a, "chosen": b, "rejected": c} for a, b, c in zip(A, B, C, strict=True)], "chosen"),
    ("preference", [{"chosen": turns(a, b), "rejected": turns(a, c)} for a, b, c in zip(A, B, C, strict=True)], "chosen"),
    ("extraction", [{"input": a, "output": {"name": b, "n": 1}} for a, b in zip(A, B, strict=True)], "answer"),
    ("code", [{"question": a, "sql": f"SELECT {i} FROM t"} for i, a in enumerate(A)], "answer"),
    ("reasoning", [{"question": a + "?", "answer": f"So {b}.\n#### {i}"} for i, (a, b) in enumerate(zip(A, B, strict=True))], "answer"),
    ("qa", [{"question": a + "?", "answer": b} for a, b in zip(A, C, strict=True)], "answer"),
    ("translation", [{"source": a, "target": f"我的银行卡在{i}号窗口丢失了"} for i, a in enumerate(A)], "answer"),
    ("translation", [{"en": a, "fr": b} for a, b in zip(A, B, strict=True)], "answer"),
    ("summarization", [{"article": " ".join(A[i:] + A[:i]), "summary": A[i]} for i in range(60)], "answer"),
    ("rewriting", [{"before": a, "after": a.replace("a", "A", 1) + "."} for a in A], "answer"),
    ("documents", [{"text": " ".join([a, b] * 4)} for a, b in zip(A, B, strict=True)], "text"),
    ("tool_use", [{"messages": [{"role": "user", "content": a}, {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "get", "arguments": "{}"}}]}]} for a in A], "messages"),
]  # fmt: skip


@pytest.mark.parametrize(("task", "records", "role"), FORMATS)
def test_known_formats_give_rows_and_their_task(
    tmp_path: Path, task: str, records: list[Any], role: str
) -> None:
    made = ready(lines(tmp_path / "t.jsonl", records))
    assert made.profile.task.value == task
    assert role in made.profile.columns
    assert made.profile.splits == {"train": 42, "dev": 6, "test": 12}
    for row in made.train:
        assert (
            row.has_answer
            or row.text
            or (row.chosen and row.rejected and row.messages[-1].role == "user")
        )


def test_context_is_put_before_the_question_in_plain_words(tmp_path: Path) -> None:
    rows = [(b * 3, a + "?", c) for a, b, c in zip(A, B, C, strict=True)]
    made = ready(table(tmp_path / "t.csv", ("context", "question", "answer"), rows))
    content = made.train[0].messages[0].content
    assert content.startswith("Context:\n") and "\n\nQuestion: " in content


def test_the_goal_decides_between_tasks_that_would_both_fit(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "t.jsonl", [{"prompt": a, "completion": b} for a, b in zip(A, B, strict=True)]
    )
    assert ready(path, goal="rewrite our mails politely").profile.task.value == "rewriting"
    assert ready(path, task="summarization").profile.task.origin == "user"


def test_spellings_of_a_label_are_joined_and_told(tmp_path: Path) -> None:
    labels = ["Billing", "Billing", "Billing", "billing ", "log_in", "log_in", "Log in"]
    rows = [(text, labels[i % 7]) for i, text in enumerate(sentences(210))]
    made = ready(table(tmp_path / "t.csv", ("text", "label"), rows))
    assert made.profile.labels == {"Billing": 120, "log_in": 90}
    noise = next(issue for issue in made.profile.issues if issue.code == "label_noise")
    assert {entry["label"] for entry in noise.examples} == {"Billing", "log_in"}


def test_none_is_a_class_where_it_is_common_and_nan_never_is(tmp_path: Path) -> None:
    labels = ["none", "bill", "NaN", "N/A", ""]
    rows = [(text, labels[i % 5]) for i, text in enumerate(sentences(200))]
    made = ready(table(tmp_path / "t.csv", ("text", "label"), rows), drop_unanswered=True)
    assert set(made.profile.labels) == {"none", "bill"}
    assert next(i for i in made.profile.issues if i.code == "missing_answers").count == 120


def test_general_data_of_any_form_become_replay(tmp_path: Path) -> None:
    general = lines(
        tmp_path / "g.jsonl", [{"messages": turns(a, b)} for a, b in zip(A, B, strict=True)]
    )
    made = ready(labelled(tmp_path / "t.csv"), general_file=general)
    assert len(made.replay) == 60 and made.replay[0].has_answer


def test_texts_of_a_folder_become_documents(tmp_path: Path) -> None:
    for index in range(12):
        (tmp_path / f"n{index}.md").write_text(
            "\n\n".join(sentences(60, seed=index)), encoding="utf-8"
        )
    made = ready(tmp_path)
    assert made.profile.task.value == "documents"
    assert {row.group for row in made.test}.isdisjoint({row.group for row in made.train})


@real
@pytest.mark.parametrize(
    ("file", "columns", "task"),
    [
        ("banking77/train.csv", {"prompt": "text", "label": "category"}, "classification"),
        ("bitext/support.csv", {"prompt": "utterance", "label": "intent"}, "classification"),
        ("gsm8k/test.jsonl", {"prompt": "question", "answer": "answer"}, "reasoning"),
        ("medquad/qa.jsonl", {"prompt": "question", "answer": "answer", "group": "focus"}, "qa"),
    ],
)
def test_real_data_are_understood(file: str, columns: dict[str, str], task: str) -> None:
    profile = ready(DATA / file).profile
    assert {role: profile.columns[role] for role in columns} == columns
    assert (profile.task.value, profile.language) == (task, "en")
    assert not [issue for issue in profile.issues if issue.severity == "blocking"]


@real
def test_the_seven_rows_of_banking77_that_stand_in_both_files_are_reported() -> None:
    made = ready(DATA / "banking77/train.csv", eval_file=DATA / "banking77/test.csv")
    leak = next(issue for issue in made.profile.issues if issue.code == "leakage")
    assert leak.count == 7
    assert made.profile.splits["test"] == 3080
    assert len(made.profile.labels) == 77
