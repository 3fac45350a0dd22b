"""Several Vercel projects of one stack: what each one is, and which are refused."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from clerkstack.problems import InputError
from clerkstack.settings.load import load_settings
from clerkstack.settings.models import Settings

WEB = {"projectId": "prj_web"}
API = {"projectId": "prj_api", "appUrl": "https://api.sendero.example"}
URL = "https://sendero.example"


def loaded(environment: dict[str, Any], instance: str = "production", **more: Any) -> Settings:
    values = {"instance": instance, "applicationId": "app_1", "platformKey": "ak_c2VjcmV0LXZhbHVl"}
    values |= {"appUrl": URL, "environment": environment, **more}
    raw = {f"clerkstack:{name}": value for name, value in values.items()}
    raw["vercel:apiToken"] = "vercel_c2VjcmV0"
    return load_settings(
        {k: v if isinstance(v, str) else json.dumps(v) for k, v in raw.items()}, stack="prod"
    )


def problems(environment: dict[str, Any], instance: str = "production", **more: Any) -> list[str]:
    try:
        loaded(environment, instance, **more)
    except InputError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_the_short_form_is_one_project_without_a_name() -> None:
    [only] = loaded({"projectId": "prj_1", "teamId": "team_1", "names": ["nextjs"]}).vercel_projects

    assert (only.name, only.project_id, only.team_id) == ("", "prj_1", "team_1")
    assert (only.app_url, only.targets, only.deployed) == (URL, ("production",), "production")
    assert (only.names, only.said_names) == (("nextjs",), ("nextjs",))
    assert (only.resource, only.prefix) == ("environment", "")


def test_what_a_project_does_not_say_is_as_the_environment_has_it() -> None:
    environment = {
        "teamId": "team_all",
        "names": ["nextjs"],
        "signInUrl": "/in",
        "sensitive": "all",
        "leaveAlone": ["production/CLERK_SECRET_KEY"],
        "redeploy": False,
        "projects": {
            "web": WEB,
            "api": {
                **API,
                "teamId": None,
                "names": ["express"],
                "signInUrl": "/api/in",
                "sensitive": "secrets",
                "leaveAlone": [],
                "redeploy": True,
            },
        },
    }

    api, web = loaded(environment).vercel_projects

    assert (web.name, web.team_id, web.names, web.paths["sign_in_url"]) == (
        "web",
        "team_all",
        ("nextjs",),
        "/in",
    )
    assert (web.sensitive, web.redeploy, web.app_url) == ("all", False, URL)
    assert web.leave_alone == ("production/CLERK_SECRET_KEY",)
    assert (api.name, api.team_id, api.names, api.paths["sign_in_url"]) == (
        "api",
        None,
        ("express",),
        "/api/in",
    )
    assert (api.sensitive, api.redeploy, api.app_url) == ("secrets", True, API["appUrl"])
    assert api.leave_alone == ()
    assert (api.resource, api.prefix) == ("environment-api", "api: ")


def test_the_order_of_the_map_is_no_matter() -> None:
    projects = {"web": WEB, "api": API, "jobs": {"projectId": "prj_j", "appUrl": "https://j.dev"}}

    found = {
        loaded({"projects": dict(each)}).vercel_projects
        for each in itertools.permutations(projects.items())
    }

    assert len(found) == 1


def test_a_project_has_the_targets_that_it_names_in_one_order() -> None:
    environment = {
        "targets": ["development", "preview"],
        "projects": {"web": WEB, "api": {**API, "targets": ["development"]}},
    }

    api, web = loaded(environment, "development").vercel_projects

    assert (web.targets, web.deployed) == (("preview", "development"), "preview")
    assert (api.targets, api.deployed) == (("development",), None)


def test_development_has_the_url_of_each_app() -> None:
    environment = {"projects": {"web": WEB, "api": {**API, "developmentAppUrl": "http://[::1]:4"}}}

    api, web = loaded(
        environment, "development", developmentAppUrl="http://localhost:3"
    ).vercel_projects

    assert (web.development_app_url, api.development_app_url) == (
        "http://localhost:3",
        "http://[::1]:4",
    )


@pytest.mark.parametrize(
    ("environment", "path", "message"),
    [
        ({"projectId": "prj_1", "projects": {"web": WEB}}, "projectId", "conflicts with"),
        ({"projects": {}}, "projects", "is empty"),
        (
            {"projects": {"web": WEB, "api": {"appUrl": "https://a.example"}}},
            "projects.api.projectId",
            "is missing",
        ),
        (
            {"projects": {"web": {"projectId": "prj_REPLACE_ME"}}},
            "projects.web.projectId",
            "placeholder",
        ),
        (
            {"projects": {"web": {**WEB, "teamId": "team_REPLACE_ME"}}},
            "projects.web.teamId",
            "placeholder",
        ),
        (
            {"projects": {"web": WEB, "api": {**API, "projectId": "prj_web"}}},
            "projects.web.projectId",
            "is already the project of api",
        ),
        (
            {"projects": {"web": WEB, "api": {"projectId": "prj_api"}}},
            "projects.web.appUrl",
            "also the URL of api's app",
        ),
        (
            {"projects": {"web": WEB, "api": {**API, "appUrl": URL + "/"}}},
            "projects.web.appUrl",
            "also the URL of api's app",
        ),
        (
            {"projects": {"web": {**WEB, "appUrl": "sendero.example"}}},
            "projects.web.appUrl",
            "is not a complete https URL",
        ),
        (
            {"projects": {"web": {**WEB, "appUrl": "http://localhost:3000"}}},
            "projects.web.appUrl",
            "is not a complete https URL",
        ),
        (
            {"projects": {"web": {**WEB, "developmentAppUrl": "http://localhost:1"}}},
            "projects.web.developmentAppUrl",
            "to a stack with clerkstack:instance development",
        ),
        (
            {"projects": {"web": {**WEB, "targets": ["preview"]}}},
            "projects.web.targets[0]",
            "does not get keys of a production instance",
        ),
        (
            {"projects": {"web": {**WEB, "targets": ["production"] * 2}}},
            "projects.web.targets[1]",
            "names production twice",
        ),
        ({"projects": {"web": {**WEB, "targets": []}}}, "projects.web.targets", "is empty"),
        (
            {"projects": {"web": {**WEB, "names": ["nextjs", "nextjs"]}}},
            "projects.web.names[1]",
            "names nextjs twice",
        ),
        ({"projects": {"Web App": WEB}}, 'projects["Web App"]', "is malformed"),
        (
            {"projects": {"web": {**WEB, "redploy": True}}},
            "projects.web.redploy",
            "Did you mean redeploy?",
        ),
        (
            {"projects": {"web": {**WEB, "projects": {}}}},
            "projects.web.projects",
            "is not a setting",
        ),
        ({"projects": {"web": "prj_web"}}, "projects.web", "is not a group of settings"),
        (
            {"projectId": "prj_1", "targets": ["development"]},
            "targets[0]",
            "does not get keys of a production instance",
        ),
    ],
)
def test_what_is_wrong_is_reported_at_its_place(
    environment: dict[str, Any], path: str, message: str
) -> None:
    found = problems(environment)

    assert len(found) == 1, found
    assert f"environment.{path}" in found[0]
    assert message in found[0]


def test_all_of_it_is_reported_at_once() -> None:
    wrong = {"projects": {"web": {**WEB, "appUrl": "nowhere"}, "api": {"projectId": "prj_web"}}}

    assert len(problems({"projectId": "prj_1", **wrong})) == 3


def test_apps_that_are_not_deployed_need_no_address_of_their_own() -> None:
    own = {"projectId": "prj_api", "targets": ["development"]}

    assert problems({"projects": {"web": WEB, "api": own}}, "development") == []


def test_where_the_part_is_off_nothing_is_asked_for() -> None:
    off = {"components": {"environment": False}}

    assert problems({"projects": {"web": {}, "api": {}}}, **off) == []


def test_the_folder_of_an_app_is_inside_of_the_checkout() -> None:
    api = {**API, "rootDirectory": "apps/api"}
    [one, two] = loaded({"projects": {"web": WEB, "api": api}}).vercel_projects
    out = problems({"projects": {"web": {**WEB, "rootDirectory": "apps/../../web"}, "api": API}})

    assert (one.root_directory, two.root_directory) == ("apps/api", None)
    assert len(out) == 1
    assert "projects.web.rootDirectory" in out[0]
    assert "leads out of the app's checkout" in out[0]
