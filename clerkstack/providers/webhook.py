"""The webhook endpoint, with its signing secret as a secret output.

Clerk sends events through Svix. The Backend API returns a link to the instance's Svix app
(CreateSvixApp, GenerateSvixAuthURL). The link holds a one-time token for the Svix API
(v1.authentication.exchange-one-time-token, v1.endpoint.*).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi

from clerkstack.clients.errors import ApiError, NotFound, Unreachable
from clerkstack.clients.read_only import read_only
from clerkstack.failures import ResourceFailed
from clerkstack.hosts import host_of
from clerkstack.kept_url import kept_url, same_url
from clerkstack.live.headers import read_headers
from clerkstack.live.instance import LiveInstance
from clerkstack.notices import notice
from clerkstack.providers.base import (
    InstanceRef,
    Noted,
    fingerprint_of,
    mark_of,
)
from clerkstack.providers.neighbours import report_kept
from clerkstack.providers.write_protocol import Run, Write, WritingProvider
from clerkstack.reconcile.changes import changes_between, live_view
from clerkstack.reconcile.headers import (
    HEADERS_BEFORE,
    MASKED,
    LiveHeaders,
    Writes,
    edited_headers,
    header_reverts,
    header_writes,
    headers_before,
    headers_not_kept,
    headers_of,
    live_headers_view,
    undeclared_headers,
)
from clerkstack.reconcile.ownership import revert
from clerkstack.reconcile.previewed import unpreviewed
from clerkstack.reconcile.sharing import HEADER, Holding, Sharing, shared_of
from clerkstack.reconcile.webhook import (
    EVENTS_SETTING,
    OPTIONAL,
    Offered,
    events_of,
    left_out,
    new_events,
    optional_of,
    seen,
    unknown_events,
    wanted,
)
from clerkstack.safe import may_hold_secret
from clerkstack.shapes import JsonObject, as_object, as_texts

if TYPE_CHECKING:
    from clerkstack.clients.backend import BackendClient
    from clerkstack.clients.svix import Endpoint, SvixClient


LEDGER = ("made_app", "made_endpoint", "before")
APP = "the app at Svix"
"""The group of the app that holds all endpoints of an instance; no field of it is declared."""
HEADERS_FOUND = "headers_found"
"""The names in `headers_before`, for other stacks, which can't read its encrypted values."""
FINGERPRINTS, ADDRESS = "header_fingerprints", "address"


