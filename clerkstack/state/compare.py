"""What differs between two states: pure functions."""

from __future__ import annotations

from clerkstack.state.model import Resource, State, name_of


def differences(before: State, after: State) -> list[str]:
    """What differs between two states that were exported with secrets shown: names of resources
    and of their properties, never a value."""
    old, new = before.resources, after.resources
    names = [each.urn for each in old], [each.urn for each in new]
    if names[0] != names[1]:
        missing = [f"{name_of(urn)}: missing" for urn in names[0] if urn not in names[1]]
        more = [f"{name_of(urn)}: new" for urn in names[1] if urn not in names[0]]
        return [*missing, *more] or ["the order of the resources"]
    found = [
        f"{one.name}: {path}"
        for one, other in zip(old, new, strict=True)
        for path in _paths(one, other)
    ]
    began = [each.deployment.get("pending_operations") or [] for each in (before, after)]
    return [*found, *(["pending operations"] if began[0] != began[1] else [])]


def _paths(old: Resource, new: Resource) -> list[str]:
    found: list[str] = []
    for key in sorted({*old.entry, *new.entry}):
        a, b = old.entry.get(key), new.entry.get(key)
        if a == b:
            continue
        if isinstance(a, dict) and isinstance(b, dict):
            found += [f"{key}.{each}" for each in sorted({*a, *b}) if a.get(each) != b.get(each)]
        else:
            found.append(key)
    return found
