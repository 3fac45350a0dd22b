"""The Backend API's client: pages, roles, the link to Svix."""

from __future__ import annotations

import json

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients.backend import PAGE, BackendClient
from clerkstack.clients.errors import ApiError, Unauthorized, UnexpectedAnswer

COUNT = 2 * PAGE + 3


def permission(number: int) -> dict[str, object]:
    return {"object": "permission", "id": f"perm_{number}", "key": f"org:thing:{number}"}


def template(number: int) -> dict[str, object]:
    times = {"lifetime": 60, "allowed_clock_skew": 5}
    signed = {"custom_signing_key": False, "signing_algorithm": "RS256"}
    return {"id": f"jtmp_{number}", "name": f"t{number}", "claims": {}, **times, **signed}


def role(request: httpx.Request) -> httpx.Response:
    sent = json.loads(request.content)
    body = {"id": "role_1", "key": "org:finance", "name": "Finance", "description": None}
    return httpx.Response(200, json={**body, **sent, "permissions": [permission(1)]})


def app(request: httpx.Request) -> httpx.Response:
    match request.method, request.url.path:
        case "GET", "/v1/organization_permissions":
            start = int(request.url.params["offset"])
            end = min(start + int(request.url.params["limit"]), COUNT)
            page = [permission(number) for number in range(start, end)]
            return httpx.Response(200, json={"data": page, "total_count": COUNT})
        case "GET", "/v1/redirect_urls":
            start = int(request.url.params["offset"])
            end = min(start + int(request.url.params["limit"]), COUNT)
            urls = [{"id": f"ru_{n}", "url": f"app://{n}"} for n in range(start, end)]
            return httpx.Response(200, json=urls)
        case "GET", "/v1/jwt_templates":
            # A server without pages.
            return httpx.Response(200, json=[template(number) for number in range(PAGE)])
        case "POST", "/v1/organization_permissions":
            return httpx.Response(200, json={**permission(1), **json.loads(request.content)})
        case "POST", "/v1/organization_roles":
            return role(request)
        case "PATCH", "/v1/organization_roles/role_1":
            return role(request)
        case "POST", "/v1/webhooks/svix" | "/v1/webhooks/svix_url" as path:
            return httpx.Response(200, json={"svix_url": f"https://app.svix.test{path}#key=1"})
        case "DELETE", "/v1/webhooks/svix":
            return httpx.Response(204)
    raise AssertionError(f"{request.method} {request.url}")


class Seen:
    """A client of `app`, and the requests that it sent."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.client = BackendClient(
            key=SecretStr("sk_test_1"),
            base_url="https://api.clerk.test",
            transport=httpx.MockTransport(self.keep),
        )

    def keep(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return app(request)

    @property
    def body(self) -> object:
        return json.loads(self.requests[-1].content)


def test_all_pages_are_read() -> None:
    seen = Seen()

    found = seen.client.list_permissions()

    assert [each.id for each in found] == [f"perm_{number}" for number in range(COUNT)]
    assert [request.url.params["offset"] for request in seen.requests] == [
        "0",
        str(PAGE),
        str(2 * PAGE),
    ]


def test_a_list_without_a_count_is_read_to_its_end() -> None:
    seen = Seen()

    found = seen.client.list_redirect_urls()

    assert [each.id for each in found] == [f"ru_{number}" for number in range(COUNT)]
    assert len(seen.requests) == 3


def test_a_list_comes_with_its_count_or_as_the_description_has_it() -> None:
    found = [template(1)]

    def read(body: object) -> list[str]:
        client = BackendClient(
            key=SecretStr("sk_test_1"),
            base_url="https://api.clerk.test",
            transport=httpx.MockTransport(lambda request: httpx.Response(200, json=body)),
        )
        return [jwt_template.id for jwt_template in client.list_jwt_templates()]

    assert read({"data": found, "total_count": 1}) == read(found) == ["jtmp_1"]
    with pytest.raises(UnexpectedAnswer):
        read({"data": "nothing", "total_count": 1})


def test_a_list_that_is_not_paged_is_not_read_for_ever() -> None:
    seen = Seen()

    found = seen.client.list_jwt_templates()

    assert len(found) == PAGE
    assert len(seen.requests) == 2


def test_a_list_that_ends_before_its_count_ends_the_reading() -> None:
    pages = [[permission(1)], []]
    client = BackendClient(
        key=SecretStr("sk_test_1"),
        base_url="https://api.clerk.test",
        transport=httpx.MockTransport(
            lambda request: httpx.Response(200, json={"data": pages.pop(0), "total_count": 9})
        ),
    )

    assert [each.id for each in client.list_permissions()] == ["perm_1"]


def test_plans_are_read_with_what_they_cost() -> None:
    plan = {
        "id": "cplan_1",
        "slug": "pro",
        "name": "Pro",
        "fee": {"amount": 6000, "currency": "usd"},
        "annual_monthly_fee": None,
        "is_default": False,
        "publicly_visible": True,
        "for_payer_type": "org",
        "free_trial_enabled": True,
        "free_trial_days": 14,
    }
    asked: list[httpx.URL] = []

    def plans(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200, json={"data": [plan], "total_count": 1})

    client = BackendClient(
        key=SecretStr("sk_test_1"),
        base_url="https://api.clerk.test",
        transport=httpx.MockTransport(plans),
    )

    [found] = client.list_plans("org")

    assert found.fee is not None
    assert (found.slug, found.fee.amount, found.free_trial_days) == ("pro", 6000, 14)
    assert found.features == ()
    assert asked[0].params["payer_type"] == "org"


def test_a_role_is_made_with_what_is_given() -> None:
    seen = Seen()

    made = seen.client.create_role(key="org:finance", name="Finance", permissions=("perm_1",))

    assert seen.body == {"key": "org:finance", "name": "Finance", "permissions": ["perm_1"]}
    assert (made.id, made.permissions[0].id) == ("role_1", "perm_1")


def test_a_role_can_lose_its_last_permission() -> None:
    seen = Seen()

    seen.client.update_role("role_1", permissions=())

    assert seen.body == {"permissions": []}


def test_a_permission_is_made() -> None:
    seen = Seen()

    made = seen.client.create_permission(key="org:invoices:read", name="Read invoices")

    assert seen.body == {"key": "org:invoices:read", "name": "Read invoices"}
    assert made.key == "org:invoices:read"


def test_the_svix_app_is_made_asked_for_and_removed() -> None:
    seen = Seen()

    made = seen.client.create_svix_app()
    again = seen.client.svix_url()
    seen.client.delete_svix_app()

    assert made == "https://app.svix.test/v1/webhooks/svix#key=1"
    assert again == "https://app.svix.test/v1/webhooks/svix_url#key=1"
    assert [request.content for request in seen.requests] == [b"", b"", b""]


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [(401, Unauthorized, "clerkstack:secretKey"), (403, ApiError, "switched off")],
)
def test_a_refusal_says_which_key(status: int, kind: type[ApiError], says: str) -> None:
    client = BackendClient(
        key=SecretStr("sk_test_1"),
        base_url="https://api.clerk.test",
        transport=httpx.MockTransport(
            lambda request: httpx.Response(status, json={"errors": [{"code": "c"}]})
        ),
    )

    with pytest.raises(kind, match=says):
        client.get_instance()
