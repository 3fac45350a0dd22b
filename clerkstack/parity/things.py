"""What an instance has, as things of one shape: sections, plans, roles, templates, endpoints.

A thing has a kind and, within it, a name that is the same on both instances where it is the same
thing. Ids, times and what Clerk derives from the instance itself are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from clerkstack.checks.finding import Finding
from clerkstack.reconcile import Json, JsonObject
from clerkstack.reconcile.api_keys import FEATURE, FEATURE_SWITCH, SWITCHES
from clerkstack.reconcile.api_keys import SECTION as API_KEYS
from clerkstack.reconcile.changes import object_at
from clerkstack.reconcile.fields import SECRETS, is_unset
from clerkstack.reconcile.names import BILLING_KINDS, OAUTH_PREFIX, section_name
from clerkstack.reconcile.roles import IN_SET, role_view
from clerkstack.reconcile.sections import with_defaults

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
    """What is read of an instance by requests of its own, and what its things are called."""

    ROLES = "roles"
    SSO = "sso"
    API_KEYS = "api-keys"
    WEBHOOKS = "webhooks"
    JWT_TEMPLATES = "jwt-templates"
    REDIRECT_URLS = "redirect-urls"
    DOMAINS = "domains"


# The kinds of what stands in the config.
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
# The Frontend API shows the switches where the config does not: they are read there.
ELSEWHERE = frozenset({API_KEYS})
ALL_EVENTS = "every event"
NEEDED = "needed in production"
SET = "set"  # what is shown of a value that is compared by whether there is one
# Clerk's own ends of a connection, and what an identity provider gives to each of them anew.
PROVIDERS_OWN = ("idp_entity_id", "idp_sso_url", "idp_metadata_url")


@dataclass(frozen=True)
class Thing:
    """One thing of an instance. `key` pairs it with the other instance's; `what` is shown."""

    kind: str
    key: str
    what: str
    fields: JsonObject


def of_config(sections: Mapping[str, Json]) -> Iterator[Thing]:
    """Every section; plans, features and custom OAuth connections are things of their own."""
    for section, value in with_defaults(sections).items():
        if section in ELSEWHERE:
            continue
        # A section that nobody has set reads as null.
        fields: JsonObject = {} if value is None else {"value": value}
        fields = value if isinstance(value, dict) else fields
        kind = KIND_OF_SECTION.get(section, CONFIG)
        if section == "billing":
            yield _thing(kind, section, {k: v for k, v in fields.items() if k not in BILLING_KINDS})
            for entries, word in BILLING_KINDS.items():
                for slug, entry in object_at(fields, entries).items():
                    yield _thing(kind, f"{word} {slug}", cast(JsonObject, entry))
        elif section == CUSTOM_OAUTH:
            for name, entry in fields.items():
                yield _thing(OAUTH, f"OAuth custom {name}", cast(JsonObject, entry))
        else:
            kind = OAUTH if section.startswith(OAUTH_PREFIX) else kind
            yield _thing(kind, section_name(section), fields)


def of_roles(
    roles: Iterable[Role], permissions: Iterable[Permission], sets: Iterable[RoleSet]
) -> Iterator[Thing]:
    """Roles with the keys of their permissions, the permissions, and which roles each role set
    lets be given."""
    for role in roles:
        shown = {k: v for k, v in role_view(role, ()).items() if k != IN_SET}
        yield _thing(Part.ROLES, f"role {role.key}", shown)
    for held in sets:
        fields: JsonObject = {
            "type": held.type,
            "roles": cast(Json, sorted(item.key for item in held.roles)),
            "creator_role": held.creator_role.key if held.creator_role else None,
            "default_role": held.default_role.key if held.default_role else None,
        }
        yield _thing(Part.ROLES, held.key.replace("role_set:", "role set "), fields)
    for each in permissions:
        described: JsonObject = {"name": each.name, "description": each.description}
        yield _thing(Part.ROLES, f"permission {each.key}", described)


def of_jwt_templates(templates: Iterable[JwtTemplate]) -> Iterator[Thing]:
    """Templates by name; a signing key can't be read."""
    for each in templates:
        fields = each.model_dump(mode="json", exclude={"id", "name"})
        yield _thing(Part.JWT_TEMPLATES, f"JWT template {each.name}", fields)


def of_redirect_urls(urls: Iterable[RedirectUrl]) -> Iterator[Thing]:
    """Redirect URLs; nothing but the URL itself is there to compare."""
    for each in urls:
        yield Thing(Part.REDIRECT_URLS, each.url, f"redirect URL {each.url}", {})


def of_connections(connections: Iterable[EnterpriseConnection]) -> Iterator[Thing]:
    """Enterprise connections by name.

    What the identity provider or an organization is for one instance only is compared by whether
    it is there.
    """
    for each in connections:
        fields = each.model_dump(
            mode="json", exclude={"id", "name", "saml_connection", "oauth_config"}
        )
        fields["organization_id"] = SET if each.organization_id else None
        for part in (each.saml_connection, each.oauth_config):
            fields |= {} if part is None else part.model_dump(mode="json")
        for name in PROVIDERS_OWN:
            fields[name] = SET if fields.get(name) else None
        yield _thing(Part.SSO, f"SSO {each.name}", fields)


def of_domains(domains: Iterable[InstanceDomain]) -> Thing:
    """How many satellites there are: the names of domains are each instance's own."""
    count = sum(each.is_satellite for each in domains)
    return _thing(Part.DOMAINS, "satellite domains", {"count": count})


def of_endpoints(endpoints: Iterable[Endpoint]) -> Iterator[Thing]:
    """Webhook endpoints by the path of their URL, since the hosts differ."""
    for each in endpoints:
        path = urlsplit(each.url).path or "/"
        events: Json = ALL_EVENTS if each.event_types is None else list(each.event_types)
        fields: JsonObject = {
            "events": events,
            "description": each.description,
            "disabled": each.disabled,
        }
        yield Thing(Part.WEBHOOKS, path, f"webhook {path}", fields)


def of_api_keys(switches: ApiKeySettings) -> Thing:
    """The switches, in the words of the dashboard."""
    words = {FEATURE: FEATURE_SWITCH, **SWITCHES}
    shown = {words[name]: getattr(switches, name) for name in words}
    return _thing(Part.API_KEYS, "API keys", shown)


def needs_of_production(
    things: Iterable[Thing], domains: Iterable[InstanceDomain] | None
) -> Iterator[Finding]:
    """What a production instance lacks. `domains` is None where they were not read.

    Clerk's shared development credentials do not work in production: a connection that is on
    needs its own. Without a primary domain nobody reaches the instance.
    """
    for each in things:
        on = each.fields.get("enabled") is True
        if each.kind != OAUTH or not on:
            continue
        for name in ("client_id", *(name for name in SECRETS if name in each.fields)):
            if is_unset(name, each.fields.get(name)):
                yield Finding(OAUTH, each.what, name, message=NEEDED)
    if domains is not None and all(each.is_satellite for each in domains):
        yield Finding(Part.DOMAINS, "primary domain", message=NEEDED)


def _thing(kind: str, what: str, fields: JsonObject) -> Thing:
    return Thing(kind, what, what, fields)
