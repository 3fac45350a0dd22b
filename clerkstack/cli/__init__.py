"""The command-line program: checks and actions around `pulumi up`."""

from __future__ import annotations

import io
import sys
import traceback
from typing import Annotated

import typer

from clerkstack import version
from clerkstack.cli.commands import Commands
from clerkstack.cli.exits import BAD_INPUT, REMOTE_FAILURE
from clerkstack.cli.say import say
from clerkstack.problems import ClerkstackError
from clerkstack.short_lived import be_short_lived

app = typer.Typer(
    name="clerkstack",
    cls=Commands,
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Set up and maintain the Clerk and Vercel deployment of a B2B app.\n\n"
    "Exit codes: 0 done, 1 found something, 2 bad input, 3 a service failed, 130 interrupted.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"clerkstack {version()}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Options of every command."""


def main() -> None:
    """Run the program; expected errors become one message and an exit code."""
    be_short_lived()
    try:
        sys.exit(app(prog_name="clerkstack", standalone_mode=False))
    except ClerkstackError as error:
        say(f"error: {error}", err=True)
        sys.exit(REMOTE_FAILURE if error.of_service else BAD_INPUT)
    except KeyboardInterrupt:
        sys.exit(130)
    except typer.Abort:
        say("Aborted!", err=True)
        sys.exit(1)
    except Exception as error:
        say(_described(error), err=True, nl=False)
        sys.exit(getattr(error, "exit_code", 1))


def _described(error: Exception) -> str:
    """Return the message of a usage error, or the traceback of a bug."""
    show = getattr(error, "show", None)  # typer's error class is private
    if show is None:
        return traceback.format_exc()
    text = io.StringIO()
    show(file=text)
    return text.getvalue()