class WebhookEndpointProvider(WritingProvider):
    """Reconciles one endpoint, identified by its URL; other endpoints are unmanaged."""

    outputs = frozenset({"endpoint_id", "signing_secret", HEADERS_BEFORE, HEADERS_FOUND, *LEDGER})
    kind: ClassVar[str] = "WebhookEndpoint"
    part: ClassVar[str] = "webhook"

    def holding(self, stack: str, since: str, props: JsonObject) -> Holding:
        """The endpoint, by its host and the fingerprint of its URL, with the fingerprints of its
        headers, and the app at Svix."""
        declared: dict[str, JsonObject] = {APP: {}}
        made = [APP] if props.get("made_app") or props.get("app") else []
        before: dict[str, JsonObject] = {}
        if props.get("url") or props.get(ADDRESS):
            group = _group(props)
            fields = {k: v for k, v in props.items() if k in ("events", "description")}
            marks = as_object(props.get(FINGERPRINTS), FINGERPRINTS)
            declared[group] = fields | {_field(name): mark for name, mark in marks.items()}
            # A record has a URL only if it created the endpoint.
            if props.get("made_endpoint", "app" in props):
                made.append(group)
            else:
                headers_found = as_texts(props.get(HEADERS_FOUND), HEADERS_FOUND)
                before[group] = as_object(props.get("before"), "before") | {
                    _field(name): True for name in headers_found
                }
        return Holding(stack, since, declared, frozenset(made), before, shared_of(props))

    def recorded_since(self, _props: JsonObject) -> JsonObject:
        """The ledger, the endpoint's id, the fingerprint of its address, and the mark of the
        earlier record."""
        since = {key: _props[key] for key in (*LEDGER, "endpoint_id") if key in _props}
        before = as_object(since.get("before"), "before")
        if may_hold_secret(str(before.get("url", ""))):
            since["before"] = {**before, "url": _group_of(_props, str(before["url"]))}
        return {**since, **mark_of(_props)}

    def group_name(self, group: str) -> str:
        """The endpoint by its host: the rest of its URL may be secret."""
        return group if group == APP else f"the webhook endpoint at {group.partition(' ')[0]}"

    def compared(self, inputs: JsonObject) -> JsonObject:
        """The inputs with the URL as Svix stores it."""
        return {**inputs, **({"url": kept_url(str(inputs["url"]))} if "url" in inputs else {})}

    def _same(self, inputs: JsonObject, olds: JsonObject) -> bool:
        # The state of an older version does not have it.
        known = inputs if OPTIONAL in olds else {k: v for k, v in inputs.items() if k != OPTIONAL}
        return super()._same(known, olds)

    def _refused(self, inputs: JsonObject, olds: JsonObject) -> list[str]:
        """Events that Svix does not offer, checked before anything is written."""
        named = events_of(olds), optional_of(olds)
        new = [e for e in events_of(inputs) if e not in named[0] or e in named[1]]
        new = [event for event in new if event not in optional_of(inputs)]
        if not new:
            return []
        ref = self.ref(inputs).instance
        offered: Offered = None
        try:
            with LiveInstance(self.session, ref) as live:
                offered = self.offered(ref, live.event_types)
        except (NotFound, ResourceFailed):
            pass  # there is no instance yet, no key for it, or no app at Svix
        except (ApiError, Unreachable) as failure:
            notice(
                "Svix's event types cannot be read now; they will be read before a write. "
                f"{failure}"
            )
            return []
        return [why for why in (unknown_events(new, inputs, offered),) if why]

    @contextmanager
    def planned(self, run: Run) -> Iterator[Write]:
        """See `WritingProvider`."""
        first = not run.state
        if first:
            # Refuse before the record: it would claim another's Svix app for this run.
            self.backend(run.ref.instance).close()
            # If the answer is lost, an app that exists next time was created by this run.
            run.log.record({"app": True, **run.pending})
        link, new_app = self._link(run.ref.instance)
        made_app = run.state.get("made_app")
        if first:
            made_app = new_app or bool(run.pending.get("app")) or _made_by_others(run.others, APP)
            run.log.record({**run.pending, "app": made_app})
        with self.session.svix(link) as svix:
            # A new app has no endpoints to search.
            endpoints = [] if first and new_app else svix.list_endpoints()
            known = run.state or {"made_app": made_app}
            owned = _owned(endpoints, run.inputs, known, run.pending, run.others)
            offered = None
            if new_events(run.inputs, owned.endpoint):
                offered = self.offered(run.ref.instance, svix.list_event_types)
            yield _EndpointWrite(run, svix, owned, offered)

    def refreshed(self, props: JsonObject) -> JsonObject | None:
        """See `ClerkProvider`."""
        ref, known = self.ref(props).instance, props.get("endpoint_id")
        with LiveInstance(self.session, ref) as instance:
            endpoint = next((each for each in instance.endpoints() if each.id == known), None)
            if endpoint is None:
                return None
            secret = instance.signing_secret(endpoint.id)
            lacking = left_out(props, endpoint, lambda: self.offered(ref, instance.event_types))
            headers = headers_of(props)
            kept = live_headers_view(headers, instance.headers(endpoint.id)) if headers else {}
        declared = wanted(props, lacking)
        view = live_view(declared, seen(endpoint))
        if view["events"] == declared["events"]:
            view["events"] = props["events"]
        return {**props, **view, **_with_headers(props, kept), "signing_secret": secret}

    def remove(self, props: JsonObject) -> None:
        """Remove the endpoint and the Svix app if this resource created them; revert what it
        changed of an endpoint that existed before."""
        try:
            self._undo(props)
        except ApiError as error:
            # GenerateSvixAuthURL answers 400 if the instance has no Svix app.
            if error.status != 400:
                raise

    def _undo(self, props: JsonObject) -> None:
        ref = self.ref(props).instance
        svix = self._open(ref)
        endpoint_id = str(props["endpoint_id"])
        others = self.sharing(self.ref(props), props, removing=True)
        group = _group(props)
        left_to = _left_at(group, {}, others)
        report_kept(left_to, self.group_name)
        with svix:
            endpoints = svix.list_endpoints()
            endpoint = next((e for e in endpoints if e.id == endpoint_id), None)
            if endpoint is not None and left_to:
                _hand_over(svix, endpoint, others, group, props)
            elif endpoint is not None and props.get("made_endpoint"):
                # Already gone if an earlier answer was lost.
                with suppress(NotFound):
                    svix.delete_endpoint(endpoint_id)
                _gone(
                    endpoint_id not in [endpoint.id for endpoint in svix.list_endpoints()],
                    "endpoint",
                )
            elif endpoint is not None:
                _revert(svix, endpoint, props)
            stays = bool(left_to) or not props.get("made_endpoint")
            left = [e for e in endpoints if e.id != endpoint_id or stays]
        if props.get("made_app") and not left:
            with self.backend(ref) as backend:
                backend.delete_svix_app()
                _gone(_has_no_app(backend), "app at Svix")

    def offered(self, ref: InstanceRef, ask: Callable[[], Offered]) -> Offered:
        """The event types that Svix offers, read once in a run."""
        known = self.session.event_types
        if ref not in known:
            known[ref] = ask()
        return known[ref]

    def _link(self, ref: InstanceRef) -> tuple[str, bool]:
        """The link to the instance's Svix app, created if missing, and whether it was created."""
        with self.backend(ref) as backend:
            if read_only():
                return backend.svix_url(), False
            try:
                return backend.create_svix_app(), True
            except ApiError as error:
                # CreateSvixApp answers 400 if the instance already has a Svix app.
                if error.status != 400:
                    raise
            return backend.svix_url(), False

    def _open(self, ref: InstanceRef) -> SvixClient:
        """A client of the instance's existing Svix app."""
        with self.backend(ref) as backend:
            return self.session.svix(backend.svix_url())


