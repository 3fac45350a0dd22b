"""Assembles the rotation of one stack."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from clerkstack.rotation.holder import alone, is_at_it, myself
from clerkstack.rotation.journal_store import Held, JournalStore, see_to
from clerkstack.rotation.proof import Prover
from clerkstack.rotation.run import Rotator
from clerkstack.rotation.services import Services
from clerkstack.rotation.stack_engine import StackEngine
from clerkstack.rotation.survey import Survey
from clerkstack.state.neighbours import neighbours

if TYPE_CHECKING:
    from clerkstack.live.instance import LiveInstance
    from clerkstack.rotation.journal import Entry, Running
    from clerkstack.rotation.requests import RotationRequest
    from clerkstack.rotation.stacks import StackSecrets
    from clerkstack.settings.models import Settings

PAUSE = 2.0  # seconds between checks whether the other run has ended


def see_to_holders(stack: str, settings: Settings, names: tuple[str, ...]) -> None:
    """Record in the state that other holders have the new secret.

    Raises:
        ClerkstackError: a name is unknown; nothing is recorded.
    """
    see_to(StackEngine(stack, settings), stack, names, held=is_at_it)


def rotator_of(
    stack: str,
    settings: Settings,
    live: LiveInstance,
    *,
    take_over: bool,
    progress: Callable[[str, str], None],
    confirm: Callable[[Running], None],
) -> Rotator:
    """Return the rotator of a stack.

    Args:
        stack: its name.
        settings: its settings.
        live: its instance, with a verified key.
        take_over: whether the run that holds a rotation is known to be dead.
        progress: called with each step (or an empty text for a part of one) and a detail.
        confirm: called before ending secrets that the running app uses.
    """
    engine = StackEngine(stack, settings, live, lambda step: progress("", step))

    def services(known: StackSecrets) -> Services:
        return Services(
            settings,
            live.session,
            instance_id=known.instance_id,
            endpoint_id=known.endpoint_id,
            key=known.secrets.get("clerk"),
            before=known.journal.secrets_before,
        )

    return Rotator(
        settings,
        JournalStore(stack, engine, myself, lambda holder: not take_over and is_at_it(holder)),
        engine,
        services,
        Prover(settings),
        Survey(
            settings,
            live.session,
            lambda: neighbours(stack, settings.application_id, settings.instance),
        ),
        progress,
        confirm,
    )


def rotate(
    rotator: Rotator, request: RotationRequest | None, wait: float, waiting: Callable[[Held], None]
) -> Entry:
    """Rotate, or go back to the old secrets if there is no request.

    Args:
        rotator: the rotator of the stack.
        request: what to rotate.
        wait: seconds to wait for another run to end.
        waiting: called each time that it is still running.

    Raises:
        Held: another run holds the rotation.
        NothingOld, NotProved, RollOutFailed, ApiError, Unreachable: see `Rotator`.
    """
    deadline = time.monotonic() + wait
    while True:
        try:
            with alone(rotator.journal_store.stack):
                return rotator.abort() if request is None else rotator.rotate(request)
        except Held as error:
            if time.monotonic() + PAUSE > deadline:
                raise
            waiting(error)
            time.sleep(PAUSE)
