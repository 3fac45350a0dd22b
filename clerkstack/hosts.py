"""Hosts, and which of them are no production host: one's own machine, previews, tunnels.

The one list for the policies, the cutover and the settings.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

OWN_MACHINE = (".local", ".localhost", ".internal", ".test")
"""Names that lead nowhere but to a private network (RFC 6761, RFC 6762, ICANN for .internal)."""
HOSTED = (
    "lovable.app",
    "netlify.app",
    "now.sh",
    "onrender.com",
    "pages.dev",
    "replit.app",
    "vercel.app",
)
"""Below these a hosting provider gives each project a host. Nobody can set DNS records there: Clerk
makes no production instance on one (provider_domain_operation_not_allowed), and serves one that it
has by a proxy of the app's (is_provider_domain of the Platform API)."""
OWN_DOMAIN = "add a domain of your own to the project at Vercel"
OR_PROXY = "or name it in clerkstack:production.domain where the app proxies Clerk"
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
"""Labels before a host's last two that name something before production."""


def host_of(url: str) -> str:
    """The host of a URL in small letters, empty where there is none."""
    try:
        return (urlsplit(url.strip()).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_local(host: str) -> bool:
    """Whether a host is one's own machine or network."""
    if host == "localhost" or host.endswith(OWN_MACHINE):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return not address.is_global


def is_hosted(host: str) -> bool:
    """Whether a host is a hosting provider's own, for one deployment or project."""
    return any(is_below(host, domain) for domain in HOSTED)


def is_preview(host: str) -> bool:
    """Whether a host is a deployment or tunnel for trying things."""
    return is_hosted(host) or host.endswith(TUNNELS) or bool(BEFORE & {*host.split(".")[:-2]})


def is_production(host: str) -> bool:
    """Whether a host can be production's: everybody reaches it, and it stays."""
    return bool(host) and not is_local(host) and not is_preview(host)


def is_below(host: str, domain: str) -> bool:
    """Whether a host is the domain or lies below it."""
    return host == domain or host.endswith(f".{domain}")
