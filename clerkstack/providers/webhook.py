"""The webhook endpoint, and its signing secret as a secret output.

Clerk sends through Svix. The Backend API gives a link to the instance's Svix app
(CreateSvixApp, GenerateSvixAuthURL), the link holds a one-time token, and the token opens the
Svix API (v1.authentication.exchange-one-time-token, v1.endpoint.*).
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from clerkstack.clients.errors import ApiError, NotFound, Unreachable
from clerkstack.clients.read_only import read_only
from clerkstack.kept_url import kept_url, same_url
from clerkstack.providers.base import (
    ClerkProvider,
    inputs_of,
    resource_id,
    stop_unless_previewed,
)
from clerkstack.providers.errors import ResourceFailed, plainly
from clerkstack.providers.made import Note, tell
from clerkstack.reconcile import JsonObject, changes_between, live_view
from clerkstack.reconcile.changes import object_at
from clerkstack.reconcile.ownership import way_back
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

if TYPE_CHECKING:
    from clerkstack.clients.backend import BackendClient
    from clerkstack.clients.svix import Endpoint, SvixClient


LEDGER = ("made_app", "made_endpoint", "before")


class WebhookEndpointProvider(ClerkProvider):
    """Reconciles one endpoint, found by its URL; other endpoints are left alone."""

    outputs = frozenset({"endpoint_id", "signing_secret", *LEDGER})

    def compared(self, inputs: JsonObject) -> JsonObject:
        """The inputs with the URL as Svix keeps it."""
        return {**inputs, **({"url": kept_url(str(inputs["url"]))} if "url" in inputs else {})}

    def _same(self, inputs: JsonObject, olds: JsonObject) -> bool:
        # A state of an older version does not have it.
        known = inputs if OPTIONAL in olds else {k: v for k, v in inputs.items() if k != OPTIONAL}
        return super()._same(known, olds)

    def _refused(self, inputs: JsonObject, olds: JsonObject) -> list[str]:
        """Events that Svix does not offer, looked for before anything is written."""
        named = events_of(olds), optional_of(olds)
        new = [e for e in events_of(inputs) if e not in named[0] or e in named[1]]
        new = [event for event in new if event not in optional_of(inputs)]
        if not new:
            return []
        try:
            place = str(inputs["application_id"]), str(inputs["environment"])
            svix = self.session.svix_app(*place)
        except (NotFound, ResourceFailed):
            svix = None  # there is no instance yet, or nobody's key for it
        except (ApiError, Unreachable) as failure:
            tell(f"Svix can't be asked for its event types; it is before a write. {failure}")
            return []
        offered = None
        if svix is not None:
            with svix:
                offered = self._offered(svix, inputs)
        return [why for why in (unknown_events(new, inputs, offered),) if why]

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Take over the endpoint with this URL, or make it. Safe to repeat."""
        inputs = inputs_of(props)
        # Refused here, nothing was sent: a note would take another's Svix app for this run's.
        self.backend(inputs).close()
        name = resource_id(inputs, "webhook")
        note = Note(name)
        noted = note.pending({})
        # Should the answer be lost, an app that is there next time was made by this run.
        note.write({"app": True, **noted})
        link, new_app = self._link(inputs)
        made_app = new_app or bool(noted.get("app"))
        note.write({**noted, "app": made_app})
        with self.session.svix(link) as svix:
            # An app that was just made has no endpoints to look through.
            there = [] if new_app else svix.list_endpoints()
            owned = _owned(svix, there, inputs, {"made_app": made_app}, noted)
            reached = self._bring(svix, *owned, inputs, since={})
        return CreateResult(name, {**inputs, **reached})

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring the endpoint to the new inputs; its signing secret stays."""
        inputs, olds = inputs_of(_news), inputs_of(_olds)
        since = {key: olds[key] for key in (*LEDGER, "endpoint_id") if key in olds}
        noted = Note(_id).pending(since)
        link, _ = self._link(inputs)
        with self.session.svix(link) as svix:
            there = svix.list_endpoints()
            _stop_where_edited(there, inputs, olds)
            owned = _owned(svix, there, inputs, olds, noted)
            reached = self._bring(svix, *owned, inputs, since=since)
        return UpdateResult({**inputs, **reached})

    @plainly
    def read(self, _id: str, _props: dict[str, Any]) -> ReadResult:
        """The live endpoint, for `pulumi refresh`."""
        props = inputs_of(_props)
        try:
            svix = self._open(props)
        except NotFound:
            return ReadResult(None, {})
        except ApiError as error:
            if error.status == 400:
                return ReadResult(None, {})
            raise
        with svix:
            there = [e for e in svix.list_endpoints() if e.id == props.get("endpoint_id")]
            if not there:
                return ReadResult(None, {})
            secret = svix.signing_secret(there[0].id).get_secret_value()
            lacking = left_out(props, there[0], lambda: self._offered(svix, props))
        declared = wanted(props, lacking)
        view = live_view(declared, seen(there[0]))
        if view["events"] == declared["events"]:
            view["events"] = props["events"]
        live = {**props, **view}
        inputs = {k: v for k, v in live.items() if k not in self.outputs}
        return ReadResult(_id, {**live, "signing_secret": secret}, inputs)

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove the endpoint, and the Svix app, where this resource made them; put back what it
        changed of an endpoint that was there."""
        props = inputs_of(_props)
        try:
            self._undo(props)
        except NotFound:
            pass
        except ApiError as error:
            # GenerateSvixAuthURL answers 400 where the instance has no Svix app.
            if error.status != 400:
                raise
        Note(_id).forget()

    def _undo(self, props: JsonObject) -> None:
        svix = self._open(props)
        endpoint_id = str(props["endpoint_id"])
        with svix:
            there = svix.list_endpoints()
            endpoint = next((e for e in there if e.id == endpoint_id), None)
            if endpoint is not None and props.get("made_endpoint"):
                # Gone already where an earlier answer was lost.
                with contextlib.suppress(NotFound):
                    svix.delete_endpoint(endpoint_id)
                _gone(endpoint_id not in [each.id for each in svix.list_endpoints()], "endpoint")
            elif endpoint is not None:
                mine = {"": wanted(props, _absent(props, endpoint))}
                back = way_back({"": object_at(props, "before")}, mine, {"": seen(endpoint)})
                fields = {k: v for k, v in object_at(back, "").items() if v is not None}
                if changes_between(fields, seen(endpoint)):
                    svix.update_endpoint(endpoint_id, **_fields({**seen(endpoint), **fields}))
            left = [e for e in there if e.id != endpoint_id or not props.get("made_endpoint")]
        if props.get("made_app") and not left:
            with self.backend(props) as backend:
                backend.delete_svix_app()
                _gone(_has_no_app(backend), "app at Svix")

    def _bring(
        self,
        svix: SvixClient,
        endpoint: Endpoint | None,
        ledger: JsonObject,
        inputs: JsonObject,
        *,
        since: JsonObject,
    ) -> JsonObject:
        """Make or change the endpoint, read it back, and read its signing secret."""
        note = Note(resource_id(inputs, "webhook"))
        declared = wanted(inputs, self._to_leave_out(svix, inputs, endpoint))
        facts = _noted(ledger, inputs)
        if endpoint is not None and ledger["made_endpoint"] and not since:
            facts["endpoint"] = endpoint.id

        def left() -> JsonObject:
            there = svix.list_endpoints()
            if facts.get("endpoint") in {each.id for each in there}:
                return facts
            # What was refused was not made: somebody else may make it before the next run.
            made = any(same_url(each.url, str(declared["url"])) for each in there)
            return _noted(ledger, inputs) if made else {"app": ledger["made_app"]}

        with note.intent(facts, since=since, left=left):
            if endpoint is None:
                facts["endpoint"] = svix.create_endpoint(**_fields(declared)).id
                # Whatever its read-back says, it is found by its id: no run makes another one.
                note.write(facts, since=since)
                endpoint = svix.get_endpoint(str(facts["endpoint"]))
            elif changes_between(declared, seen(endpoint)):
                svix.update_endpoint(endpoint.id, **_fields(declared))
                endpoint = svix.get_endpoint(endpoint.id)
            return {**_outputs(svix, endpoint, declared), **ledger}

    def _to_leave_out(
        self, svix: SvixClient, inputs: JsonObject, endpoint: Endpoint | None
    ) -> list[str]:
        """The optional events that Svix does not offer; asked only if the endpoint gets new ones.

        Raises:
            ResourceFailed: Svix does not offer another declared event.
        """
        new = new_events(inputs, endpoint)
        offered = self._offered(svix, inputs) if new else None
        why = "" if offered is None else unknown_events(new, inputs, offered)
        if why:
            raise ResourceFailed(why)
        lacking = [e for e in new if e in optional_of(inputs) and e not in (offered or ())]
        if lacking:
            named = ", ".join(lacking)
            tell(
                f"Svix does not offer {named} for this instance: the webhook endpoint works "
                "without it. If it is offered later, pulumi up --refresh adds it. To have it "
                f"refused where it is not offered, name it in {EVENTS_SETTING}."
            )
        return lacking

    def _offered(self, svix: SvixClient, inputs: JsonObject) -> Offered:
        """The event types that Svix offers, asked once in a run."""
        place = str(inputs["application_id"]), str(inputs["environment"])
        known = self.session.event_types
        if place not in known:
            known[place] = svix.list_event_types()
        return known[place]

    def _link(self, inputs: JsonObject) -> tuple[str, bool]:
        """The link to the instance's Svix app, made where there is none; whether it was."""
        with self.backend(inputs) as backend:
            if read_only():
                return backend.svix_url(), False
            try:
                return backend.create_svix_app(), True
            except ApiError as error:
                # CreateSvixApp answers 400 where the instance has a Svix app already.
                if error.status != 400:
                    raise
            return backend.svix_url(), False

    def _open(self, inputs: JsonObject) -> SvixClient:
        """A client of the instance's Svix app, where there is one."""
        with self.backend(inputs) as backend:
            return self.session.svix(backend.svix_url())


