"""Messages and attempts to deliver them, in Svix's form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local.world.svix.forms import moment

SUCCESS, PENDING, FAIL, SENDING, CANCELED = range(5)
STATUSES = ("success", "pending", "fail", "sending", "canceled")
"""The names of MessageStatus, in the order of its numbers."""
SCHEDULED, MANUAL = 0, 1
EMPTY = "{}"
"""The placeholder of content that was not requested."""


@dataclass
class Message:
    """One message of an application; ``made`` is in seconds since the epoch."""

    id: str
    event_type: str
    payload: dict[str, Any]
    made: float
    event_id: str | None = None
    channels: list[str] | None = None
    tags: list[str] | None = None

    def to_json(self, *, with_payload: bool = True) -> dict[str, object]:
        """Return it as MessageOut; the payload is required there, and is empty if not requested."""
        return {
            "id": self.id,
            "eventId": self.event_id,
            "eventType": self.event_type,
            "payload": self.payload if with_payload else {},
            "channels": self.channels,
            "tags": self.tags,
            "timestamp": moment(self.made),
        }


@dataclass
class Attempt:
    """One request to one endpoint. ``code`` is 0 without an answer."""

    id: str
    message_id: str
    endpoint_id: str
    url: str
    made: float
    status: int = SENDING
    code: int = 0
    response: str = ""
    duration_ms: int = 0
    trigger: int = SCHEDULED

    def to_json(
        self, message: Message | None, *, with_message: bool, with_content: bool = True
    ) -> dict[str, object]:
        """Return it as MessageAttemptOut."""
        body: dict[str, object] = {
            "id": self.id,
            "msgId": self.message_id,
            "endpointId": self.endpoint_id,
            "url": self.url,
            "response": self.response if with_content else EMPTY,
            "responseStatusCode": self.code,
            "responseDurationMs": self.duration_ms,
            "status": self.status,
            "statusText": STATUSES[self.status],
            "triggerType": self.trigger,
            "timestamp": moment(self.made),
        }
        if with_message and message is not None:
            body["msg"] = message.to_json(with_payload=False)
        return body


@dataclass(frozen=True)
class Wanted:
    """The filters of a list; times are seconds since the epoch."""

    limit: int = 50
    iterator: str | None = None
    before: float | None = None
    after: float | None = None
    event_types: frozenset[str] = frozenset()
    channel: str | None = None
    tag: str | None = None
    status: int | None = None
    code_class: int | None = None
    endpoint_id: str | None = None

    def has(self, message: Message) -> bool:
        """Return whether a message matches."""
        return (
            (not self.event_types or message.event_type in self.event_types)
            and (self.channel is None or self.channel in (message.channels or ()))
            and (self.tag is None or self.tag in (message.tags or ()))
        )

    def has_attempt(self, attempt: Attempt) -> bool:
        """Return whether an attempt matches."""
        return (
            self.status in (None, attempt.status)
            and self.code_class in (None, attempt.code // 100 * 100)
            and self.endpoint_id in (None, attempt.endpoint_id)
        )


@dataclass
class Sent:
    """The messages and attempts of one application, newest last."""

    messages: dict[str, Message] = field(default_factory=dict)
    attempts: dict[str, Attempt] = field(default_factory=dict)
