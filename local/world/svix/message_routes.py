"""The operations of the Svix API on messages and the attempts to deliver them."""

from __future__ import annotations

from dataclasses import replace

from local.world.svix import inputs, queries
from local.world.svix.calls import Answer, Call, Operation, once
from local.world.svix.forms import identifier, moment


def read_stats(call: Call) -> Answer:
    """v1.endpoint.get-stats."""
    app = call.app
    endpoint = call.backend.endpoint(app, call.endpoint_id)
    since, until = (queries.moment(call.query, name) for name in ("since", "until"))
    return 200, call.backend.deliveries.stats(app, endpoint.id, since, until)


def send_example(call: Call) -> Answer:
    """v1.endpoint.send-example."""
    app = call.app_of_organization
    body = inputs.read(inputs.EventExample, call.body)
    sent = call.backend.deliveries.send_example(app, call.endpoint_id, body.event_type)
    return 202, sent.to_json()


def create_message(call: Call) -> Answer:
    """v1.message.create."""
    app = call.app_of_organization
    with_content = queries.switch(call.query, "with_content", default=True)
    body = inputs.read(inputs.NewMessage, call.body)
    message = call.backend.deliveries.create(
        app,
        body.event_type,
        body.payload,
        event_id=body.event_id,
        channels=body.channels,
        tags=body.tags,
    )
    return 202, message.to_json(with_payload=with_content)


def list_messages(call: Call) -> Answer:
    """v1.message.list."""
    app = call.app
    with_content = queries.switch(call.query, "with_content", default=True)
    wanted = queries.wanted(call.query, "msg_")
    return 200, call.backend.deliveries.list_messages(app, wanted, with_content=with_content)


def read_message(call: Call) -> Answer:
    """v1.message.get."""
    app = call.app
    with_content = queries.switch(call.query, "with_content", default=True)
    message = call.backend.deliveries.message(app, call.message_id)
    return 200, message.to_json(with_payload=with_content)


def list_by_endpoint(call: Call) -> Answer:
    """v1.message-attempt.list-by-endpoint."""
    app = call.app
    wanted = queries.wanted(call.query, "atmpt_")
    endpoint = call.backend.endpoint(app, call.endpoint_id)
    queries.switch(call.query, "expanded_statuses", default=False)  # nothing is ever cancelled
    return 200, call.backend.deliveries.list_attempts(
        app,
        replace(wanted, endpoint_id=endpoint.id),
        with_message=queries.switch(call.query, "with_msg", default=False),
        with_content=queries.switch(call.query, "with_content", default=True),
    )


def list_by_message(call: Call) -> Answer:
    """v1.message-attempt.list-by-msg."""
    app = call.app
    wanted = queries.wanted(call.query, "atmpt_")
    queries.switch(call.query, "expanded_statuses", default=False)
    return 200, call.backend.deliveries.list_attempts(
        app,
        wanted,
        message_id=call.backend.deliveries.message(app, call.message_id).id,
        with_content=queries.switch(call.query, "with_content", default=True),
    )


def read_attempt(call: Call) -> Answer:
    """v1.message-attempt.get."""
    app = call.app
    queries.switch(call.query, "expanded_statuses", default=False)
    deliveries = call.backend.deliveries
    attempt = deliveries.attempt(app, call.message_id, call.attempt_id)
    return 200, attempt.to_json(None, with_message=False)


def resend(call: Call) -> Answer:
    """v1.message-attempt.resend."""
    call.backend.deliveries.resend(call.app, call.message_id, call.endpoint_id)
    return 202, {}


def recover(call: Call) -> Answer:
    """v1.endpoint.recover."""
    app, (since, until) = call.app, _period(call)
    call.backend.deliveries.recover(app, call.endpoint_id, since, until)
    return 202, _task(call, "endpoint.recover")


def replay_missing(call: Call) -> Answer:
    """v1.endpoint.replay-missing."""
    app, (since, until) = call.app, _period(call)
    call.backend.deliveries.replay_missing(app, call.endpoint_id, since, until)
    return 202, _task(call, "endpoint.replay")


def _period(call: Call) -> tuple[float, float | None]:
    body = inputs.read(inputs.Period, call.body)
    until = None if body.until is None else queries.seconds(body.until)
    return queries.seconds(body.since), until


def _task(call: Call, name: str) -> dict[str, object]:
    now = call.backend.now(call.app)
    return {
        "id": identifier("qtask_", now),
        "status": "running",
        "task": name,
        "updatedAt": moment(now),
    }


APP = "/api/v1/app/{app}"
ENDPOINT = f"{APP}/endpoint/{{endpoint}}"
MESSAGES = f"{APP}/msg"
MESSAGE = f"{MESSAGES}/{{message}}"
OPERATIONS: tuple[tuple[str, str, Operation], ...] = (
    ("GET", f"{ENDPOINT}/stats", read_stats),
    ("POST", f"{ENDPOINT}/send-example", once(send_example)),
    ("POST", f"{ENDPOINT}/recover", once(recover)),
    ("POST", f"{ENDPOINT}/replay-missing", once(replay_missing)),
    ("POST", MESSAGES, once(create_message)),
    ("GET", MESSAGES, list_messages),
    ("GET", MESSAGE, read_message),
    ("GET", f"{APP}/attempt/endpoint/{{endpoint}}", list_by_endpoint),
    ("GET", f"{APP}/attempt/msg/{{message}}", list_by_message),
    ("GET", f"{MESSAGE}/attempt/{{attempt}}", read_attempt),
    ("POST", f"{MESSAGE}/endpoint/{{endpoint}}/resend", once(resend)),
)
