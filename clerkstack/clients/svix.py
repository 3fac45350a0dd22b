"""Svix API: the endpoints of one instance's webhook app, and their signing secrets."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr

from clerkstack.clients.errors import UnexpectedAnswer
from clerkstack.clients.http import TIMEOUT, BearerKey, Client, Http

PAGE = 250  # the largest page v1.endpoint.list gives
MENDS = {401: "The one-time token was used or has expired: run again for a new one"}


@dataclass(frozen=True)
class SvixLink:
    """What a `svix_url` of the Backend API holds after `#key=`."""

    app_id: str
    region: str
    one_time_token: SecretStr = field(repr=False)

    @classmethod
    def parse(cls, svix_url: str) -> SvixLink:
        """Read the link.

        Raises:
            UnexpectedAnswer: it is not of the known form; the message does not hold the link.
        """
        encoded = urlsplit(svix_url).fragment.removeprefix("key=")
        try:
            padded = encoded + "=" * (-len(encoded) % 4)
            held = json.loads(
                base64.b64decode(
                    padded, altchars=b"-_" if "-" in encoded or "_" in encoded else None
                )
            )
            return cls(
                app_id=held["appId"],
                region=held["region"],
                one_time_token=SecretStr(held["oneTimeToken"]),
            )
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise UnexpectedAnswer(
                "The link to Svix that Clerk's Backend API gave is not of the known form "
                "(…#key=<base64 of appId, oneTimeToken, region>)."
            ) from None


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Endpoint(_Model):
    """A webhook endpoint (EndpointOut). `event_types` is None where it gets all events."""

    id: str
    url: str
    description: str = ""
    disabled: bool = False
    # Older servers call the field filterTypes.
    event_types: tuple[str, ...] | None = Field(
        None, validation_alias=AliasChoices("eventTypes", "filterTypes")
    )


class _Endpoints(_Model):
    data: tuple[Endpoint, ...]
    done: bool
    iterator: str | None = None


class _Secret(_Model):
    key: SecretStr


class _Token(_Model):
    token: SecretStr


class SvixClient(Client):
    """Client of the Svix API for one app."""

    def __init__(self, *, http: Http, app_id: str) -> None:
        self._http = http
        self.app_id = app_id

    @classmethod
    def from_link(
        cls,
        svix_url: str,
        *,
        base_url: str | None = None,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Self:
        """Exchange the link's one-time token (v1.authentication.exchange-one-time-token).

        Raises:
            UnexpectedAnswer: the link is not of the known form.
        """
        link = SvixLink.parse(svix_url)
        how: dict[str, Any] = {
            "vendor": "Svix",
            "base_url": base_url or f"https://api.{link.region}.svix.com",
            "read_error": _read_error,
            "mends": MENDS,
            "transport": transport,
            "timeout": timeout,
            "sleep": sleep,
        }
        door = Http(auth=None, **how)
        try:
            given = door.request(
                _Token,
                "v1.authentication.exchange-one-time-token",
                "POST",
                "/api/v1/auth/one-time-token",
                json={"oneTimeToken": link.one_time_token.get_secret_value()},
            )
        finally:
            door.close()
        return cls(http=Http(auth=BearerKey(given.token), **how), app_id=link.app_id)

    def list_endpoints(self) -> list[Endpoint]:
        """All endpoints of the app (v1.endpoint.list)."""
        found: list[Endpoint] = []
        iterator: str | None = None
        while True:
            params: dict[str, Any] = {"limit": PAGE}
            if iterator:
                params["iterator"] = iterator
            page = self._http.request(
                _Endpoints, "v1.endpoint.list", "GET", self._path(), params=params
            )
            found += page.data
            iterator = page.iterator
            if page.done or not iterator:
                return found

    def create_endpoint(
        self, *, url: str, event_types: Sequence[str], description: str = ""
    ) -> Endpoint:
        """Make an endpoint (v1.endpoint.create). Not repeated by itself."""
        body = {"url": url, "eventTypes": list(event_types), "description": description}
        return self._http.request(Endpoint, "v1.endpoint.create", "POST", self._path(), json=body)

    def update_endpoint(
        self,
        endpoint_id: str,
        *,
        url: str | None = None,
        event_types: Sequence[str] | None = None,
        description: str | None = None,
    ) -> Endpoint:
        """Change an endpoint (v1.endpoint.patch); its signing secret stays."""
        body: dict[str, Any] = {}
        if url is not None:
            body["url"] = url
        if event_types is not None:
            body["eventTypes"] = list(event_types)
        if description is not None:
            body["description"] = description
        return self._http.request(
            Endpoint,
            "v1.endpoint.patch",
            "PATCH",
            self._path(endpoint_id),
            json=body,
            # The same fields set twice are set once.
            repeatable=True,
        )

    def delete_endpoint(self, endpoint_id: str) -> None:
        """Remove an endpoint (v1.endpoint.delete)."""
        self._http.send("v1.endpoint.delete", "DELETE", self._path(endpoint_id))

    def signing_secret(self, endpoint_id: str) -> SecretStr:
        """The secret that signs the endpoint's messages (v1.endpoint.get-secret)."""
        return self._http.request(
            _Secret, "v1.endpoint.get-secret", "GET", self._path(endpoint_id, "secret")
        ).key

    def rotate_signing_secret(self, endpoint_id: str) -> None:
        """Make a new signing secret; the old one also signs for 24 hours.

        v1.endpoint.rotate-secret.
        """
        self._http.send(
            "v1.endpoint.rotate-secret",
            "POST",
            self._path(endpoint_id, "secret", "rotate"),
            json={},
        )

    def _path(self, *more: str) -> str:
        return "/".join((f"/api/v1/app/{self.app_id}/endpoint", *more))


def _read_error(body: Any) -> dict[str, Any]:
    detail = body.get("detail")
    if isinstance(detail, list):
        detail = "; ".join(
            f"{'.'.join(map(str, each.get('loc', [])))}: {each.get('msg', '')}" for each in detail
        )
    return {"code": body.get("code") or "", "message": str(detail or "")}
