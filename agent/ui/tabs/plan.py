"""The plan: the decision, what it rests on, every value with its reason and a field. Pure: a view in, HTML out."""

from __future__ import annotations

from typing import Any

from agent.conversation.edits import setting_name
from agent.ui.fields import choice_field, number_field, take_back, text_field
from agent.ui.parts import empty, meter, more, said, section, tag
from agent.ui.safe import show
from agent.ui.scores import baselines
from agent.ui.tabs import plan_choices, plan_values
from agent.ui.view import View
from agent.words import wording
from tools.choice import Choice
from tools.deciding.overrides import SETTINGS
from tools.judging.report import Say
from tools.plan import Plan
from training.catalog import called
from training.text import Text


def drawn(view: View, say: Say) -> str:
    """The decision, what it rests on, and every value with its reason."""
    made = view.plan
    if made is None or (
        not made.baselines
        and made.decision.pipeline
        and view.reply is not None
        and view.reply.waiting_for == "answer"
    ):
        return empty(say, Text("No plan yet. It is made once your goal and your data are known."))
    names = [wording.technique(name) for name in made.decision.pipeline]
    title = " → ".join(said(say, name) for name in names) or said(say, Text("Do not train now"))
    kind = "go" if names else "wait"
    lead = f'<div class="ts-verdict {kind}"><h2>{title}</h2><p>{said(say, made.decision.because)}</p></div>'
    return (
        lead + _price(view, made, say)
        + section(said(say, Text("What your change moved")), _moved(view, made, say))
        + section(said(say, Text("Measured before deciding")), baselines(made.baselines, say))
        + section(said(say, Text("Models to choose from")), plan_choices.models(made, say))
        + section(said(say, Text("Rows that a stronger model could write first")), plan_choices.teacher(made, say))
        + section(said(say, Text("Please know")), _warnings(made, say))
        + section(said(say, Text("Every value, and why")), _values(made, _old(view, made), say))
        + section(said(say, Text("What would change this")), _changes(made, say))
        + section(said(say, Text("Other ways I looked at")), _alternatives(made, say))
        + section(said(say, Text("Do this from a script")), _script(view, say))
    )  # fmt: skip


def _price(view: View, made: Plan, say: Say) -> str:
    """Time, memory and money as bars against their limits, where they have any."""
    if not made.stages:
        return ""
    found, order = made.estimate, view.reply.order if view.reply is not None else None
    most = order.max_minutes if order is not None else None
    minutes = _bar(Text("time"), found.minutes.value, most, wording.duration, say)
    memory = _bar(
        Text("memory at the peak"), found.peak_gib.value, view.memory_gib, plan_values.gib, say
    )
    budget = made.brief["budget"].value if "budget" in made.brief else None
    cap = budget.get("usd") if isinstance(budget, dict) else None
    cost = _bar(Text("price"), found.cost_usd.value, cap, wording.money, say)
    fits = "" if found.fits else f'<p class="ts-note no">{said(say, _too_large(made))}</p>'
    model = f'<p class="ts-note">{said(say, Text("Model to start from: {model}", model=called(str(made.model.value))))}</p>'
    kept = ""
    if view.profile is not None and view.profile.kept:
        own = Text("Of the {test:,} test items you kept {kept:,} after trying a model.", kept=view.profile.kept, test=view.profile.splits.get("test", 0))  # fmt: skip
        kept = f'<p class="ts-note">{said(say, own)}</p>'
    return f'<div class="ts-price">{minutes}{memory}{cost}</div>{fits}{model}{kept}'


def _bar(name: Text, value: float, most: float | None, speak: Any, say: Say) -> str:
    figure = said(say, speak(value))
    if not most:
        return meter(said(say, name), 0.0, figure, kind="bare")
    text = said(say, Text("{value} of at most {most}", value=speak(value), most=speak(most)))
    return meter(said(say, name), value / most, text, kind="less" if value > most else "strong")


def _too_large(made: Plan) -> Text:
    alternatives = made.estimate.alternatives
    if not alternatives:
        return Text("It does not fit in memory.")
    return Text(
        "It does not fit in memory. What would fit: {change}", change=alternatives[0].change
    )


def _moved(view: View, made: Plan, say: Say) -> str:
    """Old and new, side by side, with the reason of what followed."""
    if view.before is None or view.training is not None:
        return ""
    rows = plan_values.moved(view.before, made)
    if not any(one.by_person for one in rows):
        return ""
    items = "".join(
        f"<li><span>{said(say, one.name)}</span> <s>{said(say, one.old)}</s> → <b>{said(say, one.new)}</b>"
        f"{'' if one.by_person else f' <span class=ts-note>{said(say, one.because)}</span>'}</li>"
        for one in rows
    )
    return f'<ul class="ts-moved">{items}</ul>'


def _warnings(made: Plan, say: Say) -> str:
    told = str(made.decision.because)
    items = "".join(
        f"<li>{said(say, one.text)}</li>" for one in made.warnings if str(one.text) not in told
    )
    return f'<ul class="ts-list">{items}</ul>' if items else ""


