"""Changes of mind: values and directions that a person gives, turned into overrides and brief entries.

What cannot be changed is said; nothing is taken and dropped.
"""

from __future__ import annotations

from typing import Any

from agent.brain.protocol import Intent
from agent.conversation import marking
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench
from agent.words import brief_words, wording
from tools.facts import SIMPLE_NAMES
from tools.plan import Plan
from training.text import Text

STAGE_SETTINGS = {
    "learning_rate": 2.0, "epochs": 2.0, "batch_size": 2.0, "micro_batch_size": 2.0, "lora_rank": 2.0, "lora_alpha": 2.0,
    "warmup_share": 2.0, "weight_decay": 2.0, "max_grad_norm": 2.0, "max_seq_tokens": 2.0, "checkpoints": 2.0,
}  # fmt: skip
"""Stage setting -> factor of one "more" or "less". A guess; not tuned."""
WHOLE = frozenset(
    {"batch_size", "micro_batch_size", "lora_rank", "lora_alpha", "max_seq_tokens", "checkpoints"}
)
SWITCHES = frozenset({"schedule", "packing", "gradient_checkpointing"})
TECHNIQUES = frozenset({"cpt", "sft", "dpo", "rft"})
NAMES = {
    "learning_rate": Text("learning rate"), "epochs": Text("passes over the data"), "batch_size": Text("batch size"),
    "micro_batch_size": Text("batch that is in memory at once"), "lora_rank": Text("size of the adapter (LoRA rank)"),
    "lora_alpha": Text("strength of the adapter (LoRA alpha)"), "warmup_share": Text("warm-up"), "weight_decay": Text("weight decay"),
    "max_grad_norm": Text("gradient limit"), "max_seq_tokens": Text("longest text"), "checkpoints": Text("checkpoints"),
    "schedule": Text("learning rate schedule"), "packing": Text("packing"), "gradient_checkpointing": Text("memory saving"),
    "replay_share": Text("share of general text"), "model": Text("model"), "technique": Text("technique"), "seed": Text("seed"),
    "budget": Text("limit"), "success": Text("goal for the score"), "metric": Text("metric"), "column": Text("column"),
    "max_forgetting": Text("loss of general ability that you accept"), "task": Text("kind of task"), "data": Text("data"),
    "probe": Text("short trainings first"),
}  # fmt: skip


def revise(state: Conversation, bench: Workbench, intent: Intent) -> None:
    """Change one setting, or say why it cannot be changed here."""
    what, value = intent.what or "", intent.value
    plan = bench.plan(state)
    if what in STAGE_SETTINGS or what == "replay_share":
        said = _change_number(state, plan, what, value, intent.direction)
    elif what in SWITCHES and value is not None:
        said = _override(state, plan, what, value)
    elif what == "technique":
        said = _change_technique(state, bench, value, intent.words)
    elif what == "model":
        said = _change_model(state, value, intent.direction)
    elif what == "candidates" and value:
        said = _compare_models(state, str(value))
    elif what == "probe" and isinstance(value, bool):
        said = _change_probe(state, wanted=value)
    elif what == "budget":
        said = _change_budget(state, plan, value, intent)
    elif what == "reward" and value:
        said = marking.change(state, bench, str(value))
    elif what == "column":
        said = _change_column(state, bench, value)
    else:
        said = _change_brief(state, what, value, intent)
    state["says"] += bench.spoken(state, said)


def _change_number(
    state: Conversation, plan: Plan | None, what: str, value: Any, direction: str | None
) -> Text:
    now = current(plan, what)
    if isinstance(value, bool) or not isinstance(value, int | float):
        if direction is None or now is None:
            return Text("What should the {name} be? A number is enough.", name=NAMES[what])
        factor = STAGE_SETTINGS.get(what, 2.0)
        value = now * factor if direction == "up" else now / factor
        if what == "epochs":
            value = max(1.0, value)
        if what == "replay_share":
            value = min(0.8, value) if now else 0.1
    if what in WHOLE:
        value = max(1, round(value))
    return _override(state, plan, what, value)


def _override(state: Conversation, plan: Plan | None, what: str, value: Any) -> Text:
    if what == "replay_share":
        if not 0 <= value < 1:
            return Text(
                "The share of general text lies between 0 and 99%; {value} does not. Which share do you want?",
                value=value,
            )
        state["overrides"]["replay.share"] = value
    else:
        for stage in plan.stages if plan and plan.stages else ():
            state["overrides"][f"{stage.technique.value}.{what}"] = value
        if not plan or not plan.stages:
            state["overrides"][f"sft.{what}"] = value
    state["stale"] = True
    return Text("Noted: {name} is {value} now, because you said so.", name=NAMES[what], value=value)


def current(plan: Plan | None, what: str) -> float | None:
    """The plan's value of a setting; None where there is no such stage."""
    if plan is None:
        return None
    if what == "replay_share":
        return next(
            (source.share.value for source in plan.mixture.sources if source.name != "yours"), 0.0
        )
    if not plan.stages:
        return None
    choice = getattr(plan.stages[0], what, None)
    return None if choice is None else float(choice.value)


