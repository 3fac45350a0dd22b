"""The Backend API (`sk_` keys): plans on sale, roles, the Svix app, users, and small lists.

Operations are named as in the Clerk Backend API.
"""

from __future__ import annotations

from typing import Any

from starlette.routing import Route

from local.world.clerk import (
    api_keys,
    domains,
    enterprise_connections,
    errors,
    invitations,
    jwt_templates,
    organization_api,
    organization_changes,
    organizations,
    redirect_urls,
    role_set_api,
    sessions,
    sign_up_invitations,
    subscriptions,
    user_changes,
    users,
)
from local.world.clerk.backend import ClerkBackend
from local.world.clerk.http import Answer, InstanceCall, checked, endpoint, page_if_wanted
from local.world.clerk.models import Permission, Role
from local.world.clerk.plans import plans_json
from local.world.clerk.schema import Document

ROLE = "/v1/organization_roles/{role}"
ROLE_PERMISSION = f"{ROLE}/permissions/{{permission}}"
PERMISSION = "/v1/organization_permissions/{permission}"
ROLE_FIELDS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "key": str,
    "description": str,
    "permissions": list,
}
SETTINGS_FIELDS: dict[str, type | tuple[type, ...]] = {
    "enabled": bool,
    "max_allowed_memberships": int,
    "admin_delete_enabled": bool,
    "domains_enabled": bool,
    "slug_disabled": bool,
    "domains_enrollment_modes": list,
    "creator_role_id": str,
    "domains_default_role_id": str,
}


def list_plans(call: InstanceCall) -> Answer:
    """GetCommercePlanList."""
    plans = plans_json(call.instance, _one_of(call, "payer_type", ("user", "org")))
    return 200, {"data": page_if_wanted(call, plans), "total_count": len(plans)}


def list_subscription_items(call: InstanceCall) -> Answer:
    """GetCommerceSubscriptionItemList."""
    items = subscriptions.items_json(
        call.instance,
        call.backend.now_ms(),
        status=_one_of(call, "status", subscriptions.STATUSES),
        payer=_one_of(call, "payer_type", ("user", "org")),
        plan_id=call.query.get("plan_id"),
        include_free=call.flag("include_free", status=422),
        query=call.query.get("query", ""),
    )
    return 200, {"data": page_if_wanted(call, items), "total_count": len(items)}


def get_instance(call: InstanceCall) -> Answer:
    """GetInstance."""
    return 200, {
        "object": "instance",
        "id": call.instance.id,
        "environment_type": call.instance.environment,
        "allowed_origins": None,
        "workspace_id": None,
    }


def get_organization_settings(call: InstanceCall) -> Answer:
    """GetInstanceOrganizationSettings."""
    return 200, organizations.settings_json(call.instance)


def update_organization_settings(call: InstanceCall) -> Answer:
    """UpdateInstanceOrganizationSettings: the same settings as the config's section."""
    form = checked(call.body(optional=True), SETTINGS_FIELDS)
    change = organizations.settings_change(call.instance, form)
    try:
        call.backend.write_config(call.instance, {"organization_settings": change})
    except errors.ClerkError as error:
        if error.code.startswith("config_"):
            raise errors.param_invalid("organization_settings", "are not valid") from None
        raise
    return 200, organizations.settings_json(call.instance)


def list_roles(call: InstanceCall) -> Answer:
    """ListOrganizationRoles."""
    call.need_roles()
    roles = [call.instance.role_json(role) for role in call.instance.roles.values()]
    return 200, _listed(call, roles)


def create_role(call: InstanceCall) -> Answer:
    """CreateOrganizationRole."""
    call.need_roles()
    fields = {**ROLE_FIELDS, "include_in_initial_role_set": bool}
    form = checked(call.body(), fields, ("name", "key"))
    included = call.backend.roles_included
    role = organizations.create_role(call.instance, form, call.backend.now_ms(), included=included)
    return 200, call.instance.role_json(role)


def get_role(call: InstanceCall) -> Answer:
    """GetOrganizationRole."""
    return 200, call.instance.role_json(_role(call))


def update_role(call: InstanceCall) -> Answer:
    """UpdateOrganizationRole."""
    role = _role(call)
    form = checked(call.body(), ROLE_FIELDS)
    organizations.update_role(call.instance, role, form, call.backend.now_ms())
    return 200, call.instance.role_json(role)


def delete_role(call: InstanceCall) -> Answer:
    """DeleteOrganizationRole."""
    return 200, organizations.delete_role(call.instance, _role(call))


def assign_permission(call: InstanceCall) -> Answer:
    """AssignPermissionToOrganizationRole."""
    role, permission = _role_and_permission(call)
    organizations.assign_permission(role, permission, call.backend.now_ms())
    return 200, call.instance.role_json(role)


def remove_permission(call: InstanceCall) -> Answer:
    """RemovePermissionFromOrganizationRole."""
    role, permission = _role_and_permission(call)
    organizations.remove_permission(call.instance, role, permission, call.backend.now_ms())
    return 200, call.instance.role_json(role)


def list_permissions(call: InstanceCall) -> Answer:
    """ListOrganizationPermissions."""
    return 200, _listed(
        call, [permission.to_json() for permission in call.instance.permissions.values()]
    )


