"""How much general data goes in against forgetting, and where it comes from.

The sources disagree (1 % to 70 % general data for continued pretraining, 10 to 75 % in one vendor's own
pages: managed products compared). We follow the measured trade-off for tiny models and, for others, start from the
middle of the small-data range and move with the person's retention budget, the size of the model, and
whether all weights move.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tools.choice import NUMBER, WHOLE, Choice
from training.catalog import GENERAL_SETS, ModelCard
from training.config import Technique
from training.text import Text, join

SourceKind = Literal["none", "self", "file"]
ReplayLoss = Literal["tokens", "kl"]
TINY_SHARE = 0.5  # trials on tiny models: none .00, half .995 retention at 1.1 M parameters
BUDGET_LADDER = ((0.01, 0.5), (0.02, 0.35), (0.05, 0.2), (0.1, 0.1), (0.3, 0.05))
"""Largest acceptable loss -> share. CF-08 sweeps 0, 5, 10, 20, 50%; which rung goes with which budget is ours."""
SELF_HELD_SOURCE = "CF-18: 2509.04259 (2607.04364 disagrees for long series); measured here"
DO_NOT_CARE = 0.3
"""A person who accepts losing a third and more gets no replay; our default."""
TINY_LADDER = ((0.1, TINY_SHARE), (0.3, 0.3))
"""Measured here on 10,000 rows of 77 topics (training/practice/tried.md): with the untouched model as teacher half keeps .98."""
TINY_FEW_ROWS = 2000
TINY_FEW_LADDER = ((0.05, 0.7), (0.1, TINY_SHARE), (0.3, 0.3))
"""Measured here on 700 rows of 8 topics, rate 1e-3: half with 699 conversations kept .77 to .79 of the choosing
probes (.84 at the end), seven tenths with 1,631 kept .86 to .93 (.99 at the end), at .96 and .93 of 100 held-out items."""
WORTH_TRYING = 1.3
"""Shares closer than this to each other are not told apart by a trial; our default."""
SMALL_BILLIONS, SMALL_EXTRA = 2.0, 0.1  # CF-03: small models forget more; the amount is ours
FULL_EXTRA = 0.1  # CF-15: all weights forget more than adapters; the amount is ours
DISAGREEING_SFT = Text(
    "The sources disagree: one vendor advises a half, tries 10% to 75% on another page, and used a quarter in its own best case: the task gained 12 points instead of 17, and general knowledge stayed at .74 where it fell from .75 to .47 without. I begin with the 10% to 20% of studies on small sets, and go up as you allow less forgetting."
)
DISAGREEING_CPT = Text(
    "The sources disagree: 1% to 5% was enough in studies that watched the loss, two thirds in one that allowed no loss of general text, and a vendor's own recipes go from none to three quarters. I stay between them."
)
MOST = 0.5  # CF-07: the most that product guidance starts with
MIN_ROWS, MAX_ROWS = 500, 2000  # CF-11 [P]
TINY_MAX_ROWS = 9000  # measured here at half of 10,000 rows: each is seen three times


@dataclass(frozen=True)
class Mix:
    """What the replay part is."""

    source: Choice[SourceKind]
    share: Choice[float]
    min_rows: Choice[int]
    loss: Choice[ReplayLoss]


def share(
    technique: Technique, card: ModelCard, *, max_forgetting: float, full: bool, rows: int = 10_000
) -> Choice[float]:
    """Choose the share of the training tokens that is general. A tighter budget never lowers it."""
    if technique in {"dpo", "rft"}:
        return _share(0.0, _held_by_itself(technique), SELF_HELD_SOURCE)
    if max_forgetting > DO_NOT_CARE:
        return _share(
            0.0,
            Text(
                "You accept losing {budget:.0%} of the general abilities, so none of the training is spent on keeping them.",
                budget=max_forgetting,
            ),
            "CF-08 [P]",
            "default",
        )
    if card.tiny:
        ladder = TINY_FEW_LADDER if rows <= TINY_FEW_ROWS else TINY_LADDER
        value = next(rung for limit, rung in ladder if max_forgetting <= limit)
        return _share(
            value,
            Text(
                "Measured on models of this size: without general data they kept between nothing and a fifth of what they could do, with half of the tokens general and a slow rate nine tenths and more."
            ),
            "measured here; trials on tiny models; CF-03",
            "measured",
        )
    value = next(rung for limit, rung in BUDGET_LADDER if max_forgetting <= limit)
    parts = [
        Text(
            "{share:.0%} goes with losing at most {budget:.1%} of the general abilities.",
            share=value,
            budget=max_forgetting,
        )
    ]
    if card.billions <= SMALL_BILLIONS:
        value += SMALL_EXTRA
        parts.append(Text("More, because small models forget more."))
    if full:
        value += FULL_EXTRA
        parts.append(Text("More, because all weights are trained."))
    value = min(value, MOST)
    parts.append(DISAGREEING_CPT if technique == "cpt" else DISAGREEING_SFT)
    if technique == "cpt":
        value = max(value, 0.25)
        parts.append(Text("At least a quarter, because plain text moves a model far."))
        return _share(
            round(value, 2),
            join(parts),
            "CF-05, CF-06: Ibrahim 2403.08763, CMR 2407.17467; managed products compared; [P]",
            "default",
        )
    return _share(
        round(value, 2),
        join(parts),
        "CF-08, CF-07, CF-03, CF-15 [P]: Dong 2310.05492, Marek 2605.26097; managed products compared",
        "default",
    )


def neighbours(value: float, card: ModelCard) -> tuple[float | None, float | None]:
    """Give the next share up and the next one down that is worth trying instead (CF-08); None where there is none."""
    ladder = sorted({rung for _, rung in (*TINY_LADDER, *TINY_FEW_LADDER)} if card.tiny else {rung for _, rung in BUDGET_LADDER})  # fmt: skip
    above = [rung for rung in ladder if rung >= value * WORTH_TRYING]
    below = [rung for rung in ladder if rung <= value / WORTH_TRYING]
    return (above[0] if above else None), (below[-1] if below else None)


def source(
    value: float, *, general_file: str | None, card: ModelCard | None = None
) -> Choice[SourceKind]:
    """Choose where general data comes from: the person's file, else the untouched model itself."""
    made = Choice[SourceKind]
    if value == 0:
        return made(value="none", because=Text("No general data is mixed in."))
    if general_file:
        return made(value="file", because=Text("You gave a file of general data."), origin="user")
    because = Text("The untouched model writes it: its own words move it less than other people's.")
    if card is not None and not card.tiny:
        because = join([because, _public_sets()])
    return made(
        value="self",
        because=because,
        source="CF-10, CF-12: Marek 2605.26097, SSR 2403.01244",
    )


