"""Compares two states. Pure functions."""

from __future__ import annotations

from clerkstack.state.model import Resource, State, name_of


def differences(before: State, after: State) -> list[str]:
    """The differences between two states that were exported with secrets shown: names of resources
    and of their properties, never a value."""
    old, new = before.resources, after.resources
    names = [resource.urn for resource in old], [resource.urn for resource in new]
    if names[0] != names[1]:
        missing = [f"{name_of(urn)}: missing" for urn in names[0] if urn not in names[1]]
        more = [f"{name_of(urn)}: new" for urn in names[1] if urn not in names[0]]
        return [*missing, *more] or ["the order of the resources"]
    found = [
        f"{one.name}: {path}"
        for one, other in zip(old, new, strict=True)
        for path in _paths(one, other)
    ]
    began = [resource.deployment.get("pending_operations") or [] for resource in (before, after)]
    return [*found, *(["pending operations"] if began[0] != began[1] else [])]


def _paths(old: Resource, new: Resource) -> list[str]:
    paths: list[str] = []
    for key in sorted({*old.entry, *new.entry}):
        a, b = old.entry.get(key), new.entry.get(key)
        if a == b:
            continue
        if isinstance(a, dict) and isinstance(b, dict):
            paths += [f"{key}.{name}" for name in sorted({*a, *b}) if a.get(name) != b.get(name)]
        else:
            paths.append(key)
    return paths
