"""Reads an instance's roles, permissions and initial role set with the fewest requests."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from clerkstack.clients.errors import NotFound
from clerkstack.desired.afterwards import Access
from clerkstack.failures import ResourceFailed
from clerkstack.reconcile.roles import LiveRoles

if TYPE_CHECKING:
    from clerkstack.clients.role_answers import Permission, Role, RoleSet

OF_ROLES = ("ListOrganizationRoles", "ListRoleSets")
RECENT = 30.0  # seconds for which a read before a write is reused by the write


class RoleLists(Protocol):
    """A source of the lists: a client of the Backend API, or a live instance."""

    def list_roles(self) -> list[Role]:
        """The roles."""

    def list_role_sets(self) -> list[RoleSet]:
        """The role sets."""

    def list_permissions(self) -> list[Permission]:
        """The permissions."""


class NoRoles(ResourceFailed):
    """The account has no roles or no role sets: some of Clerk's answer 404."""


@contextmanager
def account_with_roles() -> Iterator[None]:
    """Explain what to do if the account has no roles.

    Raises:
        NoRoles: Clerk answered 404 to a list of roles or role sets.
    """
    try:
        yield
    except NotFound as failure:
        if failure.operation not in OF_ROLES:
            raise
        raise NoRoles(
            f"This Clerk account has no roles and role sets ({failure.operation}: 404). Set "
            "clerkstack:organizations.roles to {} (and remove .permissions, .creatorRole "
            "and .defaultRole), or ask Clerk's support for them."
        ) from None


def read_roles(lists: RoleLists, permissions: Collection[str] = ()) -> LiveRoles:
    """Read them: two requests, and one more if no role has one of `permissions` (keys).

    Raises:
        NoRoles: the account has none.
        ApiError, Unreachable, UnexpectedAnswer: the service refused or could not be reached.
        ResourceFailed: no role set is the initial one.
    """
    with account_with_roles():
        roles = tuple(lists.list_roles())
        sets = lists.list_role_sets()
    initial = next((role_set for role_set in sets if role_set.type == "initial"), None)
    if initial is None:
        raise ResourceFailed(
            "This instance has no initial role set. Make one the default on the dashboard page "
            "Role Sets, then run again."
        )
    seen = {permission.key: permission for role in roles for permission in role.permissions}
    return with_permissions(lists, LiveRoles(roles, initial, tuple(seen.values())), permissions)


def read_access(lists: RoleLists) -> Access:
    """The roles that an app can check, in two requests. An account without roles and role sets has
    Clerk's own two roles, with unknown permissions.

    Raises:
        ApiError, Unreachable, UnexpectedAnswer: the service refused or could not be reached.
    """
    try:
        with account_with_roles():
            roles = lists.list_roles()
            held = {item.key for role_set in lists.list_role_sets() for item in role_set.roles}
    except NoRoles:
        return Access()
    of_roles = {
        role.key: frozenset(permission.key for permission in role.permissions) for role in roles
    }
    return Access(of_roles, frozenset(of_roles.keys() - held))


def with_permissions(lists: RoleLists, live: LiveRoles, permissions: Collection[str]) -> LiveRoles:
    """The roles with all permissions, if one of `permissions` (keys) was not among them."""
    seen = {permission.key for permission in live.permissions}
    if live.listed or seen >= set(permissions):
        return live
    return replace(live, permissions=tuple(lists.list_permissions()), listed=True)


class RecentRoles:
    """Recent reads of roles, for the write that follows."""

    def __init__(self) -> None:
        self._reads: dict[tuple[str, str], tuple[float, LiveRoles]] = {}

    def keep(self, place: tuple[str, str], live: LiveRoles) -> None:
        """Keep a read."""
        self._reads[place] = (time.monotonic(), live)

    def take(self, place: tuple[str, str]) -> LiveRoles | None:
        """Take a read out; None if there is none or it is too old."""
        when, live = self._reads.pop(place, (0.0, None))
        return live if time.monotonic() - when < RECENT else None
