"""The edge of the command line: whatever goes wrong becomes three parts and an exit code, never a traceback.

This is one of the five places with a broad except. It loads the working parts only when there is an error to show.
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


def guarded(app: Callable[..., Any], arguments: list[str]) -> int:
    """Run the command line; every error becomes three parts and an exit code, never a traceback.

    `--debug` anywhere shows the traceback as well, on standard error.
    """
    debug = "--debug" in arguments
    rest = [argument for argument in arguments if argument != "--debug"]
    as_json = "--json" in rest
    language = _language(rest)
    try:
        code = app(rest, standalone_mode=False)
        return int(code or 0)
    except typer.Exit as done:
        return done.exit_code
    except (typer.Abort, KeyboardInterrupt):
        _line(
            _say(Text("Stopped. A run that has started goes on: see tunesmith runs list"), language)
        )
        return 130
    except TuningError as error:
        failed: TuningError = error
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  # the edge of the command line: said and logged, never swallowed
        usage = getattr(error, "format_message", None)
        if usage is not None:
            _line(f"{usage()}\n{_say(Text('See: tunesmith --help'), language)}")
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
