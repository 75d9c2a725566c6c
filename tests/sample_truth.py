"""What the generators planted in the sample files, by line as a person counts it. Never written beside the samples."""

from training.practice.samples import support

FIRST_LINE = 2
"""The line of a table's first row: line 1 is its head."""


def support_lines(seed: int = 0) -> dict[str, list[tuple[int, ...]]]:
    """Lines of support_600.csv that hold what was planted; leaks are (line of support_eval.csv, line of support_600.csv)."""
    made = support.build(seed)
    pairs = {
        "exact_duplicates": made.exact_duplicates,
        "near_duplicates": made.near_duplicates,
        "label_conflicts": made.conflicts,
        "leakage": made.leaked,
    }
    found: dict[str, list[tuple[int, ...]]] = {
        code: [(one + FIRST_LINE, two + FIRST_LINE) for one, two in places]
        for code, places in pairs.items()
    }
    found["pii"] = [(place + FIRST_LINE,) for place in made.cards]
    return found
