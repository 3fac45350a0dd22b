"""Each premise, on an account where it holds and on one where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from clerkstack.clients.platform import Config
from clerkstack.clients.vercel import EnvironmentVariable
from clerkstack.probe import reading, writing
from clerkstack.probe.account import Account, Probe, Result, State
from clerkstack.probe.run import probed
from local.world import World
from local.world import seed as seeded

SILENT = {"write": True, "progress": lambda _: None}


def results_of(probe: Probe, account: Account) -> Mapping[str, Result]:
    return {result.premise: result for result in probe.results(account)}


def failing(found: Mapping[str, Result]) -> dict[str, str]:
    return {each.premise: each.detail for each in found.values() if each.state is State.FAILS}


def everything(world: World) -> Any:
    """What is live, but for what changes with time and with each write."""
    endpoints = [
        vars(endpoint) for app in world.svix.apps().values() for endpoint in app.endpoints.values()
    ]
    return world.clerk.instances()[0].config, endpoints, world.vercel.projects


def test_all_hold_and_what_was_made_is_gone(running: World, account: Account) -> None:
    before = repr(everything(running))

    found = probed(account, **SILENT)  # type: ignore[arg-type]

    assert not failing(found)
    unresolved = {each.premise for each in found.values() if each.state is State.UNRESOLVED}
    assert unresolved <= {
        "vercel.deployments",
        "svix.attempts",
        "vercel.variables",
        "vercel.decrypt",
    }
    assert repr(everything(running)) == before


def test_a_project_that_has_a_name_is_asked_too(
    running: World, account_with_named_projects: Account
) -> None:
    body = {"key": "K", "value": "v", "type": "encrypted", "target": ["preview"]}
    running.vercel.create_variable(running.vercel.projects[seeded.VERCEL_PROJECT_ID], body)

    found = probed(account_with_named_projects, **SILENT)  # type: ignore[arg-type]

    states = {each.premise: each.state for each in found.values()}
    assert not failing(found)
    assert states["vercel.decrypt"] is State.HOLDS
    assert states["vercel.projects"] is State.HOLDS


def test_reading_writes_nothing(running: World, account: Account) -> None:
    running.clear_journal()

    found = probed(account, write=False, progress=lambda _: None)

    assert not failing(found)
    asked = {(each.method, each.path) for each in running.journal()}
    posts = {path for method, path in asked if method != "GET"}
    assert posts == {"/v1/webhooks/svix_url", "/api/v1/auth/one-time-token"}


def test_what_an_earlier_run_left_is_removed(running: World, account: Account) -> None:
    before = repr(everything(running))
    platform, place = account.session.platform, account.place
    feature: Any = writing._with({"name": "clerkstack probe"})
    platform.patch_config(*place, feature, if_match=None)
    app = account.session.svix_app(*place)
    assert app is not None
    with app:
        app.create_endpoint(
            url=writing.ADDRESS, event_types=["user.created"], description=writing.NOTE
        )
    account.session.vercel(None).create_variable(
        account.settings.environment.project_id,
        writing.VARIABLE,
        "left",
        targets=["production"],
        comment=writing.NOTE,
    )

    found = probed(account, **SILENT)  # type: ignore[arg-type]

    assert not failing(found)
    assert repr(everything(running)) == before


CONFIGS: list[tuple[Config, str]] = [
    (Config(version="v1_12345678", sections={"passports": {}}), "clerk.config-shape"),
    (Config(version="7", sections={}), "clerk.config-version"),
    (Config(version="v1_12345678", sections={"session": {"speed": 1}}), "clerk.session-template"),
]


@pytest.mark.parametrize(("config", "premise"), CONFIGS, ids=[each for _, each in CONFIGS])
def test_another_config(account: Account, config: Config, premise: str) -> None:
    account.document._known = config

    found = results_of(
        Probe((premise,), lambda it: (r for r in reading.config(it) if r.premise == premise)),
        account,
    )

    assert list(failing(found)) == [premise]


def test_api_keys_under_another_name(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    sections: dict[str, Any] = {"organization_api_keys": {}}
    monkeypatch.setattr(account.document, "advertised", lambda: sections)

    found = results_of(Probe(("clerk.api-keys-section",), reading.schema), account)

    assert failing(found) == {"clerk.api-keys-section": "organization_api_keys"}


def test_a_public_environment_that_says_something_else(account: Account) -> None:
    sections: Any = {"billing": {"organization_enabled": "maybe"}}
    account.document._known = Config(version="v1_12345678", sections=sections)

    found = results_of(Probe(("clerk.environment-agrees",), reading.environment), account)

    assert "billing.organization_enabled" in failing(found)["clerk.environment-agrees"]


def test_plans_that_are_on_one_side_only(account: Account) -> None:
    sections: Any = {"billing": {"plans": {"ghost": {}}}}
    account.document._known = Config(version="v1_12345678", sections=sections)

    found = results_of(Probe(("clerk.plans-agree",), reading.plans), account)

    assert "ghost" in failing(found)["clerk.plans-agree"]


def test_a_sensitive_variable_that_can_be_read(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = EnvironmentVariable.model_validate(
        {
            "id": "1",
            "key": "K",
            "type": "sensitive",
            "target": "preview",
            "value": "v",
            "decrypted": True,
        }
    )
    odd = EnvironmentVariable.model_validate({"id": "2", "key": "L", "type": "rot13"})
    monkeypatch.setattr(account.live, "variables", lambda *_, **__: (shown, odd))

    found = results_of(reading.OF_VERCEL[0], account)

    assert failing(found) == {
        "vercel.variables": "a variable of type rot13; L has no target",
        "vercel.sensitive": "readable: K",
    }


def test_a_readable_value_that_the_list_does_not_show(running: World, account: Account) -> None:
    project = running.vercel.projects[seeded.VERCEL_PROJECT_ID]
    body = {"key": "K", "value": "v", "type": "encrypted", "target": ["preview"]}
    running.vercel.create_variable(project, body)

    by_its_id, listed = (probe for probe in reading.OF_VERCEL[1:3])

    assert failing(results_of(by_its_id, account)) == {}
    assert failing(results_of(listed, account)) == {}
    running.vercel.projects[seeded.VERCEL_PROJECT_ID].variables.clear()


PATCH: dict[str, Any] = {"service": "clerk", "method": "PATCH", "path": "/config$"}
WRITES: list[tuple[dict[str, Any], str]] = [
    ({"kind": "dry_run_ignored", **PATCH}, "clerk.config-dry-run"),
    ({"kind": "not_persisted", "after": 1, **PATCH}, "clerk.read-after-write"),
    ({"kind": "not_persisted", "after": 3, **PATCH}, "clerk.config-clear"),
]


@pytest.mark.parametrize(("fault", "premise"), WRITES, ids=[each for _, each in WRITES])
def test_a_write_that_is_none_and_one_that_is(
    running: World, account: Account, fault: dict[str, Any], premise: str
) -> None:
    before = repr(everything(running))
    running.fault(**fault)

    found = results_of(writing.OF_CONFIG, account)

    assert premise in failing(found)
    assert repr(everything(running)) == before


def test_a_feature_that_no_read_shows_yet_is_an_answer_too(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(writing, "_features", lambda _: {})
        found = results_of(writing.OF_CONFIG, account)
    writing.remove_feature(account)

    assert "clerk.read-after-write" in failing(found)


LOST: list[tuple[dict[str, Any], Probe]] = [
    ({**PATCH, "after": 1}, writing.OF_CONFIG),
    ({"service": "svix", "method": "POST", "path": "/endpoint$"}, writing.OF_SVIX),
    ({"service": "vercel", "method": "POST", "path": "/env$"}, writing.OF_VERCEL),
]


@pytest.mark.parametrize(("request_", "probe"), LOST, ids=["config", "endpoint", "variable"])
def test_what_was_made_and_not_answered_is_removed(
    running: World, account: Account, request_: dict[str, Any], probe: Probe
) -> None:
    before = repr(everything(running))
    running.fault(kind="drop_after", **request_)

    found = results_of(probe, account)

    assert State.UNASKED in {each.state for each in found.values()}
    assert repr(everything(running)) == before


@pytest.mark.parametrize("after", range(3))
def test_cut_off_it_removes_what_it_made(running: World, account: Account, after: int) -> None:
    before = repr(everything(running))
    results = writing.OF_CONFIG.results(account)
    for _ in range(after):
        next(results)

    results.close()  # type: ignore[attr-defined]  # as Ctrl-C does

    assert repr(everything(running)) == before


def test_a_service_that_refuses_is_no_answer(running: World, account: Account) -> None:
    running.fault(service="clerk", kind="status", path="/v1/billing/plans", status=403)

    found = results_of(Probe(("clerk.plans-agree",), reading.plans), account)

    assert found["clerk.plans-agree"].state is State.UNASKED
    assert "403" in found["clerk.plans-agree"].detail
