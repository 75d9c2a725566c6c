"""Learning from pairs: held to one starting point, judged by which answer is likelier, resumed to the bit."""

from pathlib import Path
from typing import Any

import pytest
import torch
from stage_runs import carry_out, work_for
from tiny_model import COLOURS, rows, weights_hash, write_model

from training.checkpoints import folder_for, newest_resumable
from training.config import ModelConfig
from training.data import Template
from training.evaluate import nll_per_token
from training.model import load
from training.preferences import log_probabilities, preferred, tokenise_pairs
from training.rows import Message, Row

TASK = {"task": "preference", "metric": "accuracy", "labels": []}


def pairs(count: int, *, start: int = 0) -> list[Row]:
    return [
        Row(
            id=row.id,
            messages=row.prompt,
            chosen=row.answer,
            rejected=COLOURS[(COLOURS.index(row.answer) + 1) % 4],
        )
        for row in rows(count, start=start)
    ]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_model(tmp_path_factory.mktemp("model"))


def dpo(**changes: Any) -> dict[str, Any]:
    return {"technique": "dpo", "epochs": 2, "checkpoints": 2} | changes


def test_a_resumed_stage_ends_with_the_same_bits(model: Path, tmp_path: Path) -> None:
    straight = work_for(tmp_path / "straight", model, pairs(32), stage=dpo(), task=TASK)
    assert carry_out(straight)[1] == "finished"
    broken = work_for(tmp_path / "broken", model, pairs(32), stage=dpo(), task=TASK, stop_at=3)
    assert carry_out(broken)[1] == "asked"
    middle = newest_resumable(broken.stage_folder("1-dpo"))
    assert middle is not None
    assert middle.step == 3
    again = work_for(tmp_path / "broken", model, pairs(32), stage=dpo(), task=TASK)
    assert carry_out(again)[1] == "finished"
    ends = [weights_hash(folder_for(work.stage_folder("1-dpo"), 8)) for work in (straight, again)]
    assert ends[0] == ends[1]


def test_the_preferred_answers_become_likelier(model: Path, tmp_path: Path) -> None:
    work = work_for(
        tmp_path / "run",
        model,
        pairs(64),
        stage=dpo(epochs=12, learning_rate=1e-2, preference_strength=0.5),
        task=TASK,
    )
    asked = pairs(32, start=1000)
    before = preferred(work.loaded.model, work.loaded.tokenizer, asked)
    tuned, _ = carry_out(work)
    after = preferred(tuned, work.loaded.tokenizer, asked)
    right = [
        sum(said == row.chosen for said, row in zip(answers, asked, strict=True))
        for answers in (before, after)
    ]
    assert right[1] > right[0] + 4, right


def test_the_reference_is_the_start_of_the_stage_as_the_library_would_compute_it(
    model: Path, tmp_path: Path
) -> None:
    loaded = load(ModelConfig(name="tiny", source=str(model), dtype="float32"), device="cpu")
    asked = pairs(6)
    found = tokenise_pairs(asked, loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=96)
    sums = log_probabilities(loaded.model, found.prompt_ids, found.chosen_ids, 4)
    taught = [row.model_copy(update={"rejected": None}) for row in asked]
    losses = nll_per_token(loaded.model, loaded.tokenizer, taught)
    assert sums == pytest.approx([-loss.nats for loss in losses], rel=1e-4)


def test_both_answers_follow_the_same_tokens_and_end(model: Path) -> None:
    loaded = load(ModelConfig(name="tiny", source=str(model), dtype="float32"), device="cpu")
    found = tokenise_pairs(pairs(8), loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=96)
    for prompt, better, worse in zip(
        found.prompt_ids, found.chosen_ids, found.rejected_ids, strict=True
    ):
        assert loaded.tokenizer.decode(prompt).endswith("<|im_start|>assistant\n")
        assert better[-1] == worse[-1] == loaded.stop_id
        assert better != worse


def test_an_answer_in_the_history_is_not_taken_for_one_of_the_pair(model: Path) -> None:
    loaded = load(ModelConfig(name="tiny", source=str(model), dtype="float32"), device="cpu")
    first, second = rows(2)
    row = Row(id="x", messages=(*first.messages, *second.prompt), chosen="green", rejected="red")
    found = tokenise_pairs([row], loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=200)
    assert loaded.tokenizer.decode(found.chosen_ids[0]) == "green<|im_end|>"
    assert first.answer in loaded.tokenizer.decode(found.prompt_ids[0])


def test_pairs_that_are_none_or_too_long_are_told(model: Path, tmp_path: Path) -> None:
    odd = [
        pairs(1)[0].model_copy(update={"id": "same", "rejected": pairs(1)[0].chosen}),
        pairs(1)[0].model_copy(update={"id": "none", "rejected": None}),
        pairs(1)[0].model_copy(update={"id": "long", "rejected": "red " * 200}),
    ]
    work = work_for(tmp_path / "run", model, [*pairs(16), *odd], stage=dpo(epochs=1), task=TASK)
    carry_out(work)
    notes = " ".join(work.measured.notes)
    assert "2 training rows are no pairs" in notes
    assert "for example same" in notes
    assert "1 training row is longer" in notes


def test_examples_are_learnt_from_the_preferred_answers(model: Path) -> None:
    loaded = load(ModelConfig(name="tiny", source=str(model), dtype="float32"), device="cpu")
    row = pairs(1)[0]
    text = Template(loaded.tokenizer, loaded.stop_id).render(row)
    start, end = text.spans[0]
    assert text.text[start:end].startswith(f"{row.chosen}<|im_end|>")


def test_what_was_answered_earlier_does_not_count_in_the_judgement(model: Path) -> None:
    loaded = load(ModelConfig(name="tiny", source=str(model), dtype="float32"), device="cpu")
    history = Message(role="assistant", content="milk and snow and fire, all of them white or red")
    question = pairs(1)[0].messages
    short, long = "red", "green green green green green green"
    plain = Row(id="a", messages=question, chosen=short, rejected=long)
    told = Row(id="b", messages=(*question, history, *question), chosen=short, rejected=long)
    turned = told.model_copy(update={"chosen": long, "rejected": short})
    said = preferred(loaded.model, loaded.tokenizer, [plain, told, turned])
    assert said[1] == said[2], "the judgement does not depend on which of the two is preferred"
    found = tokenise_pairs([told], loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=250)
    means = [
        log_probabilities(loaded.model, found.prompt_ids, ids, 1)[0] / len(ids[0])
        for ids in (found.chosen_ids, found.rejected_ids)
    ]
    assert said[1] == (short if means[0] > means[1] else long)


def test_a_pair_too_long_to_read_counts_as_not_preferred(model: Path) -> None:
    loaded = load(ModelConfig(name="tiny", source=str(model), dtype="float32"), device="cpu")
    row = Row(id="a", messages=pairs(1)[0].messages, chosen="red " * 400, rejected="red")
    assert preferred(loaded.model, loaded.tokenizer, [row]) == ["red"]
