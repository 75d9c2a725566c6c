"""Everything a decision rests on, in one immutable value: decide on equal facts, get the equal plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tools.brief import Brief, BriefEntry, BriefField, BriefOrigin
from tools.dry_run import DryRun
from tools.goal import strong_model
from tools.gpus import kind_of
from tools.machine import Gpu, Machine
from tools.profile import Profile
from training.catalog import ModelCard
from training.config import Metric, Technique
from training.measured import Compared, NamedScore, Pace

SIMPLE_NAMES = frozenset({"commonest answer", "simple model"})
"""Baselines that are no language model."""
ATTEMPTS = "attempts"
"""The untouched model's attempts at training questions: no way of asking the test items."""


@dataclass(frozen=True)
class Facts:
    """What is known when a plan is made. Whatever is None or empty has not been said or measured."""

    profile: Profile
    brief: Brief = field(default_factory=dict)
    machine: Machine = field(default_factory=lambda: Machine("cpu"))
    baselines: tuple[NamedScore, ...] = ()
    pass_rates: tuple[float, ...] = ()
    """Of the start model, one for each prompt: the share of its samples that were right (RF-01)."""
    pass_samples: int = 16
    """Samples behind each pass rate."""
    measured_model: str | None = None
    """The model whose scores stand in `baselines`; None where nobody noted it."""
    compared: tuple[Compared, ...] = ()
    """Untouched models that answered the same rows set apart for choosing."""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    """What the person set: `sft.learning_rate`, `replay.share`, `model`, ..."""
    trimmed: Mapping[str, Any] = field(default_factory=dict)
    """What was cut down to fit the budget, by the same names; the person's own values come before it."""
    insist: tuple[Technique, ...] | None = None
    """The pipeline the person named with `--technique` or in words."""
    model: str | None = None
    """The model the person named: `practice`, a Hub id, a folder."""
    cards: Mapping[str, ModelCard] = field(default_factory=dict)
    """Models read from their folders or the Hub's cache, by the name they are asked for."""
    gpu: tuple[Gpu, ...] = ()
    """Cards the person named with `--gpu`: the plan is made for them, here or elsewhere."""
    reward: str | None = None
    metric: Metric | None = None
    target: float | None = None
    max_forgetting: float | None = None
    budget_minutes: float | None = None
    budget_usd: float | None = None
    seed: int = 0
    language: str | None = None
    data: tuple[str, ...] = ()
    data_hashes: Mapping[str, str] = field(default_factory=dict)
    eval_file: str | None = None
    general_file: str | None = None
    pace: Pace | None = None
    """How fast this machine was when it measured the untouched model; None where it did not."""
    conversations: int = 0
    """Conversations to rehearse that come with the practice model, of this seed."""
    dry_runs: Mapping[str, DryRun] = field(default_factory=dict)
    """What was tried out of the memory of training, by `tools.dry_run.key_of`."""
    skip_broken: bool = False
    """Rows that cannot be read or have no answer are left out, as the person asked."""

    def said(self, name: BriefField) -> Any:
        """The brief's value, or None where the field is open."""
        entry = self.brief.get(name)
        return None if entry is None else entry.value

    def origin(self, name: BriefField) -> BriefOrigin | None:
        """Where the brief's value came from; None where the field is open."""
        entry = self.brief.get(name)
        return None if entry is None else entry.origin

    def with_said(self, name: BriefField, value: Any) -> Facts:
        """The same facts, had the person said this too."""
        return replace(self, brief={**self.brief, name: BriefEntry(value=value, origin="said")})

    @property
    def rows(self) -> int:
        """Rows to train on."""
        splits = self.profile.splits
        return splits.get("train", self.profile.usable or self.profile.rows)

    @property
    def goal(self) -> str:
        """The person's own words; empty where nothing was said."""
        return str(self.said("goal") or "")

    @property
    def success_rates(self) -> tuple[float, ...]:
        """Of the untouched model, one for each question: those supposed, else those that a run has measured."""
        tried = self.baseline(ATTEMPTS)
        return self.pass_rates or (tried.rates if tried is not None else ())

    @property
    def answered(self) -> bool:
        """Whether the rows hold answers to learn from."""
        return self.profile.tokens.answer_total > 0

    @property
    def strong_model(self) -> str | None:
        """The stronger model that does the work today, by name; None where none is mentioned (TC-07)."""
        return strong_model(f"{self.said('current_solution') or ''}. {self.goal}")

    @property
    def gpus(self) -> tuple[Gpu, ...]:
        """The cards to plan for: those named beat those said, which beat those found here."""
        if self.gpu:
            return self.gpu
        said = self.said("hardware")
        if isinstance(said, dict) and "count" in said:
            name, gib = str(said.get("gpu") or "card"), said.get("gib")
            card = Gpu(name, float(gib)) if gib else Gpu(name, kind_of(Gpu(name, 0)).gib)
            return (card,) * int(said["count"] or 0)
        return self.machine.gpus

    @property
    def on_gpu(self) -> bool:
        """Whether the plan is for a machine with a graphics card."""
        return bool(self.gpus)

    @property
    def here(self) -> bool:
        """Whether the cards planned for are those of this machine."""
        return not self.on_gpu or (
            bool(self.machine.gpus) and self.machine.gib + 0.5 >= max(gpu.gib for gpu in self.gpus)
        )

    def untouched(self) -> NamedScore | None:
        """The best way of asking the untouched model, where it was measured."""
        return max(
            (score for score in self.baselines if score.name not in SIMPLE_NAMES | {ATTEMPTS}),
            key=lambda score: score.value, default=None,
        )  # fmt: skip

    @property
    def candidates(self) -> tuple[str, ...]:
        """The models that the person wants compared, as they name them."""
        said = str(self.overrides.get("candidates") or "")
        return tuple(dict.fromkeys(name.strip() for name in said.split(",") if name.strip()))

    def baseline(self, name: str) -> NamedScore | None:
        """The baseline of this name, where it was measured."""
        return next((score for score in self.baselines if score.name == name), None)
