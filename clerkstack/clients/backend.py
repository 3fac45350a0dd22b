"""Clerk Backend API (`sk_` keys of one instance): plans as sold, roles, lists, the Svix link."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar, Unpack

from pydantic import SecretStr

from clerkstack.clients.answers import Answer
from clerkstack.clients.billing_answers import (
    BackendPlan,
    BackendPlans,
    Counted,
    SubscriptionItem,
    SubscriptionItems,
)
from clerkstack.clients.clerk_errors import NO_ORGANIZATIONS, read_clerk_error
from clerkstack.clients.http import Client, Http, Options, Params, Service, joined
from clerkstack.clients.instance_lists import (
    EnterpriseConnection,
    EnterpriseConnections,
    InstanceDomain,
    InstanceDomains,
    JwtTemplate,
    JwtTemplates,
    RedirectUrl,
    RedirectUrls,
)
from clerkstack.clients.role_answers import (
    Permission,
    Permissions,
    Role,
    Roles,
    RoleSet,
    RoleSets,
)

PAGE = 500  # the largest page of these lists
API_VERSION = "2026-05-12"
"""The version of the API that this program was written for. Without the header Clerk-API-Version,
Clerk chooses the version."""

SERVICE = Service(
    name="Clerk's Backend API",
    setting="clerkstack:urls.backend",
    read_error=read_clerk_error,
    remedies={
        401: (
            "The instance's secret key (sk_…) is wrong, revoked or of another instance: see the "
            "dashboard page API keys. It is read from the Platform API, or set with pulumi "
            "config set --secret clerkstack:secretKey"
        ),
        402: (
            "The plan of your Clerk workspace does not include this: change that plan, or remove "
            "from the stack what is named here"
        ),
        403: (
            "The instance's secret key lacks this permission, or the feature is switched off in "
            "the instance"
        ),
        "organization_role_assigned_members": (
            "Give these members another role, in the app or on each organization's dashboard "
            "page, then run again"
        ),
        "organization_role_exists_in_invitations": "Revoke these invitations, or wait until they "
        "are accepted, then run again",
        "organization_role_default_creator_role": "Name another role in "
        "clerkstack:organizations.creatorRole, then run again",
        "organization_role_domain_default_role": "Name another role in "
        "clerkstack:organizations.defaultRole, then run again",
        "organization_missing_creator_role_permissions": (
            "Give that role org:sys_memberships:manage, org:sys_memberships:read and "
            "org:sys_profile:delete, or name another one in clerkstack:organizations.creatorRole"
        ),
        NO_ORGANIZATIONS: "Set clerkstack:organizations.enabled to true, or "
        "clerkstack:organizations.roles to {}",
    },
)


class BackendInstance(Answer):
    """The instance a secret key belongs to (Instance)."""

    id: str
    environment_type: str


class _Count(Answer):
    total_count: int


class _SvixUrl(Answer):
    svix_url: SecretStr


_Page = TypeVar(
    "_Page", BackendPlans, SubscriptionItems, Roles, Permissions, RoleSets, EnterpriseConnections
)
_Uncounted = TypeVar("_Uncounted", JwtTemplates, RedirectUrls)


def backend_http(*, key: SecretStr, base_url: str, **options: Unpack[Options]) -> Http:
    """An HTTP client for the Backend API that sends the API version with each request."""
    headers = {"Clerk-API-Version": API_VERSION}
    return Http(SERVICE, base_url=base_url, key=key, headers=headers, **options)


class BackendClient(Client):
    """Client of the Clerk Backend API, for the one instance its key belongs to."""

    def __init__(self, *, key: SecretStr, base_url: str, **options: Unpack[Options]) -> None:
        self._http = backend_http(key=key, base_url=base_url, **options)

    def get_instance(self) -> BackendInstance:
        """The instance this key belongs to (GetInstance)."""
        return self._http.request(BackendInstance, "GetInstance", "GET", "/v1/instance")

    def server_time(self) -> datetime | None:
        """The service's time, None if the answer does not have it (GetInstance; header Date, RFC
        9110)."""
        answer = self._http.send("GetInstance", "GET", "/v1/instance")
        try:
            return parsedate_to_datetime(answer.headers["Date"])
        except (KeyError, ValueError):
            return None

    def list_plans(self, payer_type: str | None = None) -> list[BackendPlan]:
        """All plans, or those of one payer type (GetCommercePlanList)."""
        more = {"paginated": "true", **({"payer_type": payer_type} if payer_type else {})}
        pages = self._pages(BackendPlans, "GetCommercePlanList", "/v1/billing/plans", more)
        return [plan for page in pages for plan in page.data]

    def count_subscription_items(
        self,
        *,
        plan_id: str | None = None,
        payer_type: str | None = None,
        status: str | None = None,
    ) -> int:
        """The number of subscriptions to a plan, of a payer type, of a status
        (GetCommerceSubscriptionItemList). Includes free and ended ones."""
        params: dict[str, str | int] = {"paginated": "true", "limit": 1, "include_free": "true"}
        which = {"plan_id": plan_id, "payer_type": payer_type, "status": status}
        params |= {key: value for key, value in which.items() if value is not None}
        path = "/v1/billing/subscription_items"
        operation = "GetCommerceSubscriptionItemList"
        return self._http.request(Counted, operation, "GET", path, params=params).total_count

    def list_subscription_items(self) -> list[SubscriptionItem]:
        """All subscriptions, including free and ended ones (GetCommerceSubscriptionItemList)."""
        more = {"paginated": "true", "include_free": "true"}
        path = "/v1/billing/subscription_items"
        pages = self._pages(SubscriptionItems, "GetCommerceSubscriptionItemList", path, more)
        return [item for page in pages for item in page.data]

    def list_roles(self) -> list[Role]:
        """All organization roles (ListOrganizationRoles)."""
        pages = self._pages(Roles, "ListOrganizationRoles", "/v1/organization_roles")
        return [role for page in pages for role in page.data]

    def create_role(
        self,
        *,
        key: str,
        name: str,
        description: str | None = None,
        permissions: Sequence[str] | None = None,
        in_initial_role_set: bool | None = None,
    ) -> Role:
        """Create a role; `permissions` are ids (CreateOrganizationRole).

        It is not documented whether the role is in the initial role set if the parameter is None.
        """
        body = _given(
            key=key,
            name=name,
            description=description,
            permissions=permissions,
            include_in_initial_role_set=in_initial_role_set,
        )
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
            joined("v1", "organization_roles", role_id),
            json=body,
            # Setting the same fields twice changes nothing.
            repeatable=True,
        )

    def delete_role(self, role_id: str) -> None:
        """Remove a role (DeleteOrganizationRole)."""
        self._http.send(
            "DeleteOrganizationRole", "DELETE", joined("v1", "organization_roles", role_id)
        )

    def list_permissions(self) -> list[Permission]:
        """All permissions a role can have (ListOrganizationPermissions)."""
        pages = self._pages(
            Permissions, "ListOrganizationPermissions", "/v1/organization_permissions"
        )
        return [permission for page in pages for permission in page.data]

    def create_permission(
        self, *, key: str, name: str, description: str | None = None
    ) -> Permission:
        """Create a permission; `key` is org:<feature>:<action> (CreateOrganizationPermission)."""
        return self._http.request(
            Permission,
            "CreateOrganizationPermission",
            "POST",
            "/v1/organization_permissions",
            json=_given(key=key, name=name, description=description),
        )

    def update_permission(
        self, permission_id: str, *, name: str | None = None, description: str | None = None
    ) -> Permission:
        """Change a permission that is not Clerk's own (UpdateOrganizationPermission)."""
        return self._http.request(
            Permission,
            "UpdateOrganizationPermission",
            "PATCH",
            joined("v1", "organization_permissions", permission_id),
            json=_given(name=name, description=description),
            repeatable=True,
        )

    def delete_permission(self, permission_id: str) -> None:
        """Remove a permission that is not Clerk's own (DeleteOrganizationPermission)."""
        path = joined("v1", "organization_permissions", permission_id)
        self._http.send("DeleteOrganizationPermission", "DELETE", path)

    def list_role_sets(self) -> list[RoleSet]:
        """All role sets (ListRoleSets)."""
        pages = self._pages(RoleSets, "ListRoleSets", "/v1/role_sets")
        return [role_set for page in pages for role_set in page.data]

    def update_role_set(
        self,
        role_set: str,
        *,
        creator_role: str | None = None,
        default_role: str | None = None,
    ) -> RoleSet:
        """Change the creator's and default role of a role set, by key (UpdateRoleSet)."""
        return self._http.request(
            RoleSet,
            "UpdateRoleSet",
            "PATCH",
            joined("v1", "role_sets", role_set),
            json=_given(creator_role_key=creator_role, default_role_key=default_role),
            repeatable=True,
        )

    def add_to_role_set(self, role_set: str, roles: Sequence[str]) -> RoleSet:
        """Add at most 10 roles, by key, to a role set (AddRolesToRoleSet)."""
        path = joined("v1", "role_sets", role_set, "roles")
        body = {"role_keys": list(roles)}
        return self._http.request(RoleSet, "AddRolesToRoleSet", "POST", path, json=body)

    def replace_in_role_set(self, role_set: str, *, role: str, by: str) -> RoleSet:
        """Take a role out of a role set; its members get the other role (ReplaceRoleInRoleSet)."""
        path = joined("v1", "role_sets", role_set, "roles", "replace")
        body = {"role_key": role, "to_role_key": by}
        return self._http.request(RoleSet, "ReplaceRoleInRoleSet", "POST", path, json=body)

    def list_jwt_templates(self) -> list[JwtTemplate]:
        """All JWT templates (ListJWTTemplates)."""
        pages = self._uncounted(JwtTemplates, "ListJWTTemplates", "/v1/jwt_templates")
        return [template for page in pages for template in page.root]

    def list_redirect_urls(self) -> list[RedirectUrl]:
        """All redirect URLs (ListRedirectURLs)."""
        pages = self._uncounted(RedirectUrls, "ListRedirectURLs", "/v1/redirect_urls")
        return [url for page in pages for url in page.root]

    def list_enterprise_connections(self) -> list[EnterpriseConnection]:
        """All enterprise connections, SAML and OIDC (ListEnterpriseConnections)."""
        pages = self._pages(
            EnterpriseConnections, "ListEnterpriseConnections", "/v1/enterprise_connections"
        )
        return [connection for page in pages for connection in page.data]

    def list_domains(self) -> list[InstanceDomain]:
        """The instance's primary domain and its satellites (ListDomains)."""
        return list(self._http.request(InstanceDomains, "ListDomains", "GET", "/v1/domains").data)

    def count_users(self, *, email_address_query: str | None = None) -> int:
        """The number of users, or of those whose email address contains a text (GetUsersCount)."""
        params = {"email_address_query": email_address_query} if email_address_query else None
        return self._http.request(
            _Count, "GetUsersCount", "GET", "/v1/users/count", params=params
        ).total_count

    def create_svix_app(self) -> str:
        """Create the instance's Svix app and return the link to it (CreateSvixApp).

        The link holds a one-time token: it is a secret. Clerk answers 400 if there is an app.
        """
        return self._svix_url("CreateSvixApp", "/v1/webhooks/svix")

    def svix_url(self) -> str:
        """A new link to the instance's Svix app (GenerateSvixAuthURL); it is a secret."""
        return self._svix_url("GenerateSvixAuthURL", "/v1/webhooks/svix_url", reads=True)

    def delete_svix_app(self) -> None:
        """Remove the instance's Svix app with all its endpoints (DeleteSvixApp)."""
        self._http.send("DeleteSvixApp", "DELETE", "/v1/webhooks/svix")

    def _svix_url(self, operation: str, path: str, *, reads: bool = False) -> str:
        answer = self._http.request(_SvixUrl, operation, "POST", path, reads=reads)
        return answer.svix_url.get_secret_value()

    def _pages(
        self, model: type[_Page], operation: str, path: str, more: Params | None = None
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

    def _uncounted(
        self, model: type[_Uncounted], operation: str, path: str
    ) -> Iterator[_Uncounted]:
        """Pages of a list without a total count: the last one has less than a page of new items."""
        seen: set[str] = set()
        while True:
            params: Params = {"paginated": "true", "limit": PAGE, "offset": len(seen)}
            page = self._http.request(model, operation, "GET", path, params=params)
            new = {item.id for item in page.root} - seen
            if new:
                yield page
            seen |= new
            if len(new) < PAGE:
                return


def _given(**fields: object) -> dict[str, object]:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in fields.items()
        if value is not None
    }
