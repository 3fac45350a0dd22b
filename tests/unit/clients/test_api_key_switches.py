"""A switch of API keys takes effect only if the feature itself is on."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from pydantic import SecretStr

from clerkstack.clients.evidence import Evidence
from clerkstack.clients.frontend import FrontendClient
from clerkstack.clients.platform import PlatformClient
from clerkstack.failures import ResourceFailed
from clerkstack.live.config_document import ConfigDocument
from clerkstack.live.session import Session
from clerkstack.providers import api_keys
from clerkstack.providers.api_keys import ApiKeysProvider
from clerkstack.reconcile.sharing import Sharing

SECTION = "api_keys_settings"
KEY = "pk_test_" + base64.b64encode(b"a.clerk.accounts.dev$").decode()
ORGANIZATIONS, USERS, FEATURE = "orgs_api_keys_enabled", "user_api_keys_enabled", "enabled"


class Instance:
    """One instance: its public switches, and its config if that advertises them."""

    def __init__(self, *, advertised: bool = False, **live: bool) -> None:
        self.live, self.before = live, dict(live)
        self.config = dict(live)
        self.advertised = advertised
        self.enables = True
        self.writes = self.looks = 0
        self.delay, self.waited = 0.0, [0.0]

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/environment":
            self.looks += 1
            late = self.writes and sum(self.waited) < self.delay
            shown = self.before if late else self.live
            return httpx.Response(200, json={"api_keys_settings": shown})
        section = {SECTION: self.config} if self.advertised else {}
        if request.url.path.endswith("/schema"):
            described = {name: {"properties": fields} for name, fields in section.items()}
            return httpx.Response(200, json={"properties": described})
        if request.method == "PATCH":
            self.writes += 1
            self.config |= json.loads(request.content)[SECTION]
            self.live |= self.config
            if not self.enables:
                self.live[FEATURE] = False
            return httpx.Response(200, json={"config_version": "1"})
        return httpx.Response(200, json={"config_version": "1", **section})

    # The call that the provider makes to its session.
    def frontend(self, publishable_key: str) -> FrontendClient:
        return FrontendClient(
            publishable_key=publishable_key, transport=httpx.MockTransport(self.answer)
        )

    def config_document(self, application_id: str, environment: str) -> ConfigDocument:
        platform = PlatformClient(
            key=SecretStr("ak_abcdef"),
            base_url="https://api.clerk.test",
            transport=httpx.MockTransport(self.answer),
        )
        return ConfigDocument(platform, application_id, environment)


class _Session:
    def __init__(self, instance: Instance) -> None:
        self.frontend = instance.frontend
        self.config = instance.config_document
        self.requests: list[Evidence] = []


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    """Return the seconds that it would have waited."""
    monkeypatch.chdir(tmp_path)
    seconds: list[float] = []
    monkeypatch.setattr(api_keys.time, "sleep", seconds.append)
    return seconds


def provider(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> ApiKeysProvider:
    session = cast(Session, _Session(instance))
    monkeypatch.setattr(ApiKeysProvider, "session", property(lambda self: session))
    return ApiKeysProvider()


def declared(*, organizations: bool, users: bool = False) -> dict[str, Any]:
    return {
        "application_id": "app_1",
        "environment": "development",
        "publishable_key": KEY,
        "switches": {ORGANIZATIONS: organizations, USERS: users},
    }


def live(*, organizations: bool, users: bool = False, **more: bool) -> dict[str, bool]:
    return {ORGANIZATIONS: organizations, USERS: users, **more}


def test_a_switch_that_is_on_in_a_feature_that_is_off_must_be_moved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = provider(Instance(**live(organizations=True, enabled=False)), monkeypatch)

    with pytest.raises(ResourceFailed) as caught:
        keys.create(declared(organizations=True))

    assert "Enable API keys: switch it ON" in str(caught.value)
    assert "Enable Organization API keys" not in str(caught.value)


@pytest.mark.parametrize("told", [live(organizations=True, enabled=True), live(organizations=True)])
def test_a_switch_that_is_on_is_enough_if_the_feature_is_not_reported_as_off(
    told: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = provider(Instance(**told), monkeypatch).create(declared(organizations=True))

    assert made.outs is not None
    assert made.outs.items() >= declared(organizations=True).items()


@pytest.mark.parametrize("enabled", [True, False])
def test_where_all_is_declared_off_the_feature_may_be_either(
    enabled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = provider(Instance(**live(organizations=False, enabled=enabled)), monkeypatch)
    wanted = declared(organizations=False)

    keys.create(wanted)

    assert keys.read("id", wanted).inputs == wanted


@pytest.mark.parametrize("enabled", [True, False])
def test_a_switch_declared_off_must_be_off_whatever_the_feature_is(
    enabled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = provider(Instance(**live(organizations=True, enabled=enabled)), monkeypatch)

    with pytest.raises(ResourceFailed, match="Enable Organization API keys: switch it OFF") as off:
        keys.create(declared(organizations=False))

    assert "Enable API keys" not in str(off.value)


@pytest.mark.parametrize("organizations", [True, False])
def test_a_refresh_shows_a_feature_that_is_off_under_a_switch_that_is_on(
    organizations: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = provider(Instance(**live(organizations=True, enabled=False)), monkeypatch)
    wanted = declared(organizations=organizations)

    once = keys.read("id", wanted).inputs
    again = keys.read("id", once).inputs

    assert once == again, "a second refresh says the same"
    assert once["switches"] == live(organizations=True, enabled=False)
    assert keys.diff("id", again, wanted).changes is True


def test_the_config_turns_the_feature_on_with_the_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = Instance(advertised=True, **live(organizations=False, enabled=False))

    provider(instance, monkeypatch).update("id", {}, declared(organizations=True))

    assert instance.writes == 1
    assert instance.live == live(organizations=True, enabled=True)


def test_the_last_switch_turns_the_feature_off(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = Instance(advertised=True, **live(organizations=True, enabled=True))

    provider(instance, monkeypatch).update("id", {}, declared(organizations=False))

    assert instance.live == live(organizations=False, enabled=False)


def test_a_section_of_another_name_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.clients.test_api_key_switches.SECTION", "api_keys")
    instance = Instance(advertised=True, **live(organizations=False, enabled=False))

    with pytest.raises(ResourceFailed, match="Clerk's config API has no key"):
        provider(instance, monkeypatch).create(declared(organizations=True))

    assert instance.writes == 0


def test_a_config_that_leaves_the_feature_off_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = Instance(advertised=True, **live(organizations=False, enabled=False))
    instance.enables = False

    with pytest.raises(ResourceFailed, match="leave the feature itself off") as caught:
        provider(instance, monkeypatch).create(declared(organizations=True))

    assert "Enable API keys: switch it ON" in str(caught.value)
    assert "does not apply them" not in str(caught.value)


@pytest.mark.parametrize(("delay", "shown"), [(0, True), (0.1, True), (15, True), (15.1, False)])
def test_the_public_environment_may_take_fifteen_seconds(
    delay: float, shown: bool, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = Instance(advertised=True, **live(organizations=False, enabled=False))
    instance.delay, instance.waited = delay, waited
    keys = provider(instance, monkeypatch)

    if shown:
        keys.create(declared(organizations=True))
    else:
        with pytest.raises(ResourceFailed, match="does not apply them"):
            keys.create(declared(organizations=True))

    assert instance.writes == 1
    assert (waited == []) is (delay == 0)


def test_nothing_is_waited_for_where_nothing_was_written(
    waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = Instance(**live(organizations=False, enabled=False))

    with pytest.raises(ResourceFailed, match="Clerk's config API has no key"):
        provider(instance, monkeypatch).create(declared(organizations=True))

    assert waited == []
    assert instance.looks == 1


def test_a_removal_waits_for_the_public_environment(
    waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = Instance(advertised=True, **live(organizations=False, enabled=False))
    keys = provider(instance, monkeypatch)
    monkeypatch.setattr(ApiKeysProvider, "sharing", lambda *_, **__: Sharing())
    made = keys.create(declared(organizations=True))
    instance.before, instance.waited, instance.delay = dict(instance.live), waited, 3

    keys.delete("id", made.outs or {})

    assert instance.live == live(organizations=False, enabled=False)
    assert waited == [1.0, 2.0]
