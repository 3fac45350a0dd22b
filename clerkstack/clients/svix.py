"""Svix API: the endpoints of one instance's webhook app, and their signing secrets."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Self, TypeVar, Unpack
from urllib.parse import unquote, urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError

from clerkstack.clients.answers import Answer
from clerkstack.clients.errors import (
    Forbidden,
    NotFound,
    Refusal,
    Unauthorized,
    UnexpectedAnswer,
)
from clerkstack.clients.http import Client, Http, Options, Service, joined

PAGE = 250  # the largest page of v1.endpoint.list
ATTEMPTS = 20 * PAGE
"""The most attempts that are read: a busy endpoint has hundreds of thousands."""
_STANDARD = str.maketrans("-_", "+/")


class SvixLink(Answer):
    """The content of a `svix_url` of the Backend API after `#key=`."""

    app_id: str = Field(alias="appId", min_length=1)
    # Strict, because it becomes part of a host name.
    region: str = Field(pattern=r"^[a-z0-9-]+$")
    one_time_token: SecretStr = Field(alias="oneTimeToken", min_length=1)

    @classmethod
    def parse(cls, svix_url: str) -> SvixLink:
        """Read the link: base64 (of either alphabet, padded or not) of JSON.

        Raises:
            UnexpectedAnswer: it does not have the known form; the message does not show the link.
        """
        wrong = "it has no #key="
        try:
            fragment = urlsplit(svix_url).fragment
        except ValueError:
            fragment, wrong = "", "it is not a URL"
        name, _, encoded = unquote(fragment).partition("=")
        if name == "key" and encoded:
            standard = encoded.rstrip("=").translate(_STANDARD)
            try:
                held = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
                return cls.model_validate_json(held)
            except ValidationError as error:
                fields = sorted({str(each["loc"][0]) for each in error.errors() if each["loc"]})
                wrong = f"wrong or missing in its key: {', '.join(fields) or 'JSON'}"
            except ValueError:
                wrong = "its key is not base64"
        raise UnexpectedAnswer(
            "The link to Svix that Clerk's Backend API returned does not have the known "
            f"form: {wrong}. Clerk may have changed it: check for a newer version of this "
            "project."
        )


class Endpoint(Answer):
    """A webhook endpoint (EndpointOut). `event_types` is None if it gets all events."""

    id: str
    url: str
    description: str = ""
    disabled: bool = False
    # Older servers call the field filterTypes.
    event_types: tuple[str, ...] | None = Field(
        None, validation_alias=AliasChoices("eventTypes", "filterTypes")
    )


class EndpointHeaders(Answer):
    """An endpoint's headers in addition to Svix's own (EndpointHeadersOut). Svix shows only the
    names of `sensitive` ones."""

    headers: dict[str, SecretStr]
    sensitive: tuple[str, ...]


class Attempt(Answer):
    """An attempt to deliver a message (MessageAttemptOut).

    `status_text` is success, pending, fail, sending or canceled; `response_code` is the endpoint's
    HTTP status. The rest of the endpoint's answer is not read: it could be anything.
    """

    id: str
    status_text: str = Field(alias="statusText")
    response_code: int = Field(alias="responseStatusCode")
    timestamp: datetime
    msg: AttemptedMessage | None = None


class AttemptedMessage(Answer):
    """The message of an attempt (MessageOut, without its payload)."""

    id: str
    event_type: str = Field(alias="eventType")


class _EventType(Answer):
    name: str


class _EventTypes(Answer):
    data: tuple[_EventType, ...]
    done: bool
    iterator: str | None = None


class _Attempts(Answer):
    data: tuple[Attempt, ...]
    done: bool
    iterator: str | None = None


class _Endpoints(Answer):
    data: tuple[Endpoint, ...]
    done: bool
    iterator: str | None = None


_Page = TypeVar("_Page", _EventTypes, _Attempts, _Endpoints)


class _Secret(Answer):
    key: SecretStr


class _Token(Answer):
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
        **options: Unpack[Options],
    ) -> Self:
        """Exchange the link's one-time token (v1.authentication.exchange-one-time-token).

        Raises:
            UnexpectedAnswer: the link does not have the known form.
            Unauthorized: the token was used before or has expired; a new link has a new one.
        """
        link = SvixLink.parse(svix_url)
        address = base_url or f"https://api.{link.region}.svix.com"
        door = Http(SERVICE, base_url=address, key=None, **options)
        try:
            token = door.request(
                _Token,
                "v1.authentication.exchange-one-time-token",
                "POST",
                "/api/v1/auth/one-time-token",
                json={"oneTimeToken": link.one_time_token.get_secret_value()},
                reads=True,
            )
        finally:
            door.close()
        return cls(
            http=Http(SERVICE, base_url=address, key=token.token, **options), app_id=link.app_id
        )

    def list_endpoints(self) -> list[Endpoint]:
        """All endpoints of the app (v1.endpoint.list)."""
        pages = self._pages(_Endpoints, "v1.endpoint.list", self._path())
        return [endpoint for page in pages for endpoint in page.data]

    def get_endpoint(self, endpoint_id: str) -> Endpoint:
        """One endpoint (v1.endpoint.get)."""
        return self._http.request(Endpoint, "v1.endpoint.get", "GET", self._path(endpoint_id))

    def create_endpoint(
        self,
        *,
        url: str,
        event_types: Sequence[str],
        description: str = "",
        headers: Mapping[str, str] | None = None,
        disabled: bool = False,
    ) -> Endpoint:
        """Create an endpoint (v1.endpoint.create). Not repeated automatically.

        Svix stores the URL in its own form (`kept_url`), and each event type once, in any order. A
        `disabled` endpoint gets nothing.
        """
        body: dict[str, object] = {
            "url": url,
            "eventTypes": list(event_types),
            "description": description,
        }
        if headers:
            body["headers"] = dict(headers)
        if disabled:
            body["disabled"] = True
        return self._http.request(Endpoint, "v1.endpoint.create", "POST", self._path(), json=body)

    def update_endpoint(
        self,
        endpoint_id: str,
        *,
        url: str | None = None,
        event_types: Sequence[str] | None = None,
        description: str | None = None,
    ) -> Endpoint:
        """Change an endpoint (v1.endpoint.patch); its signing secret stays.

        Without event types it gets all events: Svix refuses an empty list, and null means all.
        """
        body: dict[str, object] = {}
        if url is not None:
            body["url"] = url
        if event_types is not None:
            body["eventTypes"] = list(event_types) or None
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

    def headers(self, endpoint_id: str) -> EndpointHeaders:
        """An endpoint's additional headers (v1.endpoint.get-headers)."""
        path = self._path(endpoint_id, "headers")
        return self._http.request(EndpointHeaders, "v1.endpoint.get-headers", "GET", path)

    def patch_headers(self, endpoint_id: str, headers: Mapping[str, str | None]) -> None:
        """Set some headers of an endpoint, and remove those that are None; all others stay
        (v1.endpoint.patch-headers)."""
        self._http.send(
            "v1.endpoint.patch-headers",
            "PATCH",
            self._path(endpoint_id, "headers"),
            json={
                "headers": dict(headers),
                "deleteHeaders": [name for name, value in headers.items() if value is None],
            },
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

    def list_event_types(self) -> frozenset[str] | None:
        """The names of the event types that an endpoint can have (v1.event-type.list), or None if
        the token may not read them: it is not documented which tokens may."""
        path = joined("api", "v1", "event-type")
        try:
            pages = self._pages(_EventTypes, "v1.event-type.list", path)
            return frozenset(event_type.name for page in pages for event_type in page.data)
        except (Unauthorized, Forbidden, NotFound):
            return None

    def recent_attempts(
        self, endpoint_id: str, *, since: datetime, until: datetime
    ) -> list[Attempt]:
        """The attempts to deliver to an endpoint in a period, each with its event type, newest
        first, at most `ATTEMPTS` (v1.message-attempt.list-by-endpoint).

        Both ends of the period are sent: with only `after`, Svix returns just the oldest page.
        """
        params: dict[str, str | int] = {
            "after": _moment(since),
            "before": _moment(until),
            "with_msg": "true",
            "with_content": "false",
        }
        path = joined("api", "v1", "app", self.app_id, "attempt", "endpoint", endpoint_id)
        attempts: list[Attempt] = []
        for page in self._pages(_Attempts, "v1.message-attempt.list-by-endpoint", path, params):
            attempts += page.data
            if len(attempts) >= ATTEMPTS:
                break
        return sorted(attempts[:ATTEMPTS], key=lambda attempt: attempt.timestamp, reverse=True)

    def rotate_signing_secret(
        self, endpoint_id: str, *, overlap_seconds: int, secret: SecretStr | None = None
    ) -> None:
        """Create a new signing secret, or set the given one; the old one also signs for
        `overlap_seconds`, 0 to 604,800 (v1.endpoint.rotate-secret). Not repeated automatically."""
        body: dict[str, object] = {"gracePeriodSeconds": overlap_seconds}
        if secret is not None:
            body["key"] = secret.get_secret_value()
        self._http.send(
            "v1.endpoint.rotate-secret",
            "POST",
            self._path(endpoint_id, "secret", "rotate"),
            json=body,
        )

    def _pages(
        self,
        model: type[_Page],
        operation: str,
        path: str,
        more: Mapping[str, str | int] | None = None,
    ) -> Iterator[_Page]:
        params: dict[str, str | int] = {"limit": PAGE, **(more or {})}
        while True:
            page = self._http.request(model, operation, "GET", path, params=params)
            yield page
            if page.done or not page.iterator:
                return
            params["iterator"] = page.iterator

    def _path(self, *more: str) -> str:
        return joined("api", "v1", "app", self.app_id, "endpoint", *more)


def _moment(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def _read_error(body: Any) -> Refusal:
    detail = body["detail"]
    if isinstance(detail, list):
        detail = "; ".join(
            f"{'.'.join(map(str, problem.get('loc', [])))}: {problem.get('msg', '')}"
            for problem in detail
        )
    return Refusal.of(code=body.get("code"), message=detail)


SERVICE = Service(
    name="Svix",
    setting="clerkstack:urls.svix",
    read_error=_read_error,
    remedies={
        401: (
            "The one-time token of the link to Svix was used or has expired: run again; each run "
            "gets a new one from Clerk"
        ),
        403: "The link to Svix does not grant this permission: run again to get a new link",
        404: "The webhook app or endpoint is gone from Svix: run again to create it again",
        422: "Change what is named here (eventTypes is clerkstack:webhook.events, url is "
        "clerkstack:webhook.url, headers is clerkstack:webhook.headers), then run again",
    },
)
