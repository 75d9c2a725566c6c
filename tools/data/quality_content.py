"""Checks of the texts as texts: garbled characters, leftovers, markup, injections, languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from tools.data.closed_book import closed_book
from tools.data.findings import Material, example, issue
from tools.data.scripts import STOP_WORDS, row_languages
from tools.profile import Issue, IssueCode, Severity
from training.text import Text

OTHER_LANGUAGE_SHARE = 0.02
"""Fewer rows than this in another language are a few slips. A guess."""
LANGUAGE_SAMPLE = 4000
MOJIBAKE_NEEDS = ("ã", "â€", "â", "ï»¿", "\ufffd", "锟斤拷", "烫烫烫", "ð")
LEFTOVERS_NEEDS = ("{{", "<|", "[", "lorem ipsum", "<your", "<insert", "<enter", "todo", "fixme")
MARKUP_NEEDS = ("<", "&")
INJECTION_NEEDS = (
    "instruction",
    "prompt",
    "previous",
    "above",
    "prior",
    "you are now",
    "忽略",
    "无视",
)
MOJIBAKE = re.compile(
    "Ã[\u0080-\u00bf©¨¤¶¼ŸŠ‰±§³¡­]|â€[™œ\u009d“”˜¦¢]|Â[\u00a0-\u00bf ]|ï»¿|\ufffd|锟斤拷|烫烫烫|Ð[\u0080-\u00bf°±²³]Ñ"
)
LEFTOVERS = re.compile(
    r"\{\{[^{}\n]{1,60}\}\}|<\|(?:im_start|im_end|endoftext|eot_id|assistant|user|system)\|>|\[/?INST\]|lorem ipsum"
    r"|\[(?:your|insert|enter|customer|company|agent)[ _][^\]\n]{1,40}\]|<(?:your|insert|enter)[ _][^>\n]{1,40}>|\bTODO\b|\bFIXME\b",
    re.IGNORECASE,
)
MARKUP = re.compile(
    r"</?(?:p|br|div|span|b|i|strong|em|a|li|ul|ol|table|tr|td|font|h[1-6])(?:\s[^<>]*)?/?>|&(?:nbsp|amp|lt|gt|quot|#\d{2,5});",
    re.IGNORECASE,
)
INJECTION = re.compile(
    r"(?:ignore|disregard|forget)\s+(?:all\s+|any\s+|the\s+|your\s+|my\s+)*(?:previous|above|prior|earlier|preceding)\s+(?:instructions?|prompts?|messages?|rules?)"
    r"|\byou are now (?:DAN|in developer mode|jailbroken)|reveal (?:your|the) (?:system )?prompt|(?:忽略|无视)(?:之前|以上|上面|前面)的?(?:所有)?(?:指令|提示|要求|规则)",
    re.IGNORECASE,
)


def encoding(material: Material) -> Issue | None:
    """Text that was decoded wrongly before it came here."""
    rows, said = _found(material, MOJIBAKE, MOJIBAKE_NEEDS, code="encoding", severity="warning")
    return said(
        Text(
            "{count:,} {count:row holds|rows hold} garbled characters, such as those that UTF-8 read as Windows-1252 leaves.",
            count=len(rows),
        ),
        Text("Export the data again as UTF-8; the garbled text would be learnt as it stands."),
    )


def leftovers(material: Material) -> Issue | None:
    """Placeholders, filler and control tokens that somebody forgot."""
    if material.task == "code":
        return None
    rows, said = _found(
        material, LEFTOVERS, LEFTOVERS_NEEDS, code="templates_left", severity="warning"
    )
    return said(
        Text(
            "{count:,} {count:row holds|rows hold} placeholders, filler or control tokens, such as {{{{name}}}} or <|im_start|>.",
            count=len(rows),
        ),
        Text("Fill them in or remove them: the model would write them to people."),
    )


def markup(material: Material) -> Issue | None:
    """HTML in cells."""
    if material.task == "code":
        return None
    rows, said = _found(material, MARKUP, MARKUP_NEEDS, code="templates_left", severity="info")
    return said(
        Text(
            "{count:,} {count:row holds|rows hold} HTML tags or entities, such as <br> or &amp;.",
            count=len(rows),
        ),
        Text("Remove them unless the model will meet and should write HTML."),
    )


def injection(material: Material) -> Issue | None:
    """Rows that tell the model to disregard its instructions."""
    rows, said = _found(material, INJECTION, INJECTION_NEEDS, code="injection", severity="warning")
    return said(
        Text(
            "{count:,} {count:row tries|rows try} to override instructions, such as: ignore all previous instructions.",
            count=len(rows),
        ),
        Text("Keep them only where the answer shows how to withstand them."),
    )


def _found(
    material: Material,
    regex: re.Pattern[str],
    needs: Sequence[str],
    *,
    code: IssueCode,
    severity: Severity,
) -> tuple[dict[int, str], Callable[[Text, Text], Issue | None]]:
    """Search the rows that hold one of the words needed; give the matches, and how to say them."""
    corpus = material.corpus
    rows = {
        index: match[0]
        for index in corpus.holding(needs)
        if (match := regex.search(corpus.texts[index]))
    }

    def said(text: Text, fix: Text) -> Issue | None:
        if not rows:
            return None
        examples = [
            example(material.numbers[index], material.asked[index], found=found)
            for index, found in list(rows.items())[:5]
        ]
        return issue(
            code,
            severity,
            count=len(rows),
            of=len(corpus.texts),
            examples=examples,
            text=text,
            fix=fix,
        )

    return rows, said


def mixed_languages(material: Material) -> Issue | None:
    """Rows in another language than most."""
    step = max(1, -(-len(material.asked) // LANGUAGE_SAMPLE))
    sampled = list(range(0, len(material.asked), step))
    usual = material.language if material.language in STOP_WORDS else "latin"
    named = row_languages(
        [material.asked[index] for index in sampled], material.counts[sampled], unknown=usual
    )
    known = [(index, language) for index, language in zip(sampled, named, strict=True) if language]
    main = Counter(language for _, language in known).most_common(1)
    if not main:
        return None
    other = [(index, language) for index, language in known if language != main[0][0]]
    if len(other) < max(2, OTHER_LANGUAGE_SHARE * len(known)):
        return None
    languages = ", ".join(
        f"{language} {count / len(known):.0%}"
        for language, count in Counter(language for _, language in known).most_common(4)
    )
    return issue(
        "mixed_languages",
        "warning" if len(other) > 0.1 * len(known) else "info",
        count=len(other) * step,
        of=len(material.asked),
        examples=[
            example(material.numbers[index], material.asked[index], language=language)
            for index, language in other[:5]
        ],
        text=Text("The rows are in several languages: {languages}.", languages=languages),
        fix=Text("Keep the mix if people will write in it; otherwise separate the languages."),
    )


CONTENT_CHECKS: tuple[Callable[[Material], Issue | None], ...] = (
    encoding,
    leftovers,
    markup,
    injection,
    mixed_languages,
    closed_book,
)
