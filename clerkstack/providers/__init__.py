"""The project's dynamic resources: one for each part of an instance, and two that check the
variables of a Vercel project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkstack.lazily import names_of

if TYPE_CHECKING:
    from clerkstack.providers.api_keys import ApiKeys
    from clerkstack.providers.billing import Billing
    from clerkstack.providers.instance import Instance
    from clerkstack.providers.roles import OrganizationRoles
    from clerkstack.providers.rotations import Rotations
    from clerkstack.providers.sections import OrganizationSettings, SignIn
    from clerkstack.providers.vercel_project import VercelProject
    from clerkstack.providers.webhook import WebhookEndpoint
    from clerkstack.providers.written_variables import WrittenVariables
else:
    # Commands use `session` too, without the engine's library.
    __getattr__ = names_of(
        __name__,
        {
            "api_keys": ("ApiKeys",),
            "billing": ("Billing",),
            "instance": ("Instance",),
            "roles": ("OrganizationRoles",),
            "rotations": ("Rotations",),
            "sections": (
                "OrganizationSettings",
                "SignIn",
            ),
            "vercel_project": ("VercelProject",),
            "webhook": ("WebhookEndpoint",),
            "written_variables": ("WrittenVariables",),
        },
    )

__all__ = [
    "ApiKeys",
    "Billing",
    "Instance",
    "OrganizationRoles",
    "OrganizationSettings",
    "Rotations",
    "SignIn",
    "VercelProject",
    "WebhookEndpoint",
    "WrittenVariables",
]
