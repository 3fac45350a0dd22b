"""A webhook endpoint: what is declared, what is live, and which events it can have."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.clients.svix import Endpoint
from clerkstack.reconcile.changes import changes_between
from clerkstack.reconcile.webhook import left_out, seen, unknown_events, wanted

URL = "https://a.example/"
SURE = ["user.created", "organization.created"]
INPUTS: dict[str, Any] = {
    "url": URL,
    "events": [*SURE, "apiKey.created"],
    "optional_events": ["apiKey.created"],
    "description": "",
}


def endpoint(**changes: Any) -> Endpoint:
    return Endpoint.model_validate({"id": "ep_1", "url": URL, "eventTypes": SURE, **changes})


def test_an_endpoint_is_as_declared_in_any_order_and_however_its_url_is_written() -> None:
    there = endpoint(eventTypes=[*INPUTS["events"]][::-1])

    assert changes_between(wanted({**INPUTS, "url": "https://A.example:443"}), seen(there)) == []


def test_an_optional_event_is_left_out_where_it_is_not_offered() -> None:
    lacking = left_out(INPUTS, endpoint(), lambda: {*SURE})

    assert lacking == ("apiKey.created",)
    assert changes_between(wanted(INPUTS, lacking), seen(endpoint())) == []


def test_an_optional_event_that_is_offered_is_owed() -> None:
    assert left_out(INPUTS, endpoint(), lambda: {*SURE, "apiKey.created"}) == ()


def test_where_the_offer_cant_be_read_an_optional_event_is_left_out() -> None:
    assert left_out(INPUTS, endpoint(), lambda: None) == ("apiKey.created",)


@pytest.mark.parametrize("types", [None, INPUTS["events"]])
def test_who_lacks_no_optional_event_is_not_asked_for(types: list[str] | None) -> None:
    def never() -> None:
        raise AssertionError

    assert left_out(INPUTS, endpoint(eventTypes=types), never) == ()


def test_an_event_that_is_not_offered_is_named_with_the_setting_and_a_near_one() -> None:
    events = ["user.created", "user.craeted", "apiKey.created"]

    why = unknown_events(events, INPUTS, {"user.created", "user.deleted"})

    assert why == (
        "clerkstack:webhook.events names user.craeted, and Svix does not offer these event "
        "types for this instance. The webhook endpoint was not written. Remove it from "
        "clerkstack:webhook.events. Did you mean user.created for user.craeted?"
    )


def test_where_nobody_can_be_asked_clerks_documents_say_which_events_there_are() -> None:
    assert unknown_events(["user.created", "apiKey.created"], {**INPUTS}, None) == ""
    assert "and Svix cannot be asked" in unknown_events(["user.invented"], INPUTS, None)
