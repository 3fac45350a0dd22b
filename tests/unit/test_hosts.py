"""Which hosts are production's: policies and cutover say the same of each."""

from __future__ import annotations

import pytest

from clerkstack.cutover.addresses import is_public, reach
from policies.hosts import Url

PRODUCTION = (
    "sendero.example",
    "app.sendero.example",
    "SENDERO.example",
    "sendero.example.",
    "dev.to",
    "latest.sendero.example",
    "vercel.app.sendero.example",
    "8.8.8.8",
)
BEFORE = (
    *("localhost", "app.localhost", "127.0.0.1", "10.0.0.7", "192.168.1.4", "[::1]"),
    *("mac.local", "app.internal", "app.test"),
    *("acme.vercel.app", "acme-git-x-team.vercel.app", "acme.now.sh", "ACME.vercel.app."),
    *("x.ngrok.io", "x.ngrok.app", "x.ngrok.dev", "x.ngrok-free.app", "x.ngrok-free.dev"),
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
