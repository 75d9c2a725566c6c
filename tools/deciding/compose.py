"""From a plan to the run's configuration: values only, for a node that looks nothing up."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import Any, Literal

from tools.deciding import hyperparams
from tools.deciding.advice import ALREADY_GOOD, MIN_ITEMS_TO_JUDGE, UNKNOWN_FACTS
from tools.deciding.asking import variants
from tools.deciding.evaluation import (
    ATTEMPT_QUESTIONS,
    ATTEMPTS_EACH,
    PROMPT_ITEMS,
    examples_that_fit,
)
from tools.deciding.models import answering_twin, card_of
from tools.marking.grading import in_run
from tools.plan import Plan, StagePlan
from tools.profile import Profile
from training.catalog import PRACTICE, ModelCard
from training.config import (
    BudgetConfig,
    CandidateConfig,
    LoraConfig,
    MeasureConfig,
    ModelConfig,
    ProbeConfig,
    PromptConfig,
    ReplayConfig,
    RunConfig,
    StageConfig,
    Task,
    TaskConfig,
)
from training.practice import MODEL_DIR

LETTERS_PER_TOKEN = 2.5
"""Of a small tokenizer, for deciding whether an instruction fits; our default, on the careful side."""
MOST_LABELS_LISTED = 200
SOURCES: dict[str, Literal["self", "file"]] = {
    "self-generated replay": "self",
    "your general file": "file",
}
INSTRUCTIONS: dict[Task, str] = {
    "classification": "Say which topic the text belongs to. Answer with the topic's name only.",
    "extraction": "Extract the facts that are asked for. Answer with JSON only.",
    "rewriting": "Rewrite the text as asked. Answer with the rewritten text only.",
    "summarization": "Summarize the text. Answer with the summary only.",
    "qa": "Answer the question.",
    "dialogue": "You are a helpful assistant.",
    "generation": "Write what is asked for.",
    "code": "Write the code that is asked for. Answer with code only.",
    "tool_use": "Choose the tool and its arguments. Answer with JSON only.",
    "translation": "Translate the text. Answer with the translation only.",
    "reasoning": "Solve the problem step by step. Write the final answer last.",
    "preference": "You are a helpful assistant.",
    "documents": "",
}
INSTRUCTIONS_ZH: dict[Task, str] = {
    "classification": "判断这段文字属于哪一类。只回答类别名称。",
    "extraction": "提取所要求的信息。只回答 JSON。",
    "rewriting": "按要求改写这段文字。只回答改写后的文字。",
    "summarization": "概括这段文字。只回答摘要。",
    "qa": "回答问题。",
    "dialogue": "你是一个乐于助人的助手。",
    "generation": "写出所要求的内容。",
    "code": "写出所要求的代码。只回答代码。",
    "tool_use": "选择工具和参数。只回答 JSON。",
    "translation": "翻译这段文字。只回答译文。",
    "reasoning": "一步一步解题，最后写出答案。",
    "preference": "你是一个乐于助人的助手。",
    "documents": "",
}


def run_config(plan: Plan, profile: Profile, *, run: str) -> RunConfig:
    """The whole run: measure, each stage, choose, compare."""
    config = _base(plan, profile, run=run)
    return config.model_copy(update={
        "stages": tuple(_stage(stage) for stage in plan.stages),
        "replay": _replay(plan),
        "probe": _probe(plan),
        "measure": _measure(plan),
        "budget": _budget(plan),
    })  # fmt: skip


def measure_config(
    plan: Plan, profile: Profile, *, run: str, prepare: bool = False, write_until_s: float | None = None
) -> RunConfig:  # fmt: skip
    """A run without stages: it measures the untouched model and stops.

    With `prepare` it also does what the plan's training would begin with: the general questions, and the conversations
    to rehearse, as many as are written by `write_until_s` after its start. The training takes them over.
    """
    how = plan.evaluation
    base = _base(plan, profile, run=run)
    if prepare:
        replay = _replay(plan)
        longest = plan.stages[0].max_seq_tokens.value if plan.stages else None
        own = replay.model_copy(update={"teacher_tokens": longest, "write_until_s": write_until_s})
        return base.model_copy(update={
            "measure": _measure(plan).model_copy(update=_asked_first(plan) | _timed(plan)),
            "replay": own if replay.source == "self" else ReplayConfig(),
        })  # fmt: skip
    measure = MeasureConfig(
        dev_items=0,
        probe_items=0,
        final_probe_items=how.probe_items.value,
        max_forgetting=how.max_forgetting.value,
        robustness=False,
        **_asked_first(plan),
    )
    return base.model_copy(update={"measure": measure})


def _timed(plan: Plan) -> dict[str, Any]:
    """The batch whose learning is timed: where all weights are learnt on processors, rows with answers first."""
    first = plan.stages[0] if plan.stages else None
    if (
        first is None
        or plan.device != "cpu"
        or first.lora_rank.value
        or first.technique.value != "sft"
    ):
        return {}
    return {"timed_rows": first.micro_batch_size.value, "timed_tokens": first.max_seq_tokens.value}


def candidate_config(plan: Plan, profile: Profile, card: ModelCard) -> CandidateConfig:
    """How one of several untouched models is asked: told as the plan's model is, with as many examples as it has room for."""
    labels = tuple(profile.labels) if profile.task.value == "classification" else ()
    told = instruction(profile.task.value, labels, language=profile.language)
    if "system" in profile.columns:
        told = None
    return CandidateConfig(
        model=_model(plan, card),
        system=_short(told, profile, card) if card.tiny else told,
        few_shot_examples=examples_that_fit(profile, card),
    )


