"""What an instance has, as entities of one shape: sections, plans, roles, templates, endpoints.

An entity has a kind and, within it, a name that is the same on both instances if it is the same
entity. Ids, times and what Clerk derives from the instance itself are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clerkstack.checks.finding import Finding
from clerkstack.reconcile.api_keys import FEATURE, FEATURE_SWITCH, SWITCHES
from clerkstack.reconcile.api_keys import SECTION as API_KEYS
from clerkstack.reconcile.fields import SECRETS, is_unset
from clerkstack.reconcile.names import BILLING_KINDS, OAUTH_PREFIX, section_name
from clerkstack.reconcile.roles import IN_SET, role_view
from clerkstack.reconcile.sections import with_defaults
from clerkstack.shapes import Json, JsonObject, as_objects

if TYPE_CHECKING:
    from clerkstack.clients.frontend import ApiKeySettings
    from clerkstack.clients.instance_lists import (
        EnterpriseConnection,
        InstanceDomain,
        JwtTemplate,
        RedirectUrl,
    )
    from clerkstack.clients.role_answers import Permission, Role, RoleSet
    from clerkstack.clients.svix import Endpoint


class Part(StrEnum):
    """A part of an instance that is read by its own requests, and the kind of its entities."""

    ROLES = "roles"
    SSO = "sso"
    API_KEYS = "api-keys"
    WEBHOOKS = "webhooks"
    JWT_TEMPLATES = "jwt-templates"
    REDIRECT_URLS = "redirect-urls"
    DOMAINS = "domains"


# The kinds of entities from the config.
ORGANIZATIONS = "organizations"
BILLING = "billing"
OAUTH = "oauth"
SESSION = "session"
CONFIG = "config"
KIND_OF_SECTION = {
    "organization_settings": ORGANIZATIONS,
    "billing": BILLING,
    "session": SESSION,
    "session_settings": SESSION,
}
CUSTOM_OAUTH = "connections_oauth_custom"
# Read from the Frontend API instead: not every config shows these switches.
ELSEWHERE = frozenset({API_KEYS})
ALL_EVENTS = "every event"
NEEDED = "needed in production"
SET = "set"  # shown instead of a value if only its presence is compared
# Clerk's end of a connection, and what an identity provider issues for each connection.
PROVIDERS_OWN = ("idp_entity_id", "idp_sso_url", "idp_metadata_url")


@dataclass(frozen=True)
class Entity:
    """An entity of an instance. `key` pairs it with the other instance's; `what` is shown."""

    kind: str
    key: str
    what: str
    fields: JsonObject


def of_config(sections: Mapping[str, Json]) -> Iterator[Entity]:
    """Every section; plans, features and custom OAuth connections are separate entities."""
    for section, value in with_defaults(sections).items():
        if section in ELSEWHERE:
            continue
        # An unset section reads as null.
        fields: JsonObject = {} if value is None else {"value": value}
        fields = value if isinstance(value, dict) else fields
        kind = KIND_OF_SECTION.get(section, CONFIG)
        if section == "billing":
            yield _thing(kind, section, {k: v for k, v in fields.items() if k not in BILLING_KINDS})
            for entries, word in BILLING_KINDS.items():
                for slug, entry in as_objects(fields.get(entries), entries).items():
                    yield _thing(kind, f"{word} {slug}", entry)
        elif section == CUSTOM_OAUTH:
            for name, entry in as_objects(fields, section).items():
                yield _thing(OAUTH, f"OAuth custom {name}", entry)
        else:
            kind = OAUTH if section.startswith(OAUTH_PREFIX) else kind
            yield _thing(kind, section_name(section), fields)


