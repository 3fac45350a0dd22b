"""Roles, permissions and role sets as the Backend API shows them."""

from __future__ import annotations

from clerkstack.clients.answers import Answer


class Permission(Answer):
    """A permission (Permission)."""

    id: str
    key: str
    name: str | None = None
    description: str | None = None


class Role(Answer):
    """An organization role (Role)."""

    id: str
    key: str
    name: str
    description: str | None
    permissions: tuple[Permission, ...]


class RoleSetItem(Answer):
    """A role within a role set (RoleSetItem)."""

    key: str
    has_members: bool | None = None


class RoleSet(Answer):
    """The roles that members of its organizations can have (RoleSet)."""

    key: str
    name: str
    type: str
    roles: tuple[RoleSetItem, ...]
    default_role: RoleSetItem | None = None
    creator_role: RoleSetItem | None = None


class Roles(Answer):
    """A page of roles (Roles)."""

    data: tuple[Role, ...]
    total_count: int


class Permissions(Answer):
    """A page of permissions (Permissions)."""

    data: tuple[Permission, ...]
    total_count: int


class RoleSets(Answer):
    """A page of role sets (RoleSets)."""

    data: tuple[RoleSet, ...]
    total_count: int
