"""Checks of what the rows say: lengths, encoding, JSON, refusals, leftovers, languages."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tools.findings import Material, example, issue, shown
from tools.profile import Issue, IssueCode, Severity
from tools.scripts import row_languages
from tools.task import is_json
from training.text import Text

LONG_TOKENS = 4096
"""Rows longer than this are cut by the training lengths that are usual. A guess."""
REFUSAL_SHARE = 0.1
"""DQ-09 gives 60 % against a wanted 5 %; a tenth is where we start to ask. A guess."""
OUTLIER_TIMES = 10
"""A row is an outlier above ten times the median and 500 tokens. A guess."""
OUTLIER_TOKENS = 500
OTHER_LANGUAGE_SHARE = 0.02
"""Fewer rows than this in another language are a few slips. A guess."""
LANGUAGE_SAMPLE = 4000
CELL_LIMITS = frozenset(
    {
        250,
        254,
        255,
        256,
        500,
        512,
        1000,
        1023,
        1024,
        2000,
        2048,
        4000,
        4095,
        4096,
        8000,
        32767,
        65535,
    }
)
"""Lengths at which databases and spreadsheets cut texts."""
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
REFUSAL = re.compile(
    r"^\W*(?:i(?:'|’)?m (?:sorry|afraid|unable|not able)|i am (?:sorry|unable|not able)|sorry,|i can(?:'|’)?t |i cannot |as an ai|unfortunately,? (?:i|we) (?:can|am)|i do(?: not|n(?:'|’)t) (?:know|have)"
    r"|抱歉|对不起|很遗憾|我无法|我不能|作为(?:一个|一名)?(?:ai|人工智能))",
    re.IGNORECASE,
)


def outlier_lengths(material: Material) -> Issue | None:
    """DQ-11: single rows that are far longer than the others."""
    if not len(material.tokens):
        return None
    bound = max(OUTLIER_TOKENS, OUTLIER_TIMES * float(np.median(material.tokens)))
    over = np.flatnonzero(material.tokens > bound)
    if not len(over):
        return None
    over = over[np.argsort(-material.tokens[over])]
    longest = int(over[0])
    return issue(
        "outlier_lengths",
        "warning" if material.tokens[longest] > LONG_TOKENS else "info",
        count=len(over),
        of=len(material.rows),
        examples=[
            example(
                material.numbers[index], material.asked[index], tokens=int(material.tokens[index])
            )
            for index in over[:5].tolist()
        ],
        text=Text(
            "{count:,} rows are more than {times} times as long as usual; the longest, row {row}, has about {tokens:,} tokens.",
            count=len(over),
            times=OUTLIER_TIMES,
            row=material.numbers[longest],
            tokens=int(material.tokens[longest]),
        ),
        fix=Text(
            "Look at them: often a row has swallowed others or a whole file. Cut or remove what does not belong (DQ-11)."
        ),
    )


def truncation(material: Material) -> Issue | None:
    """DQ-11: rows that training lengths would cut, and texts that an export has cut already."""
    limit = _cell_limit(material)
    if limit is not None:
        length, cut = limit
        return issue(
            "truncation",
            "warning",
            count=len(cut),
            of=len(material.rows),
            examples=shown(material, cut, answer=True),
            text=Text(
                "{count:,} texts have exactly {length:,} characters, the longest there are: the export seems to have cut them.",
                count=len(cut),
                length=length,
            ),
            fix=Text("Export the data again without a limit on the length of cells."),
        )
    long = np.flatnonzero(material.tokens > LONG_TOKENS).tolist()
    if not long or material.task == "documents":
        return None
    return issue(
        "truncation",
        "warning" if len(long) > 0.01 * len(material.rows) else "info",
        count=len(long),
        of=len(material.rows),
        examples=shown(material, long),
        text=Text(
            "{count:,} rows are longer than about {tokens:,} tokens; training would cut them, answers included (DQ-11).",
            count=len(long),
            tokens=LONG_TOKENS,
        ),
        fix=Text("Shorten them, or plan for longer sequences, which need more memory."),
    )


def _cell_limit(material: Material) -> tuple[int, list[int]] | None:
    """Find texts that end at a length where databases cut, with none longer."""
    for texts in (material.answers, material.asked):
        lengths = [len(text) for text in texts]
        longest = max(lengths, default=0)
        cut = [index for index, length in enumerate(lengths) if length == longest]
        if (
            longest in CELL_LIMITS
            and len(cut) >= 3
            and sum(texts[index][-1:].isalnum() for index in cut) >= 0.6 * len(cut)
        ):
            return longest, cut
    return None


def encoding(material: Material) -> Issue | None:
    """Text that was decoded wrongly before it came here."""
    rows, said = _found(material, MOJIBAKE, MOJIBAKE_NEEDS, code="encoding", severity="warning")
    return said(
        Text(
            "{count:,} rows hold garbled characters, such as those that UTF-8 read as Windows-1252 leaves.",
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
            "{count:,} rows hold placeholders, filler or control tokens, such as {{{{name}}}} or <|im_start|>.",
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
        Text("{count:,} rows hold HTML tags or entities, such as <br> or &amp;.", count=len(rows)),
        Text("Remove them unless the model will meet and should write HTML."),
    )


def injection(material: Material) -> Issue | None:
    """Rows that tell the model to disregard its instructions."""
    rows, said = _found(material, INJECTION, INJECTION_NEEDS, code="injection", severity="warning")
    return said(
        Text(
            "{count:,} rows try to override instructions, such as: ignore all previous instructions.",
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


def invalid_json(material: Material) -> Issue | None:
    """Answers that should be JSON, as most are, and are not."""
    looks = [
        index for index, answer in enumerate(material.answers) if answer[:1] in "{[" and answer
    ]
    expected = material.task == "extraction" and len(looks) >= 0.5 * len(material.rows)
    wrong = (
        [index for index in looks if not is_json(material.answers[index])]
        if len(looks) >= 0.3 * len(material.rows)
        else []
    )
    if expected:
        wrong = [index for index, answer in enumerate(material.answers) if not is_json(answer)]
    if not wrong or material.task in {"preference", "documents", "code"}:
        return None
    return issue(
        "invalid_json",
        "warning",
        count=len(wrong),
        of=len(material.rows),
        examples=shown(material, wrong, answer=True),
        text=Text("{count:,} answers are not valid JSON, though most are.", count=len(wrong)),
        fix=Text("Repair them: the model learns broken JSON from them."),
    )


def invalid_tool_calls(material: Material) -> Issue | None:
    """Calls without a name, with arguments that are no JSON object, or of a tool that is not on offer."""
    wrong = [
        (index, why)
        for index, row in enumerate(material.rows)
        if (why := _bad_call(row.messages, row.facts))
    ]
    if not wrong:
        return None
    return issue(
        "invalid_tool_calls",
        "warning",
        count=len(wrong),
        of=len(material.rows),
        examples=[
            example(material.numbers[index], material.asked[index], why=why) for index, why in wrong
        ],
        text=Text(
            "{count:,} conversations call tools wrongly; the first: {why}.",
            count=len(wrong),
            why=wrong[0][1],
        ),
        fix=Text("Give each call the name of a tool on offer, and its arguments as a JSON object."),
    )


def _bad_call(messages: Sequence[Any], facts: dict[str, Any]) -> str | None:
    offered = {name for value in facts.values() for name in _tool_names(value)}
    for message in messages:
        for call in message.tool_calls or ():
            inner = call.get("function", call)
            name = inner.get("name") if isinstance(inner, dict) else None
            if not name:
                return "a call without a name"
            arguments = inner.get("arguments", inner.get("parameters", {}))
            if isinstance(arguments, str) and not is_json(arguments.strip()):
                return f"the arguments of {name} are not JSON"
            if offered and name not in offered:
                return f"{name} is not among the tools"
    return None


def _tool_names(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return
    for tool in value if isinstance(value, list) else [value]:
        inner = tool.get("function", tool) if isinstance(tool, dict) else {}
        if isinstance(inner, dict) and isinstance(inner.get("name"), str):
            yield inner["name"]


def refusals(material: Material) -> Issue | None:
    """DQ-09: a model refuses as often as its examples do."""
    if material.task in {"classification", "documents", "extraction", "translation"}:
        return None
    refused = [index for index, answer in enumerate(material.answers) if REFUSAL.match(answer[:80])]
    if len(refused) < max(5, REFUSAL_SHARE * len(material.rows)):
        return None
    return issue(
        "refusal_imbalance",
        "warning",
        count=len(refused),
        of=len(material.rows),
        examples=shown(material, refused, answer=True),
        text=Text(
            "{share:.0%} of the answers apologise or decline; the tuned model will do so about as often (DQ-09).",
            share=len(refused) / len(material.rows),
        ),
        fix=Text(
            "Keep them if that is the share you want in use; otherwise add rows that are answered."
        ),
    )


def copied_answers(material: Material) -> Issue | None:
    """Answers that only repeat what was asked."""
    if material.task in {"documents", "classification"}:
        return None
    copied = [
        index
        for index, (asked, answer) in enumerate(zip(material.asked, material.answers, strict=True))
        if answer
        and len(answer) == len(asked.strip())
        and answer.casefold() == asked.strip().casefold()
    ]
    if not copied:
        return None
    return issue(
        "copied_answers",
        "warning" if len(copied) > 0.01 * len(material.rows) else "info",
        count=len(copied),
        of=len(material.rows),
        examples=shown(material, copied),
        text=Text("{count:,} answers only repeat what is asked.", count=len(copied)),
        fix=Text(
            "Keep them where leaving a text as it is was right (nothing to correct); otherwise remove them."
        ),
    )


def mixed_languages(material: Material) -> Issue | None:
    """Rows in another language than most."""
    step = max(1, -(-len(material.asked) // LANGUAGE_SAMPLE))
    sampled = list(range(0, len(material.asked), step))
    named = row_languages([material.asked[index] for index in sampled], material.counts[sampled])
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
    outlier_lengths,
    truncation,
    encoding,
    leftovers,
    markup,
    injection,
    invalid_json,
    invalid_tool_calls,
    refusals,
    copied_answers,
    mixed_languages,
)
