"""`clerkstack probe`: checks on an account what this project assumes about the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clerkstack.cli.exits import BAD_INPUT, FOUND, REMOTE_FAILURE
from clerkstack.cli.interrupts import ended_like_interrupt
from clerkstack.cli.remote import live_of
from clerkstack.cli.say import say
from clerkstack.cli.settings import stack_settings
from clerkstack.premises.table import BY_ID
from clerkstack.report.table import print_table
from clerkstack.texts import counted

if TYPE_CHECKING:
    from clerkstack.probe.account import Result
    from clerkstack.report.operations import ProbeDocument
    from clerkstack.settings.models import Settings


def probe(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack whose account to probe.")],
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help="Also create a feature, a disabled endpoint and a variable, and remove them. "
            "On a development instance only.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check on a real account that Clerk, Svix and Vercel behave as clerkstack expects.

    Only reads, unless --write is given. docs/premises.md lists the premises, how certain each is,
    and what happens if it does not hold.

    Exit codes: 0 all premises that can be checked hold, 1 some do not, 2 bad input, 3 a service
    refused.
    """
    settings = stack_settings(stack)
    if write and settings.instance != "development":
        say(
            f"error: {stack} is the {settings.instance} instance, and --write is for "
            "development only: remove it, or probe the development stack",
            err=True,
        )
        raise typer.Exit(BAD_INPUT)
    from clerkstack.probe.account import Account, State
    from clerkstack.probe.run import probed, remember

    with live_of(settings) as live, ended_like_interrupt():
        found = probed(Account(settings, live), write=write, progress=_progress)
    states = {each.state for each in found.values()}
    if states & {State.HOLDS, State.FAILS}:
        remember(settings.application_id, found)
    if as_json:
        say(_document(stack, settings, found).text())
    else:
        _show(stack, found)
    if State.FAILS in states:
        raise typer.Exit(FOUND)
    if State.UNASKED in states:
        raise typer.Exit(REMOTE_FAILURE)


def _progress(premises: str) -> None:
    say(f"probing {premises}", err=True)


def _show(stack: str, found: dict[str, Result]) -> None:
    from clerkstack.probe.account import State

    rows = [(each.premise, str(each.state), each.detail) for each in found.values()]
    print_table(("premise", "", "seen"), [rows])
    failing = [each for each in found.values() if each.state is State.FAILS]
    for each in failing:
        premise = BY_ID[each.premise]
        say(f"{premise.id} does not hold. What relies on it: {premise.relies}.")
        say(f"  → {premise.otherwise}.")
    counts = ", ".join(
        f"{state}: {sum(each.state is state for each in found.values())}" for state in State
    )
    say(f"{stack}: {counted(len(found), 'premise')}; {counts}.")


def _document(stack: str, settings: Settings, found: dict[str, Result]) -> ProbeDocument:
    from clerkstack.report.operations import PremiseSeen, ProbeDocument

    return ProbeDocument(
        stack=stack,
        application=settings.application_id,
        instance=settings.instance,
        premises=tuple(
            PremiseSeen(
                id=each.premise,
                state=str(each.state),
                seen=each.detail,
                what=BY_ID[each.premise].what,
                otherwise=BY_ID[each.premise].otherwise,
            )
            for each in found.values()
        ),
    )