def of_roles(
    roles: Iterable[Role], permissions: Iterable[Permission], sets: Iterable[RoleSet]
) -> Iterator[Entity]:
    """Roles with the keys of their permissions, the permissions, and the roles in each role set."""
    for role in roles:
        shown = {k: v for k, v in role_view(role, ()).items() if k != IN_SET}
        yield _thing(Part.ROLES, f"role {role.key}", shown)
    for held in sets:
        fields: JsonObject = {
            "type": held.type,
            "roles": [*sorted(item.key for item in held.roles)],
            "creator_role": held.creator_role.key if held.creator_role else None,
            "default_role": held.default_role.key if held.default_role else None,
        }
        yield _thing(Part.ROLES, held.key.replace("role_set:", "role set "), fields)
    for permission in permissions:
        described: JsonObject = {"name": permission.name, "description": permission.description}
        yield _thing(Part.ROLES, f"permission {permission.key}", described)


def of_jwt_templates(templates: Iterable[JwtTemplate]) -> Iterator[Entity]:
    """Templates by name; a signing key cannot be read."""
    for template in templates:
        fields = template.model_dump(mode="json", exclude={"id", "name"})
        yield _thing(Part.JWT_TEMPLATES, f"JWT template {template.name}", fields)


def of_redirect_urls(urls: Iterable[RedirectUrl]) -> Iterator[Entity]:
    """Redirect URLs; they have no other fields to compare."""
    for url in urls:
        yield Entity(Part.REDIRECT_URLS, url.url, f"redirect URL {url.url}", {})


def of_connections(connections: Iterable[EnterpriseConnection]) -> Iterator[Entity]:
    """Enterprise connections by name.

    Of the values that belong to one instance's identity provider or organization, only the presence
    is compared.
    """
    for connection in connections:
        fields = connection.model_dump(
            mode="json", exclude={"id", "name", "saml_connection", "oauth_config"}
        )
        fields["organization_id"] = SET if connection.organization_id else None
        for part in (connection.saml_connection, connection.oauth_config):
            fields |= {} if part is None else part.model_dump(mode="json")
        for name in PROVIDERS_OWN:
            fields[name] = SET if fields.get(name) else None
        yield _thing(Part.SSO, f"SSO {connection.name}", fields)


def of_domains(domains: Iterable[InstanceDomain]) -> Entity:
    """The number of satellite domains: their names differ between instances."""
    count = sum(domain.is_satellite for domain in domains)
    return _thing(Part.DOMAINS, "satellite domains", {"count": count})


def of_endpoints(endpoints: Iterable[Endpoint]) -> Iterator[Entity]:
    """Webhook endpoints by the path of their URL, since the hosts differ."""
    for endpoint in endpoints:
        path = urlsplit(endpoint.url).path or "/"
        events: Json = ALL_EVENTS if endpoint.event_types is None else list(endpoint.event_types)
        fields: JsonObject = {
            "events": events,
            "description": endpoint.description,
            "disabled": endpoint.disabled,
        }
        yield Entity(Part.WEBHOOKS, path, f"webhook {path}", fields)


def of_api_keys(switches: ApiKeySettings) -> Entity:
    """The API key switches, in the dashboard's words."""
    words = {FEATURE: FEATURE_SWITCH, **SWITCHES}
    shown = {words[name]: getattr(switches, name) for name in words}
    return _thing(Part.API_KEYS, "API keys", shown)


def needs_of_production(
    entities: Iterable[Entity], domains: Iterable[InstanceDomain] | None
) -> Iterator[Finding]:
    """What a production instance lacks. `domains` is None if they were not read.

    Clerk's shared development credentials do not work in production: a connection that is on
    needs its own. Without a primary domain nobody reaches the instance.
    """
    for entity in entities:
        on = entity.fields.get("enabled") is True
        if entity.kind != OAUTH or not on:
            continue
        for name in ("client_id", *(name for name in SECRETS if name in entity.fields)):
            if is_unset(name, entity.fields.get(name)):
                yield Finding(OAUTH, entity.what, name, message=NEEDED)
    if domains is not None and all(domain.is_satellite for domain in domains):
        yield Finding(Part.DOMAINS, "primary domain", message=NEEDED)


def _thing(kind: str, what: str, fields: JsonObject) -> Entity:
    return Entity(kind, what, what, fields)
