"""Organizations: on, with the roles the app relies on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pulumi

from clerkstack.providers import OrganizationRoles, OrganizationSettings
from clerkstack.reconcile import JsonObject
from clerkstack.settings import OrganizationsSettings
from components.base import Component, Place


class Organizations(Component):
    """Organization settings first: Clerk has no roles where organizations are off."""

    def __init__(
        self,
        name: str,
        place: Place,
        settings: OrganizationsSettings,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__("Organizations", name, place, after)
        self.settings = OrganizationSettings(
            f"{name}-settings",
            application_id=place.application_id,
            environment=place.environment,
            settings=_section(settings),
            opts=self.child(),
        )
        # Clerk has no roles where organizations are off.
        if settings.enabled and settings.roles:
            self.roles = OrganizationRoles(
                f"{name}-roles",
                application_id=place.application_id,
                environment=place.environment,
                roles=_roles(settings),
                opts=self.child(self.settings),
            )
        self.register_outputs({})


def _section(settings: OrganizationsSettings) -> JsonObject:
    section: JsonObject = {
        "enabled": settings.enabled,
        "force_organization_selection": not settings.personal_workspaces,
    }
    if settings.max_allowed_memberships is not None:
        section["max_allowed_memberships"] = settings.max_allowed_memberships
    if settings.admin_delete_enabled is not None:
        section["admin_delete_enabled"] = settings.admin_delete_enabled
    return section


def _roles(settings: OrganizationsSettings) -> JsonObject:
    return {
        key: cast(JsonObject, role.model_dump(exclude_none=True, mode="json"))
        for key, role in settings.roles.items()
    }
