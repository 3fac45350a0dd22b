"""Delivers messages to the endpoints: signs them, posts them in the background, records each
attempt.

Nothing leaves the machine: without a route for the host of an endpoint's URL, the attempt fails
without an answer. Failed attempts are not retried automatically; `v1.message-attempt.resend` makes
another one.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from local.world.hosts import Hosts
from local.world.svix import errors
from local.world.svix.forms import identifier
from local.world.svix.messages import (
    FAIL,
    MANUAL,
    SCHEDULED,
    SENDING,
    STATUSES,
    SUCCESS,
    Attempt,
    Message,
    Wanted,
)
from local.world.svix.pages import DAYS, by_time
from local.world.svix.signing import signed_headers

if TYPE_CHECKING:
    from local.world.svix.models import App, Endpoint, SvixBackend

LOG = logging.getLogger("local.world")
SECONDS_TO_ANSWER = 15
LONGEST_RESPONSE = 4_096
SECONDS_COUNTED = 28 * DAYS
LONGEST_RECOVERY = 14 * DAYS + 300
END = float("inf")
Kept = TypeVar("Kept", Message, Attempt)


class Deliveries:
    """The deliveries of all applications.

    ``guard`` protects the state, and ``keep`` stores it; the world sets both. A request that
    creates a message holds the guard, so its delivery begins afterwards, and not at all if the
    world has undone the message.
    """

    def __init__(self, backend: SvixBackend, clock: Callable[[], float]) -> None:
        self._backend = backend
        self._clock = clock
        self._on_the_way: set[threading.Thread] = set()
        self.hosts = Hosts()
        self.guard: AbstractContextManager[Any] = nullcontext()
        self.keep: Callable[[], None] = _nowhere

    # -- sending ------------------------------------------------------------------------------

    def deliver(self, app_id: str, event_type: str, payload: dict[str, Any]) -> str | None:
        """Send an event to every subscribed endpoint of the app; return the message's id.

        Returns at once: the requests are sent in the background. For Clerk's emulator, inside a
        request or with the world's guard. A missing app gets nothing, and an event outside of the
        catalogue is not sent.
        """
        app = self._backend.apps().get(app_id)
        if app is None or event_type not in self._backend.event_types:
            return None
        return self.create(app, event_type, payload).id

    def create(
        self,
        app: App,
        event_type: str,
        payload: dict[str, Any],
        *,
        event_id: str | None = None,
        channels: list[str] | None = None,
        tags: list[str] | None = None,
    ) -> Message:
        """Create a message and send it to every subscribed endpoint."""
        message = self._made(app, event_type, payload, event_id, channels, tags)
        for endpoint in list(app.endpoints.values()):
            if _wants(endpoint, message):
                self._send(app, endpoint, message, SCHEDULED)
        return message

    def send_example(self, app: App, id_or_uid: str, event_type: str) -> Message:
        """Send an example of an event to one endpoint, whatever its events."""
        endpoint = self._backend.endpoint(app, id_or_uid)
        self._backend.event_type(event_type)
        message = self._made(app, event_type, {"type": event_type, "data": {}}, None, None, None)
        self._send(app, endpoint, message, MANUAL)
        return message

    def resend(self, app: App, message_id: str, id_or_uid: str) -> None:
        """Send a message to one endpoint once more."""
        message = self.message(app, message_id)
        self._send(app, self._backend.endpoint(app, id_or_uid), message, MANUAL)

    def recover(self, app: App, id_or_uid: str, since: float, until: float | None) -> None:
        """Send again the messages of a period (s since the epoch) that one endpoint has never
        accepted.

        Raises:
            Invalid: the time is longer than 14 days.
        """
        endpoint = self._backend.endpoint(app, id_or_uid)
        end = END if until is None else until
        if since < min(end, self._clock()) - LONGEST_RECOVERY:
            raise errors.invalid(["body", "since"], "Cannot recover more than 14 days of messages")
        there = [
            each
            for each in app.sent.attempts.values()
            if each.endpoint_id == endpoint.id and since <= each.made < end
        ]
        taken = {each.message_id for each in there if each.status == SUCCESS}
        failed = {each.message_id: None for each in there if each.status == FAIL}
        for message_id in failed:
            if message_id not in taken:
                self._send(app, endpoint, app.sent.messages[message_id], MANUAL)

    def replay_missing(self, app: App, id_or_uid: str, since: float, until: float | None) -> None:
        """Send one endpoint the messages of a period (s since the epoch) that were never sent to
        it."""
        endpoint = self._backend.endpoint(app, id_or_uid)
        end = END if until is None else until
        had = {e.message_id for e in app.sent.attempts.values() if e.endpoint_id == endpoint.id}
        for message in list(app.sent.messages.values()):
            missing = message.id not in had and since <= message.made < end
            if missing and _wants(endpoint, message):
                self._send(app, endpoint, message, MANUAL)

    def forget_keep(self) -> None:
        """Stop storing: the world has ended, but deliveries are still in progress."""
        self.keep = _nowhere

    def settle(self, seconds: float = 180) -> None:
        """Wait until no delivery is in progress. The caller must not hold the guard.

        Raises:
            TimeoutError: a delivery is still in progress.
        """
        deadline = time.monotonic() + seconds
        while self._on_the_way:
            for thread in list(self._on_the_way):
                thread.join(max(deadline - time.monotonic(), 0))
            if time.monotonic() > deadline:
                raise TimeoutError("messages are still on their way")

    # -- looking ------------------------------------------------------------------------------

    def message(self, app: App, id_or_event_id: str) -> Message:
        """Find a message by its id, or by its sender's id."""
        found = app.sent.messages.get(id_or_event_id) or next(
            (each for each in app.sent.messages.values() if each.event_id == id_or_event_id), None
        )
        if found is None:
            raise errors.not_found()
        return found

    def attempt(self, app: App, message_id: str, attempt_id: str) -> Attempt:
        """Find an attempt to deliver a message."""
        found = app.sent.attempts.get(attempt_id)
        if found is None or found.message_id != self.message(app, message_id).id:
            raise errors.not_found()
        return found

    def list_messages(self, app: App, wanted: Wanted, *, with_content: bool) -> dict[str, Any]:
        """Return a page of messages."""
        fitting = (each for each in app.sent.messages.values() if wanted.has(each))
        shown, beside = self._page(fitting, wanted)
        return {"data": [each.to_json(with_payload=with_content) for each in shown], **beside}

    def list_attempts(
        self,
        app: App,
        wanted: Wanted,
        *,
        message_id: str | None = None,
        with_message: bool = False,
        with_content: bool = True,
    ) -> dict[str, Any]:
        """Return a page of attempts."""
        shown, beside = self._page(self._attempts(app, wanted, message_id), wanted)
        data = [
            each.to_json(
                app.sent.messages.get(each.message_id),
                with_message=with_message,
                with_content=with_content,
            )
            for each in shown
        ]
        return {"data": data, **beside}

    def stats(
        self, app: App, endpoint_id: str, since: float | None, until: float | None
    ) -> dict[str, int]:
        """Count the messages of an endpoint by how their last attempt ended."""
        end = END if until is None else until
        begin = min(end, self._clock()) - SECONDS_COUNTED if since is None else since
        latest: dict[str, int] = {}
        for each in sorted(app.sent.attempts.values(), key=lambda attempt: attempt.id):
            if each.endpoint_id == endpoint_id and begin <= each.made <= end:
                latest[each.message_id] = each.status
        return {
            name: sum(status == number for status in latest.values())
            for number, name in enumerate(STATUSES)
        }

    # -- inside -------------------------------------------------------------------------------

    def _made(
        self,
        app: App,
        event_type: str,
        payload: dict[str, Any],
        event_id: str | None,
        channels: list[str] | None,
        tags: list[str] | None,
    ) -> Message:
        if event_id and any(each.event_id == event_id for each in app.sent.messages.values()):
            raise errors.conflict()
        now = self._backend.now(app)
        message = Message(
            identifier("msg_", now), event_type, payload, now, event_id, channels, tags
        )
        app.sent.messages[message.id] = message
        return message

    def _attempts(self, app: App, wanted: Wanted, message_id: str | None) -> Iterator[Attempt]:
        for each in app.sent.attempts.values():
            message = app.sent.messages.get(each.message_id)
            if (
                message is not None
                and message_id in (None, each.message_id)
                and wanted.has(message)
                and wanted.has_attempt(each)
            ):
                yield each

    def _page(
        self, things: Iterable[Kept], wanted: Wanted
    ) -> tuple[Sequence[Kept], dict[str, object]]:
        return by_time(
            things,
            lambda each: each.id,
            lambda each: each.made,
            now=self._clock(),
            limit=wanted.limit,
            iterator=wanted.iterator,
            before=wanted.before,
            after=wanted.after,
        )

    def _send(self, app: App, endpoint: Endpoint, message: Message, trigger: int) -> None:
        now = self._backend.now(app)
        attempt = Attempt(
            identifier("atmpt_", now), message.id, endpoint.id, endpoint.url, now, trigger=trigger
        )
        app.sent.attempts[attempt.id] = attempt
        thread = threading.Thread(
            target=self._attempt, args=(app.id, attempt.id), name="svix delivery", daemon=True
        )
        self._on_the_way.add(thread)
        thread.start()

    def _attempt(self, app_id: str, attempt_id: str) -> None:
        try:
            with self.guard:
                request = self._request(app_id, attempt_id)
            if request is None:
                return
            started = time.monotonic()
            code, text = self._post(*request)
            took = int((time.monotonic() - started) * 1000)
            with self.guard:
                self._record(app_id, attempt_id, code, text, took)
                self.keep()
        except Exception:
            LOG.exception("svix: an attempt to deliver")
        finally:
            self._on_the_way.discard(threading.current_thread())

    def _request(self, app_id: str, attempt_id: str) -> tuple[str, dict[str, str], bytes] | None:
        """Return URL, headers and body of an attempt; None if it was undone meanwhile."""
        app = self._backend.apps().get(app_id)
        attempt = app.sent.attempts.get(attempt_id) if app else None
        if app is None or attempt is None or attempt.endpoint_id not in app.endpoints:
            return None
        endpoint = app.endpoints[attempt.endpoint_id]
        body = json.dumps(app.sent.messages[attempt.message_id].payload).encode()
        signed = signed_headers(
            self._backend.valid_secrets(app, endpoint.id),
            message_id=attempt.message_id,
            timestamp=int(self._clock()),
            body=body,
        )
        usual = {"content-type": "application/json", "user-agent": "Svix-Webhooks/local-world"}
        return attempt.url, {**endpoint.headers, **usual, **signed}, body

    def _post(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        """Post to the address that answers for the URL's host. Return status and body, or 0 and the
        reason."""
        import httpx

        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return 0, "the URL can't be read"
        address = self.hosts.address_of(host)
        if address is None:
            return 0, f"no address answers for {host}"
        there = address + (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        forwarded = {"host": parts.netloc.rpartition("@")[2], "x-forwarded-proto": parts.scheme}
        try:
            answer = httpx.post(
                there,
                content=body,
                headers={**headers, **forwarded},
                timeout=SECONDS_TO_ANSWER,
                trust_env=False,
            )
        except (httpx.HTTPError, ValueError) as error:
            return 0, type(error).__name__
        return answer.status_code, answer.text[:LONGEST_RESPONSE]

    def _record(self, app_id: str, attempt_id: str, code: int, text: str, took: int) -> None:
        app = self._backend.apps().get(app_id)
        attempt = app.sent.attempts.get(attempt_id) if app else None
        if attempt is not None and attempt.status == SENDING:
            attempt.status = SUCCESS if 200 <= code < 300 else FAIL
            attempt.code, attempt.response, attempt.duration_ms = code, text, took


def _nowhere() -> None:
    """Store nothing."""


def _wants(endpoint: Endpoint, message: Message) -> bool:
    return (
        not endpoint.disabled
        and (endpoint.event_types is None or message.event_type in endpoint.event_types)
        and (endpoint.channels is None or bool({*endpoint.channels} & {*(message.channels or ())}))
    )
