"""Settles what a killed update left half-done in a state. Pure functions.

Clerk's resources are safe to create again. A Vercel variable is not (Vercel refuses a second one
with the same key and target): if it exists, it is added to the state.
"""

from __future__ import annotations

from collections.abc import Mapping

from clerkstack.state.model import Resource, State
from clerkstack.state.variables import NaturalKey, natural_key


def half_made(state: State) -> list[Resource]:
    """The resources that the engine began to create, or removed to create them again."""
    creating = _begun(state, "creating")
    urns = {resource.urn for resource in creating}
    return creating + [
        resource for resource in state.resources if resource.replacing and resource.urn not in urns
    ]


def half_removed(state: State) -> list[Resource]:
    """The resources that the engine began to remove."""
    return _begun(state, "deleting")


def _begun(state: State, kind: str) -> list[Resource]:
    return [operation.resource for operation in state.pending if operation.kind == kind]


def settle(state: State, known: Mapping[NaturalKey, str]) -> list[str]:
    """Settle half-created and half-removed resources, in place.

    Args:
        state: the state.
        known: ids of the variables that exist, by natural key.

    Returns:
        The URNs of the variables that exist and are now part of the state.
    """
    taken = []
    for resource in half_made(state):
        variable_id = known.get(natural_key(resource.inputs)) if resource.is_variable else None
        if variable_id is not None:
            outputs = {**resource.inputs, "id": variable_id}
            entry = {**resource.entry, "id": variable_id, "outputs": outputs}
            entry.pop("pendingReplacement", None)
            state.put(entry)
            taken.append(resource.urn)
    state.settle("creating", "deleting")
    return taken
