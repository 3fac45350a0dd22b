"""Restores an earlier state of a stack after the state was lost or damaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from clerkstack.backend import PROJECT_FILE, project_name
from clerkstack.problems import ClerkstackError
from clerkstack.state.backends import config_file, secrets_provider
from clerkstack.state.engine import (
    ForeignCode,
    current_backend,
    drop_what_a_kill_cut_off,
    export,
    import_state,
    pulumi,
)
from clerkstack.state.failures import Damaged, UnknownStack
from clerkstack.state.history import Earlier, earlier_states, store_of
from clerkstack.state.model import State
from clerkstack.state.workshop import workshop

Progress = Callable[[str], None]


def earlier(stack: str, copy: Path | None, progress: Progress) -> list[Earlier]:
    """The earlier states of a stack, the newest first.

    Raises:
        ClerkstackError: there is none, or the backend cannot be read.
    """
    project = project_name()
    if project is None:
        raise ClerkstackError(
            f"{PROJECT_FILE} cannot be read, or has no name. Run this in the project's folder."
        )
    backend, name = current_backend(), stack.rpartition("/")[2]
    states = earlier_states(store_of(backend, copy, progress), project, name)
    if not states:
        provider = secrets_provider(config_file(stack))
        raise ClerkstackError(
            f"{backend.partition('?')[0]} has no earlier state of {stack}. Rebuild the state "
            f"from what is live:\n  pulumi stack init {stack} --secrets-provider "
            f"'{provider}'\n  bin/clerkstack adopt --stack {stack}\n  pulumi up --stack "
            f"{stack}"
        )
    return states


def put_back(
    stack: str, states: Sequence[Earlier], at: int | None, progress: Progress
) -> tuple[Earlier, State]:
    """Replace a lost or damaged state with an earlier one.

    Args:
        stack: the stack.
        states: the earlier states, the newest first.
        at: which one, from 1; None for the newest that the engine accepts.
        progress: called with the reason why a state is skipped.

    Returns:
        The earlier one and its state, including half-created resources, which the engine forgets
        when it imports a state.

    Raises:
        ClerkstackError: there is no such state, none can be read, or the current state is readable
            and `at` was not given.
    """
    if at is not None and at > len(states):
        raise ClerkstackError(f"There are {len(states)} earlier states of {stack}: see --list.")
    chosen = [*enumerate(states, 1)] if at is None else [(at, states[at - 1])]
    drop_what_a_kill_cut_off(stack)
    exists = _is_there(stack, whole_is_refused=at is None)
    pulumi("cancel", "--yes", "--stack", stack, tolerate=True)
    refused = []
    for number, candidate in chosen:
        if candidate.state is None:
            progress(f"{number}  {candidate.key}: {candidate.why}")
            continue
        if not exists:
            with workshop(stack) as bench:
                bench.init()
            exists = True
        try:
            import_state(stack, candidate.state)
        except ForeignCode as failure:
            refused.append(str(failure))
            progress(f"{number}  {candidate.key}: it contains code that is not this project's")
            continue
        except ClerkstackError as failure:
            refused.append(str(failure))
            progress(f"{number}  {candidate.key}: the engine does not accept it")
            continue
        return candidate, candidate.state
    listed = "\n".join(dict.fromkeys(refused))
    raise ClerkstackError(f"No earlier state of {stack} can be restored.\n{listed}".rstrip())


def _is_there(stack: str, *, whole_is_refused: bool) -> bool:
    """Whether the backend has the stack, however damaged."""
    try:
        state = export(stack)
    except UnknownStack:
        return False
    except (Damaged, ValueError):
        return True
    if whole_is_refused and state.entries:
        raise ClerkstackError(
            f"The state of {stack} can be read, with {len(state.entries)} resources: nothing "
            "was restored. To restore an earlier one anyway, choose it with --at N, as "
            "--list numbers them."
        )
    return True
