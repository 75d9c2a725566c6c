"""Learning from rewarded attempts: gates before it, the reward as it comes, and reasons to end."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from stage_runs import carry_out, work_for
from tiny_model import rows, weights_hash, write_model
from trl import GRPOTrainer

from training.attempts import Window, measure_plain, measure_window
from training.chat import prompts_for
from training.checkpoints import Checkpoint, folder_for
from training.config import StageConfig
from training.errors import NothingToLearnError, TrainingError
from training.evaluate import answer
from training.loop import Progress, Watcher
from training.mixture import Mixture
from training.phases.attempting import _compared
from training.phases.lessons import EMPTY
from training.phases.rewarding import reward_of
from training.phases.stages import bare_lesson
from training.questions import AWAY_STEPS, Questions
from training.rewards import Reward, RewardError
from training.rft import AttemptLesson, _Trainer
from training.rows import Message, Row, write_rows
from training.rundir import RunDir
from training.telemetry import Telemetry

LETTERS = ("e", "a", "o")
OWN = '''
def reward(completions, answer):
    """Share of the letters that are the wanted one."""
    return [c.count(a) / max(len(c), 1) for c, a in zip(completions, answer)]
'''
TASK = {
    "task": "reasoning", "metric": "reward", "labels": [], "reward": "python:letters.py", "trust_reward": True,
    "max_new_tokens": 6,
}  # fmt: skip


def letters(count: int) -> list[Row]:
    return [
        Row(
            id=f"letters.csv:{n + 2}",
            messages=(
                Message(role="user", content=f"What is the letter number {n}?"),
                Message(role="assistant", content=LETTERS[n % 3]),
            ),
        )
        for n in range(count)
    ]


def rft(**changes: Any) -> dict[str, Any]:
    return {
        "technique": "rft",
        "group_size": 4,
        "epochs": 2,
        "checkpoints": 2,
        "learning_rate": 3e-3,
    } | changes


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_model(tmp_path_factory.mktemp("model"))


def letters_work(folder: Path, model: Path, **changes: Any) -> Any:
    stop_at = changes.pop("stop_at", 0)
    (folder / "rewards").mkdir(parents=True, exist_ok=True)
    (folder / "rewards" / "letters.py").write_text(OWN)
    return work_for(folder, model, letters(24), stage=rft(**changes), task=TASK, stop_at=stop_at)


@pytest.mark.slow
def test_a_resumed_stage_ends_with_the_same_bits(model: Path, tmp_path: Path) -> None:
    straight = letters_work(tmp_path / "straight", model)
    assert carry_out(straight)[1] == "finished"
    broken = letters_work(tmp_path / "broken", model, stop_at=3)
    assert carry_out(broken)[1] == "asked"
    again = letters_work(tmp_path / "broken", model)
    assert carry_out(again)[1] == "finished"
    folders = [folder_for(work.stage_folder("1-rft"), 6) for work in (straight, again)]
    assert weights_hash(folders[0]) == weights_hash(folders[1])
    remembered = [Progress.read(folder).own for folder in folders]
    assert len(remembered[0]["rewards"]) == 6
    assert remembered[0] == remembered[1], "the questions too"
    assert sum(remembered[0]["questions"]["asked"]) == 48


@pytest.mark.slow
def test_what_is_rewarded_is_done_more(model: Path, tmp_path: Path) -> None:
    work = letters_work(tmp_path / "run", model, epochs=8, learning_rate=2e-2)
    carry_out(work)
    rewards = Progress.read(folder_for(work.stage_folder("1-rft"), 24)).own["rewards"]
    assert sum(rewards[-6:]) > 2 * sum(rewards[:6]), rewards
    steps = [event for event in work.run.events() if event.code == "step"]
    assert "mean reward" in steps[-1].text
    assert 0 <= steps[-1].facts["usable_groups"] <= 1
    window = work.measured.extra["window-1-rft"]
    assert window["usable_share"] > 0.5
    (record,) = work.measured.attempts
    assert record.stage == "1-rft" and record.last_reward > 2 * record.first_reward
    assert 0 < record.last_tokens <= 6


def test_from_a_start_of_nothing_the_gate_refuses_in_words(model: Path, tmp_path: Path) -> None:
    work = work_for(
        tmp_path / "run", model, rows(16), stage=rft(), task={"metric": "exact_match", "task": "qa"}
    )
    with pytest.raises(NothingToLearnError) as refused:
        carry_out(work)
    assert (
        refused.value.what
        == "The model succeeds in 0.0% of its attempts: there is nothing to learn from."
    )
    assert "--technique sft,rft" in refused.value.what_to_do


def test_what_is_answered_rightly_when_asked_plainly_is_refused_though_attempts_fail(
    model: Path, tmp_path: Path
) -> None:
    work = letters_work(tmp_path / "run", model)
    asked = letters(12)
    said = answer(
        work.loaded.model, work.loaded.tokenizer, prompts_for(asked, system=None), max_new_tokens=6
    )
    known = dict(zip((row.prompt[-1].content for row in asked), said, strict=True))
    pays = Reward(
        "ours",
        ("prompt",),
        lambda completions, prompt: [
            float(c == known[p]) for c, p in zip(completions, prompt, strict=True)
        ],
    )
    tried = measure_window(
        work.loaded.model, work.loaded, asked, pays, system=None, max_new_tokens=6, seed=0
    )
    plain = measure_plain(
        work.loaded.model, work.loaded, asked, pays, system=None, max_new_tokens=6
    )
    assert plain == 1.0
    refusal = replace(tried, usable=(True,) * 12, plain=plain).refusal()
    assert tried.mean_rate < 0.95
    assert refusal is not None and "already answers 100.0% of the held-out" in refusal
    assert replace(tried, usable=(True,) * 12, rates=(0.5,) * 12, plain=0.6).refusal() is None


def test_questions_learnt_by_heart_are_told_once(model: Path, tmp_path: Path) -> None:
    work = letters_work(tmp_path / "run", model)
    known = [row for row in letters(24) if row.answer == "e"]
    write_rows(work.run.data / "dev.jsonl", [row for row in letters(24) if row.answer != "e"])
    measured: list[int] = []
    bare = bare_lesson(
        work, 0, model=work.loaded.model, on_checkpoint=lambda at: measured.append(at.step)
    )
    pays = Reward(
        "ours", ("answer",), lambda completions, answer: [float(a == "e") for a in answer]
    )
    told = _compared(work, bare, pays, known)
    for step in (3, 6):
        told(Checkpoint(tmp_path, step))
    (event,) = [one for one in work.run.events() if one.code == "reward_gap"]
    assert (event.facts["rate"], event.facts["held_out"]) == (1.0, 0.0)
    assert "by heart" in event.text
    assert measured == [3, 6]
    (record,) = work.measured.attempts
    assert [(gap.step, gap.rate, gap.held_out) for gap in record.gaps] == [(3, 1.0, 0.0)]


@pytest.mark.parametrize(
    ("rates", "usable", "said"),
    [
        ([0.0] * 10, [False] * 10, "nothing to learn from"),
        ([1.0] * 9 + [0.9], [False] * 9 + [True], "would teach nothing"),
        ([1.0] * 5 + [0.0] * 15, [False] * 20, "both good and bad"),
        ([0.5] * 10, [True] * 10, None),
        ([0.0] * 8 + [0.5] * 2, [False] * 8 + [True] * 2, None),
    ],
)
def test_only_a_start_in_between_can_learn(
    rates: list[float], usable: list[bool], said: str | None
) -> None:
    refusal = Window(tuple(rates), tuple(usable)).refusal()
    assert (refusal is None) if said is None else (refusal is not None and said in refusal)


def test_a_reward_that_pays_for_bad_answers_is_refused_before_training(
    model: Path, tmp_path: Path
) -> None:
    task = TASK | {"reward": "regex:."}
    work = work_for(tmp_path / "run", model, letters(24), stage=rft(), task=task)
    with pytest.raises(RewardError, match=r"pays 1\.00 for"):
        carry_out(work)
    assert not list(work.stage_folder("1-rft").glob("checkpoints/*"))


def test_a_run_without_a_reward_learns_from_its_own_metric(model: Path, tmp_path: Path) -> None:
    task = {"metric": "numeric", "task": "reasoning"}
    assert (
        reward_of(work_for(tmp_path / "a", model, rows(2), stage=rft(), task=task)).name == "number"
    )
    with pytest.raises(TrainingError, match="There is no reward"):
        reward_of(
            work_for(tmp_path / "b", model, rows(2), stage=rft(), task={"metric": "json_valid"})
        )


def test_every_question_is_asked_before_any_is_asked_again() -> None:
    questions = Questions.fresh([None] * 12)
    first = [place for step in range(3) for place in asked(questions, step, usable=True)]
    assert sorted(first) == list(range(12))
    again = Questions.fresh([None] * 12)
    assert first == [place for step in range(3) for place in asked(again, step, usable=True)]
    assert len(Questions.fresh([None] * 3).choose(8, step=0, seed=1)) == 8, "some come twice"


def asked(questions: Questions, step: int, *, usable: bool) -> list[int]:
    places = questions.choose(4, step=step, seed=1)
    questions.learn(places, [usable] * len(places), step=step)
    return places


def test_a_question_that_teaches_nothing_is_set_aside_and_comes_back_ever_later() -> None:
    questions = Questions.fresh([None] * 6)
    asked_at = []
    for step in range(200):
        places = questions.choose(4, step=step, seed=1)
        questions.learn(places, [place != 0 for place in places], step=step)
        asked_at += [step] if 0 in places else []
    waits = [after - before for before, after in pairwise(asked_at)]
    assert waits[0] < 4, "one visit in vain says little"
    assert waits[1:4] == [AWAY_STEPS, 2 * AWAY_STEPS, 4 * AWAY_STEPS]
    questions.learn([0], [True], step=500)
    assert (questions.alike[0], questions.in_vain[0]) == (0, 0)


def test_what_the_start_could_not_learn_from_is_asked_later() -> None:
    questions = Questions.fresh([True, False, None])
    assert set(questions.choose(2, step=0, seed=3)) == {0, 2}
    assert questions.aside(0) == 1
    assert set(questions.choose(3, step=AWAY_STEPS, seed=3)) == {0, 1, 2}


def test_few_usable_groups_are_told_and_acted_on(tmp_path: Path) -> None:
    lesson = lesson_with([], [])
    lesson.questions = Questions.fresh([None] * 50)
    lesson.telemetry = Telemetry(RunDir(tmp_path), started=0.0)
    lesson.stage = StageConfig.model_validate(
        rft(batch_size=2, micro_batch_size=2, max_seq_tokens=32)
    )
    lesson.rows = letters(50)
    lesson.mixture = Mixture(tuple(range(40)), 50, 0, 0, 0.0)
    lesson.reward = Reward("fixed", (), lambda completions: [float(said) for said in completions])
    alike, differing = ["1"] * 8, ["1", "0", "1", "0"] * 2
    for step in range(9):
        lesson.grade(alike, [0] * 4 + [1] * 4, [3] * 8, step)
    assert not lesson.questions.strict
    lesson.grade(differing, [2] * 4 + [3] * 4, [3] * 8, 9)
    told = [event for event in RunDir(tmp_path).events() if event.code == "few_usable_groups"]
    assert lesson.questions.strict
    assert "Only 10% of the groups" in told[0].text
    lesson.grade(alike, [4] * 4 + [5] * 4, [3] * 8, 10)
    assert lesson.questions.back_at[4] > 10, "one visit in vain is enough now"
    for step in range(11, 20):
        lesson.grade(differing, [6] * 4 + [7] * 4, [3] * 8, step)
    assert not lesson.questions.strict
    assert (
        len([event for event in RunDir(tmp_path).events() if event.code == "few_usable_groups"])
        == 1
    )


def lesson_with(rewards: list[float], usable: list[float]) -> AttemptLesson:
    lesson = AttemptLesson(
        name="1-rft", stage=None, folder=Path(), loaded=None, model=None, sequences=EMPTY, replay=EMPTY,
        mixture=Mixture((), 0, 0, 0, 0.0), seed=0, telemetry=None, stopping=None, on_checkpoint=None,
        micro_batch_size=1, gradient_checkpointing=False,
    )  # type: ignore[arg-type]  # fmt: skip
    lesson.memory = {"rewards": rewards, "usable": usable, "tokens": [1.0] * len(rewards)}
    return lesson


def test_a_collapsed_reward_ends_the_stage() -> None:
    reason = lesson_with([0.6] * 20 + [0.1] * 10, [1.0] * 30).reason_to_end(30)
    assert reason is not None
    assert "fell from 0.600 to 0.100" in reason
    assert lesson_with([0.6] * 20 + [0.4] * 10, [1.0] * 30).reason_to_end(30) is None
    assert lesson_with([0.1] * 5, [0.0] * 5).reason_to_end(5) is None, "too early to tell"


def test_groups_that_are_all_alike_end_the_stage() -> None:
    reason = lesson_with([1.0] * 30, [0.5] * 20 + [0.0] * 10).reason_to_end(30)
    assert reason is not None
    assert "nothing more can be learnt" in reason


def test_answers_that_grow_without_earning_more_end_the_stage() -> None:
    lesson = lesson_with([0.5] * 30, [0.5] * 30)
    lesson.memory["tokens"] = [10.0] * 20 + [40.0] * 10
    reason = lesson.reason_to_end(30)
    assert reason is not None
    assert "grew from 10 to 40 tokens" in reason
    lesson.memory["rewards"] = [0.5] * 20 + [0.7] * 10
    assert lesson.reason_to_end(30) is None, "they earn more"


def test_an_attempt_is_as_likely_in_training_as_the_library_says_whatever_it_is_padded_with(
    model: Path, tmp_path: Path
) -> None:
    work = letters_work(tmp_path / "run", model, temperature=0.7)
    lesson = lesson_with([], [])
    lesson.stage, lesson.loaded, lesson.model = (
        work.config.stages[0],
        work.loaded,
        work.loaded.model,
    )
    lesson.folder, lesson.telemetry, lesson.stopping = tmp_path, work.telemetry, work.stopping
    lesson.rows, lesson.prompts, lesson.mixture = (
        letters(8),
        ["x"] * 8,
        Mixture(tuple(range(8)), 8, 0, 0, 0.0),
    )
    lesson.micro_batch_size = 8
    trainer = _Trainer(lesson, Watcher(lesson, Progress()))
    ids = torch.tensor([[0, 0, 30, 31, 32, 40, 41, 2], [33, 34, 35, 36, 37, 42, 2, 0]])
    mask = torch.tensor([[0, 0, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, 0]])
    ours, entropy, _ = trainer._get_per_token_logps_and_entropies(lesson.model, ids, mask, 3)
    theirs, other_entropy, _ = GRPOTrainer._get_per_token_logps_and_entropies(
        trainer, lesson.model, ids, mask, 3, compute_entropy=True
    )
    said = mask[:, -3:] == 1
    assert torch.allclose(ours[said], theirs[said], atol=1e-5)
    assert torch.allclose(entropy[said], other_entropy[said], atol=1e-4)
    alone, _, _ = trainer._get_per_token_logps_and_entropies(
        lesson.model, ids[:1, 2:], mask[:1, 2:], 3
    )
    assert torch.allclose(ours[0], alone[0], atol=1e-4), "padding on the left changes nothing"
    assert ours.requires_grad and not entropy.requires_grad


def test_the_first_token_of_a_tokenizer_is_not_put_before_the_question_twice(model: Path) -> None:
    class Begins:
        def __call__(self, text: list[str], add_special_tokens: bool = True) -> dict[str, Any]:
            return {"input_ids": [[1] * add_special_tokens + [7] for _ in text]}

    trainer = _Trainer.__new__(_Trainer)
    trainer.processing_class = Begins()
    assert trainer._tokenize_prompts(["<s>question"]) == ([[7]], None, {})
