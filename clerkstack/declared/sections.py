"""Sections of the instance config that a stack's settings declare, billing apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from clerkstack.reconcile import JsonObject

if TYPE_CHECKING:
    from clerkstack.settings import OrganizationsSettings, SignInSettings


def sign_in_sections(settings: SignInSettings) -> JsonObject:
    """The OAuth connections, without their secrets, and the session token's own claims."""
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
    """The section `organization_settings`; what the stack leaves open is not in it."""
    section: JsonObject = {
        "enabled": settings.enabled,
        "force_organization_selection": not settings.personal_workspaces,
    }
    if settings.max_allowed_memberships is not None:
        section["max_allowed_memberships"] = settings.max_allowed_memberships
    if settings.admin_delete_enabled is not None:
        section["admin_delete_enabled"] = settings.admin_delete_enabled
    return section


def organization_roles(settings: OrganizationsSettings) -> JsonObject:
    """Roles as {key: {name, description?, permissions?}}; none where organizations are off."""
    if not settings.enabled:
        return {}
    return {
        key: cast(JsonObject, role.model_dump(exclude_none=True, mode="json"))
        for key, role in settings.roles.items()
    }
