"""What a live instance has of what an app can ask for; nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clerkstack.providers.live_roles import NoRoles, account_with_roles
from clerkstack.reconcile.changes import object_at

if TYPE_CHECKING:
    from clerkstack.providers.session import Session
    from clerkstack.reconcile import JsonObject
    from clerkstack.settings import Settings


@dataclass(frozen=True)
class Instance:
    """`exists` is False where the application has none of that environment. `billing` is the
    section of the config; roles and permissions are keys, none where organizations are off."""

    exists: bool = True
    billing: JsonObject = field(default_factory=dict)
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()


def read_instance(settings: Settings, session: Session, tell: Callable[[str], None]) -> Instance:
    """Read it: application, config, roles, permissions. `tell` is given each step's name.

    Raises:
        ApiError, Unreachable, UnexpectedAnswer: a service refused or could not be reached.
        OtherInstancesKey: the secret key is another instance's.
        ResourceFailed: it is missing.
    """
    place = (settings.application_id, settings.instance)
    tell("Clerk: application and instance")
    if session.instance(*place) is None:
        return Instance(exists=False)
    tell("Clerk: config")
    sections = session.config(*place).sections()
    billing = object_at(sections, "billing")
    if not object_at(sections, "organization_settings").get("enabled"):
        return Instance(billing=billing)
    tell("Clerk: roles and permissions")
    with session.backend(*place) as backend:
        try:
            with account_with_roles():
                roles = frozenset(each.key for each in backend.list_roles())
        except NoRoles:
            return Instance(billing=billing)
        permissions = frozenset(each.key for each in backend.list_permissions())
    return Instance(billing=billing, roles=roles, permissions=permissions)
