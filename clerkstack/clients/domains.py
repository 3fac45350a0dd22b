"""Answers of the Clerk Platform API about domains and their DNS records."""

from __future__ import annotations

from pydantic import Field

from clerkstack.clients.answers import Answer


class CnameTarget(Answer):
    """A DNS record that a domain needs (PlatformCNameTarget)."""

    host: str
    value: str
    required: bool


class Domain(Answer):
    """A domain of an application (PlatformDomainResponse)."""

    id: str
    name: str
    frontend_api_url: str
    is_satellite: bool = False
    cname_targets: tuple[CnameTarget, ...] = ()


class FailureHint(Answer):
    """Why a check failed, in Clerk's words (FailureHint)."""

    code: str
    message: str


class CnameStatus(Answer):
    """Whether a DNS record is right (CNAMEStatus)."""

    host: str = Field(validation_alias="from")
    value: str = Field(validation_alias="to")
    verified: bool
    required: bool
    actual: tuple[str, ...] = ()
    failure_hints: tuple[FailureHint, ...] | None


class DnsStatus(Answer):
    """The DNS records by purpose: accounts, clerk, clkmail … (DNSStatus)."""

    status: str
    cnames: dict[str, CnameStatus]


class SslStatus(Answer):
    """The certificate of a domain."""

    status: str | None = None
    required: bool | None = None
    failure_hints: tuple[FailureHint, ...] | None = None


class Requirement(Answer):
    """Another requirement of a domain: mail, a proxy."""

    status: str
    required: bool


class DomainStatus(Answer):
    """The state of a domain (PlatformDomainStatusResponse). `status` is complete or incomplete."""

    status: str
    dns: DnsStatus
    ssl: SslStatus
    mail: Requirement | None = None
    proxy: Requirement | None = None


class DnsCheck(DomainStatus):
    """A DNS check that was started, with the state so far (PlatformDNSCheckResponse)."""

    domain_id: str
    last_run_at: int | None


class Domains(Answer):
    """All domains of an application (PlatformListApplicationDomainsResponse)."""

    data: tuple[Domain, ...]
