"""The data of each application, and the behaviour of endpoints, secrets and tokens."""

from __future__ import annotations

import base64
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.world.minted import minted
from local.world.svix import errors
from local.world.svix.answers import Answers
from local.world.svix.delivery import Deliveries
from local.world.svix.event_types import EVENT_TYPES
from local.world.svix.forms import identifier, moment, signing_secret
from local.world.svix.inputs import (
    DEFAULT_GRACE,
    EndpointChange,
    EndpointCreate,
    EndpointUpsert,
    HeadersChange,
    SecretRotation,
)
from local.world.svix.messages import Attempt, Message, Sent
from local.world.svix.pages import in_order
from local.world.text import as_plain

CAPABILITIES = [
    "ViewBase",
    "ViewEndpointSecret",
    "ManageEndpointSecret",
    "CreateAttempts",
    "ManageEndpoint",
]
PORTAL = "https://app.svix.com/login"
MOST_OLD_SECRETS = 10
SENSITIVE_HEADER = re.compile(
    "x-auth-token|x-api-key|www-authenticate|authorization|proxy-authenticate|proxy-authorization",
    re.IGNORECASE,
)
"""Headers whose values are never shown again."""


@dataclass
class Retired:
    """A replaced signing secret, which still signs until ``until`` (epoch s)."""

    key: str
    until: float


@dataclass
class Endpoint:
    """One endpoint of an application; times are seconds since the epoch."""

    id: str
    url: str
    secret: str
    created_at: float
    updated_at: float
    description: str = ""
    throttle_rate: int | None = None
    uid: str | None = None
    version: int = 1
    disabled: bool = False
    event_types: list[str] | None = None
    channels: list[str] | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    retired: list[Retired] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """Return the endpoint as EndpointOut, with the fields that are no longer documented; unset
        fields are null."""
        return {
            "description": self.description,
            "rateLimit": self.throttle_rate,
            "throttleRate": self.throttle_rate,
            "uid": self.uid,
            "url": self.url,
            "version": self.version,
            "disabled": self.disabled,
            "eventTypes": self.event_types,
            "filterTypes": self.event_types,
            "channels": self.channels,
            "createdAt": moment(self.created_at),
            "updatedAt": moment(self.updated_at),
            "id": self.id,
            "metadata": dict(self.metadata),
        }

    def shown_headers(self) -> dict[str, object]:
        """Return the headers as EndpointHeadersOut."""
        sensitive = [name for name in self.headers if SENSITIVE_HEADER.fullmatch(name)]
        shown = {name: value for name, value in self.headers.items() if name not in sensitive}
        return {"headers": shown, "sensitive": sensitive}


@dataclass
class App:
    """An application: one instance's webhooks."""

    id: str
    instance_id: str
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    one_time_tokens: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    latest: float = 0.0
    sent: Sent = field(default_factory=Sent)
    made: float = 0.0

    def to_json(self) -> dict[str, object]:
        """Return it as ApplicationOut; Clerk's name for it is unknown."""
        return {
            "name": self.instance_id,
            "throttleRate": None,
            "id": self.id,
            "createdAt": moment(self.made),
            "updatedAt": moment(self.made),
            "metadata": {},
        }