def _old(view: View, made: Plan) -> dict[str, Text]:
    """What stood in the plan before this one, where it is another value now."""
    if view.before is None or view.training is not None:
        return {}
    was = plan_values.all_values(view.before)
    return {
        name: plan_values.shown(name, was[name].value)
        for name, one in plan_values.all_values(made).items()
        if name in was and was[name].value != one.value
    }


def _values(made: Plan, old: dict[str, Text], say: Say) -> str:
    if not made.stages:
        return ""

    def rows_of(values: dict[str, Choice[Any]]) -> str:
        return "".join(_value(name, one, say, was=old.get(name)) for name, one in values.items())

    parts = [rows_of({"model": made.model})]
    for number, one in enumerate(made.stages, start=1):
        rows = rows_of(plan_values.stage_values(one))
        title = f"{number}. {said(say, wording.technique(one.technique.value))}"
        parts.append(more(title, rows, fold=one.technique.value))
    mix = rows_of(plan_values.mixture_values(made))
    parts.append(more(said(say, Text("What it learns from")), mix, fold="mixture") if mix else "")
    trials = rows_of(plan_values.probe_values(made))
    title = said(say, Text("Short trainings before the long one"))
    parts.append(more(title, trials, fold="probe") if trials else "")
    checks = rows_of(plan_values.evaluation_values(made))
    parts.append(more(said(say, Text("How it is measured")), checks, fold="evaluation"))
    return "".join(parts)


def _value(name: str, choice: Choice[Any], say: Say, *, was: Text | None) -> str:
    """A value with its field, where it came from, why, and after which source."""
    id = "plan-" + show(name.replace(".", "-").replace("_", "-"))
    marks = {"user": Text("you set it"), "measured": Text("measured"), "default": Text("our guess"), "rule": Text("rule")}  # fmt: skip
    mark = tag(said(say, marks[choice.origin]), choice.origin)
    back = take_back(name, say, setting_name(name)) if choice.origin == "user" else ""
    before = f" {tag(said(say, Text('was {old}', old=was)), 'was')}" if was is not None else ""
    kind = " moved" if was is not None else ""
    source = f' <span class="ts-source">{show(choice.source)}</span>' if choice.source else ""
    bare = (
        name.rpartition(".")[2] if name.partition(".")[0] in {"cpt", "sft", "dpo", "rft"} else name
    )
    title = said(say, setting_name(bare))
    return (
        f'<div class="ts-value{kind}"><div class="ts-value-head"><label for="{id}">{title}</label>'
        f"{_field(name, choice.value, say, id=id)}{before} {mark}{back}</div>"
        f"<p>{said(say, choice.because)}{source}</p></div>"
    )


def _field(name: str, value: Any, say: Say, *, id: str) -> str:
    setting = SETTINGS.get(name)
    if setting is None:
        return f'<b id="{id}">{said(say, plan_values.shown(name, value))}</b>'
    if setting.kind is bool:
        options = [("true", say(Text("yes"))), ("false", say(Text("no")))]
        return choice_field(name, str(value).lower(), options, id=id)
    if setting.choices:
        return choice_field(
            name, str(value), [(one, one.replace("_", " ")) for one in setting.choices], id=id
        )
    if setting.kind is str:
        return text_field(name, str(value), id=id)
    number = "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
    percent = plan_values.shown(name, value) if name in plan_values.IN_PERCENT and value else None
    return number_field(name, number, id=id, unit=f"= {said(say, percent)}" if percent else "")


def _changes(made: Plan, say: Say) -> str:
    items = [
        f"<li>{said(say, one.fact)} → <b>{said(say, wording.pipeline(one.pipeline))}</b></li>"
        for one in made.decision.would_change_if
    ]
    return f'<ul class="ts-list">{"".join(items)}</ul>' if items else ""


def _alternatives(made: Plan, say: Say) -> str:
    items = [
        f"<li><b>{said(say, wording.pipeline(one.pipeline))}</b>: {said(say, one.because)}</li>"
        for one in made.decision.runners_up
    ]
    return f'<ul class="ts-list">{"".join(items)}</ul>' if items else ""


def _script(view: View, say: Say) -> str:
    """The same job from a terminal and from Python, and the plan as a file."""
    if view.script is None:
        return ""
    down = (
        f'<a class="ts-button" download="plan.json" href="data:application/json;base64,{view.script.packed}">'
        f"{said(say, Text('Download the plan as a file'))}</a>"
    )
    note = said(
        say, Text("Edit it by hand if you like, then carry it out with: tunesmith run plan.json")
    )
    return (
        more(said(say, Text("Terminal")), f'<pre class="ts-code" tabindex="0">{show(view.script.command, 4000)}</pre>')
        + more("Python", f'<pre class="ts-code" tabindex="0">{show(view.script.python, 4000)}</pre>')
        + f'<p>{down}</p><p class="ts-note">{note}</p>'
    )  # fmt: skip
