"""Rules for the settings of permissions and of the initial role set."""

from __future__ import annotations

from collections.abc import Iterator

from clerkstack.settings.broken import Broken
from clerkstack.settings.models import OrganizationsSettings
from clerkstack.settings.names import CREATOR_NEEDS

CLERKS_OWN = "org:sys_"
"""How the keys of Clerk's own permissions begin (CreateOrganizationPermission)."""


def broken_role_set(settings: OrganizationsSettings) -> Iterator[Broken]:
    """Every rule of them that the settings break."""
    for key in settings.permissions:
        path = ("organizations", "permissions", key)
        if key.startswith(CLERKS_OWN):
            yield Broken(path, "is one of Clerk's own roles", "Remove it: it already exists")
        elif not settings.roles:
            message = "applies to roles, but this stack declares none"
            yield Broken(path, message, "Remove it, or declare a role that has it")
    for name, role in (
        ("creatorRole", settings.creator_role),
        ("defaultRole", settings.default_role),
    ):
        if role is not None and role not in settings.roles:
            message = f"names {role}, which is not in organizations.roles"
            yield Broken(("organizations", name), message, "Declare that role, or use another one")
    creator = settings.roles.get(settings.creator_role or "")
    held = creator.permissions if creator else None
    lacking = sorted(CREATOR_NEEDS - set(held)) if held is not None else []
    if lacking:
        message = f"names {settings.creator_role}, which lacks {', '.join(lacking)}"
        remedy = (
            "Give that role these permissions, or use another one: Clerk requires them for the "
            "creator's role"
        )
        yield Broken(("organizations", "creatorRole"), message, remedy)