class _EndpointWrite:
    """The writes to one endpoint; see `Write`."""

    def __init__(self, run: Run, svix: SvixClient, owned: _Owned, offered: Offered) -> None:
        self._run, self._svix, self._owned = run, svix, owned
        self._endpoint = owned.endpoint
        new = new_events(run.inputs, owned.endpoint)
        self._unknown = "" if offered is None else unknown_events(new, run.inputs, offered)
        optional = optional_of(run.inputs)
        self._not_offered = [e for e in new if e in optional and e not in (offered or ())]
        self._desired = wanted(run.inputs, self._not_offered)
        self._headers = _HeadersOf.endpoint(
            svix, owned.endpoint, run.inputs, run.state, run.pending, run.others
        )
        self._before_making = {**_recorded(owned.ledger, run.inputs), **self._headers.facts}
        self.facts = dict(self._before_making)
        if owned.endpoint is not None and owned.ledger["made_endpoint"] and not run.since:
            self.facts["endpoint"] = owned.endpoint.id
        self._outputs: JsonObject = {}

    @property
    def surprises(self) -> list[str]:
        inputs, state = self._run.inputs, self._run.state
        known, surprises_ = self._owned.known, []
        if known is not None and known.id == state.get("endpoint_id"):
            owed = changes_between(wanted(inputs, _absent(inputs, known)), seen(known))
            of_state = wanted(state), wanted(state, _absent(state, known))
            surprises_ = [*map(str, unpreviewed(owed, *of_state))]
        return surprises_ + [f"header {name}" for name in self._headers.edited]

    @property
    def unmet(self) -> Iterable[str]:
        return [self._unknown] if self._unknown else []

    def left(self) -> JsonObject:
        endpoints = self._svix.list_endpoints()
        if self.facts.get("endpoint") in {endpoint.id for endpoint in endpoints}:
            return self.facts
        # A refused group was not created: somebody else may create it before the next run.
        there_now = any(same_url(endpoint.url, str(self._desired["url"])) for endpoint in endpoints)
        return self._before_making if there_now else {"app": self._owned.ledger["made_app"]}

    def send(self) -> None:
        svix, endpoint = self._svix, self._endpoint
        if self._not_offered:
            named = ", ".join(self._not_offered)
            notice(
                f"Svix does not offer {named} for this instance: the webhook endpoint works "
                "without it. If it is offered later, pulumi up --refresh adds it. To refuse "
                f"the update if it is not offered, add it to {EVENTS_SETTING}."
            )
        if self._owned.handed_over is not None:
            group = _group_of(self._run.inputs, self._owned.handed_over.url)
            _hand_over(svix, self._owned.handed_over, self._run.others, group, self._run.state)
        if self._owned.removed is not None:
            svix.delete_endpoint(self._owned.removed.id)
        if endpoint is None:
            made = svix.create_endpoint(**_fields(self._desired), headers=self._headers.declared)
            self.facts["endpoint"] = made.id
            # Whatever the read-back shows, it is now found by its id: no run creates another.
            self._run.log.record(self.facts, since=self._run.since)
            endpoint = svix.get_endpoint(made.id)
        elif changes_between(self._desired, seen(endpoint)):
            svix.update_endpoint(endpoint.id, **_fields(self._desired))
            endpoint = svix.get_endpoint(endpoint.id)
        self._headers.bring(svix, endpoint.id)
        self._outputs = _outputs(svix, endpoint, self._desired)

    def outputs(self) -> JsonObject:
        return {**self._outputs, **self._owned.ledger, **self._headers.found}