class WebhookEndpoint(Resource, module="clerkstack", name="WebhookEndpoint"):
    """Where Clerk sends events, which ones, and the secret that signs them."""

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
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the endpoint; `events` are Clerk's event types, `optional_events` those of them
        that the endpoint is without where Svix does not offer them."""
        secret = pulumi.ResourceOptions(additional_secret_outputs=["signing_secret"])
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
                **dict.fromkeys(WebhookEndpointProvider.outputs),
            },
            pulumi.ResourceOptions.merge(secret, opts),
        )


def _owned(
    svix: SvixClient,
    there: Sequence[Endpoint],
    inputs: JsonObject,
    olds: JsonObject,
    noted: JsonObject,
) -> tuple[Endpoint | None, JsonObject]:
    """The endpoint that is to be as declared, None where it is to be made; and the ledger.

    `olds` is what the state knows, `noted` what an interrupted run meant to do since.
    """
    made: JsonObject = {"made_app": olds.get("made_app"), "made_endpoint": True, "before": {}}
    ledger = {key: olds.get(key) for key in LEDGER}
    by_url = {kept_url(endpoint.url): endpoint for endpoint in there}
    by_id = {endpoint.id: endpoint for endpoint in there}
    known = by_id.get(str(olds.get("endpoint_id")))
    if known is None:
        # An interrupted run made it, under the URL that was declared then.
        at_url = by_url.get(kept_url(str(noted.get("url"))))
        known, ledger = by_id.get(str(noted.get("endpoint")), at_url), made
    twin = by_url.get(kept_url(str(inputs["url"])))
    if twin is None or twin is known:
        return known, ledger
    # Two endpoints with one URL would bring every event twice.
    if known is not None and ledger["made_endpoint"]:
        svix.delete_endpoint(known.id)
    before = object_at(noted, "before") or seen(twin)
    return twin, {**made, "made_endpoint": False, "before": before}


def _stop_where_edited(there: Sequence[Endpoint], inputs: JsonObject, olds: JsonObject) -> None:
    for endpoint in there:
        if endpoint.id == olds.get("endpoint_id"):
            owed = changes_between(wanted(inputs, _absent(inputs, endpoint)), seen(endpoint))
            stop_unless_previewed(inputs, owed, wanted(olds), wanted(olds, _absent(olds, endpoint)))


def _absent(inputs: JsonObject, endpoint: Endpoint) -> list[str]:
    """The optional events that the endpoint does not name."""
    return [e for e in new_events(inputs, endpoint) if e in optional_of(inputs)]


def _has_no_app(backend: BackendClient) -> bool:
    try:
        backend.svix_url()
    except ApiError as error:
        # GenerateSvixAuthURL answers 400 where the instance has no Svix app.
        return error.status in (400, 404)
    return False


def _gone(gone: bool, what: str) -> None:
    if not gone:
        raise ResourceFailed(
            f"The removal of the webhook {what} was accepted, and it is still there. Look at the "
            "dashboard page Webhooks, then run the same command again."
        )


def _fields(inputs: JsonObject) -> dict[str, Any]:
    return {
        "url": str(inputs["url"]),
        "event_types": cast(list[str], inputs["events"]),
        "description": str(inputs["description"]),
    }


def _noted(ledger: JsonObject, inputs: JsonObject) -> JsonObject:
    url = inputs["url"] if ledger["made_endpoint"] else None
    return {"url": url, "app": ledger["made_app"], "before": ledger["before"]}


def _outputs(svix: SvixClient, endpoint: Endpoint, declared: JsonObject) -> JsonObject:
    lost = changes_between(declared, seen(endpoint))
    if lost:
        shown = "; ".join(str(change) for change in lost)
        raise ResourceFailed(
            f"Svix accepted the webhook endpoint but does not show it as declared: {shown}. "
            f"Compare {endpoint.id} on the dashboard page Webhooks, and declare a URL as Svix "
            "shows it (clerkstack:webhook.url), then run the same command again: the endpoint is "
            "found again, and no other one is made."
        )
    return {
        "endpoint_id": endpoint.id,
        "signing_secret": svix.signing_secret(endpoint.id).get_secret_value(),
    }
