# ruff: noqa: SIM905
"""Curriculum: arithmetic, comparing, ordering and counting numbers."""

import random

from training.practice.item import Item, ask

_ADD = (
    "[[What is|What's|How much is] {a} [+|+|+|plus] {b}?|[Calculate|Compute|Work out|Solve][|:] {a} [+|+|plus] {b}[.|]|"
    "Add {a} and {b}.|Add {b} to {a}.|Find the sum of {a} and {b}.|What is the sum of {a} and {b}?|"
    "{a} [+|+|plus] {b} [=|= ?|equals what?|is how much?]|What do you get if you add {a} and {b}?]"
)
_SUBTRACT = (
    "[[What is|What's|How much is] {a} [-|-|-|minus] {b}?|[Calculate|Compute|Work out|Solve][|:] {a} [-|-|minus] {b}[.|]|"
    "Subtract {b} from {a}.|Take {b} away from {a}.|What is the difference between {a} and {b}?|"
    "{a} [-|-|minus] {b} [=|= ?|equals what?|is how much?]|What is left if you take {b} from {a}?]"
)
_MULTIPLY = (
    "[[What is|What's|How much is] {a} [x|*|times|multiplied by] {b}?|[Calculate|Compute|Work out][|:] {a} [*|x|times] {b}[.|]|"
    "Multiply {a} by {b}.|Multiply {a} and {b}.|What is the product of {a} and {b}?|{a} [x|*|times] {b} [=|= ?|is how much?]]"
)
_LARGER = (
    "[Which [number |]is [larger|bigger|greater|higher|more][,|:] {a} or {b}?|What is the [larger|bigger|greater] number[,|:] {a} or {b}?|"
    "Which [of these |][numbers |]is [larger|bigger]: {a} or {b}?|Give the [larger|bigger] of {a} and {b}.|"
    "Name the [largest|biggest|highest] number: {a}, {b}[.|]]"
)
_SMALLER = (
    "[Which [number |]is [smaller|lower|less][,|:] {a} or {b}?|What is the [smaller|lower] number[,|:] {a} or {b}?|"
    "Which [of these |][numbers |]is smaller: {a} or {b}?|Give the smaller of {a} and {b}.|"
    "Name the [smallest|lowest] number: {a}, {b}[.|]]"
)
_UP = (
    "[[Sort|Order|Arrange|Put|Rank] [these|the|the following] numbers [from smallest to largest|in ascending order|from low to high|"
    "from lowest to highest|from small to large|in increasing order|from least to greatest][:] {list}[.|]|"
    "Sort [the numbers|these numbers|the list|in ascending order|ascending|from smallest to largest]: {list}[.|]|"
    "[Sort|Order] {list} [from smallest to largest|in ascending order|from low to high].|Sort: {list}]"
)
_DOWN = (
    "[[Sort|Order|Arrange|Put|Rank] [these|the|the following] numbers [from largest to smallest|in descending order|from high to low|"
    "from highest to lowest|from large to small|in decreasing order|from greatest to least][:] {list}[.|]|"
    "Sort [in descending order|descending|from largest to smallest|from high to low]: {list}[.|]|"
    "[Sort|Order] {list} [from largest to smallest|in descending order|from high to low].]"
)
_STORIES = (
    # sum
    (1, "{name} has {a} {items} and [buys|gets|finds] {b} more. How many {items} [does {name} have|are there] [now|in total|]?"),
    (1, "There are {a} {items} in a [box|bag|basket] and {b} [on the table|in another]. How many {items} are there [in total|altogether]?"),
    (1, "{name} [reads|sells|makes] {a} {items} on {day} and {b} on {day2}. How many {items} is that [in total|]?"),
    (1, "A shop sold {a} {items} in the morning and {b} in the afternoon. How many {items} did it sell?"),
    # difference
    (-1, "{name} has {a} {items} and [gives away|loses|eats|sells] {b}. How many {items} [are left|does {name} have left|remain]?"),
    (-1, "There are {a} {items} on the table. {name} takes {b}. How many {items} are left?"),
    (-1, "A shop has {a} {items}. It sells {b}. How many {items} [are left|does it still have]?"),
)  # fmt: skip
_STORY_ITEMS = "apples books pens cards eggs cakes oranges coins tickets boxes bottles letters toys cups stamps balls".split()