def create_permission(call: InstanceCall) -> Answer:
    """CreateOrganizationPermission."""
    form = checked(call.body(), {"name": str, "key": str, "description": str}, ("name", "key"))
    made = organizations.create_permission(call.instance, form, call.backend.now_ms())
    return 200, made.to_json()


def get_permission(call: InstanceCall) -> Answer:
    """GetOrganizationPermission."""
    found = organizations.find_permission(call.instance, call.parts["permission"])
    return 200, found.to_json()


def update_permission(call: InstanceCall) -> Answer:
    """UpdateOrganizationPermission."""
    found = organizations.find_permission(call.instance, call.parts["permission"])
    form = checked(call.body(), {"name": str, "key": str, "description": str})
    organizations.update_permission(call.instance, found, form, call.backend.now_ms())
    return 200, found.to_json()


def delete_permission(call: InstanceCall) -> Answer:
    """DeleteOrganizationPermission."""
    found = organizations.find_permission(call.instance, call.parts["permission"])
    return 200, organizations.delete_permission(call.instance, found)


def create_svix_app(call: InstanceCall) -> Answer:
    """CreateSvixApp: makes the app and gives a link to it."""
    if call.backend.svix.has_app(call.instance.id):
        raise errors.svix_app_exists()
    call.backend.svix.create_app(call.instance.id)
    return 200, {"svix_url": call.backend.svix.link(call.instance.id)}


def delete_svix_app(call: InstanceCall) -> Answer:
    """DeleteSvixApp."""
    _need_svix_app(call)
    call.backend.svix.delete_app(call.instance.id)
    return 204, None


def create_svix_url(call: InstanceCall) -> Answer:
    """GenerateSvixAuthURL: a new link."""
    _need_svix_app(call)
    return 200, {"svix_url": call.backend.svix.link(call.instance.id)}


def list_domains(call: InstanceCall) -> Answer:
    """ListDomains."""
    found = [domains.backend_json(call.instance, domain) for domain in call.instance.domains]
    return 200, {"data": found, "total_count": len(found)}


OPERATIONS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/v1/billing/plans", list_plans),
    ("GET", "/v1/billing/subscription_items", list_subscription_items),
    ("GET", "/v1/instance", get_instance),
    ("GET", "/v1/instance/organization_settings", get_organization_settings),
    ("PATCH", "/v1/instance/organization_settings", update_organization_settings),
    ("GET", "/v1/organization_roles", list_roles),
    ("POST", "/v1/organization_roles", create_role),
    ("GET", ROLE, get_role),
    ("PATCH", ROLE, update_role),
    ("DELETE", ROLE, delete_role),
    ("POST", ROLE_PERMISSION, assign_permission),
    ("DELETE", ROLE_PERMISSION, remove_permission),
    ("GET", "/v1/organization_permissions", list_permissions),
    ("POST", "/v1/organization_permissions", create_permission),
    ("GET", PERMISSION, get_permission),
    ("PATCH", PERMISSION, update_permission),
    ("DELETE", PERMISSION, delete_permission),
    ("POST", "/v1/webhooks/svix", create_svix_app),
    ("DELETE", "/v1/webhooks/svix", delete_svix_app),
    ("POST", "/v1/webhooks/svix_url", create_svix_url),
    ("GET", "/v1/domains", list_domains),
    *role_set_api.OPERATIONS,
    *jwt_templates.OPERATIONS,
    *redirect_urls.OPERATIONS,
    *enterprise_connections.OPERATIONS,
    *users.OPERATIONS,
    *user_changes.OPERATIONS,
    *organization_api.OPERATIONS,
    *organization_changes.OPERATIONS,
    *invitations.OPERATIONS,
    *sign_up_invitations.OPERATIONS,
    *api_keys.OPERATIONS,
    *sessions.OPERATIONS,
)


def backend_routes(backend: ClerkBackend) -> list[Route]:
    """Bind the operations to their paths."""
    # The official JavaScript client requests API keys without a version in the path.
    unversioned = [(m, path.removeprefix("/v1"), each) for m, path, each in api_keys.OPERATIONS]
    return [
        Route(path, endpoint(backend, InstanceCall, operation), methods=[method])
        for method, path, operation in (*OPERATIONS, *unversioned)
    ]


def _role(call: InstanceCall) -> Role:
    call.need_roles()
    return organizations.find_role(call.instance, call.parts["role"])


def _role_and_permission(call: InstanceCall) -> tuple[Role, Permission]:
    return _role(call), organizations.find_permission(call.instance, call.parts["permission"])


def _need_svix_app(call: InstanceCall) -> None:
    if not call.backend.svix.has_app(call.instance.id):
        raise errors.svix_app_missing()


def _one_of(call: InstanceCall, name: str, allowed: tuple[str, ...]) -> str | None:
    value = call.query.get(name)
    if value is not None and value not in allowed:
        raise errors.param_invalid(name, f"must be {' or '.join(allowed)}")
    return value


def _paged(call: InstanceCall, items: list[Document]) -> Document:
    return {"data": call.page(items), "total_count": len(items)}


def _listed(call: InstanceCall, items: list[Document]) -> Document:
    order = call.query.get("order_by", "-created_at")
    return _paged(call, organizations.listed(items, call.query.get("query"), order))