class WebhookEndpoint(Noted, module="clerkstack", name="WebhookEndpoint"):
    """The endpoint for Clerk's events, and the secret that signs them."""

    endpoint_id: pulumi.Output[str]
    signing_secret: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        application_id: str,
        environment: str,
        url: str,
        events: list[str],
        description: str,
        optional_events: list[str] | None = None,
        headers: Mapping[str, str] | None = None,
        address: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the endpoint.

        `events` are Clerk's event types, `optional_events` those to leave out if Svix does not
        offer them. `headers` are secrets, and so is `url` if there is an `address`, which is the
        part that may be shown.
        """
        of_secrets = ["signing_secret", "headers", HEADERS_BEFORE]
        # The engine shows no difference between two secrets; the fingerprints show a change.
        secrets: dict[str, Any] = {
            FINGERPRINTS: {
                name: fingerprint_of(application_id, environment, value)
                for name, value in (headers or {}).items()
            }
        }
        if headers:
            secrets["headers"] = pulumi.Output.secret(dict(headers))
        if address is not None:
            of_secrets += ["url", "before"]
            secrets["url"] = pulumi.Output.secret(url)
            own = fingerprint_of(application_id, environment, url)
            secrets[ADDRESS] = f"{address} ({own})"
        secret = pulumi.ResourceOptions(additional_secret_outputs=of_secrets)
        super().__init__(
            WebhookEndpointProvider(),
            resource_name,
            {
                "application_id": application_id,
                "environment": environment,
                "url": url,
                "events": events,
                OPTIONAL: optional_events or [],
                "description": description,
                **secrets,
                **dict.fromkeys(WebhookEndpointProvider.outputs),
            },
            pulumi.ResourceOptions.merge(secret, opts),
        )


@dataclass(frozen=True)
class _Owned:
    """Which of the live endpoints is this resource's, and what happens to the others.

    Attributes:
        endpoint: the endpoint to change, None if it must be created.
        ledger: what was created, and what was found.
        known: the endpoint in the state or in an interrupted run's record.
        handed_over: the endpoint that this stack leaves to others.
        removed: the endpoint that is replaced: two endpoints with one URL would send every event
            twice.
    """

    endpoint: Endpoint | None
    ledger: JsonObject
    known: Endpoint | None
    handed_over: Endpoint | None = None
    removed: Endpoint | None = None


def _owned(
    endpoints: Sequence[Endpoint],
    inputs: JsonObject,
    state: JsonObject,
    pending: JsonObject,
    others: Sharing,
) -> _Owned:
    """See `_Owned`. If this stack moves to another URL, an endpoint that other stacks declare stays
    with them."""
    made: JsonObject = {"made_app": state.get("made_app"), "made_endpoint": True, "before": {}}
    ledger = {key: state.get(key) for key in LEDGER}
    by_url = {kept_url(endpoint.url): endpoint for endpoint in endpoints}
    by_url |= {_group_of(inputs, url): endpoint for url, endpoint in by_url.items()}
    by_id = {endpoint.id: endpoint for endpoint in endpoints}
    known = by_id.get(str(state.get("endpoint_id")))
    if known is None:
        # An interrupted run created it, under the URL that was declared then.
        at_url = by_url.get(str(pending.get("url")))
        known, ledger = by_id.get(str(pending.get("endpoint")), at_url), made
    own, handed_over = known, None
    if known is not None and _left_at(_group_of(inputs, known.url), inputs, others):
        own, handed_over, ledger = None, known, made
    twin = by_url.get(kept_url(str(inputs["url"])))
    if twin is None or twin is own:
        return _Owned(own, ledger, known, handed_over)
    removed = own if own is not None and ledger["made_endpoint"] else None
    group = _group_of(inputs, twin.url)
    at_first = {**seen(twin), **as_object(pending.get("before"), "before")}
    live: JsonObject = {"events": at_first.get("events")}
    if not changes_between(live, wanted(inputs, _absent(inputs, twin))):
        # Optional events that another stack declares and Svix does not offer are not live.
        at_first["events"] = [*events_of(inputs)]
    mine, found = others.passed_on((), {group: at_first}, {group: at_first})
    before = dict(found.get(group, {}))
    if before.get("events") == events_of(inputs):
        before |= live
    ledger = {**made, "made_endpoint": group in mine, "before": before}
    return _Owned(twin, ledger, known, handed_over, removed)


def _left_at(group: str, inputs: JsonObject, others: Sharing) -> dict[str, list[Holding]]:
    """The endpoint that this stack leaves although others declare it, with those stacks."""
    goes_on = bool(inputs) and _group(inputs) == group
    return {group: holders} if not goes_on and (holders := others.holders(group)) else {}


def _made_by_others(others: Sharing, group: str) -> bool:
    return any(group in holding.made for holding in others.others)


def _hand_over(
    svix: SvixClient, endpoint: Endpoint, others: Sharing, group: str, props: JsonObject
) -> None:
    """Leave an endpoint to the other stacks, as they declare it. `props` are its properties in this
    stack's state, empty if it is not there."""
    live = seen(endpoint)
    theirs = {**live, **others.handed_over(group)}
    more = [event for event in events_of(theirs) if event not in events_of(live)]
    if more:
        # An optional event of theirs is missing if Svix does not offer it.
        offered = svix.list_event_types() or ()
        unknown = [event for event in more if event not in offered]
        theirs["events"] = [event for event in events_of(theirs) if event not in unknown]
    if changes_between(theirs, live):
        svix.update_endpoint(endpoint.id, **_fields(theirs))
    own, marks = {}, as_object(props.get(FINGERPRINTS), FINGERPRINTS)
    for name, value in headers_of(props).items():
        owner = others.next_owner(group, _field(name))
        if owner is None:
            own[name] = value
        elif owner.declared[group][_field(name)] != marks.get(name):
            notice(
                f"the header {name} keeps its value, but {owner.stack} declares another one. "
                f"Next: pulumi up --refresh --stack {owner.stack}"
            )
    _revert_headers(svix, endpoint.id, props, own)


