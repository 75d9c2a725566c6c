"""Writing systems: which language a text is in, and about how many tokens it makes.

Counts of letters by script, a few million characters at a time. Token counts are estimates for the
tokenizers of current models (100,000 words and more); the trainer counts exactly, later.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

SCRIPTS = (
    "other",
    "latin",
    "digit",
    "space",
    "sign",
    "han",
    "kana",
    "hangul",
    "cyrillic",
    "arabic",
    "letter",
)
RANGES = (
    (0x41, 0x5A, "latin"), (0x61, 0x7A, "latin"), (0xC0, 0x24F, "latin"), (0x1E00, 0x1EFF, "latin"),
    (0x30, 0x39, "digit"), (0xFF10, 0xFF19, "digit"),
    (0x09, 0x0D, "space"), (0x20, 0x20, "space"), (0xA0, 0xA0, "space"), (0x3000, 0x3000, "space"),
    (0x21, 0x2F, "sign"), (0x3A, 0x40, "sign"), (0x5B, 0x60, "sign"), (0x7B, 0x7E, "sign"), (0x2010, 0x2060, "sign"),
    (0x3001, 0x303F, "sign"), (0xFF01, 0xFF0F, "sign"), (0xFF1A, 0xFF20, "sign"),
    (0x3400, 0x4DBF, "han"), (0x4E00, 0x9FFF, "han"), (0xF900, 0xFAFF, "han"), (0x20000, 0x2FA1F, "han"),
    (0x3040, 0x30FF, "kana"), (0xAC00, 0xD7AF, "hangul"), (0x1100, 0x11FF, "hangul"),
    (0x400, 0x52F, "cyrillic"), (0x600, 0x6FF, "arabic"), (0x750, 0x77F, "arabic"),
    (0x370, 0x3FF, "letter"), (0x590, 0x5FF, "letter"), (0x900, 0xDFF, "letter"), (0xE00, 0xEFF, "letter"),
)  # fmt: skip
TOKENS_PER_CHARACTER = {
    "other": 1.0, "latin": 0.27, "digit": 0.7, "space": 0.02, "sign": 0.6, "han": 0.65, "kana": 0.6,
    "hangul": 0.8, "cyrillic": 0.4, "arabic": 0.5, "letter": 0.8,
}  # fmt: skip
"""Rules of thumb for vocabularies of 100,000 and more; a guess, not fitted to one tokenizer."""
TOKENS_PER_TURN = 5
"""What a chat template adds around a turn: markers, role, line ends."""
CHUNK_CHARS = 4_000_000
STOP_WORDS = {
    "en": "the and is to of you my how what can for with not are this that do have was your",
    "de": "der die das und ist nicht ich zu mit ein eine wie kann für auf den von mein wir haben",
    "fr": "le la les et est je pas vous que pour une des mon dans comment avec du sur nous ai",
    "es": "el los las es que no para una por con mi como del está quiero puedo se su lo hola",
    "it": "il gli che non per una con sono come mi del della posso ho di questo alla vorrei più",
    "pt": "os as que não para uma com meu como eu do da você por está minha posso na um ao",
    "nl": "de het een en is niet ik van mijn hoe voor met kan dat zijn op te er wat naar",
}
SCRIPT_LANGUAGE = {
    "han": "zh",
    "kana": "ja",
    "hangul": "ko",
    "cyrillic": "ru",
    "arabic": "ar",
    "letter": "other",
    "latin": "latin",
}
LETTERS = ("latin", "han", "kana", "hangul", "cyrillic", "arabic", "letter")
Counts = NDArray[np.int64]


def count_scripts(texts: Sequence[str]) -> Counts:
    """Count the characters of each text by script: one row for each text, one column for each of `SCRIPTS`."""
    counts = np.zeros((len(texts), len(SCRIPTS)), dtype=np.int64)
    start = 0
    while start < len(texts):
        stop, held = start, 0
        while stop < len(texts) and (held == 0 or held + len(texts[stop]) <= CHUNK_CHARS):
            held += len(texts[stop])
            stop += 1
        part = texts[start:stop]
        kinds = _table()[codepoints("".join(part))]
        rows = np.repeat(np.arange(len(part)), [len(text) for text in part])
        flat = np.bincount(rows * len(SCRIPTS) + kinds, minlength=len(part) * len(SCRIPTS))
        counts[start:stop] = flat.reshape(len(part), len(SCRIPTS))
        start = stop
    return counts


def codepoints(text: str) -> NDArray[np.uint32]:
    """Give the characters of a text as numbers."""
    return np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), dtype=np.uint32)


def estimate_tokens(counts: Counts) -> NDArray[np.float64]:
    """Estimate the tokens of each text from its counts."""
    weights = np.array([TOKENS_PER_CHARACTER[script] for script in SCRIPTS])
    estimated: NDArray[np.float64] = counts @ weights
    return estimated


def main_language(texts: Sequence[str], counts: Counts) -> str:
    """Name the language of most of the text, ISO 639-1; `en` where there are no letters at all."""
    totals = dict(zip(SCRIPTS, counts.sum(axis=0).tolist(), strict=True))
    totals["han"] *= 2  # a character is about half a word, a Latin letter a fifth
    if (
        totals["kana"] > 0.1 * (totals["han"] / 2 + totals["kana"])
        and totals["kana"] > 0.2 * totals["latin"]
    ):
        return "ja"
    script = max(LETTERS, key=lambda name: totals[name])
    if totals[script] == 0:
        return "en"
    if script != "latin":
        return SCRIPT_LANGUAGE[script]
    step = max(1, len(texts) // 500)
    return latin_language(" ".join(text[:1000] for text in texts[::step])) or "en"


def row_languages(texts: Sequence[str], counts: Counts, *, unknown: str = "") -> list[str]:
    """Name each text's language; empty where too little is said.

    Latin-script texts are told by their stop words; `unknown` stands for those that have too few.
    """
    weighted = counts.astype(np.float64)
    weighted[:, SCRIPTS.index("han")] *= 2
    columns = [SCRIPTS.index(name) for name in LETTERS]
    letters = weighted[:, columns]
    best = letters.argmax(axis=1)
    enough = letters.sum(axis=1) >= 8
    kana = counts[:, SCRIPTS.index("kana")] > 0.1 * counts[:, SCRIPTS.index("han")]
    named: list[str] = []
    for index, text in enumerate(texts):
        if not enough[index]:
            named.append("")
            continue
        language = SCRIPT_LANGUAGE[LETTERS[best[index]]]
        if language == "zh" and kana[index] and counts[index, SCRIPTS.index("kana")]:
            language = "ja"
        named.append((latin_language(text[:400]) or unknown) if language == "latin" else language)
    return named


def latin_language(text: str) -> str:
    """Name a Latin-script language by its stop words; empty where none clearly leads."""
    words = Counter(re.findall(r"[^\W\d_]+", text.lower()))
    scores = sorted(
        (
            (sum(words[word] for word in listed), language)
            for language, listed in _stop_words().items()
        ),
        reverse=True,
    )
    (first, language), (second, _) = scores[0], scores[1]
    return language if first >= 3 and first >= 2 * second else ""


@cache
def _stop_words() -> dict[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in STOP_WORDS.items()}


@cache
def _table() -> NDArray[np.uint8]:
    table = np.zeros(0x110000, dtype=np.uint8)
    for low, top, script in RANGES:
        table[low : top + 1] = SCRIPTS.index(script)
    return table