def min_rows(value: float, card: ModelCard, *, rows: int, kind: SourceKind) -> Choice[int]:
    """Count the conversations the untouched model writes at least."""
    if kind != "self":
        return WHOLE(value=0, because=Text("Nothing has to be written."))
    wanted = round(rows * value / (1 - value))
    most = TINY_MAX_ROWS if card.tiny and rows > TINY_FEW_ROWS else MAX_ROWS
    count = min(max(wanted, MIN_ROWS), most)
    return WHOLE(
        value=count, because=Text("{count:,} conversations, which keep their effect from about a thousand on.", count=count),
        source="CF-11 [P], CF-08: Dong 2310.05492", origin="default",
    )  # fmt: skip


def loss(kind: SourceKind) -> Choice[ReplayLoss]:
    """Choose what is learnt from general rows: the untouched model's whole judgement of its own words, or plain words."""
    made = Choice[ReplayLoss]
    if kind == "none":
        return made(value="tokens", because=Text("No general data is mixed in."))
    if kind == "file":
        return made(
            value="tokens",
            because=Text("The words of your general file are learnt as they stand."),
            origin="default",
        )
    return made(
        value="kl",
        because=Text(
            "At each word of the rehearsal the model is held to everything the untouched one found likely there, not only to the word written down. On the practice model that kept more for the same gain; it costs one reading of the rehearsal."
        ),
        source="measured here; CF-02: RL's Razor 2509.04259; CF-21: tinker-cookbook distillation",
        origin="measured",
    )


def _public_sets() -> Text:
    sets = [Text("{id} ({licence})", id=one.id, licence=one.licence) for one in GENERAL_SETS]
    return Text(
        "If this machine reaches the Hub, you can also fetch a public set and name it with --general: {sets}.",
        sets=join(sets, "; "),
    )


def _held_by_itself(technique: Technique) -> Text:
    """Say why pairs and attempts get no general rows unless a person wants some."""
    if technique == "rft":
        return Text(
            "The model learns from its own answers, which keep it close to where it was: the practice model kept 98% of its general abilities while a task went from 40% to 99% right. With --set replay.share=0.3 general text is learnt alongside."
        )
    return Text(
        "Learning from pairs is itself held to where the model began: the practice model kept 98% of its general abilities. With --set replay.share=0.3 general text is learnt alongside."
    )


def _share(
    value: float,
    because: Text,
    source: str,
    origin: Literal["rule", "default", "measured"] = "rule",
) -> Choice[float]:
    return NUMBER(value=value, because=because, source=source, origin=origin)
