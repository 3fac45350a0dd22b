"""The roles and permissions that a stack declares, and those that its app checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkstack.app.asked import compact
from clerkstack.app.kinds import ACCESS
from clerkstack.desired.sections import organization_roles
from clerkstack.shapes import JsonObject

if TYPE_CHECKING:
    from clerkstack.app.code import AppCode
    from clerkstack.settings.models import Settings


def access_inputs(settings: Settings, app: AppCode | None) -> JsonObject:
    """The inputs of `access_afterwards` and `unknown_access`: roles, permissions, whether
    organizations are on, and what the app checks. Without `roles`, the stack declares none."""
    inputs: JsonObject = {"app": access_asked(app)}
    if settings.components.organizations:
        declared = organization_roles(settings.organizations)
        inputs |= {"roles": {**declared["roles"]}, "permissions": {**declared["permissions"]}}
        inputs["enabled"] = settings.organizations.enabled
    return inputs


def access_asked(app: AppCode | None) -> JsonObject:
    """The roles and permissions that the app checks, {kind: {slug: first place}}, and those that
    the instance has according to the settings; empty if the app checks none."""
    uses = {} if app is None else compact(app.uses, ACCESS)
    if app is None or not uses:
        return {}
    asked: JsonObject = {"uses": {kind: {**places} for kind, places in uses.items()}}
    believed = sorted(named for named in app.unmanaged if named.startswith(ACCESS))
    if believed:
        asked["unmanaged"] = [*believed]
    return asked
