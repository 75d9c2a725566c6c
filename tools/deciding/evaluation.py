"""How success is measured: metric, target, how many items."""

from __future__ import annotations

from math import ceil
from typing import get_args

from tools.choice import NUMBER, WHOLE, YES_NO, Choice
from tools.deciding.answering import bare_results, room_tokens, unanswered
from tools.deciding.stages import pinned
from tools.deciding.token_counts import TEMPLATE_TOKENS, mean_factor
from tools.errors import PlanError
from tools.facts import Facts
from tools.plan import EvaluationPlan
from tools.profile import Profile
from training.catalog import ModelCard
from training.config import Metric, Task
from training.text import Text

METRIC, SCORE_OR_NONE = Choice[Metric], Choice[float | None]
"""Kinds of choice, made once (see `tools.choice`)."""
METRICS: dict[Task, tuple[Metric, ...]] = {
    "classification": ("accuracy", "macro_f1"),
    "extraction": ("field_f1", "json_valid", "exact_match"),
    "rewriting": ("chrf", "rouge", "exact_match"),
    "summarization": ("rouge", "chrf"),
    "qa": ("chrf", "rouge", "exact_match"),
    "dialogue": ("chrf", "rouge"),
    "generation": ("chrf", "rouge", "exact_match"),
    "code": ("exact_match", "chrf"),
    "tool_use": ("field_f1", "json_valid", "exact_match"),
    "translation": ("chrf", "rouge", "exact_match"),
    "reasoning": ("numeric", "exact_match"),
    "preference": ("accuracy", "chrf", "rouge"),
    "documents": ("bits_per_byte",),
}
"""The first is the usual one. Those that need a grader (judge, vote, pass_rate, reward) come with `--reward`."""
REWARD: Metric = "reward"
SHORT_ANSWER_TOKENS = 16
MAX_FORGETTING = 0.05  # CF-23 [P]: above 5 % is red
DEV_ITEMS = 200  # ST-03: 10 points at 80 % power with discordant rate .2 to .3
CHOOSING_PROBES = 200
NON_INFERIORITY_CONSTANT = 6.18  # (1.645 + 0.84)^2: one-sided 5 %, power 80 %
DISCORDANT_PROBES = 0.1  # our default: probes that flip either way on a model that lost nothing
PROBES_AT_LEAST, PROBES_AT_MOST = 400, 1600
FEW_SHOT = 8  # our default
PROMPT_VARIANTS = 4  # TC-08: a small set; our default
TINY_PROMPT_VARIANTS = 2  # so small a model heeds examples, hardly words; our default
PROMPT_ITEMS = 60  # our default: tells prompts apart that differ by 15 points and more (ST-03)
LEAST_TO_CHOOSE_BY = 20  # our default
ATTEMPT_QUESTIONS, ATTEMPTS_EACH = (
    64,
    16,
)  # RF-01; the share of usable questions is then known within .12
SMALL_TEST = 100  # TC-01
_ROBUSTNESS = YES_NO(
    value=True,
    because=Text(
        "The test items are also asked with small slips of the pen, to see whether the wording was learnt instead of the task."
    ),
    source="our default",
)


def evaluation(facts: Facts, card: ModelCard) -> EvaluationPlan:
    """Decide what is measured. Raises PlanError for a metric that does not suit the task, or an absurd target."""
    splits = facts.profile.splits
    items = WHOLE(
        value=splits.get("test", 0),
        because=Text("All items held back for the final comparison; they are used once."),
        source="CK-10, ST-02",
    )
    dev = WHOLE(
        value=min(splits.get("dev", 0), DEV_ITEMS),
        because=Text(
            "Enough to choose between checkpoints, and none of them is used in the final comparison."
        ),
        source="ST-03, CK-10",
    )
    budget = max_forgetting(facts)
    probes = WHOLE(
        value=CHOOSING_PROBES,
        because=Text("Enough to tell checkpoints apart while choosing."),
        source="PR-09",
        origin="default",
    )
    return EvaluationPlan(
        metric=metric(facts),
        items=items,
        dev_items=pinned(dev, facts, "evaluation.dev_items"),
        target=target(facts),
        max_forgetting=budget,
        probe_items=pinned(probes, facts, "evaluation.probe_items"),
        final_probe_items=pinned(
            _final_probes(budget.value), facts, "evaluation.final_probe_items"
        ),
        few_shot_examples=pinned(_few_shot(facts, card), facts, "evaluation.few_shot_examples"),
        prompt_variants=pinned(_prompt_variants(facts, card), facts, "evaluation.prompt_variants"),
        robustness=pinned(_ROBUSTNESS, facts, "evaluation.robustness"),
        max_new_tokens=pinned(_max_new_tokens(facts, card), facts, "evaluation.max_new_tokens"),
    )


def metric(facts: Facts) -> Choice[Metric]:
    """Choose the metric by the task. Raises PlanError for one that cannot score it."""
    task = facts.profile.task.value
    allowed = METRICS[task] + ((REWARD,) if facts.reward else ())
    said = facts.said("success")
    named = (
        facts.overrides.get("evaluation.metric")
        or facts.metric
        or (said.get("metric") if isinstance(said, dict) else None)
    )
    if named is not None:
        if named in allowed:
            return METRIC(value=named, because=Text("You asked for it."), origin="user")
        if (
            facts.overrides.get("evaluation.metric")
            or facts.metric
            or named not in get_args(Metric)
        ):
            raise PlanError(
                Text("{metric} cannot score a {task} task.", metric=named, task=task), where="evaluation.metric",
                what_to_do=Text("Use {allowed}.", allowed=" or ".join(allowed)),
            )  # fmt: skip
    if facts.reward:
        return METRIC(
            value=REWARD, because=Text("Success is what your reward says."), source="RW-01"
        )
    if task == "classification" and any(
        issue.code == "class_imbalance" for issue in facts.profile.issues
    ):
        return METRIC(
            value="macro_f1",
            because=Text("Your classes differ much in size; this counts each of them equally."),
            source="DQ-09",
        )
    if task in {"qa", "generation"} and facts.profile.tokens.answer_p99 <= SHORT_ANSWER_TOKENS:
        return METRIC(
            value="exact_match",
            because=Text("The answers are short: they are right or wrong."),
            source="RW-10",
        )
    return METRIC(
        value=METRICS[task][0], because=Text("The usual measure for this task."), source="RW-10"
    )


