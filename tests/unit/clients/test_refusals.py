"""A refusal of any form stays a refusal: no odd body becomes another error."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from clerkstack.clients.clerk_errors import read_clerk_error
from clerkstack.clients.errors import ApiError, UnexpectedAnswer
from clerkstack.clients.http import Http, Service
from clerkstack.clients.platform import SERVICE as CLERK
from clerkstack.clients.platform import Application
from clerkstack.clients.svix import SERVICE as SVIX
from clerkstack.clients.vercel import SERVICE as VERCEL

DEEP = 100_000


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def http(service: Service, answer: httpx.Response) -> Http:
    return Http(
        service,
        base_url="https://api.test",
        key=None,
        transport=httpx.MockTransport(lambda request: answer),
        sleep=lambda seconds: None,
    )


def refusal(service: Service, **body: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        http(service, httpx.Response(400, **body)).send("buy", "POST", "/")
    return caught.value


@pytest.mark.parametrize(
    ("service", "body", "says"),
    [
        (CLERK, {"errors": [{"code": 5, "message": 6}]}, "(400 5): 6"),
        (CLERK, {"errors": [{"code": "no", "long_message": ["a", 1]}]}, "(400 no): ['a', 1]"),
        (CLERK, {"errors": [{"code": "no", "meta": ["a"]}]}, "(400 no)"),
        (CLERK, {"errors": [{"code": "no", "meta": "a"}]}, "(400 no)"),
        (CLERK, {"errors": [{"code": "no"}], "clerk_trace_id": 7}, "(trace 7)"),
        (CLERK, {"errors": []}, "other JSON"),
        (CLERK, {"errors": {"code": "no"}}, "other JSON"),
        (CLERK, {"errors": None}, "other JSON"),
        (VERCEL, {"error": {"code": 5, "message": 6}}, "(400 5): 6"),
        (VERCEL, {"error": {"code": {"a": 1}}}, "(400 {'a': 1})"),
        (VERCEL, {"error": "no"}, "other JSON"),
        (SVIX, {"code": 5, "detail": "x"}, "(400 5): x"),
        (SVIX, {"code": "no", "detail": {"a": 1}}, "(400 no): {'a': 1}"),
        (SVIX, {"code": "no", "detail": [{"loc": 5, "msg": "x"}]}, "other JSON"),
        (SVIX, {"code": "no", "detail": None}, "(400 no)"),
    ],
)
def test_a_refusal_of_odd_form_is_reported(service: Service, body: object, says: str) -> None:
    failure = refusal(service, json=body)

    assert says in str(failure)
    assert isinstance(failure.code, str)
    assert isinstance(failure.message, str)


def test_what_is_missing_is_not_made_up() -> None:
    told = read_clerk_error({"errors": [{"code": None, "message": None, "meta": None}]})

    assert (told.code, told.message, told.trace_id, told.meta) == ("", "", None, {})


@pytest.mark.parametrize("service", [CLERK, VERCEL, SVIX])
def test_a_refusal_nested_without_end_is_reported(service: Service) -> None:
    assert "other JSON" in str(refusal(service, content=nested(DEEP)))


def test_a_refusal_whose_details_are_nested_is_reported() -> None:
    meta = b'{"errors":[{"code":"no","meta":{"a":' + nested(500) + b"}}]}"

    failure = refusal(CLERK, content=meta)

    assert failure.code == "no"
    assert "…" in str(failure)


@pytest.mark.parametrize("levels", [300, DEEP])
def test_an_answer_nested_without_end_is_reported(levels: int) -> None:
    service = http(CLERK, httpx.Response(200, content=nested(levels)))

    with pytest.raises(UnexpectedAnswer, match="other JSON"):
        service.request(Application, "buy", "POST", "/")
