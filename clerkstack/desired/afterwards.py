"""What an app can check once a stack is deployed: what the stack declares, over what is live.

A declared plan has its declared features, whatever is live. A plan that is only live stays as it
is, unless it is removed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from clerkstack.app.asked import PAYERS, Available
from clerkstack.reconcile.billing import (
    ENABLED_FOR,
    SECTION,
    DeclaredBilling,
    with_plans_to_come,
)
from clerkstack.reconcile.roles import permissions_of
from clerkstack.settings.names import BUILT_IN_ROLES
from clerkstack.shapes import Groups, Json, JsonObject, as_object, as_objects


@dataclass(frozen=True)
class Access:
    """The roles of an instance with their permissions. `outside` are the roles in no role set. `on`
    is False if the instance has organizations off."""

    roles: Mapping[str, Collection[str]] = field(default_factory=dict)
    outside: Collection[str] = ()
    on: bool = True


def sold_afterwards(declared: DeclaredBilling, live: Mapping[str, Json] | None = None) -> Available:
    """Plans and features.

    Args:
        declared: what the billing resource declares.
        live: the section `billing` of the instance, or as an update leaves it; None if it was not
            read.
    """
    section = live or {}
    toggles = {**section, **declared.settings}
    payers = [payer for payer in PAYERS if toggles.get(ENABLED_FOR[payer]) is not False]
    plans = _over(declared.all_plans, as_objects(section.get("plans"), f"{SECTION}.plans"))
    features = _over(declared.features, as_objects(section.get("features"), f"{SECTION}.features"))
    return Available(
        plans=with_plans_to_come(plans, payers, section),
        features=features,
        payers=tuple(payers),
    )


def access_afterwards(
    inputs: Mapping[str, Json], live: Access | None = None, *, gone: Collection[str] = ()
) -> Available:
    """Roles and permissions.

    Args:
        inputs: `roles` and `permissions` as in the roles resource; without `roles`, the stack
            declares none. `enabled` is False if it turns organizations off.
        live: what the instance has; None if it was not read.
        gone: keys of roles and permissions that the update removes.
    """
    declared = as_objects(inputs.get("roles"), "roles")
    own = as_object(inputs.get("permissions"), "permissions")
    on = inputs.get("enabled", live.on if live is not None and "roles" not in inputs else True)
    if on is False:
        return Available(organizations=False)
    there = {} if live is None else live.roles
    outside = set() if live is None else {*live.outside} - declared.keys()
    held = {
        key: set(permissions)
        for key, permissions in there.items()
        if key not in gone and key not in outside
    }
    for key in () if held else BUILT_IN_ROLES:
        held[key] = set()
    listed = {key for key in declared if "permissions" in declared[key]}
    for key in declared:
        if key in listed:
            held[key] = permissions_of({key: declared[key]})
        else:
            held.setdefault(key, set())
    permissions = {
        permission for had in held.values() for permission in had if permission not in gone
    }
    idle = own.keys() - permissions
    # A declared role that lists no permissions keeps those that it has on the instance.
    unsaid = live is None and bool(held.keys() - listed)
    return Available(
        roles=held.keys(),
        permissions=permissions,
        idle_roles=outside,
        idle_permissions=() if unsaid else idle,
        open_permissions=idle if unsaid else (),
        listed=bool(there),
    )


def together(sold: Available, access: Available) -> Available:
    """Everything that can be checked, of both."""
    return replace(access, plans=sold.plans, features=sold.features, payers=sold.payers)


def _over(declared: Groups, live: Groups) -> dict[str, JsonObject]:
    """What is declared, over what is live, by slug."""
    return {**live, **{slug: {**live.get(slug, {}), **of} for slug, of in declared.items()}}
