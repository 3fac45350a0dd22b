"""The stack's own state, as the program reads it before it declares anything."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import grpc
import pulumi
from pulumi.runtime import rpc

from clerkstack.early import STATE
from clerkstack.safe import safe
from clerkstack.state.code import foreign_in, refusal
from clerkstack.state.model import State

PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between reads of a state that is being written."""


def own_state(early: Any = None) -> State:
    """Type and outputs of each resource.

    Call this before the program declares anything. The engine may already be writing, and a
    half-written file cannot be read: it is asked for again. No code in the state has run by then:
    an update uses the program's providers, and those of the state only for removals.

    Args:
        early: the answer to `early.begin`, if the engine was asked already.

    Raises:
        pulumi.RunError: the state cannot be read, or it contains code that is not this project's.
    """
    state = None if early is None else _answered(early)
    if state is None:
        state = _read()
    foreign = foreign_in(state)
    if foreign:
        raise pulumi.RunError(safe(refusal(foreign, pulumi.get_stack())))
    return state


def state_of(outputs: Mapping[str, Mapping[str, Any]]) -> State:
    """The engine's answer (type and outputs by URN) as a state."""
    return State.of([{"urn": urn, **properties} for urn, properties in outputs.items()])


def _answered(early: Any) -> State | None:
    """The state in the answer; None if the engine has refused and must be asked again."""
    try:
        returned = getattr(early.result(), "return")
    except grpc.RpcError:
        return None
    answer, _secret = rpc.deserialize_properties_unwrap_secrets(returned)
    return state_of(answer.get("outputs") or {})


def _read() -> State:
    for pause in (*PAUSES, None):
        try:
            answer = pulumi.runtime.invoke(STATE, {"stackName": pulumi.get_stack()}).value
        except Exception as failure:
            # The SDK has no narrower type. In a stack's first run, the engine is already writing.
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
    raise AssertionError("the last attempt returns or raises")
