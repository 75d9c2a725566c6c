"""Which model: by the person's word, else the smallest that should do on the hardware at hand."""

from __future__ import annotations

import contextlib
from difflib import get_close_matches
from math import ceil

from tools import candidates
from tools.candidates import MOST_NAMED
from tools.choice import WORDS, Choice
from tools.deciding.advice import BIG_CORPUS_TOKENS
from tools.deciding.answering import answer_ms, wanted_ms
from tools.deciding.token_counts import most_factor
from tools.errors import PlanError
from tools.facts import Facts
from tools.machine import find_card
from tools.resources import USABLE_SHARE, Load, peak_gib
from training.catalog import BY_ID, PRACTICE, ModelCard
from training.config import Task
from training.text import Text, join

NARROW: frozenset[Task] = frozenset({"classification", "extraction"})
NARROW_MODELS = ("Qwen/Qwen3-1.7B", "Qwen/Qwen3-0.6B")
OPEN_MODELS = ("Qwen/Qwen3-4B-Instruct-2507", "Qwen/Qwen3-1.7B", "Qwen/Qwen3-0.6B")
"""Largest of the smallest first, then what to fall back to. MS-01: average rank over 8 tasks: Qwen3-4B-2507 2.25,
Qwen3-8B 2.75, Llama-3.1-8B 4.00, Qwen3-1.7B 4.44, Qwen3-0.6B 5.11 (distillabs.ai, equal settings for all)."""
LARGER = ("Qwen/Qwen3-4B-Instruct-2507", "Qwen/Qwen3-8B", "Qwen/Qwen3-14B", "Qwen/Qwen3-32B")
FAST_MS = 150.0
"""Answers wanted sooner than this call for a smaller model; our default."""
CPU_BILLIONS = 0.4
"""The largest model worth training on processors; our default (trials on tiny models: 21 M already takes 15 times the time of 1 M)."""
ROW_TOKENS_FOR_FIT = 1024


def choose(facts: Facts) -> tuple[Choice[str], ModelCard]:
    """Choose the model. Raises PlanError where the person's model is unknown or needs the network."""
    named = facts.overrides.get("model") or facts.model or facts.said("base_model")
    if named:
        card = resolve(str(named), facts)
        return WORDS(value=card.id, because=_named_because(card, facts), origin="user"), card
    if facts.candidates or facts.compared:
        found = _among_candidates(facts)
        if found is not None:
            return found
    if facts.on_gpu:
        return _for_gpu(facts)
    small = sorted(
        (known for name in facts.machine.models_here if (known := BY_ID.get(name.lower())) and known.billions <= CPU_BILLIONS),
        key=lambda card: card.params, reverse=True,
    )  # fmt: skip
    language = _language(facts)
    here = [card for card in small if card.speaks(language) and card.kind != "base"]
    if here:
        return _choice(
            here[0],
            Text(
                "It lies on this machine already and is small enough to be trained without a graphics card."
            ),
            "MS-03 [P]",
        ), here[0]
    card = resolve(PRACTICE, facts)
    return WORDS(
        value=PRACTICE, because=practice_truth(facts), source="our default", origin="rule"
    ), card


def candidate_cards(facts: Facts) -> tuple[ModelCard, ...]:
    """The cards of the models that the person wants compared, in their order. Raises PlanError for one unknown, or too many."""
    names = facts.candidates
    if len(names) > MOST_NAMED:
        raise PlanError(
            Text("{count} models are too many to compare at once.", count=len(names)), where="--candidates",
            what_to_do=Text("Name at most {most}.", most=MOST_NAMED),
        )  # fmt: skip
    found: dict[str, ModelCard] = {}
    for name in names:
        try:
            card = resolve(name, facts)
        except PlanError as error:
            raise PlanError(
                error.what, where=f"--candidates {name}", what_to_do=error.what_to_do
            ) from error
        found[card.id] = card
    return tuple(found.values())


def compared_cards(facts: Facts) -> dict[str, ModelCard]:
    """The cards of the models that were compared; one that is no longer on this machine is left out."""
    found = {}
    for one in facts.compared:
        with contextlib.suppress(PlanError):
            found[one.model] = resolve(one.model, facts)
    return found


def is_here(card: ModelCard, facts: Facts) -> bool:
    """Say whether the weights lie on this machine: the practice model, a folder, or the Hub's cache."""
    return card.id == PRACTICE or card.id.startswith("/") or card.id in facts.machine.models_here


def can_train(card: ModelCard, facts: Facts) -> bool:
    """Say whether adapters of this model can be trained where the plan is for."""
    if not facts.on_gpu:
        return card.billions <= CPU_BILLIONS
    return fits(card, max(gpu.gib for gpu in facts.gpus))[0]


