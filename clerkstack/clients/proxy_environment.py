"""The environment variables that the HTTP library reads, and which of them prevents a request.

Messages never show their values: the URL of a proxy may hold a password.
"""

from __future__ import annotations

import os

import httpx

HIGHEST_PORT = 65535


def obstacle(error: Exception) -> str:
    """Why a client could not be created, with the variable to fix."""
    if isinstance(error, OSError):
        files = " or ".join(_set_of("ssl_cert_file", "sslkeylogfile")) or "certifi"
        return f"the file that {files} names cannot be used. Set it to a usable file, or unset it"
    return proxy_obstacle() or (
        f"{' or '.join(_set_of('no_proxy')) or 'a proxy setting of this machine'} contains "
        "something that is not a host. Correct it, or unset it"
    )


def proxy_obstacle() -> str | None:
    """Which variables name an unusable proxy, and the fix; None if none does."""
    proxies = _set_of("http_proxy", "https_proxy", "all_proxy")
    wrong = [name for name in proxies if not _usable_proxy(os.environ[name])]
    if not wrong:
        return None
    return (
        f"the proxy in {' and '.join(wrong)} cannot be used. Set it to a URL that starts with "
        "http:// or https://, with a host and a port, or unset it"
    )


def usable_place(url: httpx.URL) -> bool:
    """Whether a connection to the URL's host and port can be attempted at all."""
    try:
        # httpx parses the port when it builds a request; the socket encodes the host.
        _ = url.host
        url.raw_host.decode("ascii").encode("idna")
    except UnicodeError:
        return False
    return (url.port or 0) <= HIGHEST_PORT


def _usable_proxy(proxy: str) -> bool:
    try:
        url = httpx.URL(proxy if "://" in proxy else f"http://{proxy}")
    except (httpx.InvalidURL, ValueError):
        return False
    return url.scheme in ("http", "https") and usable_place(url)


def _set_of(*names: str) -> list[str]:
    return [name for name, value in os.environ.items() if value and name.lower() in names]
