"""Reads a snapshot of an instance: everything that can be compared with another's.

Requests for each instance: config, roles, permissions, role sets, enterprise connections, JWT
templates, redirect URLs, domains, environment, and three for the endpoints (link, token, list).
One more reads the application, which its instances share.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import TYPE_CHECKING

from clerkstack.clients.clerk_errors import NO_ORGANIZATIONS
from clerkstack.clients.errors import ApiError
from clerkstack.live.instance import NoPublishableKey
from clerkstack.live.roles import NoRoles
from clerkstack.parity import entities
from clerkstack.parity.entities import Entity, Part
from clerkstack.parity.own import own_of, place_of
from clerkstack.parity.snapshot import ORGANIZATIONS_OFF, Snapshot
from clerkstack.settings.keys import frontend_host

if TYPE_CHECKING:
    from clerkstack.clients.instance_lists import InstanceDomain
    from clerkstack.live.instance import LiveInstance
    from clerkstack.settings.models import Settings

# Clerk's answer if an instance or its workspace's plan does not include something, although the
# secret key is valid: 402, or 403 with a code like these (feature_not_enabled, NO_ORGANIZATIONS,
# unsupported_subscription_plan_features).
NOT_INCLUDED = ("not_enabled", "unsupported_subscription_plan_features")


class _Unread(Exception):
    """The instance does not allow reading a part; the text says why."""


def read_snapshot(
    stack: str, settings: Settings, live: LiveInstance, *, without: Container[Part] = ()
) -> Snapshot:
    """Read the instance of a stack.

    Raises:
        ApiError, Unreachable, UnexpectedAnswer: a service refused or could not be reached.
        OtherInstancesKey: the secret key is another instance's.
        ResourceFailed: it is missing.
    """
    if live.found() is None:
        return Snapshot(stack, exists=False)
    read_entities = list(entities.of_config(live.sections()))
    unread: dict[Part, str] = {}
    for part, read in READERS.items():
        if part in without:
            continue
        try:
            read_entities += read(live)
        except (_Unread, NoRoles, NoPublishableKey) as error:
            unread[part] = str(error)
        except ApiError as error:
            unread[part] = _why_not(error)
    seen = Part.DOMAINS not in without and Part.DOMAINS not in unread
    domains = live.instance_domains() if seen else None
    production = settings.instance == "production"
    needs = entities.needs_of_production(read_entities, domains) if production else ()
    return Snapshot(
        stack,
        entities=tuple(read_entities),
        needs=tuple(needs),
        own=own_of(settings, _hosts(live.publishable_key, domains or ())),
        unread=unread,
    )


def _why_not(error: ApiError) -> str:
    """Why a part cannot be read, if the reason is that the instance does not include it."""
    if error.code == NO_ORGANIZATIONS:
        return ORGANIZATIONS_OFF
    not_included = any(word in error.code for word in NOT_INCLUDED)
    if error.status == 402 or (error.status == 403 and not_included):
        code = f" {error.code}" if error.code else ""
        return f"{error.operation}: {error.status}{code} {error.message}".rstrip()
    raise error


def _roles(live: LiveInstance) -> Iterable[Entity]:
    if not live.organizations_on():
        raise _Unread(ORGANIZATIONS_OFF)
    roles, sets = live.list_roles(), live.list_role_sets()
    return entities.of_roles(roles, live.list_permissions(), sets)


READERS: Mapping[Part, Callable[[LiveInstance], Iterable[Entity]]] = {
    Part.ROLES: _roles,
    Part.SSO: lambda live: entities.of_connections(live.enterprise_connections()),
    Part.API_KEYS: lambda live: [entities.of_api_keys(live.environment().api_keys)],
    Part.WEBHOOKS: lambda live: entities.of_endpoints(live.endpoints()),
    Part.JWT_TEMPLATES: lambda live: entities.of_jwt_templates(live.jwt_templates()),
    Part.REDIRECT_URLS: lambda live: entities.of_redirect_urls(live.redirect_urls()),
    Part.DOMAINS: lambda live: [entities.of_domains(live.instance_domains())],
}


def _hosts(publishable_key: str | None, domains: Iterable[InstanceDomain]) -> list[str]:
    """The instance's addresses according to Clerk."""
    hosts = [frontend_host(publishable_key)] if publishable_key else []
    for domain in domains:
        urls = (domain.frontend_api_url, domain.accounts_portal_url or "")
        hosts += [domain.name, *map(place_of, urls)]
    return hosts
