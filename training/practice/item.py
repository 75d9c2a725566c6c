"""One task of the curriculum: a conversation that ends with the person's turn, and its answer."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from training.practice import is_reserved
from training.practice.grammar import capitalised, expand
from training.practice.lexicon import LISTS

Turn = tuple[str, str]  # role, content


@dataclass(frozen=True)
class Item:
    """A prompt of one or more turns and the answer to it."""

    turns: tuple[Turn, ...]
    answer: str
    accepts: Callable[[str], bool] | None = field(default=None, compare=False)
    """Judges an answer where several are right; None means exactly `answer`."""

    @property
    def reserved(self) -> bool:
        """Whether the prompt is kept out of training."""
        return is_reserved(text for role, text in self.turns if role == "user")

    def is_right(self, answer: str) -> bool:
        """Say whether `answer` solves the item."""
        answer = answer.strip()
        return self.accepts(answer) if self.accepts else answer == self.answer

    def messages(self, *, answered: bool) -> list[dict[str, str]]:
        """Return the conversation as chat messages, with or without the answer."""
        turns = (*self.turns, ("assistant", self.answer)) if answered else self.turns
        return [{"role": role, "content": content} for role, content in turns]


_PREFIXES = (
    "[||||||||||||||||||Please |Please |Hi. |Hello. |Question: |Task: |Quick one: |Can you help me? |Hey, |I need your help. |Next: |"
    "[Hi|Hello|Hey|Good day|Hi there|Hello there|Good morning|Good evening|Good afternoon|Morning|Dear assistant][!|.|,] |"
    "[Excuse me|Pardon me|Sorry|Please|OK|Well|Now|Right|So|Thanks][,|.|:] |[Please help|Help, please|Please do this|Help me with this|Try this]: |"
    "[A|One|One|Another|My|The next|The last|Here is a|I have a|Just a][ small| quick| short| simple| new| last| more|] [request|question|task|thing|job|wish|point|exercise][:|.] |"
    "[Next|Next one|Then|And now|Second|Let me ask|Tell me|Say|Answer this|Do this|I want to ask|May I ask][:|,] ]"
)
HINTS = {
    "number": "[|||||| Answer with the number only.| Reply with just the number.| Only the number, please.|"
    " Give only the number.| Just the result.| Answer with a number.]",
    "word": "[|||||| Answer with one word.| One word only.| Reply with just the word.| Only the answer.|"
    " Answer with the word only.| Just one word.]",
    "list": "[|||||| Only the list.| Reply with just the result.| Give only the answer.|"
    " No explanation.| Answer with the list only.]",
    "yes": "[|||||| Answer yes or no.| Yes or no?| Reply with yes or no.| Only yes or no.]",
    "text": "[|||||||| No explanation.| Only the answer.| Give only the answer.| Keep it short.]",
    "json": "[||||| Reply with JSON only.| Only JSON.| Answer only with the JSON object.| No other text.]",
    "none": "",
}  # fmt: skip
_SYSTEMS = [
    "You are a helpful assistant.",
    "You are a helpful assistant. Answer briefly.",
    "Answer the question.",
    "You answer in as few words as possible.",
    "You are a friendly assistant.",
    "Be brief and precise.",
    "You are the assistant of a small company.",
    "Follow the instructions exactly.",
    "Help the user.",
]


def ask(
    rng: random.Random, wording: str, answer: object, *, hint: str = "text", **slots: object
) -> Item:
    """Return a one-turn item: a phrasing of `wording`, sometimes a greeting, a hint or a system turn."""
    prompt = opened(rng, expand(rng, wording, LISTS, **slots))
    tail = expand(rng, HINTS[hint], LISTS)
    if tail:
        prompt = f"{tail} {prompt}" if rng.random() < 0.25 else f"{prompt} {tail}"
    return with_system(rng, Item((("user", prompt),), str(answer)))


def opened(rng: random.Random, prompt: str) -> str:
    """Return the prompt, half of the time after a greeting or a few words that announce it."""
    prefix = expand(rng, _PREFIXES, LISTS)
    if prefix == "Please":
        return f"Please {prompt[:1].lower()}{prompt[1:]}"
    return f"{prefix} {capitalised(prompt)}" if prefix else capitalised(prompt)


def with_system(rng: random.Random, item: Item) -> Item:
    """Return the item, one time in eight with a system turn that changes nothing."""
    if rng.random() > 0.125:
        return item
    return replace(item, turns=(("system", rng.choice(_SYSTEMS)), *item.turns))


def plain(prompt: str, answer: str, accepts: Callable[[str], bool] | None = None) -> Item:
    """Return a one-turn item with exactly this prompt."""
    return Item((("user", prompt),), answer, accepts)
