"""`clerkstack rotate`: replaces the secrets of the running app without downtime."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clerkstack.cli.exits import DONE, FOUND, REMOTE_FAILURE
from clerkstack.cli.interrupts import ended_like_interrupt
from clerkstack.cli.remote import live_of, reading
from clerkstack.cli.say import say
from clerkstack.cli.settings import stack_settings
from clerkstack.clients.errors import ApiError, Unreachable
from clerkstack.desired.secret_kinds import WORDS, Kind
from clerkstack.problems import ClerkstackError
from clerkstack.report.table import print_table
from clerkstack.rotation.holder import who
from clerkstack.rotation.journal import Entry, Running, now
from clerkstack.rotation.overlap import days_of, hours_of
from clerkstack.rotation.requests import HOURS, SCHEDULED, NothingOld, RotationRequest
from clerkstack.rotation.stacks import StackSecrets, known_of
from clerkstack.rotation.summary import (
    elsewhere_lines,
    ends_of,
    fate_of,
    history_rows,
    next_step,
    status_lines,
    waiting_lines,
)
from clerkstack.settings.load import refuse_led_astray
from clerkstack.state.engine import export

if TYPE_CHECKING:
    from clerkstack.report.operations import RotationStatusDocument

INTERRUPTED = 130
Which = Literal["clerk", "webhook", "all"]


def rotate(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack whose secrets to rotate.")],
    secret: Annotated[
        Which, typer.Option(help="Clerk's secret key, the webhook's signing secret, or all.")
    ] = "all",
    reason: Annotated[str, typer.Option(help="The reason, for Clerk and the history.")] = SCHEDULED,
    overlap: Annotated[
        str,
        typer.Option(
            help=(
                "How long the old secrets stay valid alongside the new ones: 24h, 2d. 0 ends them "
                "at once."
            )
        ),
    ] = f"{HOURS}h",
    if_older_than: Annotated[
        str | None,
        typer.Option(help="Only rotate secrets older than this, in days: 80d.", metavar="DAYS"),
    ] = None,
    status: Annotated[
        bool, typer.Option("--status", help="Only show the progress of the rotation.")
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
                "Another holder of the secret that a person updates, by the name in the error "
                "message. With --status: a holder that now has the new secret. Repeatable."
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
        raise typer.Exit(_show_status(stack, as_json))
    if history:
        raise typer.Exit(_show_history(stack, as_json))
    kinds = None if secret == "all" else (secret,)
    request = _request(kinds, reason, overlap, if_older_than, seen_to)
    if request.overlap_hours == 0 and not abort:
        _refuse_unconfirmed(stack, confirm)
    with ended_like_interrupt():
        try:
            wanted = None if abort else request
            entry = _rotated(stack, wanted, confirm, wait, take_over=take_over)
        except KeyboardInterrupt:
            where = f"bin/clerkstack rotate --stack {stack} --status"
            say(f"interrupted. To see how far it is: {where}", err=True)
            raise typer.Exit(INTERRUPTED) from None
    _conclude(stack, entry, as_json)


def _see_to(stack: str, names: tuple[str, ...]) -> None:
    from clerkstack.rotation.of_stack import see_to_holders

    see_to_holders(stack, stack_settings(stack), names)


def _show_status(stack: str, as_json: bool) -> int:
    """Print the progress of a stack's rotation; return the exit code."""
    known = known_of(export(stack, show_secrets=True), stack)
    journal = known.journal
    over = journal.running is None and not journal.doomed and not journal.waiting
    if as_json:
        say(_status(stack, known).text())
    else:
        for line in status_lines(stack, known):
            say(line)
    return DONE if over else FOUND


def _show_history(stack: str, as_json: bool) -> int:
    """Print the rotations of a stack, newest first; return the exit code."""
    history = list(reversed(known_of(export(stack, show_secrets=True), stack).journal.history))
    if as_json:
        from clerkstack.report.operations import RotationsDocument

        say(RotationsDocument(stack=stack, rotations=tuple(history)).text())
    elif history:
        headings = ("ended", "result", "secret", "old → new", "overlap", "who", "why")
        print_table(headings, [history_rows(entry) for entry in history])
        for entry in history:
            for line in elsewhere_lines(entry):
                say(line)
    else:
        say(f"{stack}: no rotation yet.")
    return DONE


def _status(stack: str, known: StackSecrets) -> RotationStatusDocument:
    """Return the status for JSON: with fingerprints, without secrets."""
    from clerkstack.report.operations import RotationStatusDocument, RotationUnderWay

    def shown(running: Running | None) -> RotationUnderWay | None:
        return None if running is None else RotationUnderWay.of(running, next_step(running))

    journal = known.journal
    return RotationStatusDocument(
        stack=stack,
        over=journal.running is None,
        running=shown(journal.running),
        last=shown(journal.last),
        doomed=journal.doomed,
        waiting=tuple(journal.waiting),
        since=dict(known.since),
    )


def _request(
    kinds: tuple[Kind, ...] | None,
    reason: str,
    overlap: str,
    if_older_than: str | None,
    seen_to: tuple[str, ...],
) -> RotationRequest:
    older = None if if_older_than is None else now() - days_of(if_older_than)
    return RotationRequest(kinds, reason, hours_of(overlap), who(), older, seen_to)


def _rotated(
    stack: str,
    request: RotationRequest | None,
    confirmed: str | None,
    wait: float,
    *,
    take_over: bool,
) -> Entry | None:
    """Rotate, or abort if there is no request. None if there is nothing to do."""
    # Imports the clients of all services, which --status does not need.
    from clerkstack.rotation import of_stack
    from clerkstack.rotation.proof import NotProved
    from clerkstack.rotation.stack_engine import RollOutFailed

    settings = stack_settings(stack)
    refuse_led_astray(stack, settings)
    rotator = of_stack.rotator_of(
        stack,
        settings,
        live_of(settings, progress=lambda _: None),  # the steps of a rotation are reported
        take_over=take_over,
        progress=_reporter(),
        confirm=lambda running: _confirm(stack, running, confirmed),
    )
    try:
        with reading():
            waiting = lambda held: say(f"waiting: {held}", err=True)  # noqa: E731
            return of_stack.rotate(rotator, request, wait, waiting)
    except NothingOld as error:
        say(str(error), err=True)
        return None
    except (NotProved, RollOutFailed, ApiError, Unreachable) as error:
        say(f"error: {error}", err=True)
        again = f"bin/clerkstack rotate --stack {stack}"
        say(f"Nothing is lost. To continue: {again}. To go back: {again} --abort", err=True)
        code = FOUND if isinstance(error, NotProved) else REMOTE_FAILURE
        raise typer.Exit(code) from None


def _reporter() -> Callable[[str, str], None]:
    started = time.monotonic()

    def progress(step: str, detail: str) -> None:
        head = f"rotate: {step:<9} {time.monotonic() - started:5.1f} s  " if step else " " * 8
        say(head + detail, err=True)

    return progress


def _confirm(stack: str, running: Running, given: str | None) -> None:
    """Ask for the stack's name before ending secrets that the running app uses.

    Raises:
        ClerkstackError: the answer is not the stack's name.
    """
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
    """Fail early if nobody can answer the prompt, or if --confirm is wrong."""
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
            say(f"{stack}: no secret had been minted; no rotation is under way.")
    raise typer.Exit(DONE)
