"""Who reaches a URL, in a report's words."""

from __future__ import annotations

from clerkstack.hosts import (
    OR_PROXY,
    OWN_DOMAIN,
    host_of,
    is_hosted,
    is_local,
    is_preview,
    is_production,
)
from clerkstack.safe import shown_url


def is_public(url: str, domain: str | None = None) -> bool:
    """Whether a URL is https, at a host that everybody reaches and that stays: also at a hosting
    provider's, where that is the `domain` of the production instance."""
    host = host_of(url)
    kept = is_production(host) or (is_hosted(host) and host == domain)
    return url.lower().startswith("https://") and kept


def reach(url: str, domain: str | None = None) -> str:
    """Who reaches a URL, in words."""
    if is_public(url, domain):
        return "https, public"
    place = host_of(url)
    if is_local(place):
        return f"{place} is on somebody's own machine"
    if is_hosted(place):
        return f"{place} is the hosting provider's: {OWN_DOMAIN}, {OR_PROXY}"
    return f"{place} is for previews" if is_preview(place) else f"{shown_url(url)} is not https"
