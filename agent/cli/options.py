"""The options that several commands share, each described once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document.")]
Home = Annotated[Path | None, typer.Option("--home", help="Where runs are kept. [~/.tunesmith]")]
Language = Annotated[str | None, typer.Option("--language", help="en or zh.")]
Data = Annotated[list[Path], typer.Argument(help="Files or folders with your examples.")]
Goal = Annotated[str, typer.Option("--goal", "-g", help="What you want, in your own words.")]
Model = Annotated[
    str | None, typer.Option("--model", "-m", help="A Hub id, a folder, or 'practice'.")
]
Candidates = Annotated[
    str | None,
    typer.Option(
        "--candidates",
        help="Models to compare on your own rows first, with commas between; those on this machine.",
    ),
]
Eval = Annotated[
    Path | None, typer.Option("--eval", help="Your own test file; it is never trained on.")
]
General = Annotated[
    Path | None, typer.Option("--general", help="General examples to mix in against forgetting.")
]
Techniques = Annotated[
    str | None,
    typer.Option("--technique", help="Insist on cpt, sft, dpo, rft, or a sequence: sft,rft."),
]
Reward = Annotated[str | None, typer.Option("--reward", help="For rft: NAME or NAME:ARGUMENT.")]
Target = Annotated[
    str | None, typer.Option("--target", help="The score you need, such as accuracy=0.9.")
]
MaxForgetting = Annotated[
    float | None,
    typer.Option(
        "--max-forgetting", help="Largest loss of general ability you accept, 0 to 1. [0.05]"
    ),
]
Minutes = Annotated[
    float | None, typer.Option("--budget-minutes", help="Most minutes it may take.")
]
Usd = Annotated[float | None, typer.Option("--budget-usd", help="Most dollars it may cost.")]
Gpu = Annotated[
    str | None, typer.Option("--gpu", help="Plan for NAME:COUNT instead of this machine.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="stage.key=value, such as sft.learning_rate=1e-4. May be repeated."),
]
SkipBroken = Annotated[
    bool,
    typer.Option(
        "--skip-broken",
        help="Leave out rows that cannot be read or have no answer; how many is said.",
    ),
]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same run.")]
Run = Annotated[str, typer.Argument(help="A run's name, or its beginning.")]

WISHES: dict[str, tuple[Any, Any]] = {
    "model": (Model, None), "candidates": (Candidates, None), "eval_file": (Eval, None), "general_file": (General, None), "techniques": (Techniques, None),
    "reward": (Reward, None), "target": (Target, None), "max_forgetting": (MaxForgetting, None),
    "budget_minutes": (Minutes, None), "budget_usd": (Usd, None), "gpu": (Gpu, None), "settings": (Set, None),
    "seed": (Seed, 0), "skip_broken": (SkipBroken, False), "language": (Language, None),
}  # fmt: skip
"""What a person may wish of a plan, with the defaults: the same for every command that makes one."""


def with_wishes(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `WISHES`; it receives what was said as one dictionary, `wishes`."""
    signature = inspect.signature(command, eval_str=True)
    own = [one for one in signature.parameters.values() if one.name != "wishes"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=option)
        for name, (option, default) in WISHES.items()
    ]

    @functools.wraps(command)
    def wrapped(**given: Any) -> None:
        wishes = {name: given.pop(name) for name in WISHES}
        command(**given, wishes=wishes)

    wrapped.__annotations__ = {one.name: one.annotation for one in (*own, *added)}
    wrapped.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
    return wrapped
