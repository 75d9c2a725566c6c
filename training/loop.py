"""The loop that every technique trains in: TRL's, made resumable to the bit and watched at every step.

A technique brings a lesson (what is learnt, in which order) and a trainer made from TRL's; the checkpoints, the guard,
the account and the reasons to stop are the same for all.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

import torch
from datasets import disable_progress_bars
from transformers import TrainerCallback

from training.checkpoints import Checkpoint, folder_for, newest_resumable, prune, write_folder
from training.config import StageConfig
from training.data import Sequences
from training.errors import OutOfMemoryError, is_out_of_memory
from training.guard import Finding, Guard, UnstableError, own_loss
from training.losses import Targets
from training.mixture import Mixture
from training.model import Loaded
from training.pace import Done, seconds_left
from training.rate_groups import set_apart, set_rate
from training.room import Waiting, save_when_there_is_room
from training.stopping import Reason, Stopping
from training.telemetry import Place, Telemetry
from training.text import Text

STATE_FILE = "tunesmith.json"
STEP_EVENTS = 150
"""Events with the loss over a stage: enough for a chart."""
STATUS_EVERY_S = 1.0
SAVE_EVERY_S = 600.0
"""Longest time between two checkpoints to resume from (known failures of trainers)."""


@dataclass
class Lesson:
    """One stage's training: everything that the trainer needs, nothing that it decides."""

    name: str
    stage: StageConfig
    folder: Path
    loaded: Loaded
    model: Any
    """The model in training: with its adapter where one is trained."""
    sequences: Sequences
    replay: Sequences
    mixture: Mixture
    seed: int
    telemetry: Telemetry
    stopping: Stopping
    on_checkpoint: Callable[[Checkpoint], None]
    micro_batch_size: int
    gradient_checkpointing: bool
    rate_scale: float = 1.0
    targets: Targets | None = None
    """What the untouched model held likely where the replay is learnt; None learns the replay's words."""
    checkpoint_s: float = 0.0
    """Seconds that measuring a checkpoint will take, as far as is known beforehand."""
    trial: Text | None = None
    """What a short training is called that only shows what the stage should learn with: its steps are no events."""

    @property
    def steps(self) -> int:
        """Optimizer steps in all."""
        return math.ceil(len(self.mixture.order) / self.stage.batch_size)

    @property
    def keep_steps(self) -> frozenset[int]:
        """The steps whose checkpoints wait to be chosen, evenly spaced, the last among them (CK-05)."""
        count = min(self.stage.checkpoints, self.steps)
        return frozenset(round(self.steps * (at + 1) / count) for at in range(count))

    def lengths(self) -> list[int]:
        """Tokens of each row, the replay's after the person's."""
        return [*self.sequences.lengths, *self.replay.lengths]

    def begin(self, progress: Progress) -> None:
        """Called before the first step, anew or resumed; a technique keeps what it remembers in `progress.own`."""

    def step_facts(self) -> dict[str, float]:
        """What a technique tells of its last steps besides the loss."""
        return {}

    def step_text(self, step: int, loss: float | None, minutes: int) -> Text:
        """Say how far training is; `minutes` are left."""
        return _step_text(step, self.steps, loss, minutes)

    def named(self, text: Text) -> Text:
        """Give a sentence of the status; a short training's begins with what it is called."""
        return text if self.trial is None else Text("{trial}. {text}", trial=self.trial, text=text)

    def reason_to_end(self, step: int) -> Text | None:
        """Say why going on would do harm; None to go on."""
        return None


