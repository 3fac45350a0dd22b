"""Reads certificates once for all clients of tests, because it takes as long as ten requests."""

from __future__ import annotations

import functools
import os
import ssl
from typing import Any

import httpx
from httpx._transports import default

from clerkstack.clients.http import TRUST_VARIABLES


def install() -> None:
    """From now on, clients with the default trust share one context."""
    create = httpx.create_ssl_context

    @functools.cache
    def shared(_named: tuple[str | None, ...], trust_env: bool) -> ssl.SSLContext:
        return create(trust_env=trust_env)

    def trusted(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
        if verify is not True or cert is not None:
            return create(verify, cert, trust_env)
        return shared(tuple(os.environ.get(name) for name in TRUST_VARIABLES), trust_env)

    default.create_ssl_context = trusted  # type: ignore[attr-defined]
