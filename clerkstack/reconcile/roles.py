"""Organization roles and their permissions (Clerk Backend API, ListOrganizationRoles)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from clerkstack.reconcile.changes import Json, JsonObject


class LivePermission(Protocol):
    """A permission as the Backend API shows it."""

    @property
    def id(self) -> str: ...
    @property
    def key(self) -> str: ...


class LiveRole(Protocol):
    """A role as the Backend API shows it."""

    @property
    def id(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str | None: ...
    @property
    def permissions(self) -> Iterable[LivePermission]: ...


@dataclass(frozen=True)
class RoleChange:
    """One role to make (`id` is None) or to update, with the fields that differ."""

    key: str
    id: str | None
    fields: JsonObject


def role_changes(declared: Mapping[str, Json], live: Iterable[LiveRole]) -> list[RoleChange]:
    """The roles to make or update. Roles nobody declared are left alone."""
    by_key = {role.key: role for role in live}
    found: list[RoleChange] = []
    for key, fields in declared.items():
        assert isinstance(fields, dict)
        role = by_key.get(key)
        if role is None:
            found.append(RoleChange(key, None, fields))
            continue
        there = role_view(role)
        differing: JsonObject = {
            name: value
            for name, value in fields.items()
            if value is not None and not _same(value, there[name])
        }
        if differing:
            found.append(RoleChange(key, role.id, differing))
    return found


def role_view(role: LiveRole) -> JsonObject:
    """A live role in the shape a role is declared in."""
    return {
        "name": role.name,
        "description": role.description or "",
        "permissions": [permission.key for permission in role.permissions],
    }


def _same(wanted: Json, found: Json) -> bool:
    if isinstance(wanted, list) and isinstance(found, list):
        return sorted(map(str, wanted)) == sorted(map(str, found))
    return wanted == found