def _among_candidates(facts: Facts) -> tuple[Choice[str], ModelCard] | None:
    """Choose among the models compared; those not compared yet by their size. None where none can be trained here."""
    named = candidate_cards(facts)
    cards = {card.id: card for card in named} or compared_cards(facts)
    able = {name: card for name, card in cards.items() if can_train(card, facts)}
    picked = candidates.pick(facts, able)
    if picked is not None:
        card, because = picked
        if card.id == PRACTICE:
            because = join([because, practice_truth(facts)])
        return WORDS(
            value=card.id, because=because, source=candidates.SOURCE, origin="measured"
        ), card
    if not named:
        return None
    here = {name: one for name, one in able.items() if is_here(one, facts)}
    card = min((here or able or cards).values(), key=lambda one: (one.tiny, one.params))
    because = Text(
        "The smallest of the models you want compared; none of them has been measured on your rows yet."
    )
    return _choice(card, because, "MS-03 [P]"), card


def resolve(name: str, facts: Facts | None) -> ModelCard:
    """Find the card of a named model. Raises PlanError, saying what to do, where nobody has read it."""
    read = facts.cards if facts is not None else {}
    card = read.get(name) or BY_ID.get(name.lower()) or _by_short_name(name)
    if card is not None:
        return read.get(card.id, card)
    nearest = nearest_known(name)
    if name.startswith((".", "/", "~")) or "\\" in name:
        raise PlanError(
            Text("There is no model in this folder."), where=name,
            what_to_do=Text("Name the folder that holds config.json and the weights (safetensors)."),
        )  # fmt: skip
    raise PlanError(
        Text(
            "I do not know the model {name!r}, and its description would have to come from the network.",
            name=name,
        ),
        where="--model",
        what_to_do=Text(
            "Name one that I know, such as {nearest}; or download it to a folder and name the folder; or say practice.",
            nearest=nearest,
        ),
    )


def answering_twin(name: str) -> str | None:
    """The model of the catalogue that was made from this untuned one and answers; the first where there are several."""
    return next(
        (card.id for card in BY_ID.values() if (card.base_twin or "").lower() == name.lower()), None
    )


def nearest_known(name: str) -> str:
    """The model of the catalogue whose name is nearest."""
    near = get_close_matches(name.lower(), BY_ID, n=1, cutoff=0.6)
    return BY_ID[near[0]].id if near else "Qwen/Qwen3-1.7B"


def card_of(name: str) -> ModelCard:
    """The card of a model by its name: from its folder, the Hub's cache here, or the catalogue. Raises PlanError."""
    found = find_card(name) or BY_ID.get(name.lower())
    return found if found is not None else resolve(name, None)


def practice_truth(facts: Facts) -> Text:
    """Say plainly what the practice model is."""
    toy = Text(
        "The practice model is a flight simulator: a toy of about one million parameters that makes the whole job real in minutes, but not a model to put to work."
    )
    named = facts.overrides.get("model") or facts.model or facts.said("base_model")
    if facts.on_gpu or named or PRACTICE in facts.candidates:
        return join(
            [
                toy,
                Text(
                    "For real use, take {model} on a machine with a graphics card.",
                    model=_wanted(facts)[0],
                ),
            ]
        )
    return join(
        [
            toy,
            Text(
                "I take it because this machine has no graphics card; for real use, run this plan where there is one, with {model}.",
                model=_wanted(facts)[0],
            ),
        ]
    )


def alternatives(facts: Facts, card: ModelCard) -> tuple[ModelCard, ...]:
    """The next smaller and the next larger of the usual models that fit: what to offer beside the chosen one."""
    if not facts.on_gpu:
        return ()
    gib = max(gpu.gib for gpu in facts.gpus)
    usual = [BY_ID[name.lower()] for name in (*reversed(NARROW_MODELS), *LARGER)]
    able = [other for other in usual if fits(other, gib)[0] and other.speaks(_language(facts))]
    smaller = [other for other in able if other.params < card.params * 0.9][-1:]
    larger = [other for other in able if other.params > card.params * 1.1][:1]
    return tuple(smaller + larger)


def fits(card: ModelCard, gib: float, *, row_tokens: int = ROW_TOKENS_FOR_FIT) -> tuple[bool, bool]:
    """Say whether adapters can be trained on a card of this memory, and whether only with 4-bit weights.

    `row_tokens`: of the longest rows.
    """
    for quantized in (False, True):
        load = Load(
            card, 16, 1, row_tokens, row_tokens, 1, 1, gradient_checkpointing=True, quantized=quantized
        )  # fmt: skip
        if peak_gib(load, on_gpu=True) <= USABLE_SHARE * gib:
            return True, quantized
    return False, True


def _start(card: ModelCard, facts: Facts) -> tuple[ModelCard, list[Text]]:
    """Give the checkpoint to start from: the untuned twin for a large corpus, where manners can be taught again."""
    profile = facts.profile
    if profile.task.value != "documents" or profile.tokens.total < BIG_CORPUS_TOKENS:
        return card, []
    twin = BY_ID.get((card.base_twin or "").lower())
    if twin is not None and facts.general_file is not None:
        return twin, [
            Text(
                "So large a corpus is best learnt by the untuned model; your general file teaches it manners again afterwards."
            )
        ]
    return card, [
        Text(
            "The untuned model would learn so large a corpus better, but without a file of general conversations nothing could teach it manners again: name one with --general, and I start from there."
        )
    ]