def _revert_headers(
    svix: SvixClient, endpoint_id: str, props: JsonObject, gone: Mapping[str, str]
) -> None:
    """Restore the headers that the endpoint had before this stack."""
    before = as_object(props.get(HEADERS_BEFORE), HEADERS_BEFORE)
    if gone and (writes := header_reverts(before, gone, read_headers(svix, endpoint_id))):
        svix.patch_headers(endpoint_id, writes)


def _field(header: str) -> str:
    """A header's name among the fields of an endpoint."""
    return f"{HEADER}{header.lower()}"


def _revert(svix: SvixClient, endpoint: Endpoint, props: JsonObject) -> None:
    """Revert an endpoint that existed before this stack."""
    live, mine = seen(endpoint), wanted(props, _absent(props, endpoint))
    back = revert({"": as_object(props.get("before"), "before")}, {"": mine}, {"": live}).get(
        "", {}
    )
    _revert_headers(svix, endpoint.id, props, headers_of(props))
    fields = {name: value for name, value in back.items() if value is not None}
    if changes_between(fields, live):
        svix.update_endpoint(endpoint.id, **_fields({**live, **fields}))


def _absent(inputs: JsonObject, endpoint: Endpoint) -> list[str]:
    """The optional events that the endpoint does not name."""
    return [e for e in new_events(inputs, endpoint) if e in optional_of(inputs)]


