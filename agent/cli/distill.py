"""`tunesmith distill`: let a stronger model answer questions, and keep what can be checked as training rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.options import Data, Eval, Home, Json, Language, Reward, Seed, SkipBroken

MaxTokens = Annotated[int, typer.Option("--max-tokens", min=1, help="Read and written together.")]
AnswerTokens = Annotated[int, typer.Option("--answer-tokens", min=1, help="Longest answer.")]
Tries = Annotated[
    int, typer.Option("--tries", min=1, max=9, help="Ask so often; keep what two answers agree on.")
]


def distill(
    files: Data,
    teacher: Annotated[
        str,
        typer.Option(
            "--teacher", help="A folder, a Hub id or practice; with --url its name there."
        ),
    ],
    goal: Annotated[str, typer.Option("--goal", "-g", help="What you want, in your own words.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="The file for the new rows: rows.jsonl.")
    ],
    prompts: Annotated[
        Path | None,
        typer.Option("--prompts", help="Questions to answer. [rows of DATA without an answer]"),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--url", help="An OpenAI-compatible server, such as https://host/v1."),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", help="A file of mode 0600. [TUNESMITH_TEACHER_KEY]"),
    ] = None,
    reward: Reward = None,
    eval_file: Eval = None,
    max_requests: Annotated[int, typer.Option("--max-requests", min=1)] = 2_000,
    max_tokens: MaxTokens = 2_000_000,
    answer_tokens: AnswerTokens = 512,
    tries: Tries = 1,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    seed: Seed = 0,
    skip_broken: SkipBroken = False,
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Let a stronger model answer questions; what passes the checks becomes training rows."""
    from agent import commands, settings, show
    from agent.teachers import distilled, distilling
    from training.teacher import Limits

    if not goal.strip():
        raise typer.BadParameter("say in a few words what you want", param_hint="--goal")
    asked = commands.request(
        files, goal, eval_file=eval_file, reward=reward, seed=seed, skip_broken=skip_broken,
        language=language,
    )  # fmt: skip
    who = distilling.named_teacher(
        teacher, url=url, key=settings.teacher_key(), key_file=key_file, max_new_tokens=answer_tokens
    )  # fmt: skip
    limits = Limits(requests=max_requests, tokens=max_tokens)
    made = distilling.offer(asked, distilling.Asking(who, prompts, limits, tries), out)
    commands.agree_to_distill(distilling.says(made), yes=yes, language=language)
    done = distilled.carry_out(made, show.teller(json, language))
    show.out_json_or(done, json, lambda: show.distilled(done, language))