def _change_technique(state: Conversation, bench: Workbench, value: Any, words: str) -> Text:
    plan = bench.plan(state)
    named = [
        part
        for part in str(value or "").lower().replace("+", ",").replace(" ", ",").split(",")
        if part in TECHNIQUES
    ]
    if value == "anyway":
        return _train_anyway(state, bench, plan)
    state["stale"] = True
    if named:
        state["insist"] = named
        return Text(
            "Noted: you want {pipeline}. I plan that, and still say what I would do.",
            pipeline=wording.pipeline(named),
        )
    if str(value).lower() in {"full", "full fine-tuning"}:
        return _full(state, plan)
    skipped = [name for name in TECHNIQUES if name in words.lower()]
    if plan and skipped and plan.decision.pipeline:
        left = [name for name in plan.decision.pipeline if name not in skipped]
        if left and len(left) < len(plan.decision.pipeline):
            state["insist"] = [str(name) for name in left]
            return Text("Noted: without {left_out}.", left_out=wording.pipeline(skipped))
    if value in {"none", "no training"}:
        state["insist"] = None
        return Text("Noted: you would rather not train. Nothing will be started.")
    state["stale"] = False
    return Text("Which technique do you want: sft, dpo, rft, cpt, or a sequence such as sft,rft?")


def _train_anyway(state: Conversation, bench: Workbench, plan: Plan | None) -> Text:
    """Insist on what suits the data, where the advice was not to train."""
    if plan is None:
        return Text("I can plan that once I have seen your examples.")
    if plan.decision.pipeline and state.get("previous_plan"):
        return Text("Training is what I suggest already.")
    profile = bench.profile(state)
    documents = profile is not None and profile.task.value == "documents"
    named = [str(name) for name in plan.decision.pipeline] or (["cpt"] if documents else ["sft"])
    state["insist"], state["stale"] = named, True
    return Text(
        "Noted: you want to train all the same. I plan {pipeline}, and still say what I would do.",
        pipeline=wording.pipeline(named),
    )


def _full(state: Conversation, plan: Plan | None) -> Text:
    for name in (
        (stage.technique.value for stage in plan.stages) if plan and plan.stages else ("sft",)
    ):
        state["overrides"][f"{name}.lora_rank"] = 0
    return Text("Noted: all weights are trained, not only an adapter.")


def _compare_models(state: Conversation, names: str) -> Text:
    """Let the models named answer the person's rows before one is chosen; a model chosen before gives way."""
    state["overrides"]["candidates"] = names
    state["model"], state["stale"] = None, True
    state["brief"].pop("base_model", None)
    state["baselines"] = [one for one in state["baselines"] if one["name"] in SIMPLE_NAMES]
    state["measured_run"], state["compared_run"], state["skip_measure"] = None, None, False
    return Text(
        "Noted: {names} answer your rows first, as far as they lie on this machine. The smallest that is as good as the best goes into the plan.",
        names=wording.listed(names.split(",")),
    )  # fmt: skip


def _change_probe(state: Conversation, *, wanted: bool) -> Text:
    """Have rates and shares of general text tried out before the training, or have none tried."""
    state["overrides"]["probe.run"] = wanted
    state["stale"] = True
    if wanted:
        return Text("Noted: first, short trainings show which learning rate and how much general text suit your data.")  # fmt: skip
    return Text("Noted: no short trainings first; the planned values are used as they are.")


def _change_model(state: Conversation, value: Any, direction: str | None) -> Text:
    if value:
        state["model"], state["stale"] = str(value), True
        state["baselines"] = [
            score
            for score in state["baselines"]
            if score["name"] in {"commonest answer", "simple model"}
        ]
        state["measured_run"], state["skip_measure"] = None, False
        state["overrides"].pop("candidates", None)
        return Text("Noted: the model is {model} now.", model=str(value))
    if direction == "up":
        return Text(
            "Which larger model do you have in mind? Give a Hub id or a folder, and I plan with it."
        )
    if direction == "down":
        return Text(
            "Which smaller model do you have in mind? Give a Hub id or a folder, and I plan with it."
        )
    return Text("Which model do you want? Give a Hub id, a folder, or say practice.")


def _change_budget(state: Conversation, plan: Plan | None, value: Any, intent: Intent) -> Text:
    old = dict(state["brief"].get("budget", {}).get("value") or {})
    if isinstance(value, dict):
        new = brief_words.in_dollars(value)
    elif isinstance(value, int | float):
        new = {"usd": float(value)}
    elif plan is not None:
        new = (
            {"usd": round(plan.estimate.cost_usd.value / 2, 2)}
            if plan.estimate.cost_usd.value
            else {"minutes": round(plan.estimate.minutes.value / 2, 1)}
        )
    else:
        return Text("How much may it cost at most, in dollars or minutes?")
    state["brief"]["budget"] = {"value": old | new, "origin": "said"}
    state["stale"] = True
    return Text("Noted: at most {limit}.", limit=brief_words.limit_in_words(old | new))


