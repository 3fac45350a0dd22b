"""The webhook: which events are sent, and where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clerkstack.checks.finding import Finding
from clerkstack.settings.events import EVENT_FORM, SENDERO_EVENTS
from clerkstack.shapes import list_of
from policies.hosts import Url, app_hosts, astray, listed
from policies.policy import Option, Policy, Values, unjudged, violation
from policies.variables import HOSTS
from policies.view import PRODUCTION, UNKNOWN, WEBHOOK, Resource, Stack, unknown_in


def _url(resource: Resource) -> Url | None:
    """Its URL, None if it is not an endpoint or the URL is unknown."""
    url: Any = resource.inputs.get("url")
    if resource.type != WEBHOOK or url is UNKNOWN:
        return None
    return Url.of(url if isinstance(url, str) else "")


def _https(resource: Resource, _values: Values) -> Iterator[Finding]:
    url = _url(resource)
    if resource.type == WEBHOOK and url is None:
        yield unjudged("the webhook's URL")
    elif url is not None and url.scheme != "https":
        at_home = resource.environment != PRODUCTION and url.scheme == "http" and url.local
        if not at_home:
            yield violation("the webhook endpoint is not https: events would be sent unencrypted")


def _reachable(resource: Resource, values: Values) -> Iterator[Finding]:
    url = _url(resource)
    if url is not None and (why := astray("the webhook", url, values["hosts"])):
        yield violation(why)


def _at_the_app(stack: Stack, values: Values) -> Iterator[Finding]:
    hosts = app_hosts(stack)
    if values["hosts"] or not hosts:
        return
    for resource in stack.of(WEBHOOK):
        url = _url(resource)
        if url is not None and not url.before_production and url.host not in hosts:
            yield violation(
                f"the webhook leads to {url.host}, and the app is at {listed(hosts)}",
                resource,
            )


def _events(resource: Resource, values: Values) -> Iterator[Finding]:
    if resource.type != WEBHOOK:
        return
    events = resource.inputs.get("events")
    if unknown_in(events):
        yield unjudged("the webhook's events")
        return
    declared, needed = set(map(_event, list_of(events))), set(values["events"])
    if not declared:
        yield violation("the webhook names no events, so Clerk would send every event")
    elif needed - declared:
        yield violation(f"the webhook lacks {', '.join(sorted(needed - declared))}")
    if declared - needed:
        yield violation(
            f"the webhook has events that nobody needs: {', '.join(sorted(declared - needed))}"
        )


def _event(name: Any) -> str:
    """An event's name as messages show it: somebody may have pasted a secret there."""
    good = isinstance(name, str) and EVENT_FORM.fullmatch(name)
    return str(name) if good else "something that is not an event"


def _twice(stack: Stack, _values: Values) -> Iterator[Finding]:
    seen: dict[tuple[str, int, str], Resource] = {}
    for resource in stack.of(WEBHOOK):
        url = _url(resource)
        if url is None or not url.host:
            continue
        first = seen.setdefault(url.place, resource)
        if first is not resource:
            yield violation(
                f"it has the address of {first.name}, so every event would arrive twice", resource
            )


POLICIES = (
    Policy(
        "webhook-https",
        "Webhooks are sent over https.",
        "Otherwise names and addresses of customers are sent unencrypted.",
        "Set clerkstack:appUrl (or clerkstack:webhook.url) to an https URL.",
        check_resource=_https,
    ),
    Policy(
        "webhook-host",
        "Production's webhook leads to production.",
        "Otherwise the app does not learn of organizations created in production: no "
        "workspace, no sandbox key.",
        "Set clerkstack:appUrl (or clerkstack:webhook.url) to production's host.",
        check_resource=_reachable,
        check_stack=_at_the_app,
        production_only=True,
        options={"hosts": HOSTS},
    ),
    Policy(
        "webhook-events",
        "The webhook gets exactly the events that the app needs.",
        "Without a needed event, the app falls behind Clerk; an unneeded event sends "
        "personal data for no reason.",
        "Set clerkstack:webhook.events, or this policy's `events` if the app needs others.",
        check_resource=_events,
        options={"events": Option(SENDERO_EVENTS, "the events that the app needs")},
    ),
    Policy(
        "webhook-once",
        "No two endpoints have the same address.",
        "Otherwise every event arrives twice: two workspaces, two sandbox keys.",
        "Remove one of the endpoints.",
        check_stack=_twice,
    ),
)
