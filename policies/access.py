"""Who may sign in, and what they may do: OAuth connections and roles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from clerkstack.checks.finding import Finding
from clerkstack.desired.refusals import unknown_access
from clerkstack.reconcile.names import OAUTH_PREFIX
from clerkstack.settings.names import BUILT_IN_ROLES, SENDERO_ROLES
from policies.policy import Option, Policy, Values, unjudged, violation
from policies.view import ORGANIZATIONS, ROLES, SIGN_IN, UNKNOWN, Resource, Stack, unknown_in

SECRET_INPUT = "client_secret_"  # clerkstack.providers.sections
ROLE = re.compile(r"org:[a-z0-9_]+")
NEEDED_ROLES = SENDERO_ROLES


def _own_credentials(resource: Resource, _values: Values) -> Iterator[Finding]:
    if resource.type != SIGN_IN:
        return
    if resource.inputs.get("sections") is UNKNOWN:
        yield unjudged("the OAuth connections")
    for section, fields in resource.part("sections").items():
        if not section.startswith(OAUTH_PREFIX):
            continue
        provider = section.removeprefix(OAUTH_PREFIX)
        on = fields.get("enabled") if isinstance(fields, dict) else fields
        if on is UNKNOWN:
            yield unjudged(f"whether the OAuth connection {provider} is on")
        if on in (False, None, UNKNOWN) or not isinstance(fields, dict):
            continue
        names = {
            "client id": fields.get("client_id"),
            "client secret": resource.inputs.get(f"{SECRET_INPUT}{provider}")
            or fields.get("client_secret"),
        }
        lacking = [name for name, value in names.items() if not value]
        if lacking:
            yield violation(
                f"the OAuth connection {provider} is on without a {' or '.join(lacking)}"
            )


def _roles(stack: Stack, values: Values) -> Iterator[Finding]:
    settings = stack.of(ORGANIZATIONS)
    declared = stack.of(ROLES)
    existing = set(BUILT_IN_ROLES)
    for resource in declared:
        if resource.inputs.get("roles") is UNKNOWN:
            yield unjudged("the roles", resource)
            return
        existing |= set(resource.part("roles"))
    for resource in (*settings, *stack.of(SIGN_IN), *declared):
        part = "role_set" if resource in declared else "sections"
        for path, name in _named(resource.part(part)):
            if name not in existing:
                yield violation(
                    f"{path} names the role {name}, which this stack does not declare", resource
                )
    on = any(_organizations_on(setting) for setting in settings)
    if on or declared:
        about = declared[0] if declared else settings[0]
        for name in values["roles"]:
            if name not in existing:
                yield violation(f"the role {name} is not declared", about)


def _asked_roles(resource: Resource, _values: Values) -> Iterator[Finding]:
    if resource.type != ROLES or not resource.part("app"):
        return
    if any(unknown_in(resource.inputs.get(name)) for name in ("roles", "permissions", "app")):
        yield unjudged("roles, permissions and what the app asks for of them")
        return
    try:
        yield from (violation(why) for why in unknown_access(dict(resource.inputs), None))
    except (AttributeError, LookupError, TypeError, ValueError):
        # A program other than ours may declare anything; what can't be compared does not pass.
        yield violation(
            "roles, permissions and the app's code are malformed and cannot be compared"
        )


def _organizations_on(resource: Resource) -> bool:
    section = resource.part("sections").get("organization_settings")
    return isinstance(section, dict) and section.get("enabled") is not False


def _named(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every role in a section, with its path; a permission has one more colon."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _named(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, path)
    elif isinstance(value, str) and ROLE.fullmatch(value):
        yield path, value


POLICIES = (
    Policy(
        "oauth-credentials",
        "Every OAuth connection in production has its own credentials.",
        "Clerk's shared development credentials do not work in production: the button is "
        "shown, but sign-in fails.",
        "Set clerkstack:signIn.oauth.<provider>.clientId and its clientSecret, or turn the "
        "connection off.",
        check_resource=_own_credentials,
        production_only=True,
    ),
    Policy(
        "roles",
        "Every role that is required, named or checked exists.",
        "A member who is assigned a missing role has no role, and a check of a role or "
        "permission that nobody has answers false: the finance team sees no invoices.",
        "Declare it in clerkstack:organizations.roles.",
        check_resource=_asked_roles,
        check_stack=_roles,
        options={"roles": Option(NEEDED_ROLES, "the roles that the app relies on")},
    ),
)