def target(facts: Facts) -> Choice[float | None]:
    """The score that counts as success; None where nobody named one. Raises PlanError above 100%."""
    made = SCORE_OR_NONE
    said = facts.said("success")
    value = facts.overrides.get("evaluation.target", facts.target)
    if value is None and isinstance(said, dict):
        value = said.get("target")
    if value is None:
        return made(
            value=None,
            because=Text(
                "You have not named a target; the tuned model has to beat the untouched one."
            ),
            origin="default",
        )
    if not 0 < float(value) <= 1:
        raise PlanError(
            Text("A target of {value:g} cannot be reached: scores run from 0 to 1.", value=float(value)),
            where="--target" if facts.target is not None else "evaluation.target" if "evaluation.target" in facts.overrides else "goal",
            what_to_do=Text("Name a share, such as accuracy=0.9 for 90%."),
        )  # fmt: skip
    return made(value=float(value), because=Text("You asked for it."), origin="user")


def max_forgetting(facts: Facts) -> Choice[float]:
    """The largest acceptable loss of general abilities. Raises PlanError outside 0 to 1."""
    said = facts.said("must_not_get_worse")
    value = facts.overrides.get("evaluation.max_forgetting", facts.max_forgetting)
    if value is None and isinstance(said, dict):
        value = said.get("max_forgetting")
    if value is None:
        return NUMBER(
            value=MAX_FORGETTING,
            because=Text(
                "Losing more than a twentieth of what the model could do before is too much."
            ),
            source="CF-23 [P]",
            origin="default",
        )
    if not 0 <= float(value) <= 1:
        raise PlanError(
            Text("Forgetting of at most {value:g} means nothing: it is a share from 0 to 1.", value=float(value)), where="--max-forgetting",
            what_to_do=Text("Name a share, such as 0.05 for 5%."),
        )  # fmt: skip
    return NUMBER(value=float(value), because=Text("You asked for it."), origin="user")


def _final_probes(budget: float) -> Choice[int]:
    needed = ceil(NON_INFERIORITY_CONSTANT * DISCORDANT_PROBES / max(budget, 0.005) ** 2)
    count = min(max(needed, PROBES_AT_LEAST), PROBES_AT_MOST)
    if needed > count:
        return WHOLE(
            value=count,
            because=Text(
                "Showing a loss of at most {budget:.1%} for certain would take {needed:,} questions; {count:,} are asked, so the answer may be left open.",
                budget=budget,
                needed=needed,
                count=count,
            ),
            source="ST-03, PR-09",
        )
    return WHOLE(
        value=count,
        because=Text("Enough to show that no more than {budget:.1%} was lost.", budget=budget),
        source="ST-03, PR-09",
    )


def examples_that_fit(profile: Profile, card: ModelCard) -> int:
    """How many answered rows may stand before a question: at most eight, and the half of the context stays free."""
    row = profile.tokens.p95 * mean_factor(card, profile.tokens) + TEMPLATE_TOKENS
    return max(0, min(FEW_SHOT, int(card.context * 0.6 / row)))


def _few_shot(facts: Facts, card: ModelCard) -> Choice[int]:
    if facts.profile.task.value in {"documents", "preference"}:
        return WHOLE(value=0, because=Text("There is nothing to show an example of."))
    count = examples_that_fit(facts.profile, card)
    return WHOLE(
        value=count,
        because=Text(
            "{count} examples from your training rows go before each question, to see what showing alone does.",
            count=count,
        ),
        source="TC-01",
        origin="default",
    )


def _prompt_variants(facts: Facts, card: ModelCard) -> Choice[int]:
    if facts.profile.task.value in {"documents", "preference"}:
        return WHOLE(value=0, because=Text("There is nothing to ask in another way."))
    if facts.profile.splits.get("dev", 0) < LEAST_TO_CHOOSE_BY:
        return WHOLE(
            value=0,
            because=Text(
                "Fewer than {items} rows are set apart for choosing, too few to tell prompts apart.",
                items=LEAST_TO_CHOOSE_BY,
            ),
            source="ST-08",
        )
    count = TINY_PROMPT_VARIANTS if card.tiny else PROMPT_VARIANTS
    return WHOLE(
        value=count,
        because=Text(
            "{count} other ways of asking are tried on rows set apart for choosing, and the best of them on the test items: a good prompt may be all you need.",
            count=count,
        ),
        source="TC-08, TC-01",
        origin="default",
    )


def _max_new_tokens(facts: Facts, card: ModelCard) -> Choice[int]:
    because = Text("99 of 100 of your answers are shorter.")
    if bare_results(facts, card):
        because = Text("Room to find the way: your answers hold the bare result, and a model cut off before it would look worse than it is.")  # fmt: skip
    elif unanswered(facts):
        because = Text("Your questions come without answers, so nobody knows how long they will be.")  # fmt: skip
    return WHOLE(
        value=room_tokens(facts, card),
        because=because,
        source="GR-07",
        origin="default",
    )
