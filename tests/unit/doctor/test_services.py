"""Clerk, Svix, Vercel and the app, each broken in a way that the doctor looks at."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx

from clerkstack.checks.finding import Finding
from clerkstack.desired.secret_kinds import variables_of
from clerkstack.doctor import services
from clerkstack.doctor import stack as stacks
from clerkstack.rotation.journal import fingerprint
from clerkstack.settings.variable_names import DEFAULT
from local.world import seed as seeded
from tests.unit.doctor.here import Here, examine, look
from tests.unit.rotation.testbed import hidden

SERVICES = [
    services.platform_key,
    services.config,
    services.billing,
    services.secret_key,
    services.newest_key,
    services.clock,
    services.webhook,
]


@pytest.mark.parametrize("check", SERVICES, ids=lambda check: check.__name__)
def test_all_is_well(check: Callable[[stacks.Patient], Finding], here: Here) -> None:
    finding = look(check, here)

    assert finding.severity == "passed", finding
    assert not any(secret in finding.message for secret in here.testbed.deployed.values())


def test_no_such_instance(here: Here) -> None:
    here.testbed.configured = {"instance": "production"}
    finding = look(services.platform_key, here)
    assert (finding.severity, "production instance" in finding.message) == ("failed", True)


def test_a_config_that_has_more_than_is_known(here: Here) -> None:
    instance = here.testbed.world.clerk.instances()[0]
    instance.config["auth_email"]["carrier_pigeon"] = True

    finding = look(services.config, here)

    assert finding.severity == "warning"
    assert "auth_email.carrier_pigeon" in finding.message
    assert "bin/clerkstack probe --stack dev" in finding.remedy


def test_a_key_that_is_no_longer_valid(here: Here) -> None:
    here.testbed.world.clerk.instances()[0].secrets[0].expires_at = 1

    finding = examine(services.secret_key, here)

    assert finding.severity == "failed"
    assert "401" in finding.message
    assert not finding.service_failed


def test_secrets_that_were_rotated_by_hand(here: Here) -> None:
    world = here.testbed.world
    world.clerk.rotate(world.clerk.instances(), 24)
    app = next(iter(world.svix.apps().values()))
    next(iter(app.endpoints.values())).secret = "whsec_" + "B" * 32

    assert look(services.newest_key, here).severity == "warning"
    assert look(services.webhook, here).severity == "warning"
    assert "rotated in the dashboard" in look(services.webhook, here).remedy


def test_an_endpoint_that_is_disabled_or_gone(here: Here) -> None:
    app = next(iter(here.testbed.world.svix.apps().values()))
    endpoint = next(iter(app.endpoints.values()))
    endpoint.disabled = True
    assert "disabled" in look(services.webhook, here).message
    app.endpoints.clear()
    assert "gone" in look(services.webhook, here).message


def test_a_clock_that_is_wrong(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz or UTC) + timedelta(minutes=5)

    monkeypatch.setattr(services, "datetime", Late)
    finding = look(services.clock, here)
    assert finding.severity == "failed"
    assert "ahead of Clerk's" in finding.message


def test_a_service_that_fails_is_told_apart(here: Here) -> None:
    here.testbed.world.fault(service="clerk", kind="status", status=501, times=5)

    finding = examine(services.platform_key, here)

    assert (finding.severity, finding.service_failed) == ("failed", True)


def test_a_platform_key_without_the_scope_or_that_shows_no_keys(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.testbed.world.clerk.platform_keys[seeded.PLATFORM_KEY] = ["applications:read"]
    finding = examine(services.platform_key, here)
    assert (finding.severity, finding.service_failed) == ("failed", False)
    assert "applications:manage" in finding.message

    here.testbed.world.clerk.platform_keys[seeded.PLATFORM_KEY] = ["applications:manage"]
    patient = here.patient()
    shown = patient.live.instance().model_copy(update={"secret_key": None})
    monkeypatch.setattr(patient.live, "found", lambda: shown)
    assert "applications:manage" in services.platform_key(patient).remedy
    patient.close()


def test_a_platform_key_that_is_none(here: Here) -> None:
    here.testbed.world.clerk.platform_keys.clear()

    finding = examine(services.platform_key, here)

    assert (finding.severity, finding.service_failed) == ("failed", False)
    assert "clerkstack:platformKey" in finding.message


def test_a_key_of_the_other_instance(here: Here) -> None:
    session = here.patient().live.session
    made = session.platform.create_instance(seeded.APPLICATION_ID, domain="sendero.example")
    session.close()
    (instance,) = [
        resource for resource in here.testbed.resources if resource["type"].endswith(":Instance")
    ]
    instance["outputs"]["secret_key"] = hidden(made.secret_key.get_secret_value())

    finding = look(services.secret_key, here)

    assert finding.severity == "failed"
    assert f"it is a key of {made.id}" in finding.message


def test_a_state_without_a_key(here: Here) -> None:
    (instance,) = [
        resource for resource in here.testbed.resources if resource["type"].endswith(":Instance")
    ]
    del instance["outputs"]["secret_key"]

    assert look(services.secret_key, here).remedy == "pulumi up --refresh --stack dev"


def test_an_instance_without_a_svix_app(here: Here) -> None:
    session = here.patient().live.session
    with session.backend(seeded.APPLICATION_ID, "development") as backend:
        backend.delete_svix_app()
    session.close()

    assert "no Svix app" in look(services.webhook, here).message


def at_vercel(here: Here, **environment: str) -> None:
    given = {"projectId": seeded.VERCEL_PROJECT_ID, **environment}
    here.testbed.configured = {"environment": json.dumps(given)}


def test_vercel_without_token_project_team_or_deployment(here: Here) -> None:
    vercel = here.testbed.world.vercel
    at_vercel(here)
    finding = look(services.vercel, here)
    assert finding.severity == "passed"
    assert finding.message.startswith(f"{seeded.VERCEL_PROJECT_NAME}, preview deployment dpl_")

    vercel.deployments.clear()
    finding = look(services.vercel, here)
    assert (finding.severity, "no preview deployment" in finding.message) == ("warning", True)

    for given, says in (
        ({"projectId": "prj_other"}, "clerkstack:environment"),
        ({"teamId": "team_other"}, "team_other"),
    ):
        at_vercel(here, **given)
        finding = examine(services.vercel, here)
        assert (finding.severity, finding.service_failed) == ("failed", False), finding
        assert says in finding.message

    vercel.tokens.clear()
    finding = examine(services.vercel, here)
    assert "vercel:apiToken" in finding.message
    assert seeded.VERCEL_TOKEN not in finding.message


HEALTH = "https://preview.sendero.example/api/health"


def messages(here: Here) -> dict[str, str]:
    secrets = here.patient().known.secrets
    return {variables_of(kind, DEFAULT)[0]: fingerprint(secret) for kind, secret in secrets.items()}


def test_the_app_runs_with_other_secrets_or_reports_none(here: Here) -> None:
    well = messages(here)
    for prints, says in (
        (well, "runs with the state's secrets"),
        ({**well, "CLERK_SECRET_KEY": "0" * 12}, "the state: CLERK_SECRET_KEY"),
        ({"CLERK_SECRET_KEY": well["CLERK_SECRET_KEY"]}, "CLERK_WEBHOOK_SECRET (not reported)"),
        (None, "CLERK_SECRET_KEY (not reported), CLERK_WEBHOOK_SECRET (not reported)"),
    ):
        with respx.mock:
            respx.get(HEALTH).respond(json={"deployment": "dpl_7", "fingerprints": prints})
            finding = look(services.app, here)
        assert says in finding.message
        assert finding.severity == ("passed" if prints is well else "failed")


def test_an_app_reports_a_secret_under_the_name_that_it_reads(here: Here) -> None:
    here.testbed.names = ("guide", "nextjs")
    well = messages(here)
    signing = well.pop("CLERK_WEBHOOK_SECRET")
    for prints, says in (
        ({**well, "CLERK_WEBHOOK_SIGNING_SECRET": signing}, "runs with the state's secrets"),
        (
            {**well, "CLERK_WEBHOOK_SECRET": signing, "CLERK_WEBHOOK_SIGNING_SECRET": "0" * 12},
            "the state: CLERK_WEBHOOK_SIGNING_SECRET",
        ),
        (well, "CLERK_WEBHOOK_SECRET or CLERK_WEBHOOK_SIGNING_SECRET (not reported)"),
    ):
        with respx.mock:
            respx.get(HEALTH).respond(json={"deployment": "dpl_7", "fingerprints": prints})
            assert says in look(services.app, here).message


TWO = {
    "web": {"projectId": seeded.VERCEL_PROJECT_ID},
    "api": {"projectId": seeded.VERCEL_API_PROJECT_ID, "appUrl": "https://api.sendero.example"},
}


def of_projects(here: Here, **projects: dict[str, Any]) -> None:
    given = {"projects": {**TWO, **projects}}
    here.testbed.configured = {"environment": json.dumps(given)}


def test_each_of_several_projects_is_looked_at(here: Here) -> None:
    of_projects(here)
    finding = look(services.vercel, here)
    assert finding.severity == "passed"
    assert "api: sendero-api, preview deployment" in finding.message
    assert f"web: {seeded.VERCEL_PROJECT_NAME}, preview deployment" in finding.message

    jobs = {"projectId": seeded.VERCEL_TEAM_PROJECT_ID, "targets": ["development"]}
    of_projects(here, jobs=jobs)
    finding = examine(services.vercel, here)
    assert finding.severity == "failed"  # it is a team's, and the settings do not say so
    assert "web: sendero" in finding.message
    of_projects(here, jobs={**jobs, "teamId": seeded.VERCEL_TEAM_ID})
    finding = look(services.vercel, here)
    assert "jobs: sendero-jobs: its deployments have no variables" in finding.message


def test_each_app_is_asked_and_the_one_that_is_behind_is_named(here: Here) -> None:
    of_projects(here)
    well = messages(here)
    with respx.mock:
        respx.get(HEALTH).respond(json={"deployment": "dpl_web", "fingerprints": well})
        api = respx.get("https://api.sendero.example/api/health")
        api.respond(json={"deployment": "dpl_api", "fingerprints": well})
        finding = look(services.app, here)
        assert finding.severity == "passed"
        assert "api: deployment dpl_api runs with" in finding.message

        api.respond(json={"fingerprints": {**well, "CLERK_SECRET_KEY": "0" * 12}})
        finding = look(services.app, here)
        assert finding.severity == "failed"
        assert "api: it runs with secrets that differ" in finding.message
        assert "web: deployment dpl_web runs with the state's secrets" in finding.message
        assert f"--project {seeded.VERCEL_API_PROJECT_ID} --target preview" in finding.remedy

        api.respond(503)
        finding = examine(services.app, here)
        assert (finding.severity, finding.service_failed) == ("failed", True)
        assert "web: deployment dpl_web runs with the state's secrets" in finding.message


def test_an_app_that_does_not_answer_or_not_with_a_document(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)  # a client tries again after a while
    for answer, says, service in (
        (httpx.Response(404), "clerkstack:rotation.healthPath", False),
        (httpx.Response(500), "500", True),
        (httpx.Response(200, text="<html>"), "The app", True),
        (httpx.ConnectError("refused"), "The app", True),
    ):
        with respx.mock:
            route = respx.get(HEALTH)
            route.mock(side_effect=[answer] * 10)
            finding = examine(services.app, here)
        assert (finding.severity, finding.service_failed) == ("failed", service), finding
        assert says in finding.message


def test_billing_of_production(here: Here) -> None:
    clerk = here.testbed.world.clerk
    clerk.create_instance(seeded.APPLICATION_ID, domain="sendero.example", clone_of=None)
    (production,) = [
        instance for instance in clerk.instances() if instance.environment == "production"
    ]
    here.testbed.configured = {"instance": "production"}

    card = look(services.billing, here)
    production.config["billing"]["free_trial_requires_payment_method"] = False
    right = look(services.billing, here)
    production.config["billing"]["plans"]["pro"] = {"payer_type": "user"}
    payer = look(services.billing, here)
    here.testbed.configured |= {"components": json.dumps({"billing": False})}
    left_out = look(services.billing, here)

    assert [each.severity for each in (card, right, payer, left_out)] == [
        "failed",
        "passed",
        "failed",
        "passed",
    ]
    assert "pulumi up --refresh --stack dev" in card.remedy
    assert "'pro' is paid by users" in payer.message
