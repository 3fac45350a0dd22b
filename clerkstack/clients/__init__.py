"""Clients of the services this project configures: typed, thin, free of Pulumi."""

from __future__ import annotations

from clerkstack.clients.backend import BackendClient, BackendPlan, Permission, Role
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
)
from clerkstack.clients.frontend import FrontendClient
from clerkstack.clients.platform import (
    Application,
    ApplicationInstance,
    Config,
    PlatformClient,
)
from clerkstack.clients.svix import Endpoint, SvixClient
from clerkstack.clients.vercel import Deployment, EnvironmentVariable, VercelClient

__all__ = [
    "ApiError",
    "Application",
    "ApplicationInstance",
    "BackendClient",
    "BackendPlan",
    "Config",
    "Conflict",
    "Deployment",
    "Endpoint",
    "EnvironmentVariable",
    "Forbidden",
    "FrontendClient",
    "NotFound",
    "PaymentRequired",
    "Permission",
    "PlatformClient",
    "RateLimited",
    "Role",
    "ServerError",
    "SvixClient",
    "Unauthorized",
    "UnexpectedAnswer",
    "Unprocessable",
    "Unreachable",
    "VercelClient",
]
