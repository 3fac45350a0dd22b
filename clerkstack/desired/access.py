"""What a stack declares of roles and permissions, and what its app asks for of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkstack.app.asked import compact
from clerkstack.app.kinds import ACCESS
from clerkstack.desired.sections import organization_roles
from clerkstack.reconcile import JsonObject

if TYPE_CHECKING:
    from clerkstack.app.code import AppCode
    from clerkstack.settings import Settings


def access_inputs(settings: Settings, app: AppCode | None) -> JsonObject:
    """As `access_afterwards` and `unknown_access` take it: roles, permissions, whether
    organizations are on, and what the app asks for; without `roles` the stack declares none."""
    found: JsonObject = {"app": access_asked(app)}
    if settings.components.organizations:
        declared = organization_roles(settings.organizations)
        found |= {"roles": {**declared["roles"]}, "permissions": {**declared["permissions"]}}
        found["enabled"] = settings.organizations.enabled
    return found


def access_asked(app: AppCode | None) -> JsonObject:
    """The roles and permissions that the app asks for, {kind: {slug: first place}}, and those that
    the settings say are on the instance; nothing where it asks for none."""
    uses = {} if app is None else compact(app.uses, ACCESS)
    if app is None or not uses:
        return {}
    found: JsonObject = {"uses": {kind: {**places} for kind, places in uses.items()}}
    believed = sorted(named for named in app.unmanaged if named.startswith(ACCESS))
    if believed:
        found["unmanaged"] = [*believed]
    return found
