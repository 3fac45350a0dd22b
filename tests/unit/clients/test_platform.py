"""The Platform API's client: config, instances, rotation, domains."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients.errors import (
    Conflict,
    Forbidden,
    NotADryRun,
    PaymentRequired,
    UnexpectedAnswer,
)
from clerkstack.clients.platform import PlatformClient

APPLICATION = "/v1/platform/applications/app_1"
DOMAIN = {
    "object": "domain",
    "id": "dmn_1",
    "name": "example.com",
    "frontend_api_url": "https://clerk.example.com",
    "cname_targets": [
        {"host": "clerk.example.com", "value": "frontend-api.clerk.test", "required": True}
    ],
}
CNAME = {
    "from": "clerk.example.com",
    "to": "frontend-api.clerk.test",
    "clerk_subdomain": "clerk",
    "verified": False,
    "required": True,
    "failure_hints": [{"code": "missing", "message": "No record."}],
}
STATUS = {
    "status": "incomplete",
    "dns": {"status": "in_progress", "cnames": {"clerk": CNAME}},
    "ssl": {"status": "not_started", "required": True, "failure_hints": None},
    "mail": {"status": "not_started", "required": True},
}


def app(request: httpx.Request) -> httpx.Response:
    answers: dict[tuple[str, str], tuple[int, Any]] = {
        ("GET", "/instances/development/config"): (
            200,
            {"config_version": 7, "billing": {"plans": {}}, "new_section": [1]},
        ),
        ("GET", "/instances/development/config/schema"): (
            200,
            {"type": "object", "properties": {"billing": {}}},
        ),
        ("PATCH", "/instances/development/config"): (
            200,
            {"config_version": "8", "before": {"a": 1}, "after": {"a": 2}},
        ),
        ("POST", "/instances"): (
            201,
            {
                "object": "instance",
                "id": "ins_2",
                "environment_type": "production",
                "secret_key": "sk_live_abcdef",
                "publishable_key": "pk_live_abc",
                "active_domain": DOMAIN,
            },
        ),
        ("GET", "/domains"): (200, {"data": [DOMAIN], "total_count": 1}),
        ("GET", "/domains/example.com/status"): (200, STATUS),
        ("POST", "/domains/example.com/dns_check"): (
            200,
            {**STATUS, "domain_id": "dmn_1", "last_run_at": None},
        ),
    }
    status, body = answers[request.method, request.url.path.removeprefix(APPLICATION)]
    return httpx.Response(status, json=body)


class Seen:
    """Records the requests that `answer` gets."""

    def __init__(self, answer: Any = app) -> None:
        self.requests: list[httpx.Request] = []
        self.client = PlatformClient(
            key=SecretStr("ak_1"),
            base_url="https://api.clerk.test/",
            transport=httpx.MockTransport(self.keep),
            sleep=lambda seconds: None,
        )
        self._answer = answer

    def keep(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer: httpx.Response = self._answer(request)
        return answer


def test_the_config_is_its_version_and_its_sections() -> None:
    seen = Seen()

    config = seen.client.get_config("app_1", "development", keys=("billing", "new_section"))

    assert config.version == "7"
    assert config.sections == {"billing": {"plans": {}}, "new_section": [1]}
    assert seen.requests[0].url.params.get_list("keys") == ["billing", "new_section"]


def test_a_config_without_a_version_is_refused() -> None:
    seen = Seen(lambda request: httpx.Response(200, json={"billing": {}}))

    with pytest.raises(UnexpectedAnswer, match="PlatformGetConfig") as caught:
        seen.client.get_config("app_1", "development")

    assert caught.value.fields == ("config_version",)
    assert caught.value.operation == "PlatformGetConfig"


def test_a_write_without_a_version_sends_no_condition() -> None:
    seen = Seen()

    write = seen.client.patch_config("app_1", "development", {"a": 2}, if_match=None)

    assert "if-match" not in seen.requests[0].headers
    assert json.loads(seen.requests[0].content) == {"a": 2}
    assert seen.requests[0].url.query == b""
    assert (write.version, write.dry_run) == ("8", None)
    assert (write.before, write.after) == ({"a": 1}, {"a": 2})


def test_a_dry_run_is_reported_as_in_the_answer() -> None:
    seen = Seen(lambda request: httpx.Response(200, json={"dry_run": True}))

    write = seen.client.patch_config("app_1", "development", {}, if_match="7", dry_run=True)

    assert write.dry_run is True
    assert write.version is None
    assert seen.requests[0].url.params["dry_run"] == "true"


@pytest.mark.parametrize("answer", [{}, {"dry_run": False}, {"dry_run": None}])
def test_a_dry_run_that_the_answer_does_not_confirm_is_an_alarm(answer: Any) -> None:
    seen = Seen(lambda request: httpx.Response(200, json=answer))
    changes = {"billing": {"user_enabled": False}, "session": {"lifetime": 1}}

    with pytest.raises(NotADryRun, match=r"ALARM: a dry run .* was a write") as caught:
        seen.client.patch_config("app_1", "development", changes, if_match="7", dry_run=True)

    assert caught.value.written == ("billing", "session")
    assert "Changed for real: billing, session" in str(caught.value)
    assert len(seen.requests) == 1, "an alarm is never sent again"


def test_a_conflict_names_both_versions() -> None:
    def moved(request: httpx.Request) -> httpx.Response:
        meta = {"current_version": "8", "provided_version": request.headers["if-match"]}
        error = {"code": "config_version_conflict", "message": "Moved on.", "meta": meta}
        return httpx.Response(409, json={"errors": [error]})

    with pytest.raises(Conflict) as caught:
        Seen(moved).client.patch_config("app_1", "development", {}, if_match="7")

    assert caught.value.code == "config_version_conflict"
    assert caught.value.meta == {"current_version": "8", "provided_version": "7"}
    assert "[current_version: 8] [provided_version: 7]" in str(caught.value)


def test_features_that_the_workspace_has_not_are_named() -> None:
    def unpaid(request: httpx.Request) -> httpx.Response:
        first = {
            "code": "unsupported_subscription_plan_features",
            "message": "Not in your plan.",
            "meta": {"unsupported_features": ["custom_roles", "sso"], "suggestions": []},
        }
        second = {"code": "other", "message": "", "long_message": "And another."}
        return httpx.Response(402, json={"errors": [first, second]})

    with pytest.raises(PaymentRequired, match="change that plan") as caught:
        Seen(unpaid).client.create_instance("app_1", domain="example.com")

    assert "Not in your plan.; And another." in str(caught.value)
    assert "[unsupported_features: custom_roles, sso]" in str(caught.value)
    assert "suggestions" not in str(caught.value)


def test_the_schema_is_given_as_it_is() -> None:
    schema = Seen().client.get_config_schema("app_1", "development")

    assert schema == {"type": "object", "properties": {"billing": {}}}


def test_a_new_instance_comes_with_its_key_and_records() -> None:
    seen = Seen()

    made = seen.client.create_instance("app_1", domain="example.com", clone_instance_id="ins_1")

    assert json.loads(seen.requests[0].content) == {
        "domain": "example.com",
        "environment_type": "production",
        "clone_instance_id": "ins_1",
    }
    assert made.secret_key.get_secret_value() == "sk_live_abcdef"
    assert "abcdef" not in repr(made)
    assert made.active_domain.cname_targets[0].host == "clerk.example.com"


def test_a_rotation_asks_for_the_overlap() -> None:
    def rotated(request: httpx.Request) -> httpx.Response:
        instance = {
            "instance_id": "ins_1",
            "environment_type": "development",
            "secret_key": "sk_test_new",
        }
        body = {"application_id": "app_1", "name": "n", "instances": [instance]}
        return httpx.Response(200, json=body)

    seen = Seen(rotated)

    made = seen.client.rotate_secret_keys("app_1", "ins_1", overlap_hours=0)

    assert json.loads(seen.requests[0].content) == {"delay_old_secrets_expiration_hours": 0}
    assert made.secret_key.get_secret_value() == "sk_test_new"


def test_a_rotation_that_gives_no_key_is_not_taken_for_one() -> None:
    body = {"application_id": "app_1", "name": "n", "instances": []}
    seen = Seen(lambda request: httpx.Response(200, json=body))

    with pytest.raises(UnexpectedAnswer, match="instances"):
        seen.client.rotate_secret_keys("app_1", "ins_1", overlap_hours=24)


def test_domains_and_what_their_dns_lacks() -> None:
    client = Seen().client

    domains = client.list_domains("app_1")
    status = client.domain_status("app_1", "example.com")
    check = client.dns_check("app_1", "example.com")

    assert [domain.name for domain in domains] == ["example.com"]
    record = status.dns.cnames["clerk"]
    assert (record.host, record.value) == ("clerk.example.com", "frontend-api.clerk.test")
    assert (record.verified, record.failure_hints[0].code) == (False, "missing")  # type: ignore[index]
    assert (status.status, status.proxy) == ("incomplete", None)
    assert (check.domain_id, check.last_run_at, check.ssl.status) == ("dmn_1", None, "not_started")


def test_an_id_reaches_into_no_other_path() -> None:
    def whole(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"config_version": "1"})

    seen = Seen(whole)

    seen.client.get_config("app_1/x?y=1", "development")

    assert seen.requests[0].url.raw_path == (
        b"/v1/platform/applications/app_1%2Fx%3Fy%3D1/instances/development/config"
    )


def test_requests_say_who_sends_them() -> None:
    seen = Seen()

    seen.client.list_domains("app_1")

    assert seen.requests[0].headers["user-agent"].startswith("clerkstack/")
    assert seen.requests[0].headers["accept"] == "application/json"


def test_a_403_that_is_no_matter_of_rights_is_not_reported_as_one() -> None:
    body = {"errors": [{"code": "billing_not_enabled", "message": "not enabled", "meta": {}}]}
    answer = httpx.MockTransport(lambda _: httpx.Response(403, json=body))
    client = PlatformClient(
        key=SecretStr("ak_x"), base_url="https://api.clerk.test", transport=answer
    )

    with pytest.raises(Forbidden) as caught:
        client.get_application("app_1")

    assert "under clerkstack:billing" in str(caught.value)
    assert "applications:manage" not in str(caught.value)
