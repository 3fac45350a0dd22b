"""Organizations: on, with the roles the app relies on."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from clerkstack.app.code import AppCode
from clerkstack.desired.access import access_asked
from clerkstack.desired.sections import organization_roles, organization_settings
from clerkstack.providers.roles import OrganizationRoles
from clerkstack.providers.sections import OrganizationSettings
from clerkstack.settings.models import OrganizationsSettings
from components.base import Component, InstanceRef


class Organizations(Component):
    """The organization settings come first: Clerk has no roles while organizations are off."""

    def __init__(
        self,
        name: str,
        ref: InstanceRef,
        settings: OrganizationsSettings,
        *,
        app: AppCode | None,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__("Organizations", name, ref, after)
        self.settings = OrganizationSettings(
            f"{name}-settings",
            application_id=ref.application_id,
            environment=ref.environment,
            settings=organization_settings(settings),
            opts=self.protected(),
        )
        declared = organization_roles(settings)
        if declared["roles"]:
            self.roles = OrganizationRoles(
                f"{name}-roles",
                application_id=ref.application_id,
                environment=ref.environment,
                **declared,
                app=access_asked(app),
                opts=self.protected(self.settings),
            )
            self.owning.append(self.roles)
        self.register_outputs({})
