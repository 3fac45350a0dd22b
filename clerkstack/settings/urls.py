"""What a URL in the settings must be."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

HOST = re.compile(r"[A-Za-z0-9.:_-]+")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def good_url(url: str, *, loopback_ok: bool, query_ok: bool = False) -> bool:
    """Whether it is a complete https URL, or, if allowed, http on this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment or (parts.query and not query_ok):
        return False
    if not url.isprintable() or " " in url or not HOST.fullmatch(host):
        return False
    if not all(host.split(".")) or not _one_form(host):
        return False
    return parts.scheme == "https" or (loopback_ok and parts.scheme == "http" and is_loopback(host))


def _one_form(host: str) -> bool:
    """Whether every parser reads the host as it is written. A host that ends in a number is an IPv4
    address (WHATWG URL standard), which Svix stores in canonical form (127.1 as 127.0.0.1)."""
    if ":" in host or not NUMBER.fullmatch(host.rpartition(".")[2]):
        return True
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def unlike_app_url(url: str, *, development: bool) -> tuple[str, str]:
    """Message and remedy for an invalid URL of the app."""
    also = " (or http on localhost)" if development else ""
    remedy = "Write it with https:// and a host, for example https://app.example.com"
    if not url.isascii():
        remedy += "; a host that is not plain ASCII in its xn-- form"
    return "is not a complete https URL" + also, remedy


def is_loopback(host: str) -> bool:
    """Whether a host is a name or address of this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
