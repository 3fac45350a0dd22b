"""Which hosts are production's: policies and cutover agree."""

from __future__ import annotations

import json

import pytest

from clerkstack.hosts import is_public, reach
from clerkstack.problems import InputError
from clerkstack.settings.load import load_settings
from policies.hosts import Url

PRODUCTION = (
    "sendero.example",
    "app.sendero.example",
    "SENDERO.example",
    "sendero.example.",
    "dev.to",
    "latest.sendero.example",
    "vercel.app.sendero.example",
    "myvercel.app",
    "8.8.8.8",
)
BEFORE = (
    *("localhost", "app.localhost", "127.0.0.1", "10.0.0.7", "192.168.1.4", "[::1]"),
    *("mac.local", "app.internal", "app.test"),
    *("acme.vercel.app", "acme-git-x-team.vercel.app", "acme.now.sh", "ACME.vercel.app."),
    *("x.ngrok.io", "x.ngrok.app", "x.ngrok.dev", "x.ngrok-free.app", "x.ngrok-free.dev"),
    *("acme.netlify.app", "acme.pages.dev", "acme.onrender.com", "vercel.app"),
    *("x.loca.lt", "x.trycloudflare.com"),
    *("preview.sendero.example", "previews.sendero.example", "staging.sendero.example"),
    *("stage.sendero.example", "dev.sendero.example", "development.sendero.example"),
    *("test.sendero.example", "testing.sendero.example", "qa.sendero.example"),
    *("app.staging.sendero.example", ""),
)


@pytest.mark.parametrize("host", PRODUCTION)
def test_a_production_host_is_one_for_both(host: str) -> None:
    assert Url.of(f"https://{host}/x").before_production is None
    assert is_public(f"https://{host}/x")
    assert reach(f"https://{host}/x") == "https, public"


@pytest.mark.parametrize("host", BEFORE)
def test_a_host_before_production_is_none_for_both(host: str) -> None:
    assert Url.of(f"https://{host}/x").before_production is not None
    assert not is_public(f"https://{host}/x")


@pytest.mark.parametrize(
    ("host", "word"),
    [
        ("localhost", "is on a developer's machine"),
        ("acme.vercel.app", "is the hosting provider's: add a domain of your own"),
        ("x.ngrok.io", "is for previews"),
        ("staging.sendero.example", "is for previews"),
    ],
)
def test_both_say_it_in_the_same_words(host: str, word: str) -> None:
    assert reach(f"https://{host}/x").startswith(f"{host} {word}")
    told = str(Url.of(f"https://{host}/x").before_production)
    assert told.startswith(f"leads to {host}, which {word}")
    assert reach("https:///x") == f"https:///x {Url.of('https:///x').before_production}"


@pytest.mark.parametrize("host", ["acme.vercel.app", "vercel.app", "acme.netlify.app"])
def test_a_hosting_providers_host_is_reported_with_what_to_do(host: str) -> None:
    for told in (str(Url.of(f"https://{host}").before_production), reach(f"https://{host}")):
        assert "add a domain of your own" in told


@pytest.mark.parametrize(
    ("domain", "refused"), [("acme.vercel.app", True), ("acme.example", False)]
)
def test_no_production_instance_is_made_on_such_a_domain(domain: str, refused: bool) -> None:
    raw = {
        "clerkstack:instance": "production",
        "clerkstack:applicationId": "app_1",
        "clerkstack:platformKey": "ak_platform_key_123",
        "clerkstack:appUrl": "https://acme.example",
        "clerkstack:production": json.dumps({"create": True, "domain": domain}),
        "clerkstack:environment": json.dumps({"projectId": "prj_1"}),
        "vercel:apiToken": "vercel-token-1234567890",
    }
    if not refused:
        assert load_settings(raw, stack="prod").production.domain == domain
        return
    with pytest.raises(InputError, match="belongs to a hosting provider") as told:
        load_settings(raw, stack="prod")
    assert "production.domain" in str(told.value)


def test_a_development_app_may_be_there() -> None:
    raw = {
        "clerkstack:instance": "development",
        "clerkstack:applicationId": "app_1",
        "clerkstack:platformKey": "ak_platform_key_123",
        "clerkstack:appUrl": "https://acme-git-main-team.vercel.app",
        "clerkstack:environment": json.dumps({"projectId": "prj_1"}),
        "vercel:apiToken": "vercel-token-1234567890",
    }

    found = load_settings(raw, stack="dev")

    assert found.webhook_url == "https://acme-git-main-team.vercel.app/api/webhooks/clerk"


def test_a_hosting_providers_host_that_is_the_instances_own_is_one() -> None:
    url = "https://acme.vercel.app/api/webhooks/clerk"

    assert reach(url, "acme.vercel.app") == "https, public"
    assert not is_public("https://other.vercel.app/", "acme.vercel.app")
    assert not is_public("https://preview.acme.example/", "preview.acme.example")
