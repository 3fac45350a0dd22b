"""What the state of the stack has, as the program learns it before it declares anything."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pulumi

from clerkstack.safe import safe
from clerkstack.state.code import foreign_in, refusal
from clerkstack.state.model import State

# The engine's own provider answers it with the state as it was when the update began, without what
# is about to be removed (pulumi/pulumi, pkg/resource/deploy/builtins.go, pkg/backend/backend.go).
STATE = "pulumi:pulumi:readStackResourceOutputs"
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between looks at a state that is just being written."""


def own_state() -> State:
    """Type and outputs of each resource.

    To be asked for before anything is declared: from then on the engine writes the state, and a
    file of it that is half written cannot be read. What stands in the state is not run before that
    either: an update takes the program's providers, and the state's only to remove.

    Raises:
        pulumi.RunError: the state cannot be read, or it contains code that is not this project's.
    """
    state = _read()
    found = foreign_in(state)
    if found:
        raise pulumi.RunError(safe(refusal(found, pulumi.get_stack())))
    return state


def state_of(outputs: Mapping[str, Mapping[str, Any]]) -> State:
    """What the engine answers, type and outputs by URN, as a state."""
    return State.of([{"urn": urn, **each} for urn, each in outputs.items()])


def _read() -> State:
    for pause in (*PAUSES, None):
        try:
            answer = pulumi.runtime.invoke(STATE, {"stackName": pulumi.get_stack()}).value
        except Exception as failure:
            # The SDK raises no narrower one. The engine has begun to write: a first run's stack.
            if pause is None:
                raise pulumi.RunError(
                    safe(
                        f"The state of this stack cannot be read. Nothing was sent: {failure} "
                        "Run the same command again."
                    )
                ) from None
            time.sleep(pause)
        else:
            return state_of((answer or {}).get("outputs") or {})
    raise AssertionError("the last look returns or raises")
