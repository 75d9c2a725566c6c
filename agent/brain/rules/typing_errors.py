"""Put right the typing errors that matter: one slip in a word that decides something."""

from __future__ import annotations

import functools
import re

from agent.brain.rules import lexicon

DECISIVE = (
    "yes", "ahead", "start", "approve", "approved", "proceed", "launch", "cancel", "please", "everything", "learning", "epochs", "cheaper", "model",
    "classify", "summarize", "summarise", "translate", "extract", "answer", "questions", "tickets", "customer", "customers", "support", "budget",
    "dollars", "minutes", "accuracy", "percent", "private", "upload", "column", "technique", "status", "resume", "export", "compare", "download",
    "what", "how", "long", "take", "mean", "means", "change", "know", "why", "when", "will", "would", "should", "does", "the", "much", "expensive", "training", "train", "difference", "because", "company", "documents", "examples", "generate", "replies", "emails",
)  # fmt: skip
KNOWN = frozenset({
    "odes", "dose", "doe", "mane", "name", "amen", "hew", "who", "ate", "teak", "knot", "chane", "chang", "shoud", "hwy", "hall", "wall", "log", "cold",
    "yet", "yen", "yew", "eyes", "stark", "stare", "stars", "state", "head", "heads", "tart", "trains", "trained", "trainer", "terrain", "models", "modal", "mode",
    "answers", "answered", "column", "columns", "private", "budgets", "started", "starts", "starting", "launched", "lunch", "approves", "states", "statue",
    "minute", "dollar", "compared", "exports", "emails", "email", "mails", "example", "document", "extracts", "question", "ticket", "consumer", "consumers",
    "cheap", "cheapest", "leaning", "earning", "epoch", "percents", "resumes", "resumed", "supports", "generated", "general", "strain", "smart", "chart", "cancels",
})  # fmt: skip


@functools.cache
def _slips() -> dict[str, str]:
    """Misspelling -> word, for every single slip of the decisive words: swap, leave out, double."""
    found: dict[str, str] = {}
    for word in DECISIVE:
        made = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}
        if len(word) >= 6:
            made |= {word[:at] + word[at + 1 :] for at in range(1, len(word))}
            made |= {word[:at] + word[at] + word[at:] for at in range(len(word))}
        for slip in made - set(DECISIVE) - KNOWN:
            found.setdefault(slip, word)
    return found


def corrected(folded: str) -> str:
    """Correct single slips, and letters that were held down: "yesss".

    >>> corrected("yse, go ahaed")
    'yes, go ahead'
    """
    slips = _slips()
    text = re.sub(
        r"\b(yes|yep|yeah|go|ok|okay|no|please)\b", r"\1", re.sub(r"\b(ye)s{2,}\b", r"\1s", folded)
    )
    text = re.sub(r"\b(?:yesh|yass?|yis|yeh|ya|ja|yea)\b", "yes", text)
    text = re.sub(r"\b(?:pls|plz|plse)\b", "please", text)
    text = re.sub(r"\bu\b", "you", text)
    text = re.sub(
        r"\b(here|what|how|where|who|that|it|there)s\b(?= (?:wrong|the|my|our|a|an|is|it|up|next|going|your|this|that|better|in|[a-z]+\.[a-z]+))",
        r"\1's",
        text,
    )
    text = re.sub(
        r"\b(don|doesn|didn|can|won|isn|aren|shouldn|mustn|haven|hasn|wouldn|couldn)t\b",
        r"\1't",
        text,
    )
    text = re.sub(r"\b(?:do ?n'?t|dunt|doesnt) no\b|\bdun(?:t|no)\b", "don't know", text)
    text = re.sub(r"\bim\b", "i'm", re.sub(r"\bive\b", "i've", text))
    return (
        re.sub(r"[a-z]{3,}", lambda word: slips.get(word.group(), word.group()), text)
        if lexicon.words_in(text)
        else text
    )