def _has_no_app(backend: BackendClient) -> bool:
    try:
        backend.svix_url()
    except ApiError as error:
        # GenerateSvixAuthURL answers 400 if the instance has no Svix app.
        return error.status in (400, 404)
    return False


def _gone(gone: bool, subject: str) -> None:
    if not gone:
        raise ResourceFailed(
            f"The removal of the webhook {subject} was accepted, but it still exists. Check the "
            "dashboard page Webhooks, then run the same command again."
        )


def _fields(inputs: JsonObject) -> dict[str, Any]:
    return {
        "url": str(inputs["url"]),
        "event_types": events_of(inputs),
        "description": str(inputs["description"]),
    }


def _recorded(ledger: JsonObject, inputs: JsonObject) -> JsonObject:
    """What a record keeps: not the address, which may hold a secret."""
    url = _group(inputs) if ledger["made_endpoint"] else None
    before = {k: v for k, v in as_object(ledger.get("before"), "before").items() if k != "url"}
    return {"url": url, "app": ledger["made_app"], "before": before}


def _group(props: JsonObject) -> str:
    """How other stacks and records identify an endpoint: its host and the fingerprint of its URL. A
    state that keeps the URL secret has both in the address; a record has the group itself."""
    address, url = props.get(ADDRESS), str(props.get("url"))
    if address is not None:
        shown, _, own = str(address).removesuffix(")").rpartition(" (")
        return f"{host_of(shown)} {own}"
    return url if " " in url else _group_of(props, url)


def _group_of(props: JsonObject, url: str) -> str:
    """The group of a URL on the instance in the properties."""
    url = kept_url(url)
    place = str(props["application_id"]), str(props["environment"])
    return f"{host_of(url)} {fingerprint_of(*place, url)}"


def _with_headers(props: JsonObject, kept: Mapping[str, str]) -> JsonObject:
    """The properties with the live headers, so that a preview shows somebody's changes."""
    if not headers_of(props):
        return {}
    place = str(props["application_id"]), str(props["environment"])
    marks = {name: fingerprint_of(*place, value) for name, value in kept.items()}
    return {"headers": {**kept}, FINGERPRINTS: {**marks}}


