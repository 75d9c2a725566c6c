"""What a model's folder must hold besides its weights: found out from its small files, before anything is loaded.

The trainer checks the same with the library's own code; here it is read from JSON and the template is filled in alone, so
that a plan is refused in milliseconds. What cannot be told this way is left to the trainer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tools.errors import PlanError
from training.text import Text

ASKED, ANSWERED = "zebra question", "zebra answer"
WITHOUT_DEFAULT = frozenset({"PreTrainedTokenizerFast", "TokenizersBackend"})
"""Tokenizer classes that have no end token of their own, so one must be named."""


def check(folder: Path) -> None:
    """Raise PlanError for an adapter alone, a tokenizer without an end token, no chat template or one that begins no answer."""
    if not (folder / "config.json").exists() and (folder / "adapter_config.json").exists():
        base = _read(folder / "adapter_config.json").get("base_model_name_or_path") or "?"
        raise PlanError(
            Text("This folder holds only an adapter for another model, {base}.", base=str(base)),
            where=str(folder),
            what_to_do=Text("Merge the adapter into {base} and name the merged folder, or name {base} itself.", base=str(base)),
        )  # fmt: skip
    settings = _read(folder / "tokenizer_config.json")
    older = _read(folder / "special_tokens_map.json")
    named = settings.get("eos_token") or older.get("eos_token")
    if settings.get("tokenizer_class") in WITHOUT_DEFAULT and not named:
        raise PlanError(
            Text("The tokenizer has no end token, so the model could never learn to stop."),
            where=str(folder / "tokenizer_config.json"),
            what_to_do=Text("Set eos_token in tokenizer_config.json, or choose another model."),
        )
    template = _template(folder, settings)
    if (folder / "tokenizer.json").exists() and not template and not _elsewhere(folder, settings):
        raise PlanError(
            Text("The model has no chat template, so it cannot be asked or taught to answer."),
            where=str(folder),
            what_to_do=Text("Choose the instruction-tuned version of this model; its name often ends in -Instruct or -it."),
        )  # fmt: skip
    if template and _starts_no_answer(template, _special(folder), eos=_word(named)):
        raise PlanError(
            Text("The model's chat template has no generation prompt, so the model cannot be asked as it was taught."),
            where=str(folder),
            what_to_do=Text("Choose a model whose chat template knows add_generation_prompt, or correct chat_template.jinja."),
        )  # fmt: skip


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _template(folder: Path, settings: dict[str, Any]) -> str:
    try:
        return (folder / "chat_template.jinja").read_text(encoding="utf-8")
    except (OSError, ValueError):
        found = settings.get("chat_template")
        return found if isinstance(found, str) else ""


def _elsewhere(folder: Path, settings: dict[str, Any]) -> bool:
    """Whether the template stands where it is not read here: as one of several, or in an older file of its own."""
    others = (
        "chat_templates",
        "chat_template.json",
        "processor_config.json",
        "additional_chat_templates",
    )
    return bool(settings.get("chat_template")) or any((folder / name).exists() for name in others)


def _special(folder: Path) -> list[str]:
    added = _read(folder / "tokenizer.json").get("added_tokens") or []
    return [str(one["content"]) for one in added if isinstance(one, dict) and one.get("special")]


def _word(token: Any) -> str:
    return str(token.get("content", "")) if isinstance(token, dict) else str(token or "")


def _starts_no_answer(template: str, special: list[str], *, eos: str) -> bool:
    """Whether marks of the template stand between a question as it is asked and the answer; False where it cannot be told."""
    question = [{"role": "user", "content": ASKED}]
    asked = _filled(template, question, eos=eos, begin=True)
    whole = _filled(template, [*question, {"role": "assistant", "content": ANSWERED}], eos=eos)
    if asked is None or whole is None or not whole.startswith(asked) or ANSWERED not in whole:
        return False
    between = whole[len(asked) : whole.rfind(ANSWERED)]
    return "think" not in between and any(mark in between for mark in special)


def _filled(
    template: str, messages: list[dict[str, str]], *, eos: str, begin: bool = False
) -> str | None:
    from jinja2 import TemplateError, nodes  # noqa: PLC0415 - only where a folder is named
    from jinja2.ext import Extension  # noqa: PLC0415
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    class Generation(Extension):
        """Marks what an assistant says, as `transformers` knows it; it writes nothing itself."""

        tags = {"generation"}  # noqa: RUF012 - so jinja2 has it

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            inside = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(inside).set_lineno(line)

    def refuse(reason: str) -> None:
        raise TemplateError(reason)

    try:
        made = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", Generation]
        ).from_string(template)
        return made.render(
            messages=messages, add_generation_prompt=begin, eos_token=eos, bos_token="", raise_exception=refuse
        )  # fmt: skip
    except (TemplateError, TypeError, ValueError, AttributeError, KeyError):
        return None
