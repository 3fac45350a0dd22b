"""URLs in a report: shown without what could be secret, and told apart by whom they lead to."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

PREVIEWS = (".vercel.app", ".ngrok.io", ".ngrok-free.app", ".ngrok.app", ".loca.lt")
LOCAL = (".local", ".localhost", ".internal", ".test")


def shown_url(url: str) -> str:
    """A URL without user, password, query and fragment: any of them may carry a secret."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "(not a URL)"
    more = "?…" if parts.query else ""
    more += "#…" if parts.fragment else ""
    return f"{parts.scheme}://{host}{parts.path}{more}" if parts.scheme else url.split("?")[0]


def host_of(url: str) -> str:
    """The host of a URL in small letters, empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_local(host: str) -> bool:
    """Whether a host is one's own machine or network."""
    if host == "localhost" or host.endswith(LOCAL):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return not address.is_global


def is_preview(host: str) -> bool:
    """Whether a host is a deployment or tunnel for trying things."""
    return host.endswith(PREVIEWS) or host.startswith(("preview.", "staging.", "dev."))


def is_below(host: str, domain: str) -> bool:
    """Whether a host is the domain or lies below it."""
    return host == domain or host.endswith(f".{domain}")


def is_public(url: str) -> bool:
    """Whether a URL is https, at a host that everybody reaches and that stays."""
    place = host_of(url)
    return url.startswith("https://") and not (not place or is_local(place) or is_preview(place))


def reach(url: str) -> str:
    """Who reaches a URL, in words."""
    if is_public(url):
        return "https, public"
    place = host_of(url)
    if is_local(place):
        return f"{place} is on somebody's own machine"
    return f"{place} is for previews" if is_preview(place) else f"{shown_url(url)} is not https"
