"""Hosts that cannot be production: a developer's machine, previews, tunnels.

The policies, the cutover and the settings share this list.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from clerkstack.safe import shown_url

OWN_MACHINE = (".local", ".localhost", ".internal", ".test")
"""Names that exist only on private networks (RFC 6761, RFC 6762, ICANN for .internal)."""
HOSTED = (
    "lovable.app",
    "netlify.app",
    "now.sh",
    "onrender.com",
    "pages.dev",
    "replit.app",
    "vercel.app",
)
"""Domains below which a hosting provider gives each project a host. Nobody can set DNS records
there: Clerk creates no production instance on one (provider_domain_operation_not_allowed), and
serves an existing one through a proxy of the app's (is_provider_domain of the Platform API)."""
OWN_DOMAIN = "add a domain of your own to the project at Vercel"
PUBLIC = "https, public"
"""How messages say that everybody reaches a production URL."""
OR_PROXY = "or, if the app proxies Clerk, set clerkstack:production.domain to it"
TUNNELS = (
    ".loca.lt",
    ".ngrok.app",
    ".ngrok.dev",
    ".ngrok-free.app",
    ".ngrok-free.dev",
    ".ngrok.io",
    ".trycloudflare.com",
)
BEFORE = frozenset(
    {"preview", "previews", "staging", "stage", "dev", "development", "test", "testing", "qa"}
)
"""Labels before a host's last two that name an environment before production."""


def host_of(url: str) -> str:
    """The host of a URL in lower case, empty if there is none."""
    try:
        return (urlsplit(url.strip()).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_local(host: str) -> bool:
    """Whether a host is this machine or on a private network."""
    if host == "localhost" or host.endswith(OWN_MACHINE):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return not address.is_global


def is_within(host: str, domains: Iterable[str]) -> bool:
    """Whether a host is one of the domains or below one."""
    return any(is_below(host, domain) for domain in domains)


def is_hosted(host: str) -> bool:
    """Whether a host is below a hosting provider's own domain."""
    return is_within(host, HOSTED)


def is_preview(host: str) -> bool:
    """Whether a host is a preview deployment or a tunnel."""
    return is_hosted(host) or host.endswith(TUNNELS) or bool(BEFORE & {*host.split(".")[:-2]})


def why_not_production(
    host: str, own: str | None = None, *, or_proxy: str = OR_PROXY
) -> str | None:
    """Why a host cannot be production's, as the rest of a sentence that begins with its name; None
    if it can.

    Args:
        host: in lower case, empty if a URL has none.
        own: the domain of the production instance, which may be a hosting provider's.
        or_proxy: how to allow a hosting provider's host.
    """
    if not host:
        return "has no host"
    if is_local(host):
        return "is on a developer's machine"
    if is_hosted(host):
        return None if host == own else f"is the hosting provider's: {OWN_DOMAIN}, {or_proxy}"
    return "is for previews" if is_preview(host) else None


def is_public(url: str, own: str | None = None) -> bool:
    """Whether a URL is https, and its host can be production's."""
    return url.lower().startswith("https://") and why_not_production(host_of(url), own) is None


def reach(url: str, own: str | None = None) -> str:
    """Who reaches a URL, in words."""
    host = host_of(url)
    why = why_not_production(host, own)
    if why is not None:
        return f"{host or shown_url(url)} {why}"
    return PUBLIC if is_public(url, own) else f"{shown_url(url)} is not https"


def is_below(host: str, domain: str) -> bool:
    """Whether a host is the domain or below it."""
    return host == domain or host.endswith(f".{domain}")
