"""Domains of production instances, and the checks of their DNS records.

A domain starts without records. A person sets them at the registrar (`set_dns` of the dashboard),
and the next check sees it; only then the status is complete.
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
    """Refuse what can't be the domain of a production instance.

    Raises:
        ClerkError: it is no domain, or a hosting provider's.
    """
    if not NAME.fullmatch(name):
        raise errors.param_invalid("domain", "must be a domain name")
    if name.endswith(tuple(f".{provider}" for provider in PROVIDERS)):
        raise errors.provider_domain(name)


def production_domains(application: Application) -> list[Instance]:
    """List the instances whose domain the Platform API shows: production, one at most."""
    return [each for each in application.instances.values() if each.environment == "production"]


def find(application: Application, id_or_name: str) -> Instance:
    """Give the instance with this domain.

    Raises:
        ClerkError: the application has no such domain.
    """
    for instance in production_domains(application):
        if id_or_name in (instance.domain.id, instance.domain.name):
            return instance
    raise errors.not_found("domain", id_or_name)


def cname_targets(domain: Domain) -> list[Document]:
    """List the DNS records a domain needs."""
    return [
        {"host": f"{host}.{domain.name}", "value": _target(value, domain), "required": required}
        for host, value, required in RECORDS.values()
    ]


def platform_json(instance: Instance) -> Document:
    """Give the domain as PlatformDomainResponse."""
    made = datetime.fromtimestamp(instance.domain.created_at, UTC).isoformat()
    return {
        **_shared(instance),
        "is_provider_domain": False,
        "accounts_portal_url": _accounts(instance),
        "cname_targets": cname_targets(instance.domain),
        "created_at": made,
        "updated_at": made,
    }


def backend_json(instance: Instance) -> Document:
    """Give the domain as the Backend API's Domain."""
    production = instance.environment == "production"
    return {
        **_shared(instance),
        "accounts_portal_url": _accounts(instance),
        "proxy_url": None,
        "cname_targets": cname_targets(instance.domain) if production else None,
    }


def status_json(domain: Domain) -> Document:
    """Give what the last check saw, as PlatformDomainStatusResponse."""
    done = domain.verified
    waiting = "in_progress" if domain.checked_at is not None else "not_started"
    ssl = "complete" if done else "not_started"
    return {
        "status": "complete" if done else "incomplete",
        "dns": {
            "status": "complete" if done else waiting,
            "cnames": {name: _cname(name, domain) for name in RECORDS},
        },
        "ssl": {"status": ssl, "required": True, "failure_hints": None},
        "ssl_hosts": {
            f"{host}.{domain.name}": {"status": ssl, "required": True, "failure_hints": None}
            for host in ("clerk", "accounts")
        },
        "mail": {"status": "complete" if done else "not_started", "required": True},
        "proxy": {"status": "not_configured", "required": False},
    }


def check(domain: Domain, now: float) -> Document:
    """Look at the records, and answer as PlatformDNSCheckResponse: with the check before this.

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


def _shared(instance: Instance) -> Document:
    return {
        "object": "domain",
        "id": instance.domain.id,
        "name": instance.domain.name,
        "is_satellite": False,
        "frontend_api_url": f"https://{instance.host}",
        "development_origin": "",
    }


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
