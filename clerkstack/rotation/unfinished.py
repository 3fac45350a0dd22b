"""Refuses an update after an abort that was killed and not continued until the old secret expired:
the state may have that secret, and the update would give it to the app."""

from __future__ import annotations

from clerkstack.desired.secret_kinds import WORDS
from clerkstack.rotation.journal import Journal, now
from clerkstack.state.model import State


def ended_meanwhile(state: State, stack: str) -> str | None:
    """Why such an update is refused; None if no abort is unfinished or the old secrets are valid.

    Args:
        state: type and outputs of each resource of the stack.
        stack: its name.

    Raises:
        ClerkstackError: the journal cannot be read.
    """
    rotations = state.the("Rotations")
    journal = "" if rotations is None else str(rotations.output("journal") or "")
    running = Journal.parse(journal).running
    if running is None or not (running.aborting or running.returning):
        return None
    ended = [
        WORDS[kind]
        for kind, side in running.sides.items()
        if side.new is not None and side.old_ends is not None and side.old_ends <= now()
    ]
    if not ended:
        return None
    return (
        f"A rotation was going back but did not finish, and the old {' and '.join(ended)} that it "
        "was going back to is no longer valid: this update could give it to the app. Nothing was "
        f"sent. First run: bin/clerkstack rotate --stack {stack}"
    )
