"""The first screen: what this is, what it will not do, and samples that start with one click."""

from __future__ import annotations

from agent.ui.parts import said
from tools.judging.report import Say
from training.practice.lessons import LESSONS
from training.practice.samples import SAMPLES, Sample
from training.text import Text


def hello(say: Say) -> str:
    """The greeting, as HTML."""
    does = (
        Text(
            "Says what is in your examples and what is wrong with them, and whether training is worth it at all."
        ),
        Text(
            "Plans with a reason for every number, trains on this machine, and measures gain and loss honestly."
        ),
    )
    not_ = (
        Text(
            "Spends nothing, downloads nothing and starts no training before you said yes to its price."
        ),
        Text("Sends nothing of yours anywhere."),
    )
    items = "".join(f'<li class="does">{said(say, one)}</li>' for one in does)
    items += "".join(f'<li class="not">{said(say, one)}</li>' for one in not_)
    lead = Text(
        "Tell me what a language model should do for you, and give me examples. A table, a text file, anything you have."
    )
    return (
        f'<div class="ts-hello"><h2>{said(say, Text("What should your model learn?"))}</h2><p>{said(say, lead)}</p>'
        f"<ul>{items}</ul><h3>{said(say, Text('No data at hand? Take one of ours:'))}</h3></div>"
    )


def card(sample: Sample, say: Say) -> str:
    """A sample as the words on its button: the first line is its name."""
    lines = {
        "support": Text("600 messages from a messy export"),
        "forms": Text("400 mails to turn into JSON records"),
        "maths": Text("150 problems whose answer is one number"),
        "tone": Text("300 pairs of a better and a worse reply"),
        "manual": Text("12 pages whose facts change every month"),
        "chinese": Text("600 messages of customers, eight topics"),
    }  # fmt: skip
    return f"{say(sample.title)}\n{say(lines.get(sample.name, sample.says))}"


def cards(say: Say) -> list[str]:
    """All samples' buttons, in order."""
    return [card(sample, say) for sample in SAMPLES]


def lessons_head(say: Say) -> str:
    """What stands over the lessons, as HTML."""
    title = said(say, Text("Or see what goes wrong, in a minute or two:"))
    return f'<div class="ts-hello"><h3>{title}</h3></div>'


def lessons(say: Say) -> list[str]:
    """All lessons' buttons, in order: what one will see."""
    names = {
        "no-replay": Text("See a model forget"), "rate-x10": Text("Learn ten times too fast"),
        "leaked-test": Text("Get a score worth nothing"), "paid-for-length": Text("Be misled by a reward"),
    }  # fmt: skip
    return [say(names.get(one.name, one.title)) for one in LESSONS]