def instruction(task: Task, labels: tuple[str, ...], *, language: str) -> str | None:
    """What a model is told before each item; the closed set of answers is listed where it is not too long."""
    chinese = language == "zh"
    said = (INSTRUCTIONS_ZH if chinese else INSTRUCTIONS)[task]
    if task == "classification" and labels and len(labels) <= MOST_LABELS_LISTED:
        said += ("\n类别：" if chinese else "\nTopics: ") + ("、" if chinese else ", ").join(labels)
    return said or None


def _measure(plan: Plan) -> MeasureConfig:
    how = plan.evaluation
    return MeasureConfig(
        dev_items=how.dev_items.value, probe_items=how.probe_items.value,
        final_probe_items=how.final_probe_items.value if how.final_probe_items else how.probe_items.value,
        max_forgetting=how.max_forgetting.value, robustness=how.robustness.value if how.robustness else True,
        stop_if_untouched_reaches=_stop_at(plan), stop_if_untouched_below=stop_below(plan), prompt_items=_asked_first(plan)["prompt_items"],
    )  # fmt: skip


def _base(plan: Plan, profile: Profile, *, run: str) -> RunConfig:
    card = card_of(plan.model.value)
    return RunConfig(
        run=run, seed=plan.seed, device="cuda" if plan.device == "cuda" else "cpu",
        model=_model(plan, card), task=_task(plan, profile, card),
    )  # fmt: skip


def _model(plan: Plan, card: ModelCard) -> ModelConfig:
    name = card.id
    source = (
        str(MODEL_DIR)
        if name == PRACTICE
        else str(Path(name).resolve())
        if Path(name).is_dir()
        else card.id
    )
    full = any(stage.lora_rank.value == 0 for stage in plan.stages)
    techniques = [stage.technique.value for stage in plan.stages]
    return ModelConfig(
        name=name, source=source, dtype="float32" if plan.device == "cpu" or full else "bfloat16",
        instruct=answering_twin(name) if full and "cpt" in techniques[:-1] else None,
        quantization=plan.quantization.value if plan.quantization else None,
    )  # fmt: skip


def _task(plan: Plan, profile: Profile, card: ModelCard) -> TaskConfig:
    how, task = plan.evaluation, profile.task.value
    labels = tuple(profile.labels) if task == "classification" else ()
    told = instruction(task, labels, language=profile.language)
    own_system = "system" in profile.columns
    practice = card.tiny
    # Learning from its own attempts begins with what the untouched model says to the bare question, so that is compared
    from_itself = plan.stages[0].technique.value == "rft" if plan.stages else False
    return TaskConfig(
        task=task, metric=how.metric.value, language=profile.language,
        system=None if practice or own_system else told,
        zero_shot_system=_short(told, profile, card)
        if practice and not own_system and not from_itself
        else None,
        few_shot_examples=how.few_shot_examples.value if how.few_shot_examples else 0,
        prompts=_prompts(plan, profile, card, told if not own_system else None),
        labels=labels,
        reward=in_run(plan.reward),
        trust_reward=bool(plan.overrides.get("reward.trusted", False)),
        max_new_tokens=how.max_new_tokens.value if how.max_new_tokens else 64,
    )  # fmt: skip


def _prompts(
    plan: Plan, profile: Profile, card: ModelCard, told: str | None
) -> tuple[PromptConfig, ...]:
    how = plan.evaluation
    if how.prompt_variants is None or not how.prompt_variants.value:
        return ()
    examples = how.few_shot_examples.value if how.few_shot_examples else 0
    found = variants(
        profile.task.value, _short(told, profile, card) if card.tiny else told,
        language=profile.language, examples=examples, count=how.prompt_variants.value,
    )  # fmt: skip
    return tuple(
        one for one in found if not card.tiny or _short(one.system or "", profile, card) is not None
    )


