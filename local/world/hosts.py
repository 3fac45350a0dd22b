"""Hosts that the world replaces, and the address on loopback that answers for each."""

from __future__ import annotations

import re
from threading import Lock
from urllib.parse import urlsplit

from local.world.store import LOOPBACK

NAME = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{1,63}")
NEAR = frozenset({LOOPBACK, "localhost"})


class Hosts:
    """The address that answers for each host. Other hosts are not reachable."""

    def __init__(self) -> None:
        self._addresses: dict[str, str] = {}
        self._lock = Lock()

    def route(self, host: str, address: str | None) -> None:
        """Let an address, such as ``http://127.0.0.1:3000``, answer for a host; None removes the
        route.

        Raises:
            ValueError: the host is not a name, or the address is not plain HTTP on loopback.
        """
        name = _name(host)
        if not NAME.fullmatch(name):
            raise ValueError(f"{host!r} is no host name")
        with self._lock:
            if address is None:
                self._addresses.pop(name, None)
            else:
                self._addresses[name] = _on_loopback(address)

    def address_of(self, host: str) -> str | None:
        """Return the address that answers for a host, None if there is none."""
        with self._lock:
            return self._addresses.get(_name(host))

    def all(self) -> dict[str, str]:
        """Return all of them."""
        with self._lock:
            return dict(sorted(self._addresses.items()))

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._addresses.clear()


def _name(host: str) -> str:
    return host.lower().rstrip(".")


def _on_loopback(address: str) -> str:
    wrong = ValueError(f"{address!r} is not an address of the form http://{LOOPBACK}:3000")
    try:
        parts = urlsplit(address)
        sound = parts.scheme == "http" and parts.hostname in NEAR and parts.port
    except ValueError:
        raise wrong from None
    if not sound or parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise wrong
    return f"http://{parts.hostname}:{parts.port}"
