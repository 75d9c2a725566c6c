"""Data files made by hand, and what is prepared from them."""

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

from tools.dataset import DataOptions, Dataset, prepare

WORDS = [
    "card",
    "bank",
    "transfer",
    "refund",
    "order",
    "account",
    "password",
    "delivery",
    "phone",
    "invoice",
    "payment",
    "address",
    "late",
    "broken",
    "please",
    "cancel",
    "update",
    "wrong",
    "double",
    "missing",
    "charge",
    "help",
    "change",
    "login",
    "limit",
    "parcel",
    "shop",
    "ticket",
    "train",
    "window",
    "garden",
]


def sentences(count: int, *, length: int = 9, seed: int = 0) -> list[str]:
    """Sentences that are not near copies of each other."""
    draw = random.Random(seed)
    return [" ".join(draw.sample(WORDS, length)) + f" {index}" for index in range(count)]


def table(path: Path, header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Path:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerows([header, *rows])
    path.write_text(file.getvalue(), encoding="utf-8")
    return path


def labelled(
    path: Path, count: int = 200, labels: tuple[str, ...] = ("bill", "login"), seed: int = 0
) -> Path:
    texts = sentences(count, seed=seed)
    return table(
        path, ("text", "label"), [(text, labels[i % len(labels)]) for i, text in enumerate(texts)]
    )


def lines(path: Path, records: list[Any]) -> Path:
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


def ready(path: Path, **options: Any) -> Dataset:
    return prepare([path], options=DataOptions(**options))


A, B, C = sentences(60, seed=1), sentences(60, seed=2, length=12), sentences(60, seed=3)
