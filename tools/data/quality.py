"""What is wrong with the data: one small check for each kind of trouble, each with rows to look at.

A check returns an `Issue` or None. It looks; what is done about it happens in `tools.dataset`, and the fix
says which. Rule ids are those of the rule base (DQ: data quality, CT: contamination, TC: technique).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from tools.data import personal
from tools.data.findings import Material, example, issue, shown
from tools.data.quality_answers import ANSWER_CHECKS
from tools.data.quality_content import CONTENT_CHECKS
from tools.profile import Issue, IssueCode
from training.text import Text, join

MIN_ROWS = 50
"""TC-03: below this, prompting with examples beats training."""
MIN_TEST = 100
"""TC-01: a go or no-go needs at least 100 items."""
MIN_OF_CLASS = 20
"""DQ-10, [P]."""
IMBALANCE = 10
"""Commonest to rarest class. A guess."""
HALF = 0.5


def check(material: Material) -> tuple[Issue, ...]:
    """Run every check; blocking issues come first, then warnings, each by how many rows it touches."""
    found = [*material.fixed, *(issue for one in CHECKS if (issue := one(material)) is not None)]
    weight = {"blocking": 0, "warning": 1, "info": 2}
    return tuple(sorted(found, key=lambda issue: (weight[issue.severity], -issue.count)))


def missing_answers(material: Material) -> Issue | None:
    """Rows that ask and get no answer are left out of training; half of them or more is a mistake."""
    count = len(material.unanswered)
    if not count:
        return None
    half = count >= HALF * material.records and not material.drop_unanswered
    fix = Text("They are left out. Add the answers if you have them.")
    if half:
        fix = Text(
            "Check that the right column is taken as the answer, add the answers, or leave such rows out with --skip-broken."
        )
    return issue(
        "missing_answers",
        "blocking" if half else "warning",
        count=count,
        of=material.records,
        examples=[example(number, text) for number, text in material.unanswered],
        text=Text(
            "{count:,} of {rows:,} rows {count:has|have} no answer.",
            count=count,
            rows=material.records,
        ),
        fix=fix,
    )


def unreadable_rows(material: Material) -> Issue | None:
    """Records of no known form are left out, and named."""
    bad = [(number, why) for number, why in material.unreadable]
    bad += [(number, "nothing is asked") for number in material.unasked]
    bad += [(number, "broken") for number in material.broken]
    if not bad:
        return None
    return issue(
        "format_unknown",
        "blocking" if len(bad) > HALF * material.records else "warning",
        count=len(bad),
        of=material.records + len(material.broken),
        examples=[{"row": number, "text": why} for number, why in sorted(bad)],
        text=Text(
            "{count:,} {count:row|rows} cannot be read as a question with an answer.",
            count=len(bad),
        ),
        fix=Text("They are left out. Look at the examples and repair the rows that you need."),
    )


def rated_bad(material: Material) -> Issue | None:
    """Answers that were rated bad are no examples to learn from."""
    if not material.rated_bad:
        return None
    return issue(
        "format_unknown",
        "info",
        count=len(material.rated_bad),
        of=material.records,
        examples=[{"row": number} for number in material.rated_bad],
        text=Text(
            "{count:,} {count:answer is|answers are} rated bad.", count=len(material.rated_bad)
        ),
        fix=Text(
            "They are left out. Pairs of a better and a worse answer to one question could use them (columns chosen and rejected)."
        ),
    )


def too_few_rows(material: Material) -> Issue | None:
    """TC-03."""
    count = len(material.rows)
    if count >= MIN_ROWS:
        return None
    return issue(
        "too_few_rows",
        "warning",
        count=count,
        of=count,
        examples=(),
        text=Text(
            "{count:There is|There are} {count:,} usable {count:row|rows}; training starts to pay at about {least:,}.",
            count=count,
            least=MIN_ROWS,
        ),
        fix=Text(
            "Collect more rows, or put some of these into the prompt as examples instead of training."
        ),
    )


def small_eval(material: Material) -> Issue | None:
    """TC-01."""
    if material.test_rows >= MIN_TEST:
        return None
    return issue(
        "small_eval",
        "warning",
        count=material.test_rows,
        of=len(material.rows),
        examples=(),
        text=Text(
            "Only {count:,} {count:row|rows} can be held out for the test; below {least:,} a gain is hard to tell from chance.",
            count=material.test_rows,
            least=MIN_TEST,
        ),
        fix=Text("Collect more rows, or give a separate test file."),
    )


def classes(material: Material) -> Issue | None:
    """One class only cannot be learnt from; very uneven ones can, with care (DQ-09, DQ-10)."""
    if (
        len(material.rows) >= 2
        and len({answer.casefold() for answer in material.answers}) == 1
        and material.task != "documents"
        and material.answers[
            0
        ]  # questions without answers, for a reward, have none that could differ
    ):
        return issue(
            "one_class",
            "blocking",
            count=len(material.rows),
            of=len(material.rows),
            examples=shown(material, range(5), answer=True),
            text=Text(
                "All answers are the same: {answer!r}. There is nothing to tell apart.",
                answer=material.answers[0][:60],
            ),
            fix=Text(
                "Check that the right column is taken as the answer, or add rows with other answers."
            ),
        )
    if material.task != "classification":
        return None
    counts = Counter(material.answers).most_common()
    rare = [(label, count) for label, count in counts if count < MIN_OF_CLASS]
    if not rare and counts[0][1] < IMBALANCE * counts[-1][1]:
        return None
    return issue(
        "class_imbalance",
        "warning"
        if len(rare) > 0.1 * len(counts) or counts[0][1] >= IMBALANCE * counts[-1][1]
        else "info",
        count=len(rare) or 1,
        of=len(counts),
        examples=[{"label": label, "rows": count} for label, count in reversed(counts[-5:])],
        text=Text(
            "The commonest label {most!r} has {most_rows:,} {most_rows:row|rows}, the rarest {least!r} {least_rows:,}; {rare:,} of {labels:,} labels {rare:has|have} fewer than {enough} rows.",
            most=counts[0][0],
            most_rows=counts[0][1],
            least=counts[-1][0],
            least_rows=counts[-1][1],
            rare=len(rare),
            labels=len(counts),
            enough=MIN_OF_CLASS,
        ),
        fix=Text(
            "Collect rows of the rare labels, or join labels that need not be told apart. The mix should be that of real use."
        ),
    )


def label_spelling(material: Material) -> Issue | None:
    """Labels that differ in case, space or one letter are likely one label (DQ-07)."""
    if material.task != "classification":
        return None
    joined = [{"label": kept, "also": list(others)} for kept, others in material.variants.items()]
    counts = Counter(material.answers)
    alike = [] if len(counts) > 300 else [pair for pair in _alike(counts) if pair]
    if not joined and not alike:
        return None
    return issue(
        "label_noise",
        "warning",
        count=sum(len(entry["also"]) for entry in joined) + len(alike),
        of=len(counts),
        examples=[*joined, *({"label": rare, "like": common} for rare, common in alike)],
        text=Text(
            "{joined:,} {joined:label is|labels are} written in several ways, and {alike:,} rare {alike:one looks|ones look} like a misspelt common one.",
            joined=len(joined),
            alike=len(alike),
        ),
        fix=Text(
            "Spellings that differ in case or space only were joined under the commonest one. Correct the misspelt ones in your file."
        ),
    )


def _alike(counts: Counter[str]) -> list[tuple[str, str]]:
    """Pair labels of few rows with a common label at one letter's distance."""
    common = [label for label, count in counts.items() if count >= 5 and len(label) >= 5]
    pairs = []
    for rare, count in counts.items():
        if len(rare) < 5 or any(char.isdigit() for char in rare):
            continue
        for label in common:
            if (
                label != rare
                and counts[label] >= 10 * count
                and _one_letter_apart(rare.casefold(), label.casefold())
            ):
                pairs.append((rare, label))
                break
    return pairs


