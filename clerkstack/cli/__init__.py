"""The command-line program: checks and actions around `pulumi up`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from clerkstack import version
from clerkstack.app.git import GitFailed
from clerkstack.cli import (
    adopt,
    check,
    cutover,
    doctor,
    drift,
    dry_run,
    move,
    parity,
    recover,
    redeploy,
    review,
    rotate,
    smoke,
)
from clerkstack.cli.backends import BackendFailed
from clerkstack.cli.exits import BAD_INPUT, REMOTE_FAILURE
from clerkstack.clients.errors import ApiError, NotADryRun, Unreachable
from clerkstack.problems import ClerkstackError, InputError

app = typer.Typer(
    name="clerkstack",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Stand up, and keep right, the Clerk and Vercel deployment of a B2B app.\n\n"
    "Exit codes: 0 done, 1 found something, 2 bad input, 3 a service failed, 130 interrupted.",
)
app.command()(check.check)
app.command()(drift.drift)
app.command()(doctor.doctor)
app.command("dry-run")(dry_run.dry_run)
app.command()(adopt.adopt)
app.command()(parity.parity)
app.add_typer(cutover.app, name="cutover")
app.command()(redeploy.redeploy)
app.command()(recover.recover)
app.command()(move.move)
app.command()(review.review)
app.command()(rotate.rotate)
app.command()(smoke.smoke)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"clerkstack {version()}")
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
    try:
        app(prog_name="clerkstack")
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(BAD_INPUT)
    except (ApiError, BackendFailed, GitFailed, Unreachable, NotADryRun) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(REMOTE_FAILURE)
    except ClerkstackError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        sys.exit(130)
