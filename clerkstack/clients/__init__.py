"""Clients of the services this project configures: typed, thin, free of Pulumi."""

from __future__ import annotations

from clerkstack.clients.backend import (
    BackendClient,
    BackendInstance,
    BackendPlan,
    Permission,
    Role,
)
from clerkstack.clients.domains import CnameTarget, DnsCheck, Domain, DomainStatus
from clerkstack.clients.errors import (
    ApiError,
    Conflict,
    Forbidden,
    NotFound,
    PaymentRequired,
    RateLimited,
    ServerError,
    Unauthorized,
    UnexpectedAnswer,
    Unprocessable,
    Unreachable,
    UnusableKey,
)
from clerkstack.clients.frontend import ApiKeySettings, Environment, FrontendClient
from clerkstack.clients.platform import (
    Application,
    ApplicationInstance,
    Config,
    ConfigWrite,
    CreatedInstance,
    PlatformClient,
    RotatedInstance,
)
from clerkstack.clients.svix import Endpoint, SvixClient
from clerkstack.clients.vercel import Deployment, EnvironmentVariable, VercelClient

__all__ = [
    "ApiError",
    "ApiKeySettings",
    "Application",
    "ApplicationInstance",
    "BackendClient",
    "BackendInstance",
    "BackendPlan",
    "CnameTarget",
    "Config",
    "ConfigWrite",
    "Conflict",
    "CreatedInstance",
    "Deployment",
    "DnsCheck",
    "Domain",
    "DomainStatus",
    "Endpoint",
    "Environment",
    "EnvironmentVariable",
    "Forbidden",
    "FrontendClient",
    "NotFound",
    "PaymentRequired",
    "Permission",
    "PlatformClient",
    "RateLimited",
    "Role",
    "RotatedInstance",
    "ServerError",
    "SvixClient",
    "Unauthorized",
    "UnexpectedAnswer",
    "Unprocessable",
    "Unreachable",
    "UnusableKey",
    "VercelClient",
]
