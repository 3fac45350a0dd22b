"""`clerkstack move`: moves a stack's state to another backend and checks that nothing changed."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from clerkstack.cli.exits import FOUND
from clerkstack.cli.interrupts import ended_like_interrupt
from clerkstack.cli.say import report, say
from clerkstack.state.move import Moved, NotTheSame, removal
from clerkstack.state.move import move as move_state
from clerkstack.texts import counted

if TYPE_CHECKING:
    from clerkstack.state.model import State


def move(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack to move.")],
    to: Annotated[str, typer.Option(help="The backend to move it to: 's3://bucket?region=…'.")],
    secrets_provider: Annotated[
        str | None,
        typer.Option(
            help=(
                "Encrypt config and state with this from now on: 'awskms://alias/…?region=…'. "
                "Default: what encrypts them today."
            )
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Move a stack's state from the current backend to another one, for a team.

    Compares in memory every resource, output and secret, and what an update would do in both
    places. Only then, if you ask for another secrets provider, does it write the stack's config.
    Sends nothing to Clerk, Svix or Vercel. Keeps the old state, and shows how to remove it. After
    an interruption, run it again: it continues. See docs/team.md#moving-a-stack.

    Exit codes: 0 moved, 1 the two states differ, 2 bad input, or somebody is working on the stack,
    3 a service failed.
    """
    with ended_like_interrupt():
        try:
            moved = move_state(stack, to, secrets_provider, report, partial(_is_rotating, stack))
        except NotTheSame as error:
            say(f"error: {error}", err=True)
            raise typer.Exit(FOUND) from None
    if as_json:
        from clerkstack.report.operations import MoveDocument

        say(MoveDocument(**asdict(moved)).text())
    else:
        _print(moved)


def _is_rotating(stack: str, state: State) -> bool:
    from clerkstack.rotation.stacks import is_rotating

    return is_rotating(state, stack)


def _print(moved: Moved) -> None:
    say(
        f"{moved.stack}: {moved.resources} resources are in {moved.target}, with every output "
        f"and secret unchanged. {_pending(moved.pending)}"
    )
    if moved.config is not None:
        say(f"{moved.config} is now encrypted by the new secrets provider: commit it.")
    say(f"Everybody must now run: pulumi login '{moved.target}'")
    if moved.left_behind:
        say(
            f"In the old backend, {' and '.join(moved.left_behind)} "
            f"{'uses' if len(moved.left_behind) == 1 else 'use'} the same instance. Stacks in "
            "different backends do not know of each other: destroying one there removes what "
            "both declare. Before you remove the old state, move them too:"
        )
        for each in moved.left_behind:
            say(f"  bin/clerkstack move --stack {each} --to '{moved.target}'")
    say(
        "The old state is unchanged. An update there would undo the new one's changes: once "
        f"everybody has switched, remove it:\n  {removal(moved.source, moved.stack)}"
    )


def _pending(count: int) -> str:
    if not count:
        return "An update would change nothing."
    return f"An update would make the same {counted(count, 'change')} as before."
