"""Before and after on the test items: what differs is marked, and one sees what got better or worse alone. Pure.

The choice is a group of radio buttons that the style sheet reads, so it works without a script or a round trip.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from agent.ui.marked import LETTERS, PIECE, differences
from agent.ui.parts import said, tag
from agent.ui.safe import show
from tools.judging import report as words
from tools.judging.report import Say
from tools.judging.run_answers import Answered
from training.measured import Sample
from training.text import Text

SHOWN_OF_EACH = 12
"""Cards of each kind; more are no longer read."""
SHOWN_MIXED = 8
ALIKE = 0.3
"""Below this share of common pieces two answers are simply different: marks would cover everything."""
LONG_ENOUGH = 24
"""Letters from which marks help."""
KINDS = ("better", "worse", "wrong", "right")
HIGHEST = 0.999
"""A score from which an answer is simply right."""


def comparable(answers: Sequence[Answered]) -> list[Sample]:
    """Give the test items that both models answered and that were scored."""
    return [
        Sample(
            id=one.row.id, prompt=one.prompt, expected=one.row.answer, base=one.base, tuned=one.tuned,
            base_score=one.base_score, tuned_score=one.tuned_score,
        )
        for one in answers
        if one.tuned is not None and one.base_score is not None and one.tuned_score is not None
    ]  # fmt: skip


def kind_of(sample: Sample) -> str:
    """`better`, `worse`, else `right` or `wrong` as it was before."""
    if sample.tuned_score != sample.base_score:
        return "better" if sample.tuned_score > sample.base_score else "worse"
    return "wrong" if sample.tuned_score < 0.5 else "right"


def drawn(samples: Sequence[Sample], say: Say) -> str:
    """A choice of kinds with their counts, and the cards."""
    if not samples:
        return ""
    groups: dict[str, list[Sample]] = {kind: [] for kind in KINDS}
    for one in samples:
        groups[kind_of(one)].append(one)
    mixed = {one.id for one in words.chosen_samples(samples, SHOWN_MIXED)}
    cards = []
    for kind in KINDS:
        first = groups[kind][:SHOWN_OF_EACH]
        first += [one for one in groups[kind][SHOWN_OF_EACH:] if one.id in mixed]
        cards += [_card(one, kind, one.id in mixed, say) for one in first]
    cards += [_rest(kind, len(groups[kind]), say) for kind in KINDS]
    return (
        f'<div class="ts-filtered">{_choices(groups, say)}'
        f'<div class="ts-samples">{"".join(cards)}</div></div>'
    )


def _choices(groups: dict[str, list[Sample]], say: Say) -> str:
    names = {
        "some": Text("A mix"), "better": Text("Got better"), "worse": Text("Got worse"), "wrong": Text("Still wrong"), "right": Text("Was right before"),
    }  # fmt: skip
    fields = []
    for kind, name in names.items():
        count = "" if kind == "some" else f" <b>{len(groups[kind]):,}</b>"
        off = " disabled" if kind != "some" and not groups[kind] else ""
        on = " checked" if kind == "some" else ""
        fields.append(
            f'<label class="ts-chip"><input type="radio" name="ts-kind" class="k-{kind}"{on}{off}>'
            f"<span>{said(say, name)}{count}</span></label>"
        )
    return f'<fieldset class="ts-chips"><legend class="ts-unseen">{said(say, Text("Which examples"))}</legend>{"".join(fields)}</fieldset>'


def _rest(kind: str, count: int, say: Say) -> str:
    if count <= SHOWN_OF_EACH:
        return ""
    text = Text("The first {shown} of {count:,} are shown.", shown=SHOWN_OF_EACH, count=count)
    return f'<p class="ts-note ts-rest is-{kind}">{said(say, text)}</p>'


def _card(one: Sample, kind: str, mixed: bool, say: Say) -> str:
    names = {"better": Text("better"), "worse": Text("worse")}
    mark = f" {tag(said(say, names[kind]), kind)}" if kind in names else ""
    before, after = marked(one.base, one.tuned)
    cells = (
        (Text("wanted"), show(one.expected, LETTERS), None),
        (Text("before"), before, one.base_score),
        (Text("after"), after, one.tuned_score),
    )
    body = "".join(
        f"<div><span>{said(say, name)}{right(score, say)}</span><code>{text or '∅'}</code></div>"
        for name, text, score in cells
    )
    return (
        f'<div class="ts-sample is-{kind}{" is-some" if mixed else ""}"><p>{show(one.prompt, 400)}{mark}</p>'
        f'<div class="ts-three">{body}</div></div>'
    )


def marked(left: str, right: str) -> tuple[str, str]:
    """Both texts as HTML; what differs is marked where they have enough in common for marks to help."""
    short = max(len(left), len(right)) < LONG_ENOUGH
    a, b = PIECE.findall(left[:LETTERS]), PIECE.findall(right[:LETTERS])
    if short or SequenceMatcher(None, a, b, autojunk=False).ratio() < ALIKE:
        return show(left, LETTERS), show(right, LETTERS)
    return differences(left, right)


def right(score: float | None, say: Say) -> str:
    """A score as a small mark with its name for a screen reader."""
    if score is None:
        return ""
    if score >= HIGHEST:
        return f'<i class="yes" role="img" aria-label="{said(say, Text("right"))}">✓</i>'
    if score < 0.005:
        return f'<i class="no" role="img" aria-label="{said(say, Text("wrong"))}">✗</i>'
    return f"<i>{score:.0%}</i>"
