"""The options that several commands share, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document.")]
Home = Annotated[Path | None, typer.Option("--home", help="Where runs are kept. [~/.tunesmith]")]
Language = Annotated[str | None, typer.Option("--language", help="en or zh.")]
Data = Annotated[list[Path], typer.Argument(help="Files or folders with your examples.")]
Goal = Annotated[str, typer.Option("--goal", "-g", help="What you want, in your own words.")]
Model = Annotated[
    str | None, typer.Option("--model", "-m", help="A Hub id, a folder, or 'practice'.")
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