def _change_column(state: Conversation, bench: Workbench, value: Any) -> Text:
    profile = bench.profile(state)
    if profile is None:
        return Text("Which file do you mean? I have no data yet.")
    role = "label" if "label" in profile.columns else "answer"
    spare = other_columns(state, bench)
    if not value:
        used = profile.columns.get(role)
        if isinstance(used, str) and used.lower() in state["heard"]["text"].lower():
            return Text("I take the column {name} already.", name=used)
        spare = [name for name in spare if name != used]
        if len(spare) != 1:
            return Text(
                "Which column holds the answers? I see: {columns}.", columns=wording.listed(spare)
            )
        value = spare[0]
    name = next((one for one in spare if one.lower() == str(value).lower()), None)
    if name is None:
        return Text(
            "There is no column {name!r}. I see: {columns}.",
            name=str(value),
            columns=wording.listed(spare),
        )
    text_roles = {"text", "prompt"}
    asked = state["heard"]["text"].lower()
    taken = next((one for one in text_roles if one in profile.columns), "prompt")
    role = (
        taken
        if ("text" in asked and "is in" in asked) or "正文" in asked or "文本在" in asked
        else role
    )
    state["columns"][role] = name
    state["baselines"], state["simple_done"] = [], False
    state["measured_run"], state["compared_run"] = None, None
    state["todo"].append({"step": "inspect"})
    state["stale"] = True
    return Text("Noted: I take the column {name}.", name=name)


def other_columns(state: Conversation, bench: Workbench) -> list[str]:
    """Name every column of the data."""
    profile = bench.profile(state)
    names: list[str] = []
    for value in profile.columns.values() if profile else ():
        names += [value] if isinstance(value, str) else list(value)
    return list(dict.fromkeys(names))


def _change_brief(state: Conversation, what: str, value: Any, intent: Intent) -> Text:
    if what in {
        "task",
        "goal",
        "success",
        "language",
        "facts_change",
        "privacy",
        "hardware",
        "deadline",
        "latency",
    }:
        entry = brief_words.brief_value(
            what, value if value is not None else intent.words, free=value is None
        )
        if entry is None:
            return Text("What should it be instead?")
        state["brief"][what] = {"value": entry, "origin": "said"}
        state["stale"] = True
        return Text(
            "Noted: {name}: {value}.",
            name=wording.field(what),
            value=brief_words.value_in_words(what, entry) or Text.plain(str(entry)),
        )
    if what == "metric" and value:
        state["overrides"]["metric"], state["stale"] = value, True
        return Text("Noted: I measure by the {metric}.", metric=wording.metric(str(value)))
    if what == "seed" and value is not None:
        state["overrides"]["seed"], state["stale"] = value, True
        return Text("Noted: seed {seed}.", seed=value)
    if what == "max_forgetting" and value is not None:
        state["brief"]["must_not_get_worse"] = {
            "value": {"max_forgetting": value, "words": intent.words},
            "origin": "said",
        }
        state["stale"] = True
        return Text(
            "Noted: the general abilities may drop by {share} at most.",
            share=wording.percent(value),
        )
    if what == "start":
        return Text(
            "I cannot start at a later time by myself. The order stays here: say yes when it should start."
        )
    if what in {"data", "rows", "mixture", "eval"}:
        return Text(
            "I clean what I can by myself: exact doubles and rows without an answer are left out, and the profile says how many. "
            "Other changes to the rows are yours: change the file and hand it over again."
        )
    if what == "plan":
        return Text(
            "Only one plan stands at a time. Tell me what to change in it: the model, the limit, the passes over the data, or the technique."
        )
    return Text(
        "I cannot change {what} here. I can change the model, technique, learning rate, passes over the data, batch size, share of general text, limit, column and goal.",
        what=what or "?",
    )


def cap(state: Conversation, bench: Workbench, conditions: dict[str, float]) -> None:
    """Take a yes with a limit: set the limit, and show the order again with it."""
    value = dict(state["brief"].get("budget", {}).get("value") or {})
    for name, amount in conditions.items():
        value[name.removeprefix("budget_")] = amount
    state["brief"]["budget"] = {"value": value, "origin": "said"}
    state["stale"] = True
    state["says"] += bench.spoken(
        state,
        Text(
            "Your limit is set: at most {limit}. Here is the order with it; a plain yes starts it.",
            limit=brief_words.limit_in_words(value),
        ),
    )


def leave_to_us(state: Conversation, name: str, *, asked: str | None) -> None:
    """Note that a question was left to us: the default counts, as an assumption that is shown."""
    if name not in state["asked"]:
        state["asked"].append(name)
    default = state.get("default")
    if name == asked and default is not None:
        state["brief"][name] = {"value": default, "origin": "assumed"}
