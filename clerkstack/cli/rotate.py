"""`clerkstack rotate`: new secrets for the running app, and nobody locked out."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clerkstack.cli.exits import DONE, FOUND, REMOTE_FAILURE
from clerkstack.cli.interrupts import ended_like_interrupt
from clerkstack.cli.remote import live_of, reading
from clerkstack.cli.rotations import (
    ends_of,
    fate_of,
    show_history,
    show_status,
    waiting_lines,
)
from clerkstack.cli.say import say
from clerkstack.cli.settings import refuse_led_astray, stack_settings
from clerkstack.clients.errors import ApiError, Unreachable
from clerkstack.problems import ClerkstackError

if TYPE_CHECKING:
    from clerkstack.rotation.journal import Entry, Kind, Running
    from clerkstack.rotation.run import Rotator
from clerkstack.rotation.requests import HOURS, SCHEDULED, RotationRequest

INTERRUPTED = 130
PAUSE = 2.0  # seconds between looks whether the other run has ended
Which = Literal["clerk", "webhook", "all"]


def rotate(
    stack: Annotated[
        str, typer.Option("--stack", "-s", help="The stack whose secrets are rotated.")
    ],
    secret: Annotated[
        Which, typer.Option(help="Clerk's secret key, the webhook's signing secret, or all.")
    ] = "all",
    reason: Annotated[str, typer.Option(help="The reason, for Clerk and the history.")] = SCHEDULED,
    overlap: Annotated[
        str,
        typer.Option(
            help=(
                "How long the old secrets stay valid beside the new ones: 24h, 2d. 0 ends them "
                "at once."
            )
        ),
    ] = f"{HOURS}h",
    if_older_than: Annotated[
        str | None,
        typer.Option(help="Only secrets that are older than this, in days: 80d.", metavar="DAYS"),
    ] = None,
    status: Annotated[
        bool, typer.Option("--status", help="Only show how far the rotation is.")
    ] = False,
    history: Annotated[
        bool,
        typer.Option(
            "--history", help="Only list the rotations: who, when, why and which secrets."
        ),
    ] = False,
    abort: Annotated[
        bool, typer.Option("--abort", help="Go back to the old secrets, while they are valid.")
    ] = False,
    confirm: Annotated[
        str | None,
        typer.Option(
            help="The stack's name again, instead of typing it at the prompt; for --overlap 0."
        ),
    ] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for another run to end.")] = 0,
    holder_done: Annotated[
        list[str] | None,
        typer.Option(
            help=(
                "Another holder of the secret, as the refusal names it, to which a person gives "
                "the new one. With --status: a holder that now has it. Repeatable."
            ),
            metavar="NAME",
        ),
    ] = None,
    take_over: Annotated[
        bool,
        typer.Option(
            "--take-over", help="Take over the rotation: the run that holds it is known to be dead."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Rotate the secrets of the running app without refusing a valid request.

    Mints new secrets while the old ones stay valid, stores them in the state, writes the variables,
    rebuilds the app, and proves that it uses them. After a kill or a failure, run it again: it
    continues. Before it mints anything, it looks for other holders of the secrets: it writes
    variables of the stack's own projects itself; name every other holder with --holder-done.

    Exit codes: 0 done, 1 not proved, or with --status not finished, 2 bad input, an unnamed holder
    of the secrets, or another run in progress, 3 a service failed: run it again, 130 interrupted.
    """
    seen_to = tuple(holder_done or ())
    if seen_to and (history or abort):
        option = "--history" if history else "--abort"
        raise ClerkstackError(f"--holder-done is for a rotation or --status: remove {option}.")
    if status:
        if seen_to:
            _see_to(stack, seen_to)
        raise typer.Exit(show_status(stack, as_json))
    if history:
        raise typer.Exit(show_history(stack, as_json))
    kinds = None if secret == "all" else (secret,)
    request = _request(kinds, reason, overlap, if_older_than, seen_to)
    if request.overlap_hours == 0 and not abort:
        _refuse_unconfirmed(stack, confirm)
    with ended_like_interrupt():
        try:
            rotator = _rotator(stack, confirm, take_over=take_over)
            entry = _done(rotator, None if abort else request, wait)
        except KeyboardInterrupt:
            where = f"bin/clerkstack rotate --stack {stack} --status"
            say(f"interrupted. To see how far it is: {where}", err=True)
            raise typer.Exit(INTERRUPTED) from None
    _conclude(stack, entry, as_json)


def _see_to(stack: str, names: tuple[str, ...]) -> None:
    """Note in the state that other holders have the new secret.

    Raises:
        ClerkstackError: of one of the names none is known; nothing is noted.
    """
    from clerkstack.cli.rotation_engine import StackEngine
    from clerkstack.rotation.holder import is_at_it
    from clerkstack.rotation.journal_store import see_to

    see_to(StackEngine(stack, stack_settings(stack)), stack, names, held=is_at_it)