@dataclass(frozen=True)
class _HeadersOf:
    """What to do about an endpoint's headers; reads nothing if none are or were declared."""

    declared: dict[str, str]
    writes: Writes = field(default_factory=dict)
    before: JsonObject = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()

    @classmethod
    def endpoint(
        cls,
        svix: SvixClient,
        endpoint: Endpoint | None,
        inputs: JsonObject,
        olds: JsonObject,
        recorded: JsonObject,
        others: Sharing,
    ) -> _HeadersOf:
        """What to do for an endpoint; `edited` are headers that somebody changed and no preview
        showed."""
        declared, known = headers_of(inputs), headers_of(olds)
        if endpoint is None or not (declared or known):
            return cls(declared)
        live = read_headers(svix, endpoint.id)
        absent = as_texts(recorded.get("absent"), "absent")
        before = headers_before(
            as_object(olds.get(HEADERS_BEFORE), HEADERS_BEFORE), known, declared, live, absent
        )
        group = _group_of(inputs, endpoint.url)
        before = _without_brought(before, known, declared, live, group, others)
        gone = {
            name: value
            for name, value in undeclared_headers(known, declared).items()
            if not others.holders(group, _field(name))
        }
        back = header_reverts(as_object(olds.get(HEADERS_BEFORE), HEADERS_BEFORE), gone, live)
        new = [name.lower() for name in declared if live.spelled(name) is None]
        return cls(
            declared,
            {**back, **header_writes(declared, known, live)},
            before,
            tuple(dict.fromkeys((*absent, *new))),
            tuple(edited_headers(declared, known, live)),
        )

    @property
    def facts(self) -> JsonObject:
        """What a record keeps: the names of missing headers, and no values."""
        return {"absent": list(self.absent)} if self.absent else {}

    @property
    def found(self) -> JsonObject:
        """What the state keeps of the earlier headers."""
        if not self.before:
            return {}
        return {HEADERS_BEFORE: self.before, HEADERS_FOUND: [*sorted(self.before)]}

    def bring(self, svix: SvixClient, endpoint_id: str) -> None:
        """Write the headers and check that they are live.

        Raises:
            ResourceFailed: Svix does not show it.
        """
        if self.writes:
            svix.patch_headers(endpoint_id, self.writes)
        if not self.declared:
            return
        missing = headers_not_kept(self.declared, read_headers(svix, endpoint_id))
        if missing:
            raise ResourceFailed(
                "Svix accepted the headers of the webhook endpoint but does not show these "
                f"as declared: {', '.join(missing)}. Compare {endpoint_id} on the dashboard page "
                "Webhooks, then run the same command again."
            )


def _without_brought(
    before: JsonObject,
    known: Mapping[str, str],
    declared: Mapping[str, str],
    live: LiveHeaders,
    group: str,
    others: Sharing,
) -> JsonObject:
    """The headers before any stack: without those that another stack added.

    If another stack replaced a header, only that stack can read the earlier value.
    """
    result = dict(before)
    new = undeclared_headers(declared, known)
    for name, value in new.items():
        field = _field(name)
        owner = others.next_owner(group, field)
        if name.lower() in result and owner is not None and live.value(name) in (None, value):
            if group in owner.made or field not in owner.before.get(group, {}):
                del result[name.lower()]
            else:
                result[name.lower()] = {MASKED: True}
    return result


def _outputs(svix: SvixClient, endpoint: Endpoint, declared: JsonObject) -> JsonObject:
    differences = changes_between(declared, seen(endpoint))
    if differences:
        shown = "; ".join(str(change) for change in differences)
        raise ResourceFailed(
            f"Svix accepted the webhook endpoint but does not show it as declared: {shown}. "
            f"Compare {endpoint.id} on the dashboard page Webhooks, and declare the URL as "
            "Svix shows it (clerkstack:webhook.url), then run the same command again: it "
            "finds the endpoint and does not create another."
        )
    return {
        "endpoint_id": endpoint.id,
        "signing_secret": svix.signing_secret(endpoint.id).get_secret_value(),
    }
