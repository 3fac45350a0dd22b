"""Domains of production instances, and the checks of their DNS records.

A domain starts without records. A person sets them at the registrar (`set_dns` of the dashboard),
and the next check sees it; only then the status is complete. A satellite has no account portal
(Backend API, Domain: accounts_portal_url is null) and here no mail of its own, so that it needs the
record of the Frontend API only; behind a proxy it needs none.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from local.world.clerk import errors
from local.world.clerk.models import Application, Domain, Instance
from local.world.clerk.schema import Document

NAME = re.compile(r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$")
PROVIDERS = ("vercel.app", "netlify.app", "replit.app", "pages.dev", "onrender.com", "lovable.app")
SECONDS_BETWEEN_CHECKS = 10
# name: (host, what it must point to, required)
RECORDS = {
    "clerk": ("clerk", "frontend-api.clerk.services", True),
    "accounts": ("accounts", "accounts.clerk.services", True),
    "clkmail": ("clkmail", "mail.{id}.clerk.services", True),
    "clk._domainkey": ("clk._domainkey", "dkim1.{id}.clerk.services", True),
    "clk2._domainkey": ("clk2._domainkey", "dkim2.{id}.clerk.services", True),
}


def check_name(name: str) -> None:
    """Refuse a name that can't be the domain of a production instance.

    Raises:
        ClerkError: it is not a domain, or belongs to a hosting provider.
    """
    if not NAME.fullmatch(name):
        raise errors.param_invalid("domain", "must be a domain name")
    if name.endswith(tuple(f".{provider}" for provider in PROVIDERS)):
        raise errors.provider_domain(name)


def production_domains(application: Application) -> list[Instance]:
    """List the instances whose domain the Platform API shows: at most the production one."""
    return [
        instance
        for instance in application.instances.values()
        if instance.environment == "production"
    ]


def find(application: Application, id_or_name: str) -> tuple[Instance, Domain]:
    """Return a domain, and the instance that has it.

    Raises:
        ClerkError: the application has no such domain.
    """
    for instance in production_domains(application):
        for domain in instance.domains:
            if id_or_name in (domain.id, domain.name):
                return instance, domain
    raise errors.not_found("domain", id_or_name)


def cname_targets(domain: Domain) -> list[Document]:
    """List the DNS records a domain needs."""
    return [
        {"host": f"{host}.{domain.name}", "value": _target(value, domain), "required": required}
        for host, value, required in _records(domain).values()
    ]


def platform_json(instance: Instance, domain: Domain) -> Document:
    """Return the domain as PlatformDomainResponse."""
    made = datetime.fromtimestamp(domain.created_at, UTC).isoformat()
    shown: Document = {
        **_shared(instance, domain),
        "is_provider_domain": False,
        "cname_targets": cname_targets(domain),
        "created_at": made,
        "updated_at": made,
    }
    if not domain.satellite:
        shown["accounts_portal_url"] = _accounts(instance)
    if domain.proxy_url:
        shown["proxy_url"] = domain.proxy_url
    return shown


def backend_json(instance: Instance, domain: Domain) -> Document:
    """Return the domain as the Backend API's Domain."""
    production = instance.environment == "production"
    return {
        **_shared(instance, domain),
        "accounts_portal_url": None if domain.satellite else _accounts(instance),
        "proxy_url": domain.proxy_url,
        "cname_targets": cname_targets(domain) if production else None,
    }


def status_json(domain: Domain) -> Document:
    """Return the result of the last check as PlatformDomainStatusResponse."""
    done = domain.verified
    waiting = "in_progress" if domain.checked_at is not None else "not_started"
    ssl = "complete" if done else "not_started"
    return {
        "status": "complete" if done else "incomplete",
        "dns": {
            "status": "complete" if done else waiting,
            "cnames": {name: _cname(name, domain) for name in _records(domain)},
        },
        "ssl": {"status": ssl, "required": True, "failure_hints": None},
        "ssl_hosts": {
            f"{host}.{domain.name}": {"status": ssl, "required": True, "failure_hints": None}
            for host in (("clerk",) if domain.satellite else ("clerk", "accounts"))
        },
        "mail": {"status": "complete" if done else "not_started", "required": not domain.satellite},
        "proxy": {"status": "not_configured", "required": False},
    }


def check(domain: Domain, now: float) -> Document:
    """Check the records, and return PlatformDNSCheckResponse with the previous check.

    Raises:
        ClerkError: the last check was a moment ago.
    """
    before = domain.checked_at
    if before is not None and now - before < SECONDS_BETWEEN_CHECKS:
        raise errors.dns_check_running()
    domain.checked_at = now
    domain.verified = domain.records
    last = None if before is None else int(before * 1000)
    return {**status_json(domain), "domain_id": domain.id, "last_run_at": last}


def _shared(instance: Instance, domain: Domain) -> Document:
    host = f"clerk.{domain.name}" if domain.satellite else instance.host
    return {
        "object": "domain",
        "id": domain.id,
        "name": domain.name,
        "is_satellite": domain.satellite,
        "frontend_api_url": f"https://{host}",
        "development_origin": "",
    }


def _records(domain: Domain) -> dict[str, tuple[str, str, bool]]:
    if not domain.satellite:
        return RECORDS
    return {} if domain.proxy_url else {"clerk": RECORDS["clerk"]}


def _accounts(instance: Instance) -> str:
    if instance.environment == "production":
        return f"https://accounts.{instance.domain.name}"
    return f"https://{instance.domain.name}"


def _cname(name: str, domain: Domain) -> Document:
    host, value, required = RECORDS[name]
    target = _target(value, domain)
    return {
        "actual": [target] if domain.verified else [],
        "clerk_subdomain": host,
        "from": f"{host}.{domain.name}",
        "to": target,
        "verified": domain.verified,
        "required": required,
        "failure_hints": None,
    }


def _target(value: str, domain: Domain) -> str:
    return value.format(id=domain.id.removeprefix("dmn_").lower()[:12])
