"""What the pack reads from the stack's own settings."""

from __future__ import annotations

import json

import pytest

from policies.settings import Declared
from policies.view import Expected
from tests.unit.policies.deployments import PARTS


def test_a_stack_without_settings_says_nothing() -> None:
    assert Declared.of("prod", {"other:instance": "x"}) == Declared("prod")


def test_every_part_is_declared_unless_it_is_switched_off() -> None:
    config = {
        "clerkstack:instance": "production",
        "clerkstack:components": json.dumps({"webhook": False, "signIn": False}),
        "clerkstack:environment": json.dumps(
            {"leaveAlone": ["production/CLERK_SECRET_KEY"], "names": ["nextjs", "guide", "other"]}
        ),
    }

    found = Declared.of("prod", config)

    assert found.instance == "production"
    assert found.names_app is False
    assert found.parts == frozenset(PARTS) - {"webhook", "sign_in"}
    (project,) = found.projects
    assert project.leave_alone == {"production/CLERK_SECRET_KEY"}
    assert project.names == ("guide", "nextjs")
    (project,) = Declared.of("prod", {"clerkstack:instance": "production"}).projects
    assert project.names is None


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("app", '{"path": "web"}', True),
        ("app", '{"git": "https://git.example/web"}', True),
        ("app", '{"unmanaged": []}', False),
        ("app", "{}", False),
        ("appDeclaration", "web/plans.ts", True),
        ("appUrl", "https://app.example", False),
    ],
)
def test_whether_the_apps_code_is_named(key: str, value: str, named: bool) -> None:
    config = {"clerkstack:instance": "production", f"clerkstack:{key}": value}

    assert Declared.of("prod", config).names_app is named


def test_each_of_several_projects_is_expected_to_have_its_own() -> None:
    environment = {
        "names": ["nextjs"],
        "leaveAlone": ["production/CLERK_SECRET_KEY"],
        "projects": {
            "web": {"projectId": "prj_web"},
            "api": {"projectId": "prj_api", "names": ["express"], "leaveAlone": []},
        },
    }
    config = {
        "clerkstack:instance": "production",
        "clerkstack:environment": json.dumps(environment),
    }

    assert Declared.of("prod", config).projects == (
        Expected("api", "prj_api", None, frozenset(), ("express",)),
        Expected("web", "prj_web", None, frozenset(["production/CLERK_SECRET_KEY"]), ("nextjs",)),
    )


@pytest.mark.parametrize("text", ["[]", "true", '{"webhok": false}', "{"])
def test_settings_that_are_wrong_switch_no_part_off(text: str) -> None:
    config = {"clerkstack:instance": "production", "clerkstack:components": text}

    assert Declared.of("prod", config).parts == frozenset(PARTS)
