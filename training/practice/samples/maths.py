"""150 word problems whose answer is one whole number: a reward can check it, so the model may learn by trying."""
# ruff: noqa: SIM905  # word lists read best as lines of words

from __future__ import annotations

import random
from collections.abc import Callable

from training.practice.grammar import expand

_LISTS = {
    "who": "Nora Iain Petra Luca Sofie Marek Aylin Tom Chiara Joost".split(),
    "things": "apples pens stamps coins cards eggs marbles shells stickers tickets".split(),
    "box": "box bag basket shelf drawer".split(),
    "shop": "bakery market school farm library".split(),
}
Slots = dict[str, int]

# wording, least and most of each number, the answer
_PROBLEMS: tuple[tuple[str, dict[str, tuple[int, int]], Callable[[Slots], int]], ...] = (
    ("{who} has {a} {things} and [gets|buys|finds] {b} more. How many {things} [does {who} have now|are there now]?", {"a": (2, 15), "b": (2, 9)}, lambda n: n["a"] + n["b"]),
    ("{who} had {a} {things} and [gave away|lost|sold] {b}. How many are left?", {"a": (10, 20), "b": (1, 9)}, lambda n: n["a"] - n["b"]),
    ("There are {a} {box}s with {b} {things} in each. How many {things} are there [in all|altogether]?", {"a": (2, 9), "b": (2, 9)}, lambda n: n["a"] * n["b"]),
    ("{who} [puts|packs] {a} {things} into {box}s of {b}. How many {box}s are full?", {"a": (12, 40), "b": (2, 6)}, lambda n: n["a"] // n["b"]),
    ("{who} buys {a} {things} for {b} euros each and pays with {c} euros. How much [change|money] [does {who} get|comes] back?", {"a": (2, 5), "b": (2, 4), "c": (20, 50)}, lambda n: n["c"] - n["a"] * n["b"]),
    ("The {shop} had {a} {things} in the morning, got {b} more at noon and sold {c} [by evening|before closing]. How many are left?", {"a": (10, 30), "b": (2, 15), "c": (3, 10)}, lambda n: n["a"] + n["b"] - n["c"]),
    ("{who} reads {a} pages [a day|every day]. How many pages is that in {b} days?", {"a": (3, 12), "b": (2, 7)}, lambda n: n["a"] * n["b"]),
    ("A bus has {a} people. At the next stop {b} get off and {c} get on. How many people are on the bus now?", {"a": (12, 40), "b": (2, 9), "c": (1, 9)}, lambda n: n["a"] - n["b"] + n["c"]),
    ("{who} is {a} years old. [In|After] {b} years, how old [will {who} be|is {who}]?", {"a": (5, 40), "b": (2, 9)}, lambda n: n["a"] + n["b"]),
    ("{who} has {a} {things}, which is {b} more than Ivo has. How many [does Ivo have|{things} has Ivo]?", {"a": (10, 25), "b": (2, 9)}, lambda n: n["a"] - n["b"]),
    ("{who} shares {a} {things} equally among {b} friends. How many [does each get|are left over]?", {"a": (12, 40), "b": (2, 6)}, lambda n: n["a"] // n["b"]),
    ("{a} children [pay|paid] {b} euros each, and the teacher [pays|paid] {c} euros. How much is that [together|in all]?", {"a": (2, 9), "b": (2, 5), "c": (5, 12)}, lambda n: n["a"] * n["b"] + n["c"]),
)  # fmt: skip


def build(seed: int = 0, *, rows: int = 150) -> list[dict[str, str]]:
    """Write `{"question", "answer"}` rows; the answer is the number alone."""
    rng = random.Random(f"maths/{seed}")
    found: dict[str, dict[str, str]] = {}
    turn = 0
    while len(found) < rows:
        wording, spans, solve = _PROBLEMS[turn % len(_PROBLEMS)]
        turn += 1
        numbers = {name: rng.randint(*span) for name, span in spans.items()}
        question = expand(rng, wording, _LISTS, **_one_of_each(rng), **numbers)
        answer = numbers["a"] % numbers["b"] if "left over" in question else solve(numbers)
        found.setdefault(question, {"question": question, "answer": str(answer)})
    rows_found = list(found.values())
    rng.shuffle(rows_found)
    return rows_found


def _one_of_each(rng: random.Random) -> dict[str, str]:
    """One person and one kind of thing for a whole problem."""
    return {name: rng.choice(words) for name, words in _LISTS.items()}
