"""Files named in a message."""

from __future__ import annotations

import re

from agent.brain.protocol import Intent
from agent.brain.rules import lexicon, telling

EXTENSIONS = r"csv|tsv|jsonl?|ndjson|xlsx?|ods|txt|md|pdf|docx?|parquet|zip|gz|html?|log|xml|sql|db|rtf|pptx?|arrow|feather"
NAME = re.compile(
    rf"(?:[a-zA-Z]:)?[\w./\\~\u4e00-\u9fff-]*[\w\u4e00-\u9fff-]\.(?:{EXTENSIONS})\b(?:\.gz)?",
    re.IGNORECASE | re.ASCII,
)
SPACED = re.compile(rf"\"([^\"]+\.(?:{EXTENSIONS}))\"", re.IGNORECASE)
FOLDER = re.compile(
    r"(?<![\w:/<])(?:~|\.{1,2})?/(?:[\w.\-]+/)*[\w.\-]*/?|(?<![\w:/.])[\w.\-]+/(?:[\w.\-]+/)*(?=[\s,;)]|$)"
)
HUB = re.compile(r"(?<![\w/.-])([A-Za-z][\w-]*/[A-Za-z0-9][\w.-]*[\w])(?![\w/])")
URL = re.compile(r"https?://\S+")
HANDING = re.compile(
    r"\b(?:attached|enclosed|uploaded|uploading|i(?:'ve| have)? (?:sent|shared|added|put|uploaded|attached) (?:it|them|the (?:file|data)|you)|here (?:is|are|it is|you go|comes)|here's|see attachment|(?:just )?(?:dropped|put|placed|pasted) (?:it|them|the (?:file|data|spreadsheet|table|csv|folder|excel)s?) (?:in|into|here|there|above|below|up)|dropped (?:it|the file)|sending you|file is (?:there|up|in))\b"
    r"|文件(?:已经|都)?(?:发|传|给|上传|放)|(?:已经?|刚)?(?:上传|发给你|发你|传(?:给你|上去|好|了)|附上|附件|放(?:好|上去)了?)(?:了|好|完)?|数据(?:发|传|给)(?:你|上|了)"
)
NOT_HANDING = re.compile(
    r"\?|^(?:do|did|are|is|where|how|when|what|why|should)\b|\b(?:who|will|does|can|do not|don't|dont|never|not)\b|吗|谁|不|别|会"
)
BEFORE_NAME = re.compile(r"^(?:用|在|看|是|给|读|数据|文件|data|file|叫|把|从|和|跟|与)+(?=[\w])")
PUBLISHED = ("dataset", "data set", "huggingface", "hugging face", "hub", "数据集", "hf")


def named(message: str, folded: str) -> list[str]:
    """Find the names of files, folders and data sets, as written."""
    found: list[str] = []
    rest = message
    for one in SPACED.finditer(rest):
        found.append(one.group(1))
    rest = SPACED.sub(" ", rest)
    for one in re.finditer(rf"[\w./\\~:-]*\.(?:{EXTENSIONS})(?![a-zA-Z0-9])", rest, re.IGNORECASE):
        name = _without_words(one.group())
        if (name and name[0] != ".") or name.startswith(("./", "../")):
            found.append(name)
    rest = re.sub(rf"[\w./\\~:-]*\.(?:{EXTENSIONS})(?![a-zA-Z0-9])", " ", rest, flags=re.IGNORECASE)
    found += [url.group().rstrip(".,;)") for url in URL.finditer(rest)]
    rest = URL.sub(" ", rest)
    if lexicon.has(folded, "act", "export") or "python" in folded:
        return list(dict.fromkeys(found))
    found += [
        one.group().rstrip(",;")
        for one in FOLDER.finditer(rest)
        if len(one.group()) > 2
        and re.search(r"[A-Za-z]{2}", one.group())
        and not _is_fraction(one.group(), rest)
    ]
    if any(word in folded for word in PUBLISHED):
        found += [one.group(1) for one in HUB.finditer(rest) if one.group(1) not in found]
    return list(dict.fromkeys(found))


def _without_words(name: str) -> str:
    """Cut Chinese words off that stand directly before a Latin file name."""
    mixed = re.match(r"^[\u4e00-\u9fff]+(?=[A-Za-z0-9_/~])", name)
    return name[mixed.end() :] if mixed else name


def _is_fraction(name: str, text: str) -> bool:
    """`yes/no` and `and/or` are no folders."""
    return "/" not in name[:-1] and not name.endswith("/") and not name.startswith(("/", "~", "."))


def is_handing_over(folded: str) -> bool:
    """Whether data is said to come with the message, without a name."""
    return (
        HANDING.search(folded) is not None
        and NOT_HANDING.search(folded) is None
        and lexicon.words_in(folded) <= 12
    )


def handed_over(message: str, folded: str, names: list[str]) -> list[Intent]:
    """Read a message that hands data over: the files, and what else it says."""
    rest = telling.without(folded, names)
    fields = telling.fields(rest)
    if lexicon.words_in(rest) <= 8 and "goal" in fields and not telling.is_wish(rest):
        fields = {name: value for name, value in fields.items() if name in {"privacy", "data"}}
    if set(fields) <= {"data", "goal"} and not telling.is_wish(rest):
        fields = {}
    if set(fields) == {"data"}:
        fields = {}
    told = [Intent(kind="inform", words=message, fields=fields)] if fields else []
    return [Intent(kind="provide_data", words=message, files=tuple(names)), *told]
