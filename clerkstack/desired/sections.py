"""Sections of the instance config that a stack's settings declare, except billing."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from clerkstack.reconcile.roles import IN_SET
from clerkstack.shapes import JsonObject

if TYPE_CHECKING:
    from clerkstack.settings.models import OrganizationsSettings, SettingsModel, SignInSettings


OPTIONAL_OF_ORGANIZATIONS = ("max_allowed_memberships", "admin_delete_enabled")
"""Optional settings of organizations that have the same name in the config."""


class RoleInputs(TypedDict):
    """The inputs of the roles resource: roles and permissions by key, and the first roles of the
    initial role set."""

    roles: dict[str, JsonObject]
    permissions: dict[str, JsonObject]
    role_set: JsonObject


def sign_in_sections(settings: SignInSettings) -> JsonObject:
    """The OAuth connections, without their secrets, and the session token's custom claims."""
    sections: JsonObject = {}
    for provider, connection in settings.oauth.items():
        fields: JsonObject = {"enabled": connection.enabled}
        if connection.client_id is not None:
            fields["client_id"] = connection.client_id
        sections[f"connection_oauth_{provider}"] = fields
    if settings.session_claims is not None:
        sections["session"] = {"claims": dict(settings.session_claims)}
    return sections


def organization_settings(settings: OrganizationsSettings) -> JsonObject:
    """The section `organization_settings`, without fields that the stack does not set."""
    section: JsonObject = {
        "enabled": settings.enabled,
        "force_organization_selection": not settings.personal_workspaces,
    }
    values = {name: getattr(settings, name) for name in OPTIONAL_OF_ORGANIZATIONS}
    return {**section, **{name: value for name, value in values.items() if value is not None}}


def organization_roles(settings: OrganizationsSettings) -> RoleInputs:
    """Roles, permissions and the initial role set as the resource takes them; empty if
    organizations are off. Each role is in the initial role set: otherwise nobody could have it."""
    if not settings.enabled:
        return {"roles": {}, "permissions": {}, "role_set": {}}
    ends = {"creator_role": settings.creator_role, "default_role": settings.default_role}
    return {
        "roles": {key: {**_given(role), IN_SET: True} for key, role in settings.roles.items()},
        "permissions": {
            key: _given(permission) for key, permission in settings.permissions.items()
        },
        "role_set": {name: key for name, key in ends.items() if key is not None},
    }


def _given(settings: SettingsModel) -> JsonObject:
    return settings.model_dump(exclude_none=True, mode="json")
