"""The Frontend API's client: which instance it asks, and what it reads."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from clerkstack.clients.errors import NotFound, UnexpectedAnswer
from clerkstack.clients.frontend import FrontendClient
from clerkstack.problems import ClerkstackError

HOST = "apt-newt-1.clerk.accounts.dev"
KEY = "pk_test_" + base64.b64encode(f"{HOST}$".encode()).decode()
SWITCHES = {"enabled": True, "user_api_keys_enabled": False, "orgs_api_keys_enabled": True}


def client(
    body: object, *, status: int = 200, base_url: str | None = None
) -> tuple[FrontendClient, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def app(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, json=body)

    transport = httpx.MockTransport(app)
    return FrontendClient(publishable_key=KEY, base_url=base_url, transport=transport), seen


def environment(**more: Any) -> dict[str, Any]:
    return {"api_keys_settings": SWITCHES, "auth_config": {}, **more}


def test_the_instance_is_the_host_inside_the_key() -> None:
    frontend, seen = client(environment())

    frontend.environment()

    assert str(seen[0].url) == f"https://{HOST}/v1/environment"
    assert "authorization" not in seen[0].headers


def test_another_address_still_gets_that_host() -> None:
    frontend, seen = client(environment(), base_url="http://127.0.0.1:4872")

    frontend.environment()

    assert str(seen[0].url) == "http://127.0.0.1:4872/v1/environment"
    assert seen[0].headers["host"] == HOST


def test_the_switches_are_read() -> None:
    billing = {
        "free_trial_requires_payment_method": False,
        "organization": {"enabled": True, "has_paid_plans": True},
        "user": {"enabled": False, "has_paid_plans": False},
    }
    frontend, _ = client(environment(commerce_settings={"billing": billing}))

    found = frontend.environment()

    assert (found.api_keys.user_api_keys_enabled, found.api_keys.orgs_api_keys_enabled) == (
        False,
        True,
    )
    assert found.billing.free_trial_requires_payment_method is False
    assert (found.billing.organization.enabled, found.billing.user.enabled) == (True, False)


@pytest.mark.parametrize(
    ("told", "enabled"), [({"enabled": True}, True), ({"enabled": False}, False), ({}, True)]
)
def test_whether_the_feature_is_on_is_read(told: dict[str, bool], enabled: bool) -> None:
    settings = {"user_api_keys_enabled": False, "orgs_api_keys_enabled": True, **told}
    frontend, _ = client(environment(api_keys_settings=settings))

    assert frontend.environment().api_keys.enabled is enabled


def test_an_instance_without_billing_has_it_off() -> None:
    frontend, _ = client(environment())

    found = frontend.environment().billing

    assert (found.organization.enabled, found.user.enabled) == (False, False)
    assert found.free_trial_requires_payment_method is True


def test_missing_switches_are_not_guessed() -> None:
    frontend, _ = client({"auth_config": {}})

    with pytest.raises(UnexpectedAnswer, match=r"getEnvironment.*api_keys_settings"):
        frontend.environment()


def test_a_wrong_key_is_reported() -> None:
    frontend, _ = client({"errors": [{"code": "host_invalid", "message": "No."}]}, status=404)

    with pytest.raises(NotFound, match="Check the publishable key"):
        frontend.environment()


def test_a_key_of_another_kind_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ClerkstackError, match="not a publishable key"):
        FrontendClient(publishable_key="sk_test_abcdef")