def _request(
    kinds: tuple[Kind, ...] | None,
    reason: str,
    overlap: str,
    if_older_than: str | None,
    seen_to: tuple[str, ...],
) -> RotationRequest:
    from clerkstack.rotation.holder import who
    from clerkstack.rotation.journal import now
    from clerkstack.rotation.overlap import days_of, hours_of
    from clerkstack.rotation.requests import RotationRequest

    older = None if if_older_than is None else now() - days_of(if_older_than)
    return RotationRequest(kinds, reason, hours_of(overlap), who(), older, seen_to)


def _rotator(stack: str, confirmed: str | None, *, take_over: bool) -> Rotator:
    from clerkstack.cli.rotation_engine import StackEngine
    from clerkstack.rotation.holder import is_at_it, myself
    from clerkstack.rotation.journal_store import JournalStore
    from clerkstack.rotation.proof import Prover
    from clerkstack.rotation.run import Rotator
    from clerkstack.rotation.services import Services
    from clerkstack.rotation.stacks import StackSecrets
    from clerkstack.rotation.survey import Survey
    from clerkstack.state.neighbours import neighbours

    settings = stack_settings(stack)
    refuse_led_astray(stack, settings)
    live = live_of(settings, progress=lambda _: None)  # the steps of a rotation are told
    engine = StackEngine(stack, settings, live)

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
            live,
            lambda: neighbours(stack, settings.application_id, settings.instance),
        ),
        _teller(),
        lambda running: _confirm(stack, running, confirmed),
    )


def _done(rotator: Rotator, request: RotationRequest | None, wait: float) -> Entry | None:
    """Rotate, or abort if there is no request. None if there is nothing to do."""
    from clerkstack.cli.rotation_engine import RollOutFailed
    from clerkstack.rotation.holder import alone
    from clerkstack.rotation.journal_store import Held
    from clerkstack.rotation.proof import NotProved
    from clerkstack.rotation.requests import NothingOld

    deadline = time.monotonic() + wait
    while True:
        try:
            with reading(), alone(rotator.journal_store.stack):
                return rotator.abort() if request is None else rotator.rotate(request)
        except Held as error:
            if time.monotonic() + PAUSE > deadline:
                raise
            say(f"waiting: {error}", err=True)
            time.sleep(PAUSE)
        except NothingOld as error:
            say(str(error), err=True)
            return None
        except (NotProved, RollOutFailed, ApiError, Unreachable) as error:
            say(f"error: {error}", err=True)
            again = f"bin/clerkstack rotate --stack {rotator.journal_store.stack}"
            say(f"Nothing is lost. To continue: {again}. To go back: {again} --abort", err=True)
            code = FOUND if isinstance(error, NotProved) else REMOTE_FAILURE
            raise typer.Exit(code) from None


def _teller() -> Callable[[str, str], None]:
    started = time.monotonic()

    def progress(step: str, detail: str) -> None:
        head = f"rotate: {step:<9} {time.monotonic() - started:5.1f} s  " if step else " " * 8
        say(head + detail, err=True)

    return progress


def _confirm(stack: str, running: Running, given: str | None) -> None:
    """Have the stack's name typed before secrets end that the running app uses.

    Raises:
        ClerkstackError: it was not, or something else was.
    """
    from clerkstack.rotation.journal import WORDS

    words = " and ".join(WORDS[kind] for kind in running.sides)
    if given is None:
        say(
            f"The {words} of {stack} end NOW. Until the app is rebuilt, Clerk refuses its "
            "requests and it refuses Clerk's webhooks.",
            err=True,
        )
        given = typer.prompt("Type the stack's name to continue", err=True)
    _refuse_other(stack, given)


def _refuse_unconfirmed(stack: str, given: str | None) -> None:
    """Before anything else: nobody could answer, or the answer is given and wrong."""
    if given is not None:
        _refuse_other(stack, given)
    elif not sys.stdin.isatty():
        raise ClerkstackError(
            f"--overlap 0 ends the old secrets of {stack} at once, before the app has new ones: "
            f"add --confirm {stack}. Nothing was sent."
        )


def _refuse_other(stack: str, given: str) -> None:
    if given != stack:
        raise ClerkstackError(f"{given} is not {stack}. Nothing was sent.")


def _conclude(stack: str, entry: Entry | None, as_json: bool) -> None:
    from clerkstack.rotation.journal import WORDS

    if as_json:
        from clerkstack.report.operations import RotationDocument

        say(RotationDocument(stack=stack, rotation=entry).text())
    elif entry is not None:
        words = " and ".join(WORDS[kind] for kind in entry.secrets)
        if entry.result == "done":
            say(f"{stack}: {words} rotated. {ends_of(entry)}")
            others = [other for other in entry.others if other.done is None]
            for line in waiting_lines(stack, others, entry.old_ends):
                say(line)
        elif entry.new:
            say(f"{stack}: back to the old {words}. {fate_of(entry)}")
        else:
            say(f"{stack}: nothing had been minted; no rotation is under way.")
    raise typer.Exit(DONE)
