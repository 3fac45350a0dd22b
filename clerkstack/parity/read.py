"""Reads an instance with the fewest requests that show everything; nothing is written.

For each instance: config, roles, permissions, role sets, enterprise connections, JWT templates,
redirect URLs, domains, environment, and three for the endpoints (link, token, list). One more for
the application, shared by its instances.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clerkstack.clients.clerk_errors import NO_ORGANIZATIONS
from clerkstack.clients.errors import ApiError
from clerkstack.live.roles import NoRoles, account_with_roles
from clerkstack.parity import things
from clerkstack.parity.own import own_of, place_of
from clerkstack.parity.snapshot import ORGANIZATIONS_OFF, Snapshot
from clerkstack.parity.things import Part, Thing
from clerkstack.reconcile.changes import object_at
from clerkstack.settings.keys import frontend_host

if TYPE_CHECKING:
    from clerkstack.clients.backend import BackendClient
    from clerkstack.clients.instance_lists import InstanceDomain
    from clerkstack.live.session import Session
    from clerkstack.reconcile import JsonObject
    from clerkstack.settings import Settings

# What Clerk says where an instance or the plan of its workspace does not include something, and
# the secret key is good: 402, or 403 with a code of this kind (feature_not_enabled,
# NO_ORGANIZATIONS, unsupported_subscription_plan_features).
NOT_INCLUDED = ("not_enabled", "unsupported_subscription_plan_features")


class _Unread(Exception):
    """The instance does not let a part be read; the text says why."""


@dataclass
class _Reading:
    """What the readers of the parts share."""

    settings: Settings
    session: Session
    backend: BackendClient
    sections: JsonObject
    publishable_key: str | None
    domains: list[InstanceDomain] | None = field(default=None)


def read_snapshot(
    stack: str,
    settings: Settings,
    session: Session,
    tell: Callable[[str], None],
    *,
    without: Container[Part] = (),
) -> Snapshot:
    """Read the instance of a stack. `tell` is given each step's name as it begins.

    Raises:
        ApiError, Unreachable, UnexpectedAnswer: a service refused or could not be reached.
        OtherInstancesKey: the secret key is another instance's.
        ResourceFailed: it is missing.
    """
    place = (settings.application_id, settings.instance)
    tell(f"{stack}: application")
    instance = session.instance(*place)
    if instance is None:
        return Snapshot(stack, exists=False)
    tell(f"{stack}: config")
    sections = dict(session.config(*place).sections())
    found = list(things.of_config(sections))
    key = settings.publishable_key or instance.publishable_key
    unread: dict[Part, str] = {}
    with session.backend(*place) as backend:
        reading = _Reading(settings, session, backend, sections, key)
        for part, read in READERS.items():
            if part in without:
                continue
            tell(f"{stack}: {part}")
            try:
                found += read(reading)
            except _Unread as error:
                unread[part] = str(error)
            except ApiError as error:
                unread[part] = _why_not(error)
    production = settings.instance == "production"
    needs = things.needs_of_production(found, reading.domains) if production else ()
    return Snapshot(
        stack,
        things=tuple(found),
        needs=tuple(needs),
        own=own_of(settings, _hosts(reading)),
        unread=unread,
    )


def _why_not(error: ApiError) -> str:
    """Why a part can't be read, where that is for what the instance does not include."""
    if error.code == NO_ORGANIZATIONS:
        return ORGANIZATIONS_OFF
    not_included = any(word in error.code for word in NOT_INCLUDED)
    if error.status == 402 or (error.status == 403 and not_included):
        code = f" {error.code}" if error.code else ""
        return f"{error.operation}: {error.status}{code} {error.message}".rstrip()
    raise error


def _roles(reading: _Reading) -> Iterable[Thing]:
    if not object_at(reading.sections, "organization_settings").get("enabled"):
        raise _Unread(ORGANIZATIONS_OFF)
    backend = reading.backend
    try:
        with account_with_roles():
            roles, sets = backend.list_roles(), backend.list_role_sets()
    except NoRoles as error:
        raise _Unread(str(error)) from None
    return things.of_roles(roles, backend.list_permissions(), sets)


def _connections(reading: _Reading) -> Iterable[Thing]:
    return things.of_connections(reading.backend.list_enterprise_connections())


def _api_keys(reading: _Reading) -> Iterable[Thing]:
    if not reading.publishable_key:
        raise _Unread("the Platform API shows no publishable key: set clerkstack:publishableKey")
    with reading.session.frontend(reading.publishable_key) as frontend:
        return [things.of_api_keys(frontend.environment().api_keys)]


def _endpoints(reading: _Reading) -> Iterable[Thing]:
    settings = reading.settings
    svix = reading.session.svix_app(settings.application_id, settings.instance)
    if svix is None:
        return []
    with svix:
        return things.of_endpoints(svix.list_endpoints())


def _jwt_templates(reading: _Reading) -> Iterable[Thing]:
    return things.of_jwt_templates(reading.backend.list_jwt_templates())


def _redirect_urls(reading: _Reading) -> Iterable[Thing]:
    return things.of_redirect_urls(reading.backend.list_redirect_urls())


def _domains(reading: _Reading) -> Iterable[Thing]:
    reading.domains = reading.backend.list_domains()
    return [things.of_domains(reading.domains)]


READERS: Mapping[Part, Callable[[_Reading], Iterable[Thing]]] = {
    Part.ROLES: _roles,
    Part.SSO: _connections,
    Part.API_KEYS: _api_keys,
    Part.WEBHOOKS: _endpoints,
    Part.JWT_TEMPLATES: _jwt_templates,
    Part.REDIRECT_URLS: _redirect_urls,
    Part.DOMAINS: _domains,
}


def _hosts(reading: _Reading) -> list[str]:
    """The addresses that Clerk shows of the instance."""
    hosts = [frontend_host(reading.publishable_key)] if reading.publishable_key else []
    for domain in reading.domains or ():
        urls = (domain.frontend_api_url, domain.accounts_portal_url or "")
        hosts += [domain.name, *map(place_of, urls)]
    return hosts
