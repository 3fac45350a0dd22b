"""Sends a key in a request's header, and shows it nowhere."""

from __future__ import annotations

from collections.abc import Generator

import httpx
from pydantic import SecretStr

from clerkstack.clients.errors import UnusableKey


class BearerKey(httpx.Auth):
    """Sends a key as bearer token and never shows it.

    Raises:
        UnusableKey: the key is empty or has spaces, line breaks or non-ASCII characters.
    """

    def __init__(self, key: SecretStr, *, vendor: str) -> None:
        value = key.get_secret_value()
        if not value or not all("!" <= character <= "~" for character in value):
            raise UnusableKey(
                f"The key for {vendor} is empty or contains a space, a line break or a "
                "character that no key has. Set it again, exactly as it was issued."
            )
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"
        yield request

    def __repr__(self) -> str:
        return "BearerKey(…)"
