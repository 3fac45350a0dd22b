"""Finds what other stacks of the backend manage, so that a command does not touch it."""

from __future__ import annotations

from clerkstack.cli.say import say
from clerkstack.state.neighbours import UnknownNeighbours, variables_elsewhere


def variables_of_others(stack: str) -> dict[str, str]:
    """Return the variables in other stacks' states: the name of the stack by the variable's id. If
    the backend does not list the stacks, print a note and return none.

    Raises:
        UnreadableStack: the state of a stack cannot be read.
    """
    try:
        return variables_elsewhere(stack)
    except UnknownNeighbours as failure:
        say(f"the variables of other stacks are unknown. {failure}", err=True)
        return {}
