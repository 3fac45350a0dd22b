"""Clerk Backend API (`sk_` keys of one instance): plans as sold, roles, the Svix link."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr

from clerkstack.clients.clerk_errors import read_clerk_error
from clerkstack.clients.http import TIMEOUT, BearerKey, Client, Http

PAGE = 500  # the largest page these lists give

MENDS = {
    401: "The instance's secret key (sk_…) is wrong, revoked or of another instance: look at the "
    "dashboard page API keys",
    402: "The plan of your Clerk workspace does not include this",
    403: "This key may not do that",
}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Money(_Model):
    """An amount in cents (CommerceMoneyResponse)."""

    amount: int
    currency: str


class BackendFeature(_Model):
    """A feature as sold (FeatureResponse)."""

    id: str
    slug: str
    name: str


class BackendPlan(_Model):
    """A plan as sold (CommercePlan)."""

    id: str
    slug: str
    name: str
    fee: Money | None
    annual_monthly_fee: Money | None
    is_default: bool
    publicly_visible: bool
    for_payer_type: str
    free_trial_enabled: bool
    free_trial_days: int | None
    features: tuple[BackendFeature, ...] = ()


class Permission(_Model):
    """A permission (Permission)."""

    id: str
    key: str


class Role(_Model):
    """An organization role (Role)."""

    id: str
    key: str
    name: str
    description: str | None
    permissions: tuple[Permission, ...]


class BackendInstance(_Model):
    """The instance a secret key belongs to (Instance)."""

    id: str
    environment_type: str


class _Plans(_Model):
    data: tuple[BackendPlan, ...]
    total_count: int


class _Roles(_Model):
    data: tuple[Role, ...]
    total_count: int


class _Permissions(_Model):
    data: tuple[Permission, ...]
    total_count: int


class _SvixUrl(_Model):
    svix_url: SecretStr


_Page = TypeVar("_Page", _Plans, _Roles, _Permissions)


class BackendClient(Client):
    """Client of the Clerk Backend API."""

    def __init__(
        self,
        *,
        key: SecretStr,
        base_url: str,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = Http(
            vendor="Clerk's Backend API",
            base_url=base_url,
            auth=BearerKey(key),
            read_error=read_clerk_error,
            mends=MENDS,
            transport=transport,
            timeout=timeout,
            sleep=sleep,
        )

    def get_instance(self) -> BackendInstance:
        """The instance this key belongs to (GetInstance)."""
        return self._http.request(BackendInstance, "GetInstance", "GET", "/v1/instance")

    def list_plans(self, payer_type: str | None = None) -> list[BackendPlan]:
        """All plans, of one payer where given (GetCommercePlanList)."""
        more = {"payer_type": payer_type} if payer_type else {}
        pages = self._pages(_Plans, "GetCommercePlanList", "/v1/billing/plans", more)
        return [plan for page in pages for plan in page.data]

    def list_roles(self) -> list[Role]:
        """All organization roles (ListOrganizationRoles)."""
        pages = self._pages(_Roles, "ListOrganizationRoles", "/v1/organization_roles")
        return [role for page in pages for role in page.data]

    def create_role(
        self,
        *,
        key: str,
        name: str,
        description: str | None = None,
        permissions: Sequence[str] | None = None,
    ) -> Role:
        """Make a role; `permissions` are ids (CreateOrganizationRole)."""
        body = _given(key=key, name=name, description=description, permissions=permissions)
        return self._http.request(
            Role, "CreateOrganizationRole", "POST", "/v1/organization_roles", json=body
        )

    def update_role(
        self,
        role_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        permissions: Sequence[str] | None = None,
    ) -> Role:
        """Change a role; `permissions` are ids (UpdateOrganizationRole)."""
        body = _given(name=name, description=description, permissions=permissions)
        return self._http.request(
            Role,
            "UpdateOrganizationRole",
            "PATCH",
            f"/v1/organization_roles/{role_id}",
            json=body,
            # The same fields set twice are set once.
            repeatable=True,
        )

    def delete_role(self, role_id: str) -> None:
        """Remove a role (DeleteOrganizationRole)."""
        self._http.send("DeleteOrganizationRole", "DELETE", f"/v1/organization_roles/{role_id}")

    def list_permissions(self) -> list[Permission]:
        """All permissions a role can have (ListOrganizationPermissions)."""
        pages = self._pages(
            _Permissions, "ListOrganizationPermissions", "/v1/organization_permissions"
        )
        return [permission for page in pages for permission in page.data]

    def create_svix_app(self) -> str:
        """Make the instance's Svix app and return the link to it (CreateSvixApp).

        The link holds a one-time token: it is a secret. Clerk answers 400 where there is one.
        """
        return self._svix_url("CreateSvixApp", "/v1/webhooks/svix")

    def svix_url(self) -> str:
        """A new link to the instance's Svix app (GenerateSvixAuthURL); it is a secret."""
        return self._svix_url("GenerateSvixAuthURL", "/v1/webhooks/svix_url")

    def delete_svix_app(self) -> None:
        """Remove the instance's Svix app with all its endpoints (DeleteSvixApp)."""
        self._http.send("DeleteSvixApp", "DELETE", "/v1/webhooks/svix")

    def _svix_url(self, operation: str, path: str) -> str:
        return self._http.request(_SvixUrl, operation, "POST", path).svix_url.get_secret_value()

    def _pages(
        self, model: type[_Page], operation: str, path: str, more: dict[str, str] | None = None
    ) -> Iterator[_Page]:
        seen = 0
        while True:
            page = self._http.request(
                model,
                operation,
                "GET",
                path,
                params={"limit": PAGE, "offset": seen, **(more or {})},
            )
            yield page
            seen += len(page.data)
            if not page.data or seen >= page.total_count:
                return


def _given(**fields: Any) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in fields.items()
        if value is not None
    }
