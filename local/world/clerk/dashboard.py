"""Actions of a person in Clerk's dashboard or at the registrar, which no API offers.

set_api_keys {environment, organizations, users, enabled}: the switches of API keys. The feature
as a whole is ``enabled``; left out, it is whether one of the two switches is on.
set_config {environment, changes}: edit anything of the config, a price for instance; removing is
allowed, the version moves on.
begin_as {environment, kind}: give the instance the config of a young, older or edited one.
read_as {reading, on}: take the other reading where sources disagree; see `Readings`.
subscribe {environment, plan, payers}: how many active subscribers the plan (its slug) has from
now on; 0 for none.
subscribe_organization {environment, plan, organization}: that this one (its id or slug) has the
plan from now on.
add_satellite {environment, domain, proxy_url}: a satellite domain; the proxy may be left out.
set_dns {domain, ready}: set or remove a domain's DNS records; the next check sees it.
check_dns {domain}: let Clerk look at them, as the page Domains does.
add_platform_key {key, manage}: make a platform key, with or without the right to manage.
revoke_platform_key {key}. set_limits {plans}: how many plans the workspace may have, null for
no limit. set_gates {lacking}: the features that the workspace's plan lacks, for production.
advertise_api_keys {on}: whether the config has a section for API keys.
offer_roles {on, included}: whether the account has roles and role sets at all, and (may be left
out) whether a role that is made is in the initial role set where the request does not say it.

``application_id`` may be left out if there is one application.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from local.world.clerk import config_rules, domains, errors, subscriptions
from local.world.clerk.kinds import KINDS, config_of
from local.world.clerk.models import Application, Domain, Instance, identifier
from local.world.clerk.sections import API_KEYS

if TYPE_CHECKING:
    from local.world.clerk.backend import ClerkBackend


def act(backend: ClerkBackend, action: str, body: dict[str, Any]) -> Any:
    """Do one of the actions above.

    Raises:
        LookupError: the action or its object does not exist.
        ValueError: the body is malformed.
    """
    if action not in ACTIONS:
        raise LookupError(f"Clerk's dashboard has no {action}, but {', '.join(ACTIONS)}")
    try:
        return ACTIONS[action](backend, dict(body))
    except errors.ClerkError as error:
        kind = LookupError if error.status == 404 else ValueError
        raise kind(str(error)) from None


def _set_api_keys(backend: ClerkBackend, body: dict[str, Any]) -> None:
    instance = _instance(backend, body)
    organizations = _take(body, "organizations", bool)
    users = _take(body, "users", bool)
    enabled = _take(body, "enabled", bool) if "enabled" in body else users or organizations
    _nothing_left(body)
    switches = {
        "enabled": enabled,
        "user_api_keys_enabled": users,
        "orgs_api_keys_enabled": organizations,
    }
    if instance.config[API_KEYS] != switches:
        instance.config[API_KEYS] = switches
        instance.version += 1 if backend.api_keys_config else 0


def _set_config(backend: ClerkBackend, body: dict[str, Any]) -> str:
    instance = _instance(backend, body)
    changes = _take(body, "changes", dict)
    _nothing_left(body)
    done = backend.write_config(instance, changes, destructive=True, by_hand=True)
    return str(done["config_version"])


def _begin_as(backend: ClerkBackend, body: dict[str, Any]) -> None:
    instance = _instance(backend, body)
    kind = _take(body, "kind", str)
    _nothing_left(body)
    if kind not in KINDS:
        raise LookupError(f"there is no instance of the kind {kind}, but {', '.join(KINDS)}")
    backend.replace_config(instance, config_of(kind, instance.environment))


def _read_as(backend: ClerkBackend, body: dict[str, Any]) -> None:
    name, on = _take(body, "reading", str), _take(body, "on", bool)
    _nothing_left(body)
    backend.readings.switch(name, on)


def _subscribe(backend: ClerkBackend, body: dict[str, Any]) -> None:
    instance = _instance(backend, body)
    plan = _take(body, "plan", str)
    payers = _take(body, "payers", int)
    _nothing_left(body)
    if isinstance(payers, bool):
        raise ValueError("payers is of the wrong type")
    subscriptions.subscribe(instance, plan, payers, backend.now_ms())


def _subscribe_organization(backend: ClerkBackend, body: dict[str, Any]) -> None:
    instance = _instance(backend, body)
    plan = _take(body, "plan", str)
    organization = instance.people.organization(_take(body, "organization", str))
    _nothing_left(body)
    subscriptions.subscribe_payer(instance, plan, organization["id"], backend.now_ms())


def _add_satellite(backend: ClerkBackend, body: dict[str, Any]) -> str:
    instance = _instance(backend, body)
    name = _take(body, "domain", str)
    proxy = _take(body, "proxy_url", str) if "proxy_url" in body else None
    _nothing_left(body)
    domains.check_name(name)
    if any(domain.name == name for known in backend.instances() for domain in known.domains):
        raise errors.domain_taken(name)
    made = Domain(identifier("dmn"), name, backend.clock(), satellite=True, proxy_url=proxy)
    instance.satellites.append(made)
    return made.id


def _set_dns(backend: ClerkBackend, body: dict[str, Any]) -> None:
    domain = _domain(backend, _take(body, "domain", str))
    ready = _take(body, "ready", bool)
    _nothing_left(body)
    domain.records = ready


def _check_dns(backend: ClerkBackend, body: dict[str, Any]) -> str:
    domain = _domain(backend, _take(body, "domain", str))
    _nothing_left(body)
    status: str = domains.check(domain, backend.clock())["status"]
    return status


def _domain(backend: ClerkBackend, name: str) -> Domain:
    for domain in (each for instance in backend.instances() for each in instance.domains):
        if domain.name == name:
            return domain
    raise LookupError(f"no instance has the domain {name}")


def _add_platform_key(backend: ClerkBackend, body: dict[str, Any]) -> None:
    key = _take(body, "key", str)
    manage = _take(body, "manage", bool)
    _nothing_left(body)
    if not key.startswith("ak_"):
        raise ValueError("a platform key starts with ak_")
    backend.platform_keys[key] = ["applications:manage"] if manage else []


def _revoke_platform_key(backend: ClerkBackend, body: dict[str, Any]) -> None:
    key = _take(body, "key", str)
    _nothing_left(body)
    if backend.platform_keys.pop(key, None) is None:
        raise LookupError("there is no such platform key")


def _set_limits(backend: ClerkBackend, body: dict[str, Any]) -> None:
    plans = _take(body, "plans", (int, type(None)))
    _nothing_left(body)
    backend.plan_limit = plans


def _set_gates(backend: ClerkBackend, body: dict[str, Any]) -> None:
    lacking = _take(body, "lacking", list)
    _nothing_left(body)
    known = list(config_rules.gates())
    if not all(each in known for each in lacking):
        raise ValueError(f"lacking has some of {', '.join(known)}")
    backend.gated = lacking


def _advertise_api_keys(backend: ClerkBackend, body: dict[str, Any]) -> None:
    on = _take(body, "on", bool)
    _nothing_left(body)
    backend.api_keys_config = on


def _offer_roles(backend: ClerkBackend, body: dict[str, Any]) -> None:
    on = _take(body, "on", bool)
    included = _take(body, "included", bool) if "included" in body else False
    _nothing_left(body)
    backend.roles_offered, backend.roles_included = on, included


ACTIONS: dict[str, Callable[[ClerkBackend, dict[str, Any]], Any]] = {
    "set_api_keys": _set_api_keys,
    "set_config": _set_config,
    "begin_as": _begin_as,
    "read_as": _read_as,
    "subscribe": _subscribe,
    "subscribe_organization": _subscribe_organization,
    "add_satellite": _add_satellite,
    "set_dns": _set_dns,
    "check_dns": _check_dns,
    "add_platform_key": _add_platform_key,
    "revoke_platform_key": _revoke_platform_key,
    "set_limits": _set_limits,
    "set_gates": _set_gates,
    "advertise_api_keys": _advertise_api_keys,
    "offer_roles": _offer_roles,
}


def _take(body: dict[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    if name not in body:
        raise ValueError(f"{name} is missing")
    value = body.pop(name)
    if not isinstance(value, kind):
        raise ValueError(f"{name} is of the wrong type")
    return value


def _nothing_left(body: dict[str, Any]) -> None:
    if body:
        raise ValueError(f"unknown: {', '.join(sorted(body))}")


def _instance(backend: ClerkBackend, body: dict[str, Any]) -> Instance:
    application = _application(backend, body.pop("application_id", None))
    environment = _take(body, "environment", str)
    return backend.instance(application.id, environment)


def _application(backend: ClerkBackend, wanted: str | None) -> Application:
    if wanted is not None:
        return backend.application(wanted)
    if len(backend.applications) != 1:
        raise ValueError("application_id is missing")
    return next(iter(backend.applications.values()))
