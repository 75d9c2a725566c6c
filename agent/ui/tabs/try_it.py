"""Both models asked the same, and the blind vote between their answers to the test items. Pure: a view in, HTML out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agent.conversation.voting import counted
from agent.ui.parts import empty, failure, meter, said, section
from agent.ui.press import button
from agent.ui.safe import show
from agent.ui.tabs.results_samples import marked
from agent.ui.view import View
from tools.errors import TuningError
from tools.judging.report import Say
from tools.judging.results import Report
from tools.marking.kept import UNFIT, KeptItem
from tools.marking.votes import Pair
from training.text import Text

EXAMPLES = 3
EXAMPLE_LETTERS = 140
"""Longer test items make no buttons."""
SIDES = ("left", "right", "same")


@dataclass(frozen=True)
class Ballot:
    """The pairs put up for the vote, and what was voted so far."""

    pairs: Sequence[Pair] = ()
    voted: Mapping[str, str] = field(default_factory=dict)
    trouble: TuningError | None = None

    @property
    def next(self) -> int | None:
        """The place of the first pair without a vote; None where all have one."""
        return next((at for at, pair in enumerate(self.pairs) if pair.item not in self.voted), None)


def asked(view: View) -> Report | None:
    """The report of the model that can be asked; None where there is none."""
    run = view.training
    return run.report if run is not None and run.report is not None and run.report.tuned else None


def hint(view: View, say: Say) -> str:
    """What the tab says before anything was asked, with test items to begin with."""
    made = asked(view)
    if made is None:
        return empty(
            say,
            Text(
                "Here you ask the untouched and the tuned model the same thing, once there is a tuned one."
            ),
        )
    offered = "".join(
        button(f"ask:{at}", show(prompt, EXAMPLE_LETTERS), kind="words")
        for at, prompt in enumerate(examples(made))
    )
    first = Text("Both answers appear here, side by side. Loading the models takes some seconds.")
    begin = f'<p class="ts-note">{said(say, Text("Begin with one of the test items, or write your own:"))}</p><div class="ts-offers" data-once>{offered}</div>'
    return f'<p class="ts-note">{said(say, first)}</p>{begin if offered else ""}'


def examples(made: Report) -> list[str]:
    """A few short test items."""
    return [one.prompt for one in made.samples if 0 < len(one.prompt) <= EXAMPLE_LETTERS][:EXAMPLES]


def waiting(prompt: str, say: Say) -> str:
    """What is shown while both models are loaded and asked."""
    text = said(say, Text("Both models are being loaded and asked…"))
    return (
        f'<div class="ts-sample"><p>{show(prompt, 1000)}</p>'
        f'<p class="ts-note" role="status"><i class="ts-pulse" aria-hidden="true"></i>{text}</p></div>'
    )


def tried(prompt: str, base: str, tuned: str, say: Say) -> str:
    """Both models' answers side by side, what differs marked."""
    before, after = marked(base, tuned)
    cells = ((Text("untouched model"), before, base), (Text("tuned model"), after, tuned))
    body = "".join(
        f"<div><span>{said(say, name)}</span><code>{text if raw.strip() else said(say, Text('(nothing)'))}</code></div>"
        for name, text, raw in cells
    )
    return (
        f'<div class="ts-sample"><p>{show(prompt, 1000)}</p><div class="ts-two">{body}</div></div>'
    )


def keeps(view: View) -> bool:
    """Whether a question can be kept: there is a tuned model, and its task asks questions with answers in words."""
    known = view.profile is None or view.profile.task.value not in UNFIT
    return asked(view) is not None and known


def kept(items: Sequence[KeptItem], say: Say) -> str:
    """What was kept, the newest first, each with a button that takes it back."""
    if not items:
        return ""
    lines = "".join(
        f"<li><span>{show(one.prompt, EXAMPLE_LETTERS)}</span><code>{show(one.answer, EXAMPLE_LETTERS)}</code>"
        f"{button(f'back:{place}', said(say, Text('Take back')), label=said(say, Text('Take back: {prompt}', prompt=one.prompt[:80])))}</li>"
        for place, one in reversed(list(enumerate(items)))
    )
    intro = Text("They join the test of the next plan for this data; nothing is learnt from them.")
    title = said(say, Text("Kept as test items: {count}", count=len(items)))
    return section(title, f'<p class="ts-note">{said(say, intro)}</p><ul class="ts-kept">{lines}</ul>')  # fmt: skip


def vote(view: View, say: Say, ballot: Ballot) -> str:
    """The next pair of the blind vote, or what came of it. Nothing before there is a tuned model."""
    made = asked(view)
    if made is None:
        return ""
    title = said(say, Text("Blind vote"))
    if ballot.trouble is not None:
        return section(title, failure(ballot.trouble, say))
    if not ballot.pairs:
        alike = Text("Both models gave the same answers to every test item, so there is nothing to choose between.")  # fmt: skip
        return section(title, f'<p class="ts-note">{said(say, alike)}</p>')
    so_far = f"<p>{said(say, counted(made.votes))}</p>" if made.votes is not None else ""
    place = ballot.next
    if place is None:
        done = Text("You have voted on every pair. The result counts them.")
        return section(title, f'{so_far}<p class="ts-note">{said(say, done)}</p>')
    intro = Text("One answer is the untouched model's, the other one the tuned model's, in mixed order. Choose the better one; stop whenever you like.")  # fmt: skip
    body = f'<p class="ts-note">{said(say, intro)}</p>{_pair(ballot, place, say)}'
    return section(title, body + (so_far if ballot.voted else ""))


def _pair(ballot: Ballot, place: int, say: Say) -> str:
    pair, count = ballot.pairs[place], len(ballot.pairs)
    left, right = marked(pair.left, pair.right)
    names = (Text("The left one"), Text("The right one"), Text("About the same"))
    presses = "".join(
        button(f"vote:{place}:{side}", said(say, name))
        for side, name in zip(SIDES, names, strict=True)
    )
    number = said(say, Text("Pair {number} of {count}", number=place + 1, count=count))
    cells = "".join(
        f"<div><span>{said(say, name)}</span><code>{text or '∅'}</code></div>"
        for name, text in ((Text("left"), left), (Text("right side"), right))
    )
    return (
        f"{meter(number, place / count, '')}"
        f'<div class="ts-sample" data-once><p>{show(pair.prompt, 1000)}</p><div class="ts-two">{cells}</div>'
        f'<div class="ts-offers across">{presses}</div></div>'
    )
