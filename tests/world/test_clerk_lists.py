"""JWT templates, redirect URLs and enterprise connections: each instance's own, never cloned."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from clerkstack.clients.backend import PAGE, BackendClient
from local.world.clerk import ClerkBackend, ClerkService
from local.world.clerk.models import Instance
from local.world.svix import SvixBackend
from tests.world.clerk_accounts import APPLICATION_ID, Account
from tests.world.serving import app_of, serving

TEMPLATES = "/v1/jwt_templates"
URLS = "/v1/redirect_urls"
CONNECTIONS = "/v1/enterprise_connections"
TEMPLATE = {
    "name": "hasura",
    "claims": {"role": "user"},
    "custom_signing_key": True,
    "signing_algorithm": "HS256",
    "signing_key": "the-signing-key",
}
URL = {"url": "sendero://callback"}
OIDC = {"client_id": "id", "client_secret": "the-client-secret"}
CONNECTION = {"name": "Acme", "provider": "oidc_custom", "domains": ["Acme.com"], "oidc": OIDC}
MADE = ((TEMPLATES, TEMPLATE), (URLS, URL), (CONNECTIONS, CONNECTION))
LISTS = ("jwt_templates", "redirect_urls", "enterprise_connections")
# Each operation's statuses in the description, and those of a request without a valid body.
DESCRIBED = {
    TEMPLATES: {200, 400, 402, 422},
    URLS: {200, 400, 422},
    CONNECTIONS: {201, 402, 403, 404, 409, 422},
}


def ask(account: Account, method: str, path: str, instance: Instance, **how: Any) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=app_of(ClerkService(account.clerk)))
        async with httpx.AsyncClient(transport=transport, base_url="http://world.test") as client:
            headers = {"Authorization": f"Bearer {instance.secret}"}
            return await client.request(method, path, headers=headers, **how)

    return asyncio.run(asked())


def filled() -> Account:
    account = Account()
    for path, body in MADE:
        answer = ask(account, "POST", path, account.instance, json=body)
        assert answer.is_success, answer.text
    return account


def test_a_clone_brings_none_of_them() -> None:
    account = filled()
    development = account.instance

    made = account.clerk.create_instance(
        APPLICATION_ID, domain="tests.example", clone_of=development.id
    )

    assert [len(getattr(development, name)) for name in LISTS] == [1, 1, 1]
    assert [getattr(made, name) for name in LISTS] == [{}, {}, {}]


def test_no_answer_gives_a_secret_back() -> None:
    account = filled()

    shown = [ask(account, "GET", path, account.instance).text for path, _ in MADE]

    assert "the-signing-key" not in json.dumps(shown)
    assert "the-client-secret" not in json.dumps(shown)
    assert '"client_id":"id"' in shown[2]
    assert '"domains":["acme.com"]' in shown[2]


@pytest.mark.parametrize(("path", "body"), MADE)
def test_the_same_a_second_time_is_refused(path: str, body: dict[str, Any]) -> None:
    account = filled()

    answer = ask(account, "POST", path, account.instance, json=body)

    assert answer.status_code in (400, 409, 422)


def test_they_outlive_a_restart_and_an_old_state_has_none() -> None:
    account = filled()
    dumped = json.loads(json.dumps(account.clerk.dump()))
    again, old = ClerkBackend(svix=SvixBackend()), ClerkBackend(svix=SvixBackend())
    again.load(dumped)
    for instance in dumped["applications"][APPLICATION_ID]["instances"].values():
        for name in LISTS:
            del instance[name]
    old.load(dumped)

    kept, none = (each.instance(APPLICATION_ID, "development") for each in (again, old))

    assert [getattr(kept, name) for name in LISTS] == [
        getattr(account.instance, name) for name in LISTS
    ]
    assert [getattr(none, name) for name in LISTS] == [{}, {}, {}]


def test_our_client_reads_every_page() -> None:
    account = filled()
    for number in range(PAGE + 2):
        made = {"object": "redirect_url", "id": f"ru_{number}", "url": f"app://{number}"}
        stamped = {**made, "created_at": 0, "updated_at": 0}
        account.instance.redirect_urls[f"ru_{number}"] = stamped

    with (
        serving(ClerkService(account.clerk)) as url,
        BackendClient(key=SecretStr(account.instance.secret), base_url=url) as client,
    ):
        urls = client.list_redirect_urls()
        templates = client.list_jwt_templates()
        connections = client.list_enterprise_connections()
        domains = client.list_domains()

    assert len({each.url for each in urls}) == len(urls) == PAGE + 3
    assert [(template.name, template.lifetime) for template in templates] == [("hasura", 60)]
    assert [
        connection.oauth_config and connection.oauth_config.client_id for connection in connections
    ] == ["id"]
    assert [domain.is_satellite for domain in domains] == [False]


@pytest.mark.parametrize("path", [path for path, _ in MADE[:2]])
def test_a_list_comes_with_its_count_where_pages_are_asked_for(path: str) -> None:
    account = filled()

    plain, whole, counted = (
        ask(account, "GET", f"{path}{query}", account.instance).json()
        for query in ("", "?paginated=false", "?paginated=true")
    )

    assert len(plain) == 1
    assert plain == whole == counted["data"]
    assert counted["total_count"] == 1


NAMES = st.sampled_from(
    [*TEMPLATE, *URL, *CONNECTION, "saml", "login_hint", "lifetime", "custom_attributes", "active"]
)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=9),
        st.sampled_from([*OIDC, "saml_okta", "acme.org", "https://a.b/c"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(index=st.sampled_from(range(3)), changes=st.dictionaries(NAMES, VALUES, max_size=4))
def test_whatever_is_sent_is_answered_as_described(index: int, changes: dict[str, Any]) -> None:
    path, body = MADE[index]
    account = Account()

    answer = ask(account, "POST", path, account.instance, json={**body, **changes})

    assert answer.status_code in DESCRIBED[path], answer.text
    listed = ask(account, "GET", path, account.instance).json()
    count = len(listed["data"] if path == CONNECTIONS else listed)
    assert count == (1 if answer.is_success else 0)


@pytest.mark.parametrize(
    "flag", ["include_missing_member_with_elevated_permissions", "include_members_count"]
)
def test_a_wrong_flag_is_refused_where_there_is_no_organization_too(flag: str) -> None:
    account = Account()
    account.clerk.write_config(account.instance, {"organization_settings": {"enabled": True}})

    asked = [
        ask(account, "GET", "/v1/organizations", account.instance, params={flag: text})
        for text in ("", "true")
    ]

    assert [answer.status_code for answer in asked] == [422, 200]
    assert asked[1].json() == {"data": [], "total_count": 0}