@dataclass
class Progress:
    """How far a stage has come. Saved with every checkpoint."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    guard: Guard = field(default_factory=Guard)
    own: dict[str, Any] = field(default_factory=dict)
    """What the technique remembers, as plain JSON."""

    def as_json(self) -> dict[str, Any]:
        """Give the state as plain JSON."""
        return {
            "step": self.step, "tokens": self.tokens, "seconds": self.seconds, "guard": self.guard.as_json(),
            "own": self.own,
        }  # fmt: skip

    @classmethod
    def read(cls, folder: Path) -> Progress:
        """Read the state that was saved with a checkpoint."""
        stored = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
        return cls(
            step=stored["step"], tokens=stored["tokens"], seconds=stored["seconds"],
            guard=Guard.from_json(stored["guard"]), own=stored.get("own", {}),
        )  # fmt: skip


Ended = Reason | Literal["finished", "unstable"]
MakeTrainer = Callable[[Any, "Watcher"], Any]
"""Makes a technique's trainer: a `Resumable` one of TRL's."""


def train(lesson: Lesson, make_trainer: MakeTrainer) -> tuple[Progress, Ended]:
    """Train until the last step or a reason to stop; a checkpoint stands at the end either way.

    Goes on from the newest whole checkpoint, to the same weights as if it had never stopped. Raises UnstableError
    where training left the rails, OutOfMemoryError where a step does not fit.
    """
    disable_progress_bars()
    start = newest_resumable(lesson.folder)
    progress = Progress.read(start.path) if start else Progress()
    if progress.step >= lesson.steps:
        return progress, "finished"
    if start is not None and (reason := lesson.stopping.reason()) is not None:
        return progress, reason
    lesson.begin(progress)
    watcher = Watcher(lesson, progress)
    trainer = make_trainer(lesson, watcher)
    lesson.stopping.can_save = True
    try:
        trainer.train(resume_from_checkpoint=str(start.path) if start else None)
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise OutOfMemoryError(str(error)) from error
        raise
    finally:
        lesson.stopping.can_save = False
        _unpatch(lesson.model)
    return progress, watcher.ended


class Resumable:
    """What every technique's trainer adds to TRL's: our checkpoints, our autocast, and every loss seen. A mixin."""

    lesson: Lesson
    watcher: Watcher
    state: Any
    save_model: Callable[..., None]
    _save_optimizer_and_scheduler: Callable[[str], None]
    _save_rng_state: Callable[[str], None]

    def compute_loss_context_manager(self) -> Any:
        """Autocast here and not by accelerate, which would leave it on the model for the evaluations."""
        device = self.lesson.loaded.device.type
        return (
            torch.autocast(device, torch.bfloat16)
            if mixed_precision(self.lesson)
            else nullcontext()
        )

    def training_step(self, *args: Any, **kwargs: Any) -> Any:
        """Train on one micro-batch and remember its loss."""
        loss = super().training_step(*args, **kwargs)  # type: ignore[misc]
        self.watcher.losses.append(float(loss))
        return loss

    def create_optimizer(self, *args: Any, **kwargs: Any) -> Any:
        """Make the optimizer; embeddings in training beside an adapter learn at a rate of their own."""
        optimizer = super().create_optimizer(*args, **kwargs)  # type: ignore[misc]
        share = self.lesson.stage.embedding_rate_share
        if share != 1.0 and self.lesson.stage.lora is not None:
            set_apart(optimizer, self.lesson.model, share)
        return optimizer

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        self._save_whole()

    def _save_whole(self) -> None:
        step = self.state.global_step
        lesson, target = self.lesson, folder_for(self.lesson.folder, step)
        place = Place(lesson.name, step, lesson.steps)
        waiting = Waiting(lesson.telemetry, lesson.stopping, place)
        save_when_there_is_room(lambda: write_folder(target, self._fill), waiting.go_on)
        prune(self.lesson.folder, keep_steps=self.lesson.keep_steps)

    def _fill(self, folder: Path) -> None:
        self.save_model(str(folder), _internal_call=True)
        self._save_optimizer_and_scheduler(str(folder))
        self._save_rng_state(str(folder))
        self.state.save_to_json(str(folder / "trainer_state.json"))
        stored = json.dumps(self.watcher.progress.as_json())
        (folder / STATE_FILE).write_text(stored, encoding="utf-8")


class Watcher(TrainerCallback):  # type: ignore[misc]
    """Judges each step, says how it goes, and decides when to save and to stop."""

    def __init__(self, lesson: Lesson, progress: Progress) -> None:
        self.lesson, self.progress = lesson, progress
        progress.guard.guessing = math.log(lesson.model.config.get_text_config().vocab_size)
        self.losses: list[float] = []
        self.ended: Ended = "finished"
        self.save: Callable[[], None] = lambda: None
        self._lengths = lesson.lengths()
        learnt = [*lesson.sequences.num_learnt, *lesson.replay.num_learnt]
        self._shares = (  # attempts and pairs lay out no rows beforehand, and rehearse beside them
            lesson.mixture.own_shares(learnt, lesson.stage.batch_size) if lesson.targets else []
        )
        self._tokens = sum(self._lengths[row] for row in lesson.mixture.order)
        self._clock = lesson.telemetry.elapsed_s
        self._tick = self._saved = self._told = self._clock()
        self._since_event: list[tuple[float, float]] = []
        self._first = Done()
        self._measured_s: list[float] = []

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Set the rate anew after a recovery: the schedule in the checkpoint still has the old one."""
        self._tick = self._saved = self._clock()
        rate = self.lesson.stage.learning_rate * self.lesson.rate_scale
        set_rate(kwargs["optimizer"], kwargs["lr_scheduler"], rate)

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Let a step that is not a number pass by: without gradients the optimizer changes nothing."""
        model = kwargs["model"]
        gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
        finite = bool(torch.isfinite(torch.nn.utils.get_total_norm(gradients)))
        share = self._shares[state.global_step] if self.lesson.targets else 1.0
        finding = self.progress.guard.judge_step(self.losses, gradients_finite=finite, share=share)
        if finding == "fine":
            self._since_event.append((sum(self.losses), share))
        else:
            self._skip(model, state.global_step + 1, finding)
        self.losses.clear()
        if finding == "go_back":
            raise UnstableError("not_finite", state.global_step + 1)
        if self.progress.guard.diverged():
            raise UnstableError("diverged", state.global_step + 1)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Keep the account, and decide what follows."""
        lesson, step = self.lesson, state.global_step
        now = self._clock()
        batch = lesson.stage.batch_size
        rows = lesson.mixture.order[(step - 1) * batch : step * batch]
        self.progress.step = step
        self.progress.tokens += sum(self._lengths[row] for row in rows)
        self.progress.seconds += now - self._tick
        self._tick = now
        if not self._first.step:
            self._first = self._done()
        if lesson.telemetry.first_step_after_s is None:
            lesson.telemetry.first_step_after_s = now
        rate = float(kwargs["lr_scheduler"].get_last_lr()[0])
        self._tell(step, rate, now)
        reason = lesson.stopping.reason()
        if reason is not None and step < lesson.steps:
            self.ended = reason
            control.should_training_stop = True
        harm = lesson.reason_to_end(step) if reason is None and step < lesson.steps else None
        if harm is not None:
            self.lesson.telemetry.event(
                "ended_early", harm, at=Place(lesson.name, step, lesson.steps)
            )
            control.should_training_stop = True
        due = step in lesson.keep_steps or now - self._saved > SAVE_EVERY_S
        if due or reason is not None or harm is not None:
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Let a checkpoint that waits to be chosen be measured."""
        step = state.global_step
        self._saved = self._clock()
        if step in self.lesson.keep_steps and not self.lesson.stopping.terminated:
            model = kwargs["model"]
            self.lesson.stopping.can_save = False  # saved a moment ago
            model.eval()
            with torch.random.fork_rng(devices=[]):
                self.lesson.on_checkpoint(Checkpoint(folder_for(self.lesson.folder, step), step))
            model.train()
            self.lesson.stopping.can_save = True
            self._measured_s.append(self._clock() - self._saved)
        self._tick = self._clock()

    def _tell(self, step: int, rate: float, now: float) -> None:
        lesson, steps = self.lesson, self.lesson.steps
        place = Place(lesson.name, step, steps)
        due = step == 1 or step == steps or step % max(1, steps // STEP_EVENTS) == 0
        if not due and now - self._told < STATUS_EVERY_S:
            return
        speed = self.progress.tokens / max(self.progress.seconds, 1e-6)
        left_s = self._seconds_left(step)
        loss = own_loss(self._since_event)
        text = lesson.named(lesson.step_text(step, loss, math.ceil(left_s / 60)))
        lesson.telemetry.progress("training", text, at=place)
        self._told = now
        if due and lesson.trial is None:
            lesson.telemetry.event(
                "step", text, at=place, **({} if loss is None else {"loss": loss}), learning_rate=rate, tokens_per_second=round(speed, 1),
                seconds_left=round(left_s, 1), tokens=self.progress.tokens, **lesson.step_facts(),
            )  # fmt: skip
        self._since_event = [] if due else self._since_event

    def _seconds_left(self, step: int) -> float:
        """Of the stage: its steps, and the checkpoints that are measured between them."""
        lesson, done = self.lesson, self._done()
        training = seconds_left(done, first=self._first, steps=lesson.steps, tokens=self._tokens)
        to_measure = sum(at > step for at in lesson.keep_steps)
        each = fmean(self._measured_s) if self._measured_s else lesson.checkpoint_s
        return training + to_measure * each

    def _done(self) -> Done:
        return Done(self.progress.step, self.progress.tokens, self.progress.seconds)

    def _skip(self, model: Any, step: int, finding: Finding) -> None:
        model.zero_grad(set_to_none=True)
        text = (
            Text(
                "The loss of step {step} was {loss:.2f}, far above the steps before it; the step was skipped.",
                step=step, loss=sum(self.losses),
            )
            if finding == "spike"
            else Text(
                "Step {step} gave a loss or gradient that is not a number; it was skipped.",
                step=step,
            )
        )  # fmt: skip
        place = Place(self.lesson.name, step, self.lesson.steps)
        self.lesson.telemetry.event("step_skipped", text, at=place, spike=finding == "spike")


def common_arguments(lesson: Lesson) -> dict[str, Any]:
    """Give what every technique tells TRL alike; each default of TRL's own is said (trials on tiny models, open trainers compared)."""
    stage, on_cpu = lesson.stage, lesson.loaded.device.type == "cpu"
    optimizers = {"adamw": "adamw_torch_fused", "adamw_8bit": "adamw_bnb_8bit"}
    return {
        "output_dir": str(lesson.folder / "trainer"),
        "use_cpu": on_cpu, "bf16": False, "fp16": False,
        "gradient_checkpointing": lesson.gradient_checkpointing,
        "gradient_checkpointing_kwargs": {"use_reentrant": False},
        "learning_rate": stage.learning_rate,
        "lr_scheduler_type": stage.schedule,
        "warmup_steps": math.ceil(stage.warmup_share * lesson.steps),
        "weight_decay": stage.weight_decay, "max_grad_norm": stage.max_grad_norm,
        "optim": optimizers[stage.optimizer],
        "seed": lesson.seed, "data_seed": lesson.seed,
        "save_strategy": "no", "eval_strategy": "no", "logging_strategy": "no", "logging_nan_inf_filter": False,
        "report_to": "none", "disable_tqdm": True,
        "dataloader_num_workers": 0, "dataloader_pin_memory": not on_cpu,
    }  # fmt: skip


def mixed_precision(lesson: Lesson) -> bool:
    """Say whether products are computed in bfloat16: on GPUs that have it."""
    return lesson.loaded.device.type == "cuda" and bool(torch.cuda.is_bf16_supported())


def _step_text(step: int, steps: int, loss: float | None, minutes: int) -> Text:
    if loss is None:
        return Text(
            "Step {step} of {steps}; about {minutes} min left.", step=step, steps=steps, minutes=minutes,
        )  # fmt: skip
    return Text(
        "Step {step:,} of {steps:,}: loss {loss:.3f}; about {minutes} min left.",
        step=step, steps=steps, loss=loss, minutes=minutes,
    )  # fmt: skip


def _unpatch(model: Any) -> None:
    """Take TRL's fused head off again, so that evaluation runs the model's own forward."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    inner.__dict__.pop("forward", None)
