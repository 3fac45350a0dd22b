"""What the commands that read the services have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from clerkstack.cli.exits import REMOTE_FAILURE
from clerkstack.cli.say import say
from clerkstack.clients.errors import UnexpectedAnswer
from clerkstack.drift import Known, Live, read_live
from clerkstack.failures import ResourceFailed
from clerkstack.live.session import Session
from clerkstack.state.engine import export

if TYPE_CHECKING:
    from clerkstack.settings import Settings


def tell(step: str) -> None:
    """Say what is being read, beside the output."""
    say(f"reading {step}", err=True)


@contextmanager
def reading() -> Iterator[None]:
    """Read inside; what a service can't give ends the command with the code for that.

    `main` sees to ApiError and Unreachable.
    """
    try:
        yield
    except (ResourceFailed, UnexpectedAnswer) as error:
        say(f"error: {error}", err=True)
        raise typer.Exit(REMOTE_FAILURE) from None


def session_of(settings: Settings, beside: Session | None = None) -> Session:
    """The clients of a stack, whose keys are seen to be its instance's before anything is read.

    `beside` is the session of another stack; what both read with the same platform key is read
    once. Where the settings hold no key of an instance, nothing is sent.

    Raises:
        ApiError, Unreachable: it could not be looked up whose the keys are.
        OtherInstancesKey: one is another instance's.
    """
    found = Session(settings.connection) if beside is None else beside.beside(settings.connection)
    place = (settings.application_id, settings.instance)
    found.verify_keys(*place, settings.publishable_key)
    return found


def known_of(stack: str) -> Known:
    """What a stack's state knows."""
    return Known.of(export(stack))


def read(settings: Settings, known: Known, *, signing: bool = False) -> Live:
    """What is live of a stack's deployment, each step told as it begins; see `read_live`."""
    with reading():
        return read_live(settings, session_of(settings), known, tell, signing=signing)