def _asked_first(plan: Plan) -> dict[str, Any]:
    """What is found out about the untouched model besides its plain scores."""
    tried = plan.evaluation.prompt_variants
    return {
        "prompt_items": PROMPT_ITEMS if tried is not None and tried.value else 0,
        "attempt_questions": ATTEMPT_QUESTIONS if "rft" in plan.decision.pipeline else 0,
        "attempts_each": ATTEMPTS_EACH,
    }


def _short(told: str | None, profile: Profile, card: ModelCard) -> str | None:
    """The instruction where a small model can still read the item and answer after it; else none."""
    if told is None:
        return None
    stretch = 2.0 if profile.tokens.estimated else 1.0
    left = card.context - ceil(len(told) / LETTERS_PER_TOKEN) - 32
    return told if left >= (profile.tokens.p99 + profile.tokens.answer_p99) * stretch else None


def _stage(stage: StagePlan) -> StageConfig:
    rank = stage.lora_rank.value
    lora = None
    if rank:
        lora = LoraConfig(
            rank=rank, alpha=stage.lora_alpha.value, dropout=stage.lora_dropout.value if stage.lora_dropout else 0.0,
            train_embeddings=stage.train_embeddings.value if stage.train_embeddings else False,
        )  # fmt: skip
    return StageConfig(
        technique=stage.technique.value, learning_rate=stage.learning_rate.value, epochs=stage.epochs.value,
        batch_size=stage.batch_size.value, micro_batch_size=stage.micro_batch_size.value, lora=lora,
        schedule=stage.schedule.value, warmup_share=stage.warmup_share.value, weight_decay=stage.weight_decay.value,
        max_grad_norm=stage.max_grad_norm.value, max_seq_tokens=stage.max_seq_tokens.value, packing=stage.packing.value,
        embedding_rate_share=hyperparams.EMBEDDING_RATE_SHARE if stage.technique.value == "cpt" and lora else 1.0,
        gradient_checkpointing=stage.gradient_checkpointing.value, checkpoints=stage.checkpoints.value, **_extras(stage),
    )  # fmt: skip


def _extras(stage: StagePlan) -> dict[str, Any]:
    """What only one technique has."""
    names = ("preference_strength", "group_size", "kl_weight", "replay_order")
    found = {name: getattr(stage, name) for name in names}
    return {name: choice.value for name, choice in found.items() if choice is not None}


def _replay(plan: Plan) -> ReplayConfig:
    for source in plan.mixture.sources:
        if source.name != "yours" and source.share.value > 0:
            rows = plan.mixture.min_rows.value if plan.mixture.min_rows else 0
            learnt = plan.mixture.replay_loss
            return ReplayConfig(
                source=SOURCES[source.name], share=source.share.value, min_rows=rows,
                loss=learnt.value if learnt else "tokens",
            )  # fmt: skip
    return ReplayConfig()


def _probe(plan: Plan) -> ProbeConfig | None:
    """The short trainings before the first stage."""
    found = plan.probe
    if found is None or not found.run.value or not found.tried:
        return None
    assert found.first_share and found.last_share and found.dev_items, "they come with the trials"
    return ProbeConfig(
        trials=found.tried, first_share=found.first_share.value, last_share=found.last_share.value,
        dev_items=found.dev_items.value, probe_items=found.probe_items.value if found.probe_items else 0,
        lowest_rate=found.lowest_rate, highest_rate=found.highest_rate,
    )  # fmt: skip


def _budget(plan: Plan) -> BudgetConfig:
    """The order's limits are the run's: it stops there with its best checkpoint kept."""
    if plan.order is None:
        return BudgetConfig()
    price = float(plan.overrides.get("budget.usd_per_hour", 0.0))
    return BudgetConfig(
        minutes=plan.order.max_minutes, cost_usd=plan.order.max_cost_usd or None, usd_per_hour=price
    )


def _stop_at(plan: Plan) -> float | None:
    """The score at which nothing is trained; none where the person insists, or where it was measured before."""
    if plan.insist is not None or plan.decision.measured:
        return None
    metric = plan.evaluation.metric.value
    if plan.evaluation.target.value is not None:
        return plan.evaluation.target.value
    return (
        ALREADY_GOOD
        if metric in {"accuracy", "macro_f1", "exact_match", "field_f1", "numeric"}
        else None
    )


def stop_below(plan: Plan) -> float | None:
    """The score below which short answers are facts that the model does not know; none where the person insists (TC-05)."""
    how, task = plan.evaluation, plan.brief.get("task")
    shown = how.few_shot_examples.value if how.few_shot_examples else 0
    if plan.insist is not None or plan.decision.measured or card_of(plan.model.value).tiny:
        return None
    closed_book = task is not None and task.value == "qa" and "context" not in plan.columns
    enough = shown and how.items.value >= MIN_ITEMS_TO_JUDGE
    return UNKNOWN_FACTS if closed_book and how.metric.value == "exact_match" and enough else None
