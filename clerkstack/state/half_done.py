"""What a killed update left half-done in a state, and how it is settled: pure functions.

Clerk's resources are safe to create again. A Vercel variable is not (Vercel refuses a second one
with the same key and target): where it exists, it is entered into the state.
"""

from __future__ import annotations

from collections.abc import Mapping

from clerkstack.state.model import Resource, State
from clerkstack.state.variables import NaturalKey, natural_key


def half_made(state: State) -> list[Resource]:
    """The resources that the engine began to create, or removed in order to create them again."""
    creating = _begun(state, "creating")
    urns = {resource.urn for resource in creating}
    return creating + [
        resource for resource in state.resources if resource.replacing and resource.urn not in urns
    ]


def half_removed(state: State) -> list[Resource]:
    """The resources that the engine began to remove."""
    return _begun(state, "deleting")


def _begun(state: State, kind: str) -> list[Resource]:
    return [each.resource for each in state.pending if each.kind == kind]


def settle(state: State, known: Mapping[NaturalKey, str]) -> list[str]:
    """Settle what is half-made or half-removed, in place.

    Args:
        state: the state.
        known: ids of the variables that exist, by natural key.

    Returns:
        The URNs of the variables that exist and are now part of the state.
    """
    taken = []
    for resource in half_made(state):
        found = known.get(natural_key(resource.inputs)) if resource.is_variable else None
        if found is not None:
            outputs = {**resource.inputs, "id": found}
            entry = {**resource.entry, "id": found, "outputs": outputs}
            entry.pop("pendingReplacement", None)
            state.put(entry)
            taken.append(resource.urn)
    state.settle("creating", "deleting")
    return taken
