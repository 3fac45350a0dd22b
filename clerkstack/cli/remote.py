"""Shared code of the commands that read the services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from clerkstack.cli.exits import REMOTE_FAILURE
from clerkstack.cli.say import say
from clerkstack.clients.errors import UnexpectedAnswer
from clerkstack.failures import ResourceFailed
from clerkstack.live.instance import LiveInstance
from clerkstack.live.reads import Reads
from clerkstack.live.session import Session
from clerkstack.state.engine import export
from clerkstack.state.known import Known

if TYPE_CHECKING:
    from clerkstack.settings.models import Settings


def progress(step: str) -> None:
    """Print on standard error what is being read."""
    say(f"reading {step}", err=True)


@contextmanager
def reading() -> Iterator[None]:
    """End the command with the exit code for a failed service if reading in this block fails.

    `main` handles ApiError and Unreachable.
    """
    try:
        yield
    except (ResourceFailed, UnexpectedAnswer) as error:
        say(f"error: {error}", err=True)
        raise typer.Exit(REMOTE_FAILURE) from None


def live_of(
    settings: Settings,
    beside: LiveInstance | None = None,
    progress: Callable[[str], None] = progress,
) -> LiveInstance:
    """Return the instance of a stack, after checking that the keys are its own.

    Args:
        settings: the stack's settings.
        beside: the instance of another stack; answers to the same platform key are shared.
        progress: called with each step as it begins.

    Raises:
        ApiError, Unreachable: the owner of the keys could not be looked up.
        OtherInstancesKey: a key belongs to another instance.
    """
    session = Session(settings.connection)
    if beside is not None:
        session = beside.session.beside(settings.connection)
    found = LiveInstance.of(settings, session, Reads(session.requests, progress))
    found.verify()
    return found


def known_of(stack: str) -> Known:
    """Return what a stack's state knows."""
    return Known.of(export(stack))