def _for_gpu(facts: Facts) -> tuple[Choice[str], ModelCard]:
    gib = max(gpu.gib for gpu in facts.gpus)
    language = _language(facts)
    wanted = [facts.cards.get(name) or BY_ID[name.lower()] for name in _wanted(facts)]
    able = [card for card in wanted if fits(card, gib)[0] and card.speaks(language)]
    if able:
        card = _long_and_quick_enough(able, facts, gib)
        parts = [
            Text(
                "The smallest of the usual models that should do this task on a card of {gib:.0f} GiB; if it falls short, the next size is one setting away.",
                gib=gib,
            )
        ]
        if card is not able[0]:
            parts.append(
                Text("{larger} would come first, but it is too slow or too large for your rows here.", larger=able[0].id)
            )  # fmt: skip
        card, start = _start(card, facts)
        parts += start
        if card.unverified:
            parts.append(Text("Not verified: {fields}.", fields=", ".join(sorted(card.unverified))))
        return _choice(card, join(parts), "MS-01, MS-03 [P], MS-09: distillabs.ai"), card
    raise PlanError(
        Text("No model that I know can be trained on a card of {gib:.0f} GiB.", gib=gib), where="--gpu",
        what_to_do=Text("Use a card with more memory, from 6 GiB on, or try the whole job with --model practice."),
    )  # fmt: skip


def _long_and_quick_enough(able: list[ModelCard], facts: Facts, gib: float) -> ModelCard:
    """The first that holds the longest rows and answers in time; where none does, what comes nearest to it.

    Rows are never shortened for a larger model's sake: a smaller one that reads them whole goes first.
    """
    tokens = facts.profile.tokens
    longest = max(ROW_TOKENS_FOR_FIT, tokens.p99)
    whole = [card for card in able if facts.profile.task.value == "documents" or _reads_whole(card, facts, gib, longest)]  # fmt: skip
    limit = wanted_ms(facts)
    quick = [card for card in whole or able if limit is None or (answer_ms(card, facts) or 0) <= limit]  # fmt: skip
    return quick[0] if quick else (whole or able)[-1 if limit is not None else 0]


def _reads_whole(card: ModelCard, facts: Facts, gib: float, longest: int) -> bool:
    """Whether rows of so many tokens fit the model's context, and its training the card."""
    tokens = ceil(longest * most_factor(card, facts.profile.tokens))
    return tokens <= card.context and fits(card, gib, row_tokens=tokens)[0]


def _wanted(facts: Facts) -> tuple[str, ...]:
    names = NARROW_MODELS if facts.profile.task.value in NARROW else OPEN_MODELS
    latency = facts.said("latency")
    if isinstance(latency, int | float) and latency < FAST_MS and len(names) > 1:
        return names[1:]
    return names


def _language(facts: Facts) -> str:
    return str(facts.language or facts.said("language") or facts.profile.language or "en")


def _by_short_name(name: str) -> ModelCard | None:
    matches = [card for key, card in BY_ID.items() if key.rpartition("/")[2] == name.lower()]
    return matches[0] if len(matches) == 1 else None


def _named_because(card: ModelCard, facts: Facts) -> Text:
    if card.id == PRACTICE:
        return join([Text("You asked for it."), practice_truth(facts)])
    parts = [Text("You asked for it.")]
    if not card.speaks(_language(facts)):
        parts.append(
            Text(
                "Its documents do not claim the language of your data ({language}).",
                language=_language(facts),
            )
        )
    if card.gated:
        parts.append(
            Text(
                "The Hub gives it only to accounts that have accepted its licence ({licence}).",
                licence=card.licence,
            )
        )
    elif not card.free_to_use:
        parts.append(
            Text(
                "Look at its licence before you sell what you build: {licence}.",
                licence=card.licence,
            )
        )
    if card.kind == "base":
        parts.append(
            Text("It is an untuned (base) model: it has not learnt to hold a conversation, so your rows must teach it that too, and the instruct model of the same size needs fewer of them.")
        )  # fmt: skip
    if card.experts > 1:
        parts.append(
            Text(
                "It is a mixture of experts: each row teaches only some of them, so few rows teach it less than a dense model."
            )
        )
    if card.checked.startswith("config.json"):
        parts.append(
            Text(
                "Its sizes were read from its config.json; not verified: {fields}.",
                fields=", ".join(sorted(card.unverified)),
            )
        )
    if card.kind in {"hybrid", "reasoning"}:
        parts.append(
            Text(
                "It can think before it answers; here it is trained and asked with that switched off, so serve it in the same way."
            )
        )
    return join(parts)


def _choice(card: ModelCard, because: Text, source: str) -> Choice[str]:
    return WORDS(value=card.id, because=because, source=source)
