"""What the commands that read the services have in common."""

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
    from clerkstack.settings import Settings


def progress(step: str) -> None:
    """Report on standard error what is being read."""
    say(f"reading {step}", err=True)


@contextmanager
def reading() -> Iterator[None]:
    """Read inside; what a service cannot give ends the command with the code for that.

    `main` sees to ApiError and Unreachable.
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
    """The instance of a stack, whose keys are seen to be its own before anything else is read.

    Args:
        settings: of the stack.
        beside: another stack's; what both read with the same platform key is read once.
        progress: gets each step as it begins.

    Raises:
        ApiError, Unreachable: it could not be looked up whose the keys are.
        OtherInstancesKey: one is another instance's.
    """
    session = Session(settings.connection)
    if beside is not None:
        session = beside.session.beside(settings.connection)
    found = LiveInstance.of(settings, session, Reads(session.requests, progress))
    found.verify()
    return found


def known_of(stack: str) -> Known:
    """What a stack's state knows."""
    return Known.of(export(stack))
