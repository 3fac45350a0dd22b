"""A rotation of several Vercel projects: all are written, and each app is verified."""

from __future__ import annotations

import json
from typing import Any

import pytest
import respx
from pydantic import SecretStr

from clerkstack.problems import ClerkstackError
from clerkstack.rotation.journal import fingerprint
from clerkstack.rotation.proof import NotProved, Prover
from local.world import World
from tests.unit.rotation.testbed import RotationTestbed

PROJECTS: dict[str, dict[str, Any]] = {
    "web": {"projectId": "prj_web"},
    "api": {"projectId": "prj_api", "appUrl": "https://api.sendero.example", "names": ["express"]},
}
SIGNING_OF_API = "CLERK_WEBHOOK_SIGNING_SECRET"
KEY, SIGNING = SecretStr("sk_test_new"), SecretStr("whsec_" + "QUJD" * 8)
BOTH = {"clerk": KEY, "webhook": SIGNING}


def of_api(**more: Any) -> dict[str, dict[str, Any]]:
    return {**PROJECTS, "api": {**PROJECTS["api"], **more}}


def without_events() -> dict[str, dict[str, Any]]:
    alone = [f"{target}/{SIGNING_OF_API}" for target in ("preview", "development")]
    return of_api(leaveAlone=alone)


def bed_of(running: World, projects: dict[str, dict[str, Any]], **more: Any) -> RotationTestbed:
    running.reset()
    running.faults.clear()
    return RotationTestbed(running, projects=projects, **more)


def test_all_projects_are_rolled_out_and_proved_in_one_run(running: World) -> None:
    testbed = bed_of(running, PROJECTS)

    testbed.rotate()

    written = {urn.rsplit("::", 1)[-1] for urn in testbed.rolled_out}
    assert {
        "environment-web-preview-CLERK_SECRET_KEY",
        "environment-web-development-CLERK_SECRET_KEY",
        "environment-web-preview-CLERK_WEBHOOK_SECRET",
        "environment-api-preview-CLERK_SECRET_KEY",
        f"environment-api-development-{SIGNING_OF_API}",
    } <= written
    assert testbed.proved == ["api", "web"]
    assert testbed.mints() == {"clerk": 1, "webhook": 1}


def test_one_that_nothing_is_deployed_of_is_reported_and_the_other_is_proved(
    running: World,
) -> None:
    testbed = bed_of(running, PROJECTS, nothing_runs=("api",))

    testbed.rotate()

    assert testbed.proved == ["web"]
    assert any("api: no deployment is running yet" in each for each in testbed.said)


def test_one_that_writes_no_deployed_target_needs_no_proof(running: World) -> None:
    testbed = bed_of(running, of_api(targets=["development"]))

    testbed.rotate()

    assert testbed.proved == ["web"]


def test_a_variable_that_one_project_has_not_would_be_locked_out(running: World) -> None:
    testbed = bed_of(running, of_api(leaveAlone=["preview/CLERK_SECRET_KEY"]))

    with pytest.raises(ClerkstackError, match="does not declare api: preview/CLERK_SECRET_KEY, so"):
        testbed.rotate()
    assert testbed.mints() == {"clerk": 0, "webhook": 0}


def test_events_go_to_one_app_and_another_does_without_their_secret(running: World) -> None:
    testbed = bed_of(running, without_events())

    assert testbed.rotate().result == "done"
    assert not any(SIGNING_OF_API in urn for urn in testbed.rolled_out)


def test_where_nobody_has_the_signing_secret_it_is_not_rotated(running: World) -> None:
    names = [f"{t}/CLERK_WEBHOOK_SECRET" for t in ("preview", "development")]
    projects = {**without_events(), "web": {**PROJECTS["web"], "leaveAlone": names}}
    testbed = bed_of(running, projects)

    with pytest.raises(ClerkstackError, match=f"api: preview/{SIGNING_OF_API}"):
        testbed.rotate()


# -- the proof -------------------------------------------------------------------------------------

WEB, API = "https://preview.sendero.example", "https://api.sendero.example"


def prover(testbed: RotationTestbed) -> Prover:
    return Prover(testbed.settings, patience=0.01, sleep=lambda _: None)


def reported(deployment: str, **secrets: SecretStr) -> dict[str, Any]:
    return {
        "json": {
            "deployment": deployment,
            "fingerprints": {name: fingerprint(secret) for name, secret in secrets.items()},
        }
    }


