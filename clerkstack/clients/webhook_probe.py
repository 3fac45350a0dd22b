"""Sends test messages to the app's webhook endpoint, like Svix: it must accept only signed ones.

The messages are marked as tests: event type `clerkstack.test`, and a payload without anybody's
data. The app should verify the signature, ignore the unknown type, and answer 2xx, as Svix's
documentation requires of an endpoint.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Unpack

import httpx
from pydantic import SecretStr

from clerkstack.clients.errors import ApiError
from clerkstack.clients.health import show_nothing
from clerkstack.clients.http import Client, Http, Options, Service

EVENT_TYPE = "clerkstack.test"


class WebhookProbe(Client):
    """Sends test messages to one endpoint."""

    def __init__(
        self,
        *,
        url: str,
        headers: Mapping[str, SecretStr] = MappingProxyType({}),
        **options: Unpack[Options],
    ) -> None:
        """`headers` are the endpoint's own, which Svix sends with every message."""
        self._own = {name: value.get_secret_value() for name, value in headers.items()}
        place = httpx.URL(url)
        self._path = place.raw_path.decode("ascii")
        base = place.copy_with(raw_path=b"/", fragment=None)
        self._http = Http(SERVICE, base_url=str(base), key=None, **options)

    def signed(self, secret: SecretStr) -> int:
        """The status of the answer to a message that is signed with this secret.

        Raises:
            Unreachable: there was no answer.
            ValueError: it is not a signing secret.
        """
        body = _message()
        return self._status("signed test message", body, _signature(secret, body))

    def unsigned(self) -> int:
        """The status of the answer to an unsigned message; raises as `signed`."""
        return self._status("unsigned test message", _message(), {})

    def wrongly_signed(self) -> int:
        """The status of the answer to a message that is signed with some other secret."""
        other = SecretStr("whsec_" + base64.b64encode(secrets.token_bytes(24)).decode())
        body = _message()
        return self._status("wrongly signed test message", body, _signature(other, body))

    def _status(self, operation: str, body: dict[str, Any], headers: Mapping[str, str]) -> int:
        try:
            return self._http.send(
                operation, "POST", self._path, json=body, headers={**self._own, **headers}
            ).status_code
        except ApiError as error:
            return error.status


def _message() -> dict[str, Any]:
    return {
        "type": EVENT_TYPE,
        "object": "event",
        "timestamp": int(datetime.now(UTC).timestamp() * 1000),
        "data": {"object": "test", "note": "A test by clerkstack cutover. Nothing has happened."},
    }


def _signature(secret: SecretStr, body: dict[str, Any]) -> dict[str, str]:
    """The headers of Svix's scheme: HMAC-SHA256 over id, time and body, with the secret's bytes."""
    kind, _, encoded = secret.get_secret_value().partition("_")
    try:
        key = base64.b64decode(encoded, validate=True) if kind == "whsec" else b""
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError("the signing secret is not whsec_ followed by base64")
    message, moment = f"msg_clerkstack_{secrets.token_hex(8)}", str(int(time.time()))
    content = b".".join((message.encode(), moment.encode(), encoded_body(body)))
    mac = hmac.new(key, content, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(mac).decode()
    return {"svix-id": message, "svix-timestamp": moment, "svix-signature": signature}


def encoded_body(body: dict[str, Any]) -> bytes:
    """The body exactly as the HTTP library sends it: these bytes are signed."""
    return httpx.Request("POST", "https://body.invalid", json=body).content


SERVICE = Service(
    name="The app's webhook endpoint",
    setting="clerkstack:appUrl, clerkstack:webhook",
    read_error=show_nothing,
    remedies={},
)
