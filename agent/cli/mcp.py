"""`tunesmith mcp`: tools for other agents, and what the person says to the orders that they put up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.options import Home, Json, Language

mcp_app = typer.Typer(invoke_without_command=True)
Order = Annotated[str, typer.Argument(metavar="ORDER", help="The order's id.")]


@mcp_app.callback()
def mcp(
    context: typer.Context,
    http: Annotated[
        str | None,
        typer.Option(
            "--http",
            metavar="HOST:PORT",
            help="Serve over HTTP instead of standard input and output; needs a token.",
        ),
    ] = None,
    root: Annotated[
        list[Path] | None,
        typer.Option(
            "--root",
            metavar="FOLDER",
            help="A folder the other agent may read data from. May be repeated. [the present folder]",
        ),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(
            "--name",
            help="With --http: another name that this machine is reached by. May be repeated.",
        ),
    ] = None,
    home: Home = None,
) -> None:
    """Let another agent (Claude Desktop, an editor, a script) plan and follow fine-tuning jobs with Tunesmith.

    You do not start this yourself: your agent's program does, and talks to it over standard input and output. Put this into the program's list of MCP servers, with your own paths:

    {"mcpServers": {"tunesmith": {"command": "/path/to/tunesmith/.venv/bin/tunesmith", "args": ["mcp", "--root", "/path/to/data"]}}}

    The agent can then read data under the folders you name, make plans, and follow runs. It cannot start anything that costs: it puts an order up, and you answer, here in your own terminal:

    `tunesmith mcp orders` shows the orders that wait, in three lines each, with a token that starts exactly that one.

    `tunesmith mcp approve ORDER` says yes. Or give the agent the order's token.

    `tunesmith mcp decline ORDER` says no.

    Over HTTP (--http 127.0.0.1:8765) the address is /mcp, and every request needs a token: TUNESMITH_MCP_TOKEN, or the one that `tunesmith mcp token` makes and keeps in your home folder.
    """
    if context.invoked_subcommand is None:
        from agent.mcp import commands

        commands.serve(home=home, http=http, roots=root or [], names=name or [])


@mcp_app.command()
def orders(json: Json = False, home: Home = None, language: Language = None) -> None:
    """Show the orders that other agents put up; on a terminal, with the token of each that waits."""
    from agent.mcp import commands

    commands.orders(home=home, json_wanted=json, language=language)


@mcp_app.command()
def approve(
    order: Order,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
    home: Home = None,
    language: Language = None,
) -> None:
    """Say yes to an order and start what it says. Asks first; where nobody can answer it refuses without --yes."""
    from agent.mcp import commands

    commands.approve(order, yes=yes, home=home, json_wanted=json, language=language)


@mcp_app.command()
def decline(order: Order, json: Json = False, home: Home = None, language: Language = None) -> None:
    """Say no to an order: it can be started no more."""
    from agent.mcp import commands

    commands.decline(order, home=home, json_wanted=json, language=language)


@mcp_app.command()
def token(
    new: Annotated[
        bool, typer.Option("--new", help="Make another one; the old one stops working.")
    ] = False,
    home: Home = None,
) -> None:
    """Print the token that agents need over HTTP; it is made when it is first asked for, and kept in the home folder."""
    from agent.mcp import commands

    commands.token(home=home, new=new)
