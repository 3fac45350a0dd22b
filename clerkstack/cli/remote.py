"""What the commands that read the services have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from clerkstack.cli.engine import exported_stack, resources_of
from clerkstack.cli.exits import REMOTE_FAILURE
from clerkstack.clients.errors import UnexpectedAnswer
from clerkstack.drift import Known, Live, read_live

if TYPE_CHECKING:
    from clerkstack.settings import Settings


def tell(step: str) -> None:
    """Say what is being read, beside the output."""
    typer.echo(f"reading {step}", err=True)


@contextmanager
def reading() -> Iterator[None]:
    """Read inside; what a service can't give ends the command with the code for that.

    `main` sees to ApiError and Unreachable.
    """
    # With it the engine's library is loaded: no other command has to wait for it.
    from clerkstack.providers.errors import ResourceFailed

    try:
        yield
    except (ResourceFailed, UnexpectedAnswer) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(REMOTE_FAILURE) from None


def known_of(stack: str) -> Known:
    """What a stack's state knows."""
    return Known.of(resources_of(exported_stack(stack)))


def read(settings: Settings, known: Known, *, signing: bool = False) -> Live:
    """What is live of a stack's deployment, each step told as it begins; see `read_live`."""
    with reading():
        from clerkstack.providers.session import Session

        return read_live(settings, Session(settings.connection), known, tell, signing=signing)
