"""A project that was renamed: `pulumi config set` without a namespace writes where nobody reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from clerkstack.problems import InputError
from clerkstack.settings.load import load_settings

GOOD = {
    "clerkstack:instance": "development",
    "clerkstack:applicationId": "app_1",
    "clerkstack:platformKey": "ak_platform_key_123",
    "clerkstack:appUrl": "https://acme.example",
    "clerkstack:environment": '{"projectId": "prj_1"}',
    "vercel:apiToken": "vercel-token-1234567890",
}


def moved(name: str, project: str = "acme-auth") -> dict[str, str]:
    """The settings with one of them under the project's own name."""
    value = GOOD.get(f"clerkstack:{name}", "false")
    rest = {key: each for key, each in GOOD.items() if key != f"clerkstack:{name}"}
    return {**rest, f"{project}:{name}": value}


@pytest.mark.parametrize("name", ["platformKey", "instance", "protect", "environment"])
def test_a_setting_under_the_projects_name_is_reported_once_with_its_place(
    tmp_path: Path, name: str
) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(f"config:\n  clerkstack:catalog: x\n  acme-auth:{name}: x\n")

    with pytest.raises(InputError) as told:
        load_settings(moved(name), stack="dev", file=file, project="acme-auth")

    [problem] = told.value.problems
    assert problem.line == 3
    assert f"acme-auth:{name}: is not read" in str(problem)
    assert f"clerkstack:{name}" in problem.remedy
    assert "--stack dev" in problem.remedy
    assert ("--secret" in problem.remedy) is (name == "platformKey")
    assert "ak_platform" not in str(problem)


def test_what_else_is_under_that_name_is_the_users_own() -> None:
    own = {"acme-auth:color": "red", "acme-auth:catalog": "mine.yaml", "aws:region": "eu-west-1"}

    found = load_settings(
        {**GOOD, **own, "clerkstack:catalog": "catalog.yaml"}, stack="dev", project="acme-auth"
    )

    assert found.catalog == "catalog.yaml"


@pytest.mark.parametrize("project", ["clerkstack", None])
def test_a_project_that_is_called_as_it_was_has_one_namespace(project: str | None) -> None:
    assert load_settings(GOOD, stack="dev", project=project).application_id == "app_1"
