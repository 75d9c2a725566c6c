from __future__ import annotations

from collections.abc import Callable

import pytest

from training.rewards import Reward, RewardError, named
from training.rewards.calibrate import KINDS, calibrate, refuse_unsound
from training.rows import Message, Row


def rows(answers: list[str]) -> list[Row]:
    return [
        Row(
            id=f"rows.csv:{place + 2}",
            messages=(
                Message(role="user", content=f"What is said about item {place} of the list?"),
                Message(role="assistant", content=answer),
            ),
        )
        for place, answer in enumerate(answers)
    ]


NUMBERS = rows([str(7 * place + 3) for place in range(30)])
SENTENCES = rows(
    [
        f"Parcel {place} left {town} on Monday."
        for place, town in enumerate(["Rome", "Oslo", "Bern", "Riga"] * 5)
    ]
)


def paying(rate: Callable[[str, str], float]) -> Reward:
    def score(completions: list[str], *, answer: list[str]) -> list[float]:
        return [
            rate(completion, wanted) for completion, wanted in zip(completions, answer, strict=True)
        ]

    return Reward("mine", ("answer",), score)


@pytest.mark.parametrize("name", ["exact", "match", "number", "number:0.001"])
def test_sound_graders_pass(name: str) -> None:
    found = calibrate(named(name), NUMBERS)
    assert found.is_sound, found.text
    assert found.references == 1.0
    assert set(found.bad) == set(KINDS)
    refuse_unsound(found)


def test_likeness_passes_where_answers_differ() -> None:
    found = calibrate(
        named("similar"),
        rows(["The cat sat on the mat.", "Monday, 9 am to noon", "no", "blue or dark green"]),
    )
    assert found.is_sound, found.text


@pytest.mark.parametrize(
    ("kind", "rate"),
    [
        ("empty", lambda completion, wanted: float(completion == "" or completion == wanted)),
        ("echo", lambda completion, wanted: float("What" in completion or completion == wanted)),
        ("repeated", lambda completion, wanted: float((len(completion) > 50 and "and" not in completion and "correct" not in completion) or completion == wanted)),
        ("padded", lambda completion, wanted: float(wanted in completion.split("\n"))),
        ("wrong", lambda completion, wanted: float(completion.isdigit())),
        ("claim", lambda completion, wanted: float("correct" in completion or completion == wanted)),
    ],
)  # fmt: skip
def test_a_grader_that_pays_for_bad_answers_is_refused_with_the_sample(
    kind: str, rate: Callable[[str, str], float]
) -> None:
    found = calibrate(paying(rate), NUMBERS)
    assert found.paid is not None
    assert found.paid.kind == kind
    with pytest.raises(RewardError) as caught:
        refuse_unsound(found)
    assert repr(found.paid.answer[:20])[1:-1] in str(caught.value.what)
    assert str(KINDS[kind]) in str(caught.value.what)


def test_form_alone_is_no_reward() -> None:
    found = calibrate(named("regex:^\\d+$"), NUMBERS)
    assert found.paid is not None
    assert found.paid.kind == "wrong"


def test_likeness_is_refused_where_all_answers_are_nearly_the_same() -> None:
    found = calibrate(named("similar"), SENTENCES)
    assert found.paid is not None
    assert found.paid.kind == "wrong"


def test_a_grader_that_does_not_pay_for_the_reference_is_refused() -> None:
    found = calibrate(paying(lambda completion, wanted: 0.0), NUMBERS)
    assert not found.is_sound
    assert "reference answers only 0.00" in found.text


def test_base_answers_give_the_floor_and_stand_in_for_references() -> None:
    bare = [Row(id=row.id, messages=row.prompt) for row in NUMBERS]
    reward = Reward(
        "long", (), lambda completions: [float(len(completion) > 30) for completion in completions]
    )
    found = calibrate(reward, bare, base_answers=["a" * place for place in range(len(bare))])
    assert found.references is None
    assert found.base == 0.0
    assert found.paid is not None
    alone = calibrate(reward, bare)
    assert {"wrong", "repeated", "padded"} == set(alone.untried)


def test_one_lucky_hit_is_no_reason_to_refuse() -> None:
    lucky = NUMBERS[3].prompt[0].content
    reward = paying(lambda completion, wanted: float(completion in {wanted, lucky}))
    assert calibrate(reward, NUMBERS).is_sound


def test_a_program_beside_others_is_no_cheating() -> None:
    programs = [
        Row(
            id=f"rows.csv:{n}",
            messages=(
                Message(role="user", content=f"Write add_{n}."),
                Message(role="assistant", content=f"def add_{n}(x):\n    return x + {n}"),
            ),
            facts={"tests": f"assert add_{n}(1) == {n + 1}"},
        )
        for n in range(2, 8)
    ]
    found = calibrate(named("tests"), programs)
    assert found.is_sound, found.text
    assert found.untried == ("padded",)