class SvixBackend:
    """Svix's state; the Clerk service creates applications and links, clients everything else."""

    def __init__(self, *, clock: Callable[[], float] = time.time, region: str = "us") -> None:
        self._clock = clock
        self._region = region
        self._apps: dict[str, App] = {}
        self._offered: list[str] = []
        self._organization_tokens: list[str] = []
        self.answers = Answers(clock)
        self.deliveries = Deliveries(self, clock)

    # -- for Clerk ----------------------------------------------------------------------

    def has_app(self, instance_id: str) -> bool:
        """Return whether an instance has an application."""
        return any(app.instance_id == instance_id for app in self._apps.values())

    def create_app(self, instance_id: str) -> str:
        """Create an instance's application if it has none; return its id."""
        if self.has_app(instance_id):
            return self._app_of(instance_id).id
        app = App(identifier("app_"), instance_id, made=self._clock())
        self._apps[app.id] = app
        return app.id

    def delete_app(self, instance_id: str) -> None:
        """Remove an instance's application with everything in it."""
        self._apps.pop(self._app_of(instance_id).id)

    @property
    def event_types(self) -> list[str]:
        """Return the catalogue: the event types that endpoints can filter by and Clerk sends."""
        return sorted({*EVENT_TYPES, *self._offered})

    def offer(self, *names: str) -> None:
        """Add event types to the catalogue that Clerk's published description lacks."""
        self._offered += [name for name in names if name not in self._offered]

    def organization_token(self) -> str:
        """Create a token like Clerk's: for all applications, and for creating messages."""
        token = minted("a Svix token", f"sk_{secrets.token_urlsafe(24)}.{self._region}")
        self._organization_tokens.append(token)
        return token

    def link(self, instance_id: str) -> str:
        """Return a log-in link whose fragment carries a fresh one-time token."""
        app = self._app_of(instance_id)
        token = minted("a one-time token", f"ott_{secrets.token_urlsafe(24)}")
        app.one_time_tokens.append(token)
        key = {"appId": app.id, "oneTimeToken": token, "region": self._region}
        packed = base64.b64encode(json.dumps(key).encode()).decode()
        return f"{PORTAL}#key={packed}"

    # -- authentication -----------------------------------------------------------------------

    def exchange(self, one_time_token: str) -> dict[str, object]:
        """Exchange a one-time token, once, for a token of its application."""
        for app in self._apps.values():
            if one_time_token in app.one_time_tokens:
                app.one_time_tokens.remove(one_time_token)
                token = f"appsk_{secrets.token_urlsafe(24)}.{self._region}"
                minted("a Svix token", token)
                app.tokens.append(token)
                return {"token": token, "capabilities": list(CAPABILITIES)}
        raise errors.one_time_token_used()

    def authorize(self, token: str, app_id: str, *, organization: bool = False) -> App:
        """Return the application that a token may act on; ``organization`` accepts only the
        organization's token."""
        holder = self.authenticate(token)
        if organization and holder is not None:
            raise errors.forbidden()
        app = self._apps.get(app_id)
        if app is None or holder not in (None, app):
            raise errors.not_found()
        return app

    def authenticate(self, token: str) -> App | None:
        """Return the application of a token; None for a token of the organization."""
        if token in self._organization_tokens:
            return None
        holder = next((app for app in self._apps.values() if token in app.tokens), None)
        if holder is None:
            raise errors.unauthenticated()
        return holder

    # -- event types --------------------------------------------------------------------------

    def list_event_types(self, *, limit: int, iterator: str | None) -> dict[str, object]:
        """Return a page of the catalogue, by name."""
        shown, beside = in_order(
            self.event_types, str, limit=limit, iterator=iterator, descending=False
        )
        return {"data": [_event_type(name) for name in shown], **beside}

    def event_type(self, name: str) -> dict[str, object]:
        """Return one event type."""
        if name not in self.event_types:
            raise errors.not_found()
        return _event_type(name)

    # -- endpoints ----------------------------------------------------------------------------

    def create_endpoint(self, app: App, body: EndpointCreate) -> Endpoint:
        """Create an endpoint, with a new signing secret unless one is given."""
        self._refuse_unknown(body.event_types)
        self._refuse_taken_uid(app, body.uid, besides=None)
        now = self.now(app)
        endpoint = Endpoint(
            id=identifier("ep_", now),
            url=body.url,
            secret=body.secret or signing_secret(),
            created_at=now,
            updated_at=now,
            headers=dict(body.headers or {}),
        )
        _take(endpoint, body)
        app.endpoints[endpoint.id] = endpoint
        return endpoint

    def endpoint(self, app: App, id_or_uid: str) -> Endpoint:
        """Find an endpoint by id or uid."""
        found = self._find(app, id_or_uid)
        if found is None:
            raise errors.not_found()
        return found

    def list_endpoints(
        self, app: App, *, limit: int, iterator: str | None, descending: bool
    ) -> dict[str, object]:
        """Return a page of endpoints; their ids sort by creation."""
        shown, beside = in_order(
            app.endpoints.values(),
            lambda endpoint: endpoint.id,
            limit=limit,
            iterator=iterator,
            descending=descending,
        )
        return {"data": [endpoint.to_json() for endpoint in shown], **beside}

    def put_endpoint(self, app: App, id_or_uid: str, body: EndpointUpsert) -> tuple[Endpoint, bool]:
        """Replace an endpoint, or create a new one; return it, and whether it is new.

        A new one has its own id, and only the uid in the body.
        """
        found = self._find(app, id_or_uid)
        if found is None:
            fields = {name: getattr(body, name) for name in EndpointUpsert.model_fields}
            return self.create_endpoint(app, EndpointCreate.model_construct(**fields)), True
        self._refuse_unknown(body.event_types)
        self._refuse_taken_uid(app, body.uid, besides=found.id)
        _take(found, body)
        found.updated_at = self.now(app)
        return found, False

    def patch_endpoint(self, app: App, id_or_uid: str, body: EndpointChange) -> Endpoint:
        """Change the given properties only."""
        found = self.endpoint(app, id_or_uid)
        given = body.model_dump(include=set(body.model_fields_set))
        self._refuse_unknown(given.get("event_types"))
        self._refuse_taken_uid(app, given.get("uid"), besides=found.id)
        for name, value in given.items():
            setattr(found, name, value)
        found.updated_at = self.now(app)
        return found

    def delete_endpoint(self, app: App, id_or_uid: str) -> None:
        """Remove an endpoint."""
        app.endpoints.pop(self.endpoint(app, id_or_uid).id)

    def set_headers(self, app: App, id_or_uid: str, headers: Mapping[str, str]) -> None:
        """Replace an endpoint's headers."""
        self.endpoint(app, id_or_uid).headers = dict(headers)

    def change_headers(self, app: App, id_or_uid: str, body: HeadersChange) -> None:
        """Set some of an endpoint's headers, and remove some."""
        found = self.endpoint(app, id_or_uid)
        changed = {**found.headers, **body.headers}
        found.headers = {
            name: value
            for name, value in changed.items()
            if value is not None and name not in body.delete_headers
        }

    def rotate_secret(self, app: App, id_or_uid: str, body: SecretRotation) -> None:
        """Give the endpoint a new signing secret; the old one keeps signing for the grace
        period."""
        found = self.endpoint(app, id_or_uid)
        grace = body.grace_period_seconds
        now = self._clock()
        replaced = Retired(found.secret, now + (DEFAULT_GRACE if grace is None else grace))
        old = [each for each in (*found.retired, replaced) if each.until > now]
        if len(old) > MOST_OLD_SECRETS:
            first = moment(min(each.until for each in old))
            detail = f"At most {MOST_OLD_SECRETS} old keys can be valid; the first ends at {first}."
            raise errors.bad_request("limit_reached", detail)
        found.secret, found.retired = body.key or signing_secret(), old
        found.updated_at = self.now(app)

    def valid_secrets(self, app: App, id_or_uid: str) -> list[str]:
        """List the secrets that sign now: the current one, and replaced ones in their grace
        period."""
        found = self.endpoint(app, id_or_uid)
        now = self._clock()
        old = (each.key for each in found.retired if each.until > now)
        return list(dict.fromkeys((found.secret, *old)))

    def age_overlaps(self, seconds: float) -> None:
        """Make replaced signing secrets expire so many seconds earlier."""
        for endpoint in (each for app in self._apps.values() for each in app.endpoints.values()):
            for old in endpoint.retired:
                old.until -= seconds

    def now(self, app: App) -> float:
        """Return the time, later than all earlier times of this application."""
        app.latest = max(self._clock(), app.latest + 0.001)
        return app.latest

    def apps(self) -> Mapping[str, App]:
        """Return all applications by id, for tests and the control interface."""
        return self._apps

    # -- state --------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Return the complete state as plain data."""
        state: dict[str, Any] = as_plain(self.live())
        return state

    def live(self) -> dict[str, Any]:
        """Return the state itself, for writing at once."""
        apps = list(self._apps.values())
        return {
            "region": self._region,
            "apps": apps,
            "answers": self.answers.live(),
            "offered": self._offered,
            "organization_tokens": self._organization_tokens,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Replace the state by a dumped one."""
        self._region = state["region"]
        self.answers.load(state.get("answers", {}))
        self._offered = list(state.get("offered", ()))
        self._organization_tokens = list(state.get("organization_tokens", ()))
        self._apps = {}
        for app in state["apps"]:
            endpoints = {one["id"]: _endpoint(one) for one in app["endpoints"].values()}
            sent = _sent(app.get("sent", {}))
            self._apps[app["id"]] = App(**(app | {"endpoints": endpoints, "sent": sent}))

    def _app_of(self, instance_id: str) -> App:
        for app in self._apps.values():
            if app.instance_id == instance_id:
                return app
        raise errors.not_found()

    def _find(self, app: App, id_or_uid: str) -> Endpoint | None:
        return next((e for e in app.endpoints.values() if id_or_uid in (e.id, e.uid)), None)

    def _refuse_taken_uid(self, app: App, uid: str | None, *, besides: str | None) -> None:
        held = self._find(app, uid) if uid else None
        if held is not None and held.id != besides:
            raise errors.conflict()

    def _refuse_unknown(self, event_types: list[str] | None) -> None:
        known = self.event_types
        unknown = [name for name in event_types or () if name not in known]
        if unknown:
            raise errors.unknown_event_types(unknown)


def _event_type(name: str) -> dict[str, object]:
    return {
        "name": name,
        "description": f"The event {name}.",
        "archived": False,
        "deprecated": False,
        "schemas": None,
        "createdAt": moment(0),
        "updatedAt": moment(0),
        "featureFlag": None,
    }


def _take(endpoint: Endpoint, body: EndpointUpsert) -> None:
    for name, value in body.model_dump(exclude={"secret", "headers"}).items():
        setattr(endpoint, name, value)


def _endpoint(state: Mapping[str, Any]) -> Endpoint:
    # Older files have the count of messages here.
    fields = {key: value for key, value in state.items() if key != "sent"}
    return Endpoint(**(fields | {"retired": [Retired(**old) for old in state["retired"]]}))


def _sent(state: Mapping[str, Any]) -> Sent:
    return Sent(
        {key: Message(**each) for key, each in state.get("messages", {}).items()},
        {key: Attempt(**each) for key, each in state.get("attempts", {}).items()},
    )
