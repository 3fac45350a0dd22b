"""The dynamic resources of the project: one for each thing Clerk keeps, and
what no plugin tells of the Vercel project that they are for."""

from __future__ import annotations

from clerkstack.providers.api_keys import ApiKeys
from clerkstack.providers.billing import Billing
from clerkstack.providers.instance import Instance
from clerkstack.providers.roles import OrganizationRoles
from clerkstack.providers.rotations import Rotations
from clerkstack.providers.sections import OrganizationSettings, SignIn
from clerkstack.providers.vercel_project import VercelProject
from clerkstack.providers.webhook import WebhookEndpoint
from clerkstack.providers.written_variables import WrittenVariables

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
