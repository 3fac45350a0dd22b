"""Reading what is live, for the commands that compare it with what a stack declares."""

from __future__ import annotations

import typer

from clerkstack.cli.exits import REMOTE_FAILURE
from clerkstack.drift import Known, Live, read_live
from clerkstack.settings import Connection, Settings


def read(settings: Settings, known: Known, *, signing: bool = False) -> Live:
    """What is live of a stack's deployment, each step told as it begins; see `read_live`.

    Raises:
        ApiError, Unreachable: a service refused or could not be reached.
        typer.Exit: a key is missing; the reason has been printed.
    """
    # With them the engine's library is loaded: no other command has to wait for it.
    from clerkstack.providers.errors import ResourceFailed
    from clerkstack.providers.session import Session

    connection = Connection(
        platform_key=settings.platform_key,
        secret_key=settings.secret_key,
        urls=settings.urls,
        vercel_token=settings.vercel_token,
    )
    try:
        return read_live(settings, Session(connection), known, _tell, signing=signing)
    except ResourceFailed as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(REMOTE_FAILURE) from None


def _tell(step: str) -> None:
    typer.echo(f"reading {step}", err=True)