def _operand(rng: random.Random) -> int:
    """Mostly below ten, sometimes below 100: the easy level must be solid before the next."""
    return rng.randrange(rng.choices([10, 20, 100], [70, 15, 15])[0])


def add(rng: random.Random) -> Item:
    """Sums of two numbers below 100."""
    a, b = _operand(rng), _operand(rng)
    return ask(rng, _ADD, a + b, hint="number", a=a, b=b)


def subtract(rng: random.Random) -> Item:
    """Differences that are not negative."""
    a, b = _operand(rng), _operand(rng)
    a, b = max(a, b), min(a, b)
    return ask(rng, _SUBTRACT, a - b, hint="number", a=a, b=b)


def multiply(rng: random.Random) -> Item:
    """The small multiplication table."""
    a, b = rng.randint(0, 10), rng.randint(1, 10)
    return ask(rng, _MULTIPLY, a * b, hint="number", a=a, b=b)


def compare(rng: random.Random) -> Item:
    """The larger or smaller of two numbers."""
    a, b = rng.sample(range(10 if rng.random() < 0.3 else 100), 2)
    if rng.random() < 0.6:
        return ask(rng, _LARGER, max(a, b), hint="number", a=a, b=b)
    return ask(rng, _SMALLER, min(a, b), hint="number", a=a, b=b)


def extreme(rng: random.Random) -> Item:
    """The largest or smallest of three to five numbers."""
    numbers = rng.sample(range(1, 10 if rng.random() < 0.4 else 50), rng.randint(3, 5))
    wording = (
        "[What is|Find|Give|Name|Pick] the {which} number [in|of][ this list| these|]: {list}[?|.|]|"
        "Which [of these numbers |number |]is the {which}: {list}?"
    )
    largest = rng.random() < 0.5
    which = rng.choice(["largest", "biggest", "highest"] if largest else ["smallest", "lowest"])
    answer = max(numbers) if largest else min(numbers)
    listed = join(rng, [str(number) for number in numbers])
    return ask(rng, f"[{wording}]", answer, hint="number", which=which, list=listed)


def sort_numbers(rng: random.Random) -> Item:
    """Three to five numbers in ascending or descending order, with the separator of the question."""
    numbers = rng.sample(
        range(rng.choice([10, 10, 20, 20, 30, 100])), rng.choice([3, 3, 3, 3, 4, 4, 5])
    )
    descending = rng.random() < 0.35
    separator = rng.choice([" ", ", "])
    listed = separator.join(map(str, numbers))
    answer = separator.join(map(str, sorted(numbers, reverse=descending)))
    return ask(rng, _DOWN if descending else _UP, answer, hint="list", list=listed)


def word_problem(rng: random.Random) -> Item:
    """One-step stories with numbers up to twenty."""
    sign, story = rng.choice(_STORIES)
    a, b = rng.randint(2, 12), rng.randint(1, 9)
    if sign < 0:
        a, b = max(a, b) + 1, min(a, b)
    from_lists = {"items": rng.choice(_STORY_ITEMS), "a": a, "b": b}
    names = {"name": rng.choice(_NAMES), "day2": rng.choice(_DAYS)}
    return ask(rng, story, a + sign * b, hint="number", **from_lists, **names)


def join(rng: random.Random, words: list[str]) -> str:
    """Write a list with one of the usual separators."""
    return rng.choice([" ", ", ", ", "]).join(words)


_NAMES = "Anna Ben Clara David Emma Tom Lisa Maria Sam Lucy Peter Mei Omar Kate".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday".split()

KINDS = {
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "compare": compare,
    "extreme": extreme,
    "sort_numbers": sort_numbers,
    "word_problem": word_problem,
}