def of_web(key: SecretStr = KEY) -> dict[str, Any]:
    return reported("dpl_web", CLERK_SECRET_KEY=key, CLERK_WEBHOOK_SECRET=SIGNING)


def api_tells(**secrets: SecretStr) -> dict[str, Any]:
    return reported("dpl_api", **{"CLERK_SECRET_KEY": KEY, SIGNING_OF_API: SIGNING, **secrets})


def test_each_app_is_asked_at_its_own_address_and_the_webhook_once(running: World) -> None:
    testbed = bed_of(running, PROJECTS)
    with respx.mock:
        respx.get(f"{WEB}/api/health").respond(**of_web())
        respx.get(f"{API}/api/health").respond(**api_tells())
        webhook = respx.post(f"{WEB}/api/webhooks/clerk").respond(200)

        assert prover(testbed).prove(BOTH) == "dpl_api, dpl_web"
        assert webhook.call_count == 1
        assert prover(testbed).look(BOTH) == []


@pytest.mark.parametrize("late", ["web", "api"])
def test_one_app_with_the_old_key_is_no_proof(running: World, late: str) -> None:
    testbed = bed_of(running, PROJECTS)
    old = SecretStr("sk_test_old")
    with respx.mock(assert_all_called=False) as mock:
        mock.get(f"{WEB}/api/health").respond(**of_web(old if late == "web" else KEY))
        api = api_tells(CLERK_SECRET_KEY=old) if late == "api" else api_tells()
        mock.get(f"{API}/api/health").respond(**api)
        mock.post(f"{WEB}/api/webhooks/clerk").respond(200)

        with pytest.raises(NotProved, match=f"^{late}: the deployment dpl_{late} runs with"):
            prover(testbed).prove(BOTH)


def test_for_an_app_that_does_not_report_a_secret_the_message_says_what_to_do(
    running: World,
) -> None:
    api = reported("dpl_api", CLERK_SECRET_KEY=KEY)
    for projects in (PROJECTS, without_events()):
        testbed = bed_of(running, projects)
        with respx.mock(assert_all_called=False) as mock:
            mock.get(f"{WEB}/api/health").respond(**of_web())
            mock.get(f"{API}/api/health").respond(**api)
            mock.post(f"{WEB}/api/webhooks/clerk").respond(200)
            if projects is PROJECTS:
                with pytest.raises(NotProved, match=r"environment\.projects\.api\.leaveAlone"):
                    prover(testbed).prove(BOTH)
            else:
                assert prover(testbed).prove(BOTH) == "dpl_api, dpl_web"


def test_where_the_app_of_the_webhook_does_not_run_no_message_is_sent(running: World) -> None:
    testbed = bed_of(running, PROJECTS)
    api, _ = testbed.settings.vercel_projects
    with respx.mock:
        respx.get(f"{API}/api/health").respond(**api_tells())

        assert prover(testbed).prove(BOTH, [api]) == "dpl_api"


@pytest.mark.parametrize("several", [True, False])
def test_a_secret_that_others_bring_to_an_app_is_proved_all_the_same(
    running: World, several: bool
) -> None:
    """Unproved, an app whose variables the stack leaves alone would be locked out unnoticed."""
    alone = ["preview/CLERK_SECRET_KEY", "preview/CLERK_WEBHOOK_SECRET"]
    projects = {**PROJECTS, "web": {**PROJECTS["web"], "leaveAlone": alone}}
    testbed = bed_of(running, projects if several else {})
    if not several:
        environment = {"projectId": "prj_1", "leaveAlone": alone}
        testbed.configured = {"environment": json.dumps(environment)}
    old = SecretStr("sk_test_old")
    with respx.mock(assert_all_called=False) as mock:
        mock.get(f"{WEB}/api/health").respond(**of_web(old))
        mock.get(f"{API}/api/health").respond(**api_tells())
        mock.post(f"{WEB}/api/webhooks/clerk").respond(200)

        with pytest.raises(NotProved, match="dpl_web runs with another CLERK_SECRET_KEY"):
            prover(testbed).prove(BOTH)
        if not several:
            mock.get(f"{WEB}/api/health").respond(**reported("dpl_web", CLERK_SECRET_KEY=KEY))
            with pytest.raises(NotProved, match="the fingerprint of CLERK_WEBHOOK_SECRET"):
                prover(testbed).prove(BOTH)
