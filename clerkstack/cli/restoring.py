"""An earlier state of a stack, put back after the state was lost or damaged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from clerkstack.backend import PROJECT_FILE
from clerkstack.cli.backends import (
    NO_STACK,
    config_file,
    current_backend,
    secrets_provider,
    workshop,
)
from clerkstack.cli.checkpoint import drop_what_a_kill_cut_off
from clerkstack.cli.engine import (
    UNREADABLE,
    ForeignCode,
    exported_stack,
    import_state,
    pulumi,
)
from clerkstack.cli.history import Earlier, earlier_states, store_of
from clerkstack.cli.say import say
from clerkstack.problems import ClerkstackError
from clerkstack.report.table import print_table


def earlier(stack: str, copy: Path | None) -> list[Earlier]:
    """The earlier states of a stack, the newest first.

    Raises:
        ClerkstackError: there is none, or the backend can't be read.
    """
    try:
        document = YAML(typ="safe").load(PROJECT_FILE)
    except OSError as error:
        why = f"{PROJECT_FILE}: {error.strerror}. Run this in the project's folder."
        raise ClerkstackError(why) from None
    backend, name = current_backend(), stack.rpartition("/")[2]
    states = earlier_states(store_of(backend, copy), str(document["name"]), name)
    if not states:
        provider = secrets_provider(config_file(stack))
        raise ClerkstackError(
            f"{backend.partition('?')[0]} has no earlier state of {stack}. Build the state again "
            f"from what is live:\n  pulumi stack init {stack} --secrets-provider '{provider}'\n"
            f"  bin/clerkstack adopt --stack {stack}\n  pulumi up --stack {stack}"
        )
    return states


def list_states(stack: str, states: Sequence[Earlier]) -> None:
    """Print them, numbered as `put_back` takes them."""
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
    say(f"To put one back: bin/clerkstack recover --stack {stack} --from-history --at N")


def put_back(stack: str, states: Sequence[Earlier], at: int | None) -> dict[str, Any]:
    """Put an earlier state in the place of the one that is lost or damaged.

    Args:
        stack: the stack.
        states: the earlier states, the newest first.
        at: which one, from 1; None for the newest that the engine takes.

    Returns:
        The state that is back, as `exported_stack` gives it, with what was half-made in it: the
        engine forgets that when it takes a state.

    Raises:
        ClerkstackError: there is no such one, none can be read, or the state is whole and none was
            asked for by its number.
    """
    if at is not None and at > len(states):
        raise ClerkstackError(f"There are {len(states)} earlier states of {stack}: see --list.")
    chosen = [*enumerate(states, 1)] if at is None else [(at, states[at - 1])]
    drop_what_a_kill_cut_off(stack)
    there = _is_there(stack, whole_is_refused=at is None)
    pulumi("cancel", "--yes", "--stack", stack, tolerate=True)
    refused = []
    for number, state in chosen:
        if state.exported is None:
            say(f"{number}  {state.key}: {state.why}", err=True)
            continue
        if not there:
            with workshop(stack) as bench:
                bench.init()
            there = True
        try:
            import_state(stack, state.exported)
        except ForeignCode as failure:
            refused.append(str(failure))
            say(f"{number}  {state.key}: it holds code that is not this project's", err=True)
            continue
        except ClerkstackError as failure:
            refused.append(str(failure))
            say(f"{number}  {state.key}: the engine does not take it", err=True)
            continue
        saved = state.saved.strftime("%Y-%m-%d %H:%M:%S UTC")
        say(f"{stack}: the state of {saved} is back, {state.resources} resources")
        return state.exported
    listed = "\n".join(dict.fromkeys(refused))
    raise ClerkstackError(f"No earlier state of {stack} can be put back.\n{listed}".rstrip())


def _is_there(stack: str, *, whole_is_refused: bool) -> bool:
    """Whether the backend has the stack, however damaged."""
    try:
        deployment = exported_stack(stack).get("deployment") or {}
    except (ClerkstackError, json.JSONDecodeError) as failure:
        if NO_STACK in str(failure):
            return False
        if UNREADABLE in str(failure) or isinstance(failure, json.JSONDecodeError):
            return True
        raise
    if whole_is_refused and deployment.get("resources"):
        raise ClerkstackError(
            f"The state of {stack} can be read, with {len(deployment['resources'])} resources: "
            "nothing was put back. To put an earlier one in its place all the same, say which one: "
            "--at N, as --list numbers them."
        )
    return True
