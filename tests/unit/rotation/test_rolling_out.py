"""An update of rotated secrets alone: who may write in it, and who judges it."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import UTC, datetime
from typing import Any

import pytest
from pulumi.dynamic import Config, ConfigureRequest

from clerkstack import providers
from clerkstack.desired.resource_types import COMMAND_TYPE, VARIABLE_TYPE, WRITTEN_TYPE
from clerkstack.desired.rolling_out import (
    ROLL_OUT,
    as_if_new,
    environment_of,
    is_rolled_out,
    rest_as_was,
)
from clerkstack.problems import ClerkstackError
from clerkstack.providers.api_keys import ApiKeysProvider
from clerkstack.providers.base import ClerkProvider
from clerkstack.providers.billing import BillingProvider
from clerkstack.providers.instance import InstanceProvider
from clerkstack.providers.rotations import RotationsProvider
from clerkstack.providers.written_variables import EDITED, WrittenVariablesProvider
from policies.judge import Judge, level_of
from policies.rules import Level, Rules
from policies.view import Resource, Stack

URNS = [
    "urn:pulumi:prod::clerkstack::v::environment-production-CLERK_SECRET_KEY",
    "urn:pulumi:prod::clerkstack::v::environment-production-APP_URL",
    "urn:pulumi:prod::clerkstack::w::environment-written",
    "urn:pulumi:prod::clerkstack::c::environment-redeploy",
]


@pytest.fixture
def rolling(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of(URNS).items():
        monkeypatch.setenv(name, value)


def every_provider() -> list[type[ClerkProvider]]:
    for module in pkgutil.iter_modules(providers.__path__):
        importlib.import_module(f"{providers.__name__}.{module.name}")

    def below(kind: type[ClerkProvider]) -> list[type[ClerkProvider]]:
        return [kind, *(each for sub in kind.__subclasses__() for each in below(sub))]

    return below(ClerkProvider)[1:]


def test_every_provider_but_one_refuses(rolling: None) -> None:
    found = every_provider()
    assert {BillingProvider, InstanceProvider, ApiKeysProvider, RotationsProvider} <= {*found}
    for kind in found:
        if kind is WrittenVariablesProvider:
            continue
        provider = kind()
        provider._config = {}
        (failure,) = provider.check({}, {}).failures
        assert "unset CLERKSTACK_ROLL_OUT" in failure.reason, kind
        # A removal is preceded by no check: without a session nothing is sent.
        with pytest.raises(ClerkstackError, match="unset CLERKSTACK_ROLL_OUT"):
            assert provider.session


def test_what_is_named_and_holds_a_secret_is_written(rolling: None) -> None:
    def may(type_: str, name: str, key: object = None) -> bool:
        return is_rolled_out(type_, name, key)

    secret = "environment-production-CLERK_SECRET_KEY"
    assert may(VARIABLE_TYPE, secret, "CLERK_SECRET_KEY")
    assert may(WRITTEN_TYPE, "environment-written")
    assert may(COMMAND_TYPE, "environment-redeploy")
    # Named, and no secret; a secret, and not named; another type.
    assert not may(VARIABLE_TYPE, "environment-production-APP_URL", "APP_URL")
    assert not may(VARIABLE_TYPE, "other-CLERK_SECRET_KEY", "CLERK_SECRET_KEY")
    assert not may(VARIABLE_TYPE, secret, object())
    assert not may("aws:s3/bucket:Bucket", secret, "CLERK_SECRET_KEY")
    assert not may(COMMAND_TYPE, "environment-written")


def test_a_flag_names_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("1", "true", "*", "**"):
        monkeypatch.setenv(ROLL_OUT, value)
        assert not is_rolled_out(VARIABLE_TYPE, "environment-production-CLERK_SECRET_KEY", "x")


def test_other_variables_stay_as_they_were() -> None:
    was = {"production/CLERK_SECRET_KEY": "1", "production/URL": "a", "production/GONE": "b"}
    declared = {"production/CLERK_SECRET_KEY": "2", "production/URL": "c", "production/NEW": "d"}

    assert rest_as_was(was, declared) == {**was, "production/CLERK_SECRET_KEY": "2"}
    assert rest_as_was({}, declared) == {}
    # A secret that is not deployed yet, or no longer declared.
    assert rest_as_was({"preview/CLERK_SECRET_KEY": "1"}, declared) == {
        "preview/CLERK_SECRET_KEY": "1"
    }


def configured() -> WrittenVariablesProvider:
    provider = WrittenVariablesProvider()
    keys = {"clerkstack:platformKey": "ak_tests", "vercel:apiToken": "tests"}
    provider.configure(ConfigureRequest(Config(keys, "clerkstack")))
    return provider


def test_the_look_at_the_variables_takes_the_new_secrets_alone(rolling: None) -> None:
    olds: dict[str, Any] = {
        "project_id": "prj_1",
        "values": {"production/CLERK_SECRET_KEY": "1", "production/URL": "a"},
        "state": {"production/CLERK_SECRET_KEY": "as written", "production/URL": EDITED},
    }
    news: dict[str, Any] = {
        "project_id": "prj_1",
        "values": {"production/CLERK_SECRET_KEY": "2", "production/URL": "b", "production/X": "c"},
        "state": {"production/CLERK_SECRET_KEY": "as written", "production/X": "as written"},
    }

    checked = configured().check(olds, news)

    assert checked.failures == []
    assert checked.inputs["values"] == {**olds["values"], "production/CLERK_SECRET_KEY": "2"}
    assert checked.inputs["state"] == olds["state"]


def test_in_any_other_update_it_takes_what_is_declared() -> None:
    news = {"project_id": "prj_1", "values": {"production/URL": "b"}, "state": {}}
    olds = {**news, "values": {"production/URL": "a"}}

    assert configured().check(olds, news).inputs["values"] == {"production/URL": "b"}


def test_a_preview_is_made_with_another_secret_of_the_same_form() -> None:
    for secret in ("sk_live_abcA", "sk_live_abcB", "whsec_abc+"):
        assert as_if_new(secret) != secret
        assert as_if_new(secret)[:-1] == secret[:-1]


def variable(key: str, **more: Any) -> Resource:
    inputs = {"key": key, "value": "sk_live_x", "targets": ["production"], **more}
    return Resource(VARIABLE_TYPE, f"environment-production-{key}", inputs)


def judge(*, secrets_only: bool) -> Judge:
    return Judge("prod", Rules(), (), datetime.now(UTC), secrets_only)


def test_policies_stop_it_for_what_it_writes_and_nothing_else(rolling: None) -> None:
    billing = Resource(
        "pulumi-python:dynamic/clerkstack:Billing",
        "billing-catalog",
        {"environment": "production", "settings": {"free_trial_requires_payment_method": True}},
    )
    secret = variable("CLERK_SECRET_KEY", sensitive=False)
    other = variable("APP_URL", sensitive=False)
    stack = Stack("prod", [billing, secret, other], "production", ("webhook", "billing"))

    def stops(bench: Judge) -> set[str]:
        found = [
            *bench.all(stack),
            *(v for resource in stack.resources for v in bench.one(resource)),
        ]
        return {each.check for each in found if level_of(each) is Level.MANDATORY}

    assert {"trial-card", "complete", "sensitive-secrets"} <= stops(judge(secrets_only=False))
    assert stops(judge(secrets_only=True)) <= {"sensitive-secrets", "protected", "key-forms"}
    assert "sensitive-secrets" in stops(judge(secrets_only=True))
    # What it does not stop for is reported all the same.
    assert "trial-card" in {finding.check for finding in judge(secrets_only=True).one(billing)}
