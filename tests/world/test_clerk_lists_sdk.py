"""The official Python SDK as a client of JWT templates, redirect URLs, enterprise connections."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clerk_backend_api import Clerk
from clerk_backend_api.models import ClerkErrors
from clerk_backend_api.utils import RetryConfig

from local.world.clerk import ClerkService
from tests.world.clerk_accounts import Account
from tests.world.serving import serving

ONCE = RetryConfig("none", None, retry_connection_errors=False)  # type: ignore[arg-type]


@pytest.fixture
def sdk() -> Iterator[Clerk]:
    account = Account()
    with (
        serving(ClerkService(account.clerk)) as url,
        Clerk(
            bearer_auth=account.instance.secret, server_url=f"{url}/v1", retry_config=ONCE
        ) as client,
    ):
        yield client


def test_a_template_is_made_and_listed(sdk: Clerk) -> None:
    made = sdk.jwt_templates.create(request={"name": "hasura", "claims": {"role": "user"}})

    assert (made.lifetime, made.signing_algorithm) == (60, "RS256")
    assert [each.id for each in sdk.jwt_templates.list()] == [made.id]
    with pytest.raises(ClerkErrors):
        sdk.jwt_templates.create(request={"name": "hasura", "claims": {}})


def test_a_redirect_url_is_made_and_listed(sdk: Clerk) -> None:
    made = sdk.redirect_urls.create(request={"url": "sendero://callback"})

    assert [each.url for each in sdk.redirect_urls.list()] == [made.url]
    with pytest.raises(ClerkErrors):
        sdk.redirect_urls.create(request={"url": "http://a.dev"})


def test_connections_are_made_and_listed_by_state(sdk: Clerk) -> None:
    idle = sdk.enterprise_connections.create(
        request={"name": "Acme", "provider": "saml_okta", "domains": ["ACME.com"]}
    )
    active = sdk.enterprise_connections.create(
        request={
            "name": "Globex",
            "provider": "saml_custom",
            "domains": ["globex.com"],
            "active": True,
            "saml": {"idp_metadata_url": "https://idp.globex.com/metadata", "force_authn": True},
        }
    )

    every = sdk.enterprise_connections.list(limit=10)
    assert idle.domains == ["acme.com"]
    assert [each.id for each in every.data] == [active.id, idle.id]
    assert [each.id for each in sdk.enterprise_connections.list(active=True).data] == [active.id]
    with pytest.raises(ClerkErrors):
        sdk.enterprise_connections.create(
            request={"name": "Again", "provider": "saml_okta", "domains": ["acme.com"]}
        )
