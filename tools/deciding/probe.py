"""Whether short trainings come before a long one: how many, how long, on what, and what they add to time and price.

Successive halving over rate and share of general text (`training.halving`). What they may cost is a share of the job, so the
trials are cut to it and not the other way round: first as many as it pays at a useful length, then all of them longer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor

from tools.choice import NUMBER, WHOLE, YES_NO, Choice, Origin
from tools.deciding import mixing
from tools.deciding.core import Core
from tools.deciding.costing import in_words, measuring_of, usd_per_hour
from tools.deciding.warnings import safe_ranges
from tools.plan import Plan, PlanWarning, ProbePlan, Source
from tools.resources import CPU_GENERATION_SHARE, item_s, step_s
from training.config import Trial
from training.halving import KEPT, STEP, WIDE
from training.text import Text, join

LONG_MINUTES = 60.0
"""Above this a run is worth trying things out for. Our default: for models that were swept the rule for the rate is within
.1 % of the best loss on average (open trainers compared), so shorter runs do without."""
MOST_OF_COMPUTE = 0.15  # open tools compared: search at most 15 % of the job
LONGEST_SHARE = 0.2  # 2407.13906: of five leaders after a fifth of the training four stay
LEAST_SHARE = 0.03
"""A shorter schedule ranks by how fast a rate starts, not by where it ends. Our default: the sources try 10 to 20 % of the
steps for each trial, of which 15 % of the compute would pay one."""
LEAST_STEPS, LEAST_STEPS_ASKED = 100, 30
"""Of a trial of the last round; the second where a person asked for trials of a shorter training. BS-03; our default."""
MOST_TRIALS = 6
DEV_ITEMS, PROBE_ITEMS = 120, 60
"""That score a trial, at most: their noise counts in the choice. Our default."""
TRIAL_START_S = 1.0
"""To put the weights back, build a trainer, save once. Measured on the practice model: about a second."""
SOURCE = "LR-08: Tulu 3, OLMo 2; 2407.13906; open trainers compared"


@dataclass(frozen=True)
class _Prices:
    """What a trial costs, in minutes."""

    own: float
    """Of the stage's passes over the person's rows, without general text."""
    fixed: float
    """Of each trial, however short: its start and its measurement."""
    steps: int
    """Of the whole stage, general text among them."""


def planned(core: Core) -> Core:
    """Add the short trainings to a costed plan, or say why there are none. Without a training nothing is added."""
    if not core.stages:
        return core
    because = _why_not(core)
    if because is not None:
        return replace(core, probe=ProbePlan(run=because))
    found = _laid_out(core)
    if found is None:
        return replace(core, probe=ProbePlan(run=_too_short(core)))
    minutes = replace(core.minutes, probe=_cost(found.tried, _length(found), _prices(core)))
    usd = minutes.total / 60 * usd_per_hour(core.facts)
    return replace(core, probe=found, minutes=minutes, usd=usd)


def warned(core: Core) -> list[PlanWarning]:
    """A person asked for trials that cannot be had."""
    wanted = core.facts.overrides.get("probe.run") is True
    if not wanted or core.probe is None or core.probe.run.value:
        return []
    return [PlanWarning(code="without_effect", text=Text("No short trainings are made first: {because}", because=core.probe.run.because))]  # fmt: skip


def following(plan: Plan) -> Plan:
    """Bring the trials of a plan that was edited by hand in line with its values: what was set there is not tried otherwise."""
    probe = plan.probe
    if probe is None or not probe.run.value or not plan.stages or not probe.tried:
        return plan
    rate, share = plan.stages[0].learning_rate.value, _general(plan.mixture.sources)
    was = probe.tried[0]
    same_rate, same_share = rate == was.learning_rate, abs(share - was.replay_share) < 1e-9
    if same_rate and same_share:
        return plan
    kept = [
        Trial(
            learning_rate=one.learning_rate if same_rate else rate,
            replay_share=one.replay_share if same_share else share,
        )
        for one in probe.tried
        if (same_rate or one.learning_rate == was.learning_rate)
        and (same_share or one.replay_share == was.replay_share)
    ]
    if len(kept) < 2:
        none = _no(Text("You changed the values that would be tried, so they are used as they are."), "user")  # fmt: skip
        return plan.model_copy(update={"probe": ProbePlan(run=none)})
    count = WHOLE(value=len(kept), because=Text("You changed the other values yourself."), origin="user")  # fmt: skip
    changed = probe.model_copy(update={"tried": tuple(kept), "trials": count})
    return plan.model_copy(update={"probe": changed})


def _why_not(core: Core) -> Choice[bool] | None:
    """Why there are no trials; None where they are wanted."""
    facts, minutes = core.facts, core.minutes.total
    wanted = facts.overrides.get("probe.run")
    if wanted is False:
        return _no(Text("You set it."), "user")
    if wanted is None and facts.trimmed.get("probe.run") is False:
        return _no(Text("Cut down to fit your budget."))
    if core.stages[0].plan.technique.value == "rft":
        return _no(Text("Learning from attempts shows little in its first steps, so its rate is not tried out first."), "default")  # fmt: skip
    if wanted is None and minutes <= LONG_MINUTES:
        return _no(
            Text(
                "Rates are tried out before trainings of over an hour; this run takes about {time}. With --set probe.run=true they are tried here too.",
                time=in_words(minutes),
            )
        )  # fmt: skip
    if core.evaluation.dev_items.value < 1:
        return _no(Text("No rows are held out to choose by."))
    if len(_candidates(core)) < 2:
        return _no(Text("You set the rate and the general text yourself, so there is nothing to try."), "user")  # fmt: skip
    return None


def _laid_out(core: Core) -> ProbePlan | None:
    """The trials that the share of the compute pays; None where it does not pay two of a useful length."""
    asked, prices = "probe.run" in core.facts.overrides, _prices(core)
    cap = _most(core) * core.minutes.total
    least = max(LEAST_SHARE, (LEAST_STEPS_ASKED if asked else LEAST_STEPS) / prices.steps)
    tried = _candidates(core)
    rates = {one.learning_rate for one in tried if one.replay_share == tried[0].replay_share}
    fewest = max(2, len(rates))  # a rate is tried to both sides, or not at all
    for count in range(min(len(tried), MOST_TRIALS), fewest - 1, -1):
        length = _longest(tried[:count], prices, cap)
        if length >= least:
            return _plan(core, tried[:count], length)
    return None


def _plan(core: Core, tried: tuple[Trial, ...], length: float) -> ProbePlan:
    prices = _prices(core)
    minutes = _cost(tried, length, prices)
    last = max(1, round(prices.steps * length))
    first = length if len(tried) <= KEPT else length / 2
    limits = safe_ranges(core.stages[0].plan, core.card, 0)["learning_rate"]
    most = _most(core)
    share = minutes / core.minutes.total
    origin: Origin = "user" if "probe.run" in core.facts.overrides else "rule"
    return ProbePlan(
        run=YES_NO(value=True, because=_because(core, tried, minutes), source=SOURCE, origin=origin),
        compute=NUMBER(
            value=most,
            because=Text("At most this share of the whole run; these trainings are reckoned to take {share:.1%}.", share=share),
            source="open trainers compared", origin="user" if "probe.compute" in core.facts.overrides else "rule",
        ),
        trials=WHOLE(value=len(tried), because=_tried_words(tried), source="LR-08; CF-08", origin="rule"),
        last_share=NUMBER(
            value=length,
            because=_length_words(len(tried), last),
            source="open trainers compared: 10 to 20 % each, where it is paid", origin="default",
        ),
        first_share=NUMBER(value=first, because=Text("The best of them are made again, twice as long.") if first < length else Text("There are only two, so both are made at full length."), source="successive halving"),
        minutes=NUMBER(value=floor(minutes * 10) / 10, because=Text("{count} trainings in all, each with its measurement.", count=_number(tried)), origin="rule"),
        dev_items=WHOLE(value=_dev_items(core), because=Text("Of the rows held out to choose by."), origin="default"),
        probe_items=WHOLE(value=_probe_items(core), because=Text("Of the general questions asked at each choice: what a trial forgets beyond half of your limit is taken off its score, because a longer training forgets more."), origin="default"),
        tried=tried, lowest_rate=limits.low, highest_rate=limits.high,
    )  # fmt: skip


def _length_words(count: int, steps: int) -> Text:
    if count <= KEPT:
        return Text("About {steps:,} steps each, as many as the share of the compute pays; each has a whole schedule of its own.", steps=steps)  # fmt: skip
    return Text(
        "About {steps:,} steps for each of the last {kept}, and half of that for each before: as long as the share of the compute pays. Each has a whole schedule of its own.",
        steps=steps, kept=KEPT,
    )  # fmt: skip


def _because(core: Core, tried: tuple[Trial, ...], minutes: float) -> Text:
    parts = []
    if "probe.run" in core.facts.overrides:
        parts.append(Text("You asked for it."))
    parts.append(
        Text(
            "Before a run of about {time}, {count} short trainings add about {added:,.1f} minutes and show whether another rate or another share of general text suits your data better.",
            time=in_words(core.minutes.total), count=_number(tried), added=minutes,
        )
    )  # fmt: skip
    parts.append(
        Text(
            "Without them (--set probe.run=false) the rate of {rate:.1e} is used as it is.",
            rate=tried[0].learning_rate,
        )
    )
    return join(parts)


def _tried_words(tried: tuple[Trial, ...]) -> Text:
    rates = ", ".join(f"{rate:.1e}" for rate in dict.fromkeys(one.learning_rate for one in tried))
    shares = tuple(dict.fromkeys(one.replay_share for one in tried))
    if len(shares) == 1:
        return Text("Rates of {rates}.", rates=rates)
    listed = ", ".join(f"{share:.0%}" for share in shares)
    return Text("Rates of {rates}; {shares} general text.", rates=rates, shares=listed)


def _candidates(core: Core) -> tuple[Trial, ...]:
    """What could be tried, the plan's own first, then the likeliest to be better; what the person set stays."""
    facts, stage = core.facts, core.stages[0].plan
    name, rate = stage.technique.value, stage.learning_rate.value
    share = core.mix.share.value if core.mix is not None else 0.0
    limits = safe_ranges(stage, core.card, 0)["learning_rate"]
    rates, shares = [_outer(rate, low=limits.low), _outer(rate, high=limits.high)], []
    if f"{name}.learning_rate" in facts.overrides:
        rates = []
    if share and not {"replay.share", "replay.source"} & set(facts.overrides):
        shares = [one for one in mixing.neighbours(share, core.card) if one is not None]
    pairs = [*((one, share) for one in rates if one is not None), *((rate, one) for one in shares)]
    if rates and shares and shares[0] > share and rate * STEP <= limits.high:
        pairs.append((rate * STEP, shares[0]))  # LR-07: they go together
    others = (Trial(learning_rate=float(f"{one:.3g}"), replay_share=part) for one, part in pairs)
    return (Trial(learning_rate=rate, replay_share=share), *others)


