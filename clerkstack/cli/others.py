"""What other stacks of the backend manage, so that a command does not touch it."""

from __future__ import annotations

from clerkstack.cli.say import say
from clerkstack.state.neighbours import UnknownNeighbours, variables_elsewhere


def variables_of_others(stack: str) -> dict[str, str]:
    """The variables that other stacks have in their states: ids, with the stack. If the backend
    does not list them, that is reported, and there are none.

    Raises:
        UnreadableStack: the state of one cannot be read.
    """
    try:
        return variables_elsewhere(stack)
    except UnknownNeighbours as failure:
        say(f"what other stacks have is unknown. {failure}", err=True)
        return {}
