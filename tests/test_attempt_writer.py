"""Who writes the attempts: vLLM only where it is there, fits and starts; the library itself otherwise, and that is told."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tiny_model import ROOT, write_model

from training.attempt_writer import arguments_for, choose_writer, share_of_card

STAND_IN = ROOT / "tests" / "fixtures" / "vllm_stand_in"
STAGE = """
import json, sys
from pathlib import Path
from test_rft import letters_work
from training.checkpoints import folder_for
from training.loop import Progress
from training.phases.replaying import Replay
from training.phases.stages import _lesson, prepare_model
from training import rft
model, folder = Path(sys.argv[1]), Path(sys.argv[2])
work = letters_work(folder, model, **json.loads(sys.argv[3]))
trained = prepare_model(work, work.config.stages[0])
lesson = _lesson(work, 0, Replay((), []), model=trained, on_checkpoint=lambda checkpoint: None)
lesson.writer = "vllm"
_, ended = rft.train(lesson)
found = {"ended": ended, "writer": lesson.writer, "codes": [event.code for event in work.run.events()]}
found["rewards"] = Progress.read(folder_for(work.stage_folder("1-rft"), lesson.steps)).own["rewards"]
try:
    import vllm
    found |= {"loaded": len(vllm.LOADED), "asked": vllm.ASKED, "weights": len(list(lesson.loaded.model.named_parameters()))}
except ImportError:
    pass
print("FOUND " + json.dumps(found))
"""


def stage(folder: Path, *, with_vllm: bool, **changes: Any) -> dict[str, Any]:
    """Learn from attempts in a process of its own: whether vLLM is there is known when TRL is imported."""
    model = write_model(folder / "model")
    paths = [str(ROOT), str(ROOT / "tests"), *([str(STAND_IN)] if with_vllm else [])]
    done = subprocess.run(
        [sys.executable, "-c", STAGE, str(model), str(folder / "run"), json.dumps(changes)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    (line,) = [one for one in done.stdout.splitlines() if one.startswith("FOUND ")]
    found: dict[str, Any] = json.loads(line.removeprefix("FOUND "))
    return found


@pytest.mark.slow
def test_vllm_writes_the_attempts_with_the_weights_as_they_are_at_every_step(
    tmp_path: Path,
) -> None:
    found = stage(tmp_path, with_vllm=True, epochs=8, learning_rate=2e-2)
    assert (found["ended"], found["writer"]) == ("finished", "vllm")
    assert "attempts_by_vllm" in found["codes"]
    assert found["asked"] == [32] * 24, "eight questions, four attempts at each, in one call a step"
    assert found["loaded"] >= 24 * found["weights"], "the weights are handed over before each step"
    assert sum(found["rewards"][-6:]) > 1.5 * sum(found["rewards"][:6]), "and it learns by them"


@pytest.mark.slow
def test_where_vllm_does_not_start_the_attempts_are_written_all_the_same(tmp_path: Path) -> None:
    found = stage(tmp_path, with_vllm=False)
    assert (found["ended"], found["writer"]) == ("finished", "transformers")
    assert "attempts_without_vllm" in found["codes"]


class Card:
    """A model as large as it says, on a card."""

    def __init__(self, billions: float, *, trained: bool = True) -> None:
        weight = SimpleNamespace(
            numel=lambda: int(billions * 1e9), element_size=lambda: 2, requires_grad=trained
        )
        self.parameters = lambda: [weight]


def test_vllm_gets_no_room_that_the_training_will_need() -> None:
    gib = 1 << 30
    assert share_of_card(Card(0.6, trained=False), 70 * gib, 80 * gib) == 0.3
    large = share_of_card(Card(14, trained=False), 50 * gib, 80 * gib)
    assert large is not None
    assert 0.3 < large < 0.4, "28 GB of weights and what it remembers"
    assert share_of_card(Card(3, trained=True), 40 * gib, 80 * gib) is None


@pytest.mark.parametrize(
    ("installed", "quantized", "ran_out", "said"),
    [
        ("0.12.1", False, False, "must be 0.22 to 0.31"),
        ("0.33.0", False, False, "must be 0.22 to 0.31"),
        ("0.30.1+cu129", True, False, "4 bits"),
        ("0.30.1", False, True, "memory ran out"),
    ],
)
def test_why_vllm_is_not_used_is_told(
    installed: str, quantized: bool, ran_out: bool, said: str
) -> None:
    card: Any = SimpleNamespace(device=torch.device("cuda"))
    writer, why = choose_writer(card, None, installed=installed, quantized=quantized, ran_out=ran_out)  # fmt: skip
    assert writer == "transformers"
    assert why is not None
    assert said in why


def test_without_vllm_or_without_a_card_nothing_is_said() -> None:
    for device, installed in (("cpu", "0.30.0"), ("cuda", None)):
        where: Any = SimpleNamespace(device=torch.device(device))
        found = choose_writer(where, None, installed=installed, quantized=False, ran_out=False)
        assert found == ("transformers", None)


def test_what_the_trainer_is_told_is_what_it_knows() -> None:
    from trl import GRPOConfig

    told = arguments_for("vllm", share=0.4, most_tokens=512)
    assert set(told) <= set(GRPOConfig.__dataclass_fields__)
    assert told["vllm_max_model_length"] == 512
    assert arguments_for("transformers", share=0.4, most_tokens=512) == {"use_vllm": False}
