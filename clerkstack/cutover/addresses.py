"""Who reaches a URL, in a report's words."""

from __future__ import annotations

from clerkstack.hosts import host_of, is_local, is_preview, is_production
from clerkstack.safe import shown_url


def is_public(url: str) -> bool:
    """Whether a URL is https, at a host that everybody reaches and that stays."""
    return url.lower().startswith("https://") and is_production(host_of(url))


def reach(url: str) -> str:
    """Who reaches a URL, in words."""
    if is_public(url):
        return "https, public"
    place = host_of(url)
    if is_local(place):
        return f"{place} is on somebody's own machine"
    return f"{place} is for previews" if is_preview(place) else f"{shown_url(url)} is not https"