def _one_letter_apart(left: str, right: str) -> bool:
    if abs(len(left) - len(right)) > 1:
        return False
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    rests = {left[start + 1 :], left[start:]}, {right[start + 1 :], right[start:]}
    swapped = left[start + 2 :] == right[start + 2 :] and sorted(left[start : start + 2]) == sorted(
        right[start : start + 2]
    )
    return bool(rests[0] & rests[1]) or (len(left) == len(right) and swapped)


def personal_data(material: Material) -> Issue | None:
    """DQ-04, DQ-03."""
    return _patterns(material, personal.PERSONAL, "pii")


def secrets(material: Material) -> Issue | None:
    """DQ-04: what must not be learnt blocks the training."""
    return _patterns(material, personal.SECRETS, "secrets")


def _patterns(
    material: Material, patterns: Sequence[personal.Pattern], code: IssueCode
) -> Issue | None:
    rows: dict[int, personal.Found] = {}
    kinds: Counter[Text] = Counter()
    for found in personal.search(material.corpus, patterns):
        kinds[found.kind] += found.place not in rows
        rows.setdefault(found.place, found)
    if not rows:
        return None
    counted = [(kind, count) for kind, count in kinds.most_common() if count]
    named = join(
        [Text("{kind}: {count:,}", kind=kind, count=count) for kind, count in counted], ", "
    )
    if code == "secrets":
        text = Text(
            "{count:,} {count:row holds|rows hold} keys or passwords ({kinds}).",
            count=len(rows),
            kinds=named,
        )
        fix = Text(
            "Take them out and change them where they are in use: a model can repeat what it has learnt."
        )
    else:
        text = Text(
            "{count:,} {count:row holds|rows hold} personal data with a recognisable form ({kinds}). Names and addresses have no such form and are not counted.",
            count=len(rows),
            kinds=named,
        )
        fix = Text(
            "Replace them by placeholders unless the model must handle them; what stands in many copies is repeated most."
        )
    return issue(
        code,
        "blocking" if code == "secrets" and kinds.keys() != {"password"} else "warning",
        count=len(rows),
        of=len(material.rows),
        examples=[
            {"row": material.numbers[index], "text": found.shown, "kind": str(found.kind)}
            for index, found in rows.items()
        ],
        text=text,
        fix=fix,
    )


CHECKS: tuple[Callable[[Material], Issue | None], ...] = (
    missing_answers,
    unreadable_rows,
    rated_bad,
    too_few_rows,
    small_eval,
    classes,
    label_spelling,
    personal_data,
    secrets,
    *ANSWER_CHECKS,
    *CONTENT_CHECKS,
)
