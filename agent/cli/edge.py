"""The edge of the command line: whatever goes wrong becomes three parts and an exit code, never a traceback.

This is one of the five edges with a broad except. It loads the working parts only when there is an error to show.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import typer

from tools.errors import RunError, TuningError
from training.text import Text

LANGUAGES = ("en", "zh")


def guarded(app: Callable[..., Any], arguments: list[str]) -> int:
    """Run the command line; every error becomes three parts and an exit code, never a traceback.

    `--debug` anywhere shows the traceback as well, on standard error.
    """
    debug = "--debug" in arguments
    rest = [argument for argument in arguments if argument != "--debug"]
    as_json = "--json" in rest
    language = _language(rest)
    try:
        _check_language(language)
        code = app(rest, standalone_mode=False)
        return int(code or 0)
    except typer.Exit as done:
        return done.exit_code
    except (typer.Abort, KeyboardInterrupt):
        stopped = Text("Stopped. A run that has started goes on: see tunesmith runs list")
        if as_json:
            _as_document(stopped, "tunesmith", Text("See: tunesmith --help"), 130, language)
        else:
            _line(_say(stopped, language))
        return 130
    except TuningError as error:
        failed: TuningError = error
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  # the edge of the command line: said and logged, never swallowed
        usage = getattr(error, "format_message", None)
        if usage is not None:
            help_line = Text("See: tunesmith --help")
            if as_json:
                said = Text.plain(usage())
                _as_document(said, " ".join(["tunesmith", *rest]), help_line, 2, language)
            else:
                _line(f"{usage()}\n{_say(help_line, language)}")
            return 2
        failed = RunError(
            Text(
                "Something went wrong inside Tunesmith: {kind}: {reason}",
                kind=type(error).__name__,
                reason=str(error),
            ),
            where=" ".join(["tunesmith", *rest]),
            what_to_do=Text("Run the same command with --debug and report what it prints."),
        )
    if debug:
        traceback.print_exception(failed.__context__ or failed)
    from agent import show

    show.error(failed, json_wanted=as_json, language=language)
    return failed.exit_code


def _check_language(language: str | None) -> None:
    """Raise BadParameter for a language that nothing is translated into: it would be English in silence."""
    if language is not None and language not in LANGUAGES:
        raise typer.BadParameter(
            f"{language!r} is not one of: {', '.join(LANGUAGES)}", param_hint="--language"
        )


def _as_document(
    what: Text, where: str, what_to_do: Text, exit_code: int, language: str | None
) -> None:
    """Print the one JSON document for an ending that is no TuningError."""
    from agent import show

    failed = TuningError(what, where=where, what_to_do=what_to_do)
    failed.exit_code = exit_code
    show.error(failed, json_wanted=True, language=language if language in LANGUAGES else None)


def _language(arguments: list[str]) -> str | None:
    for index, argument in enumerate(arguments):
        if argument.startswith("--language="):
            return argument.partition("=")[2]
        if argument == "--language" and index + 1 < len(arguments):
            return arguments[index + 1]
    return None


def _say(text: Text, language: str | None) -> str:
    from agent import show

    return show.say(text, language)


def _line(text: str) -> None:
    sys.stderr.write(text + "\n")