def _outer(rate: float, *, low: float | None = None, high: float | None = None) -> float | None:
    """The next rate down, or up: as far as two rates are told apart by a short trial, or as near as the limit wants it."""
    for step in (WIDE, STEP):
        if low is not None and rate / step >= low:
            return rate / step
        if high is not None and rate * step <= high:
            return rate * step
    return None


def _longest(tried: tuple[Trial, ...], prices: _Prices, cap: float) -> float:
    """The length of the last round that the cap pays, as a share of the stage, rounded down."""
    fixed = _cost(tried, 0.0, prices)
    slope = _cost(tried, 1.0, prices) - fixed
    return min(LONGEST_SHARE, floor((cap - fixed) / slope * 1000) / 1000)


def _cost(tried: tuple[Trial, ...], length: float, prices: _Prices) -> float:
    """Minutes of all trials, were the dearest of them in the last round."""
    each = [prices.own / (1 - one.replay_share) for one in tried]
    if len(tried) <= KEPT:
        return length * sum(each) + len(tried) * prices.fixed
    return length * (sum(each) / 2 + KEPT * max(each)) + _number(tried) * prices.fixed


def _number(tried: tuple[Trial, ...]) -> int:
    return len(tried) + (KEPT if len(tried) > KEPT else 0)


def _prices(core: Core) -> _Prices:
    facts, stage = core.facts, core.stages[0]
    share = core.mix.share.value if core.mix is not None else 0.0
    own_steps = stage.load.steps * (1 - share)
    ask = item_s(core.card, measuring_of(core, stage), facts.gpus, facts.machine.cores)
    items = _dev_items(core) * (1 + CPU_GENERATION_SHARE) + _probe_items(core)
    return _Prices(
        own=own_steps * step_s(stage.load, facts.gpus, cores=facts.machine.cores) / 60,
        fixed=(TRIAL_START_S + items * ask) / 60, steps=max(stage.load.steps, 1),
    )  # fmt: skip


def _length(found: ProbePlan) -> float:
    return found.last_share.value if found.last_share is not None else 0.0


def _dev_items(core: Core) -> int:
    return min(DEV_ITEMS, core.evaluation.dev_items.value)


def _probe_items(core: Core) -> int:
    return min(PROBE_ITEMS, core.evaluation.probe_items.value)


def _most(core: Core) -> float:
    return float(core.facts.overrides.get("probe.compute", MOST_OF_COMPUTE))


def _too_short(core: Core) -> Choice[bool]:
    return _no(
        Text(
            "{share:.0%} of this run does not pay enough short trainings to show anything. With --set probe.compute=0.3 it may take more.",
            share=_most(core),
        )
    )  # fmt: skip


def _no(because: Text, origin: Origin = "rule") -> Choice[bool]:
    return YES_NO(value=False, because=because, source=None if origin == "user" else SOURCE, origin=origin)  # fmt: skip


def _general(sources: tuple[Source, ...]) -> float:
    return sum(source.share.value for source in sources if source.name != "yours")
