"""`clerkstack recover`: makes a stack usable after a killed run or a lost answer, or restores an
earlier state after the state was lost or damaged.

A killed run can leave a truncated attributes file of the checkpoint, the stack's lock, operations
that the engine started and did not finish, and resources that exist although the engine recorded a
failure. Clerk's resources are safe to create again. A Vercel variable is not, because Vercel
refuses a second one with the same key and target; so the command looks it up at Vercel and, if it
exists, adds it to the state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clerkstack.cli.others import variables_of_others
from clerkstack.cli.remote import live_of
from clerkstack.cli.say import report, say
from clerkstack.cli.settings import stack_settings
from clerkstack.recovery import finish, variables_of
from clerkstack.report.table import print_table
from clerkstack.settings.load import refuse_led_astray
from clerkstack.state.engine import drop_what_a_kill_cut_off, export, pulumi
from clerkstack.state.model import State
from clerkstack.state.restore import earlier, put_back
from clerkstack.state.variables import NaturalKey

if TYPE_CHECKING:
    from clerkstack.state.history import Earlier


def recover(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack to recover.")],
    from_history: Annotated[
        bool, typer.Option("--from-history", help="First restore an earlier state.")
    ] = False,
    listing: Annotated[bool, typer.Option("--list", help="Only list the earlier states.")] = False,
    at: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Which one to restore, by its number in --list. Default: the newest complete one.",
        ),
    ] = None,
    history: Annotated[
        Path | None, typer.Option(help="A copy of the backend's .pulumi folder.")
    ] = None,
) -> None:
    """Make a stack usable again after `pulumi up` was killed, or its state was lost or damaged.

    Run `pulumi up` afterwards. Do not run this while another update of the stack is running: it
    removes the stack's lock. It does not touch variables that this project did not create. See
    docs/trouble.md and docs/team.md#when-the-state-is-lost-or-damaged.

    With --from-history, restores a state that the backend kept after an earlier update. What was
    created since then is adopted if it exists, or created again.

    Exit codes: 0 the state is usable, 2 bad input, 3 a service failed.
    """
    state = None
    if listing or from_history:
        say(f"{stack}: reading the earlier states", err=True)
        states = earlier(stack, history, report)
        if listing:
            _list(stack, states)
            return
        state = _put_back(stack, states, at)
    elif at is not None or history is not None:
        raise typer.BadParameter("--at and --history require --from-history")
    say(f"{stack}: reading the state", err=True)
    for file in drop_what_a_kill_cut_off(stack):
        say(f"removed {file}, which a kill had truncated; it is not needed")
    pulumi("cancel", "--yes", "--stack", stack, tolerate=True)
    if state is None:
        state = export(stack)
    settings = stack_settings(stack)
    refuse_led_astray(stack, settings)
    # The recovery's own refresh lets the providers read with these keys.
    with live_of(settings) as live:
        known = _own(stack, variables_of(settings, live))
    any_found = finish(stack, settings, state, known, say, report)
    end = "recovered" if any_found else "nothing was unfinished"
    say(f"{stack}: {end}. Run: pulumi up --stack {stack}")


def _list(stack: str, states: Sequence[Earlier]) -> None:
    """Print the earlier states with the numbers for --at."""
    rows = [
        (
            str(number),
            each.saved.strftime("%Y-%m-%d %H:%M:%S UTC"),
            each.why or f"{each.resources} resources",
            each.key,
        )
        for number, each in enumerate(states, 1)
    ]
    print_table(("N", "saved", "what", "where"), [rows])
    say(f"To restore one: bin/clerkstack recover --stack {stack} --from-history --at N")


def _put_back(stack: str, states: Sequence[Earlier], at: int | None) -> State:
    back, state = put_back(stack, states, at, report)
    saved = back.saved.strftime("%Y-%m-%d %H:%M:%S UTC")
    say(f"{stack}: the state of {saved} is back, {back.resources} resources")
    return state


def _own(stack: str, known: Mapping[NaturalKey, str]) -> dict[NaturalKey, str]:
    """Return the variables without those that another stack manages."""
    elsewhere = variables_of_others(stack) if known else {}
    for (_, key, targets), found in known.items():
        if found in elsewhere:
            where = ", ".join(targets)
            say(f"{where}/{key}: the stack {elsewhere[found]} manages it; not touched")
    return {at: found for at, found in known.items() if found not in elsewhere}
