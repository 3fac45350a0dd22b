"""What Svix keeps for each application, and how endpoints, secrets and tokens behave."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.world.minted import minted
from local.world.svix import errors
from local.world.svix.answers import Answers
from local.world.svix.delivery import Deliveries
from local.world.svix.forms import identifier, moment, signing_secret, with_prefix
from local.world.svix.inputs import (
    DEFAULT_GRACE,
    EndpointChange,
    EndpointCreate,
    EndpointUpsert,
    SecretRotation,
    read,
)
from local.world.svix.messages import Attempt, Message, Sent
from local.world.text import as_plain

CAPABILITIES = [
    "ViewBase",
    "ViewEndpointSecret",
    "ManageEndpointSecret",
    "CreateAttempts",
    "ManageEndpoint",
]
PORTAL = "https://app.svix.com/login"


@dataclass
class Retired:
    """A signing secret that a rotation replaced; it still signs until ``until`` (epoch s)."""

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
    disabled: bool = False
    event_types: list[str] | None = None
    channels: list[str] | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    retired: list[Retired] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """Give the endpoint as EndpointOut; what is not set is left out or null as there."""
        body: dict[str, object] = {
            "id": self.id,
            "url": self.url,
            "description": self.description,
            "disabled": self.disabled,
            "eventTypes": self.event_types,
            "channels": self.channels,
            "throttleRate": self.throttle_rate,
            "metadata": dict(self.metadata),
            "createdAt": moment(self.created_at),
            "updatedAt": moment(self.updated_at),
        }
        if self.uid is not None:
            body["uid"] = self.uid
        return body


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


class SvixBackend:
    """All of Svix's state; the Clerk service makes applications and links, clients the rest."""

    def __init__(self, *, clock: Callable[[], float] = time.time, region: str = "us") -> None:
        self._clock = clock
        self._region = region
        self._apps: dict[str, App] = {}
        self.answers = Answers(clock)
        self.deliveries = Deliveries(self, clock)

    # -- what Clerk does ----------------------------------------------------------------------

    def has_app(self, instance_id: str) -> bool:
        """Tell whether an instance has an application."""
        return any(app.instance_id == instance_id for app in self._apps.values())

    def create_app(self, instance_id: str) -> str:
        """Make an instance's application and give its id; the one it has is given again."""
        if self.has_app(instance_id):
            return self._app_of(instance_id).id
        app = App(identifier("app_"), instance_id)
        self._apps[app.id] = app
        return app.id

    def delete_app(self, instance_id: str) -> None:
        """Remove an instance's application with all it holds."""
        self._apps.pop(self._app_of(instance_id).id)

    def link(self, instance_id: str) -> str:
        """Give a log-in link whose fragment carries a fresh one-time token."""
        app = self._app_of(instance_id)
        token = minted("a one-time token", f"ott_{secrets.token_urlsafe(24)}")
        app.one_time_tokens.append(token)
        key = {"appId": app.id, "oneTimeToken": token, "region": self._region}
        packed = base64.b64encode(json.dumps(key).encode()).decode()
        return f"{PORTAL}#key={packed}"

    # -- authentication -----------------------------------------------------------------------

    def exchange(self, one_time_token: str) -> dict[str, object]:
        """Take a one-time token, once, for a token of its application."""
        for app in self._apps.values():
            if one_time_token in app.one_time_tokens:
                app.one_time_tokens.remove(one_time_token)
                token = f"appsk_{secrets.token_urlsafe(24)}.{self._region}"
                minted("a Svix token", token)
                app.tokens.append(token)
                return {"token": token, "capabilities": list(CAPABILITIES)}
        raise errors.one_time_token_used()

    def authorize(self, token: str, app_id: str) -> App:
        """Give the application a token may act on."""
        holder = next((app for app in self._apps.values() if token in app.tokens), None)
        if holder is None:
            raise errors.unauthenticated()
        if holder.id != app_id:
            raise errors.forbidden()
        return holder

    # -- endpoints ----------------------------------------------------------------------------

    def create_endpoint(self, app: App, body: EndpointCreate) -> Endpoint:
        """Make an endpoint; its signing secret is made here unless one is given."""
        self._refuse_taken_uid(app, body.uid, besides=None)
        now = self.now(app)
        endpoint = Endpoint(
            id=identifier("ep_", now),
            url=body.url,
            secret=with_prefix(body.secret) if body.secret else signing_secret(),
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
            raise errors.not_found("Endpoint")
        return found

    def list_endpoints(
        self, app: App, *, limit: int, iterator: str | None, descending: bool
    ) -> dict[str, object]:
        """Give a page of endpoints in the order they were made.

        It goes on after the iterator, an id, or with a minus goes back from it. No endpoint needs
        to have this id any more: ids sort as the endpoints were made.
        """
        ordered = sorted(app.endpoints.values(), key=lambda one: one.id, reverse=descending)
        mark = (iterator or "").removeprefix("-")
        ids = [one.id for one in ordered]
        before = sum((each > mark) if descending else (each < mark) for each in ids) if mark else 0
        back = mark != iterator and iterator is not None
        start = max(before - limit, 0) if back else before + (mark in ids)
        shown = ordered[start : before if back else start + limit]
        return {
            "data": [endpoint.to_json() for endpoint in shown],
            "iterator": shown[-1].id if shown else None,
            "prevIterator": f"-{shown[0].id}" if shown and start else None,
            "done": start == 0 if back else start + limit >= len(ordered),
        }

    def put_endpoint(self, app: App, id_or_uid: str, body: EndpointUpsert) -> tuple[Endpoint, bool]:
        """Replace an endpoint, or make one with this uid; tells whether it was made."""
        found = self._find(app, id_or_uid)
        if found is None:
            if id_or_uid.startswith("ep_"):
                raise errors.not_found("Endpoint")
            fields = body.model_dump(by_alias=True) | {"uid": body.uid or id_or_uid}
            return self.create_endpoint(app, read(EndpointCreate, fields)), True
        self._refuse_taken_uid(app, body.uid, besides=found.id)
        _take(found, body)
        found.updated_at = self.now(app)
        return found, False

    def patch_endpoint(self, app: App, id_or_uid: str, body: EndpointChange) -> Endpoint:
        """Change the given properties only."""
        found = self.endpoint(app, id_or_uid)
        given = body.model_dump(include=set(body.model_fields_set))
        self._refuse_taken_uid(app, given.get("uid"), besides=found.id)
        for name, value in given.items():
            setattr(found, name, (value or None) if name in ("event_types", "channels") else value)
        found.updated_at = self.now(app)
        return found

    def delete_endpoint(self, app: App, id_or_uid: str) -> None:
        """Remove an endpoint."""
        app.endpoints.pop(self.endpoint(app, id_or_uid).id)

    def rotate_secret(self, app: App, id_or_uid: str, body: SecretRotation) -> None:
        """Give the endpoint a new signing secret; the old one signs on for the grace period."""
        found = self.endpoint(app, id_or_uid)
        grace = body.grace_period_seconds
        until = self._clock() + (DEFAULT_GRACE if grace is None else grace)
        replaced, found.secret = (
            found.secret,
            with_prefix(body.key) if body.key else signing_secret(),
        )
        # One that counts again has no end, and one that is replaced again has its newest one.
        kept = [old for old in found.retired if old.key not in (replaced, found.secret)]
        found.retired = [*kept, Retired(replaced, until)] if replaced != found.secret else kept
        found.updated_at = self.now(app)

    def valid_secrets(self, app: App, id_or_uid: str) -> list[str]:
        """List the secrets that sign now: the present one and rotated ones still in grace."""
        found = self.endpoint(app, id_or_uid)
        now = self._clock()
        return [found.secret, *(old.key for old in found.retired if old.until > now)]

    def age_overlaps(self, seconds: float) -> None:
        """Let the signing secrets that were rotated away end that much earlier."""
        for endpoint in (each for app in self._apps.values() for each in app.endpoints.values()):
            for old in endpoint.retired:
                old.until -= seconds

    def now(self, app: App) -> float:
        """Give the time, later than all times given to this application before."""
        app.latest = max(self._clock(), app.latest + 0.001)
        return app.latest

    def apps(self) -> Mapping[str, App]:
        """Give all applications by id, for tests and the control interface."""
        return self._apps

    # -- state --------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Give the whole state as plain data."""
        state: dict[str, Any] = as_plain(self.live())
        return state

    def live(self) -> dict[str, Any]:
        """Give the state as it is, to be written at once."""
        apps = list(self._apps.values())
        return {"region": self._region, "apps": apps, "answers": self.answers.live()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take a dumped state in place of the present one."""
        self._region = state["region"]
        self.answers.load(state.get("answers", {}))
        self._apps = {}
        for app in state["apps"]:
            endpoints = {one["id"]: _endpoint(one) for one in app["endpoints"].values()}
            sent = _sent(app.get("sent", {}))
            self._apps[app["id"]] = App(**(app | {"endpoints": endpoints, "sent": sent}))

    def _app_of(self, instance_id: str) -> App:
        for app in self._apps.values():
            if app.instance_id == instance_id:
                return app
        raise errors.not_found("Application")

    def _find(self, app: App, id_or_uid: str) -> Endpoint | None:
        return next((e for e in app.endpoints.values() if id_or_uid in (e.id, e.uid)), None)

    def _refuse_taken_uid(self, app: App, uid: str | None, *, besides: str | None) -> None:
        held = self._find(app, uid) if uid else None
        if held is not None and held.id != besides:
            raise errors.uid_taken()


def _take(endpoint: Endpoint, body: EndpointUpsert) -> None:
    for name, value in body.model_dump(exclude={"secret", "headers"}).items():
        setattr(endpoint, name, value)


def _endpoint(state: Mapping[str, Any]) -> Endpoint:
    # A file of before messages were kept has their count here.
    fields = {key: value for key, value in state.items() if key != "sent"}
    return Endpoint(**(fields | {"retired": [Retired(**old) for old in state["retired"]]}))


def _sent(state: Mapping[str, Any]) -> Sent:
    return Sent(
        {key: Message(**each) for key, each in state.get("messages", {}).items()},
        {key: Attempt(**each) for key, each in state.get("attempts", {}).items()},
    )
