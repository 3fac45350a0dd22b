"""The points of a stack with several Vercel projects: each project's app and variables are judged,
and a fault of one is reported under its name."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.catalog.load import load_catalog
from clerkstack.checks.finding import Severity
from clerkstack.clients.vercel import Deployment, EnvironmentVariable
from clerkstack.cutover.read import Readings
from clerkstack.desired.variables import Keys, variables
from clerkstack.live.instance import LiveInstance
from clerkstack.settings.models import Settings
from clerkstack.state.known import Known
from tests.unit.cutover.seen import (
    CATALOG,
    HOST,
    PUBLISHABLE,
    Seen,
    judged,
    settings,
    variable,
    wrong,
)

API_URL = f"https://api.{HOST}"


def two(**api: Any) -> Settings:
    projects = {
        "web": {"projectId": "prj_web"},
        "api": {"projectId": "prj_api", "appUrl": API_URL, "names": ["express"], **api},
    }
    return settings(environment={"projects": projects})


def deployed(created: int = 2_000) -> Deployment:
    return Deployment.model_validate(
        {"id": "dpl_1", "name": "acme", "state": "READY", "created": created}
    )


def live(own: Settings) -> dict[str, list[EnvironmentVariable]]:
    """The variables of each project, all as they are declared."""
    keys = Keys[str](PUBLISHABLE, "sk", "whsec")
    return {
        project.project_id: [
            variable(each.key, None if each.sensitive else each.value)
            for each in variables(project, keys)
        ]
        for project in own.vercel_projects
    }


def seen(own: Settings, **given: Any) -> Seen:
    there = {"prj_web": deployed(), "prj_api": deployed()}
    return Seen(own, **{"variables": live(own), "deployment": there, **given})


POINTS = ("live-keys", "webhook", "host", "variables", "deployment")


@pytest.mark.parametrize("point", POINTS)
def test_two_that_are_right_pass(point: str) -> None:
    found = judged(point, seen(two()))

    assert found.severity == Severity.PASSED, found
    if point not in ("webhook", "variables"):
        assert "api" in found.message + str([detail.name for detail in found.details])


@pytest.mark.parametrize(
    ("point", "key", "told"),
    [
        ("live-keys", "CLERK_PUBLISHABLE_KEY", "api: CLERK_PUBLISHABLE_KEY"),
        ("live-keys", "CLERK_SECRET_KEY", "api: CLERK_SECRET_KEY"),
        ("webhook", "CLERK_WEBHOOK_SIGNING_SECRET", "api: CLERK_WEBHOOK_SIGNING_SECRET"),
        ("host", "APP_URL", "api: APP_URL"),
        ("variables", "CLERK_SIGN_IN_URL", "variable api/production/CLERK_SIGN_IN_URL"),
    ],
)
def test_what_one_lacks_is_reported_under_its_name(point: str, key: str, told: str) -> None:
    own = two()
    there = live(own)
    there["prj_api"] = [each for each in there["prj_api"] if each.key != key]

    assert wrong(judged(point, seen(own, variables=there))) == [told]


def test_an_app_that_receives_no_events_needs_no_signing_secret() -> None:
    own = two(leaveAlone=["production/CLERK_WEBHOOK_SIGNING_SECRET"])

    assert judged("webhook", seen(own)).severity == Severity.PASSED


def test_a_signing_secret_that_every_project_leaves_to_others_is_looked_for() -> None:
    names = ["guide"]
    alone = ["production/CLERK_WEBHOOK_SECRET"]
    projects = {
        "web": {"projectId": "prj_web", "leaveAlone": alone},
        "api": {"projectId": "prj_api", "appUrl": API_URL, "leaveAlone": alone},
    }
    own = settings(environment={"names": names, "projects": projects})

    found = wrong(judged("webhook", seen(own)))

    assert found == ["api: CLERK_WEBHOOK_SECRET", "web: CLERK_WEBHOOK_SECRET"]


def test_an_app_outside_of_the_domain_is_reported() -> None:
    assert wrong(judged("host", seen(two(appUrl="https://api.other.example")))) == [
        "api: app's host"
    ]


@pytest.mark.parametrize(
    ("api", "told"),
    [(None, "api"), (deployed(created=1), "api: newest deployment")],
)
def test_each_app_was_built_with_its_newest_variables(api: Deployment | None, told: str) -> None:
    there = {"prj_web": deployed(), "prj_api": api}

    found = judged("deployment", seen(two(), deployment=there))

    assert found.severity == Severity.FAILED
    assert wrong(found) == [told]
    remedy = "Deploy the app" if api is None else "redeploy --project prj_api --target production"
    assert remedy in found.remedy
    assert "prj_web" not in found.remedy


class Vercel:
    """A client that records whose variables and deployments it was asked for."""

    asked: list[str] = []

    def __init__(self, team_id: str | None) -> None:
        self._team = team_id

    def list_variables(self, project: str, *, decrypt: bool) -> list[EnvironmentVariable]:
        assert decrypt
        self.asked.append(f"{self._team} {project} variables")
        return [variable("WHOSE", project)]

    def latest_deployment(self, project: str, target: str) -> Deployment:
        self.asked.append(f"{self._team} {project} {target}")
        return deployed(created=len(project))


class Session:
    requests: list[Any] = []
    vercel = Vercel

    def variables(
        self, team_id: str | None, project: str, *, decrypt: bool
    ) -> list[EnvironmentVariable]:
        return self.vercel(team_id).list_variables(project, decrypt=decrypt)


def test_each_project_is_read_once_and_with_its_own_team() -> None:
    own = two(teamId="team_1")
    live = LiveInstance.of(own, Session())  # type: ignore[arg-type]
    readings = Readings(own, load_catalog(CATALOG), Known(), live)
    api, web = own.vercel_projects
    Vercel.asked.clear()

    for _ in range(2):
        assert readings.variable(web, "WHOSE") == "prj_web"
        assert readings.variable(api, "WHOSE") == "prj_api"
        assert live.deployment(web, "production") == live.deployment(api, "production")

    assert Vercel.asked == [
        "None prj_web variables",
        "team_1 prj_api variables",
        "None prj_web production",
        "team_1 prj_api production",
    ]
