"""Settings under a key that nobody reads: each is reported with what was meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clerkstack.problems import InputError, Problem
from clerkstack.settings.load import load_settings
from tests.unit.settings.test_renamed_project import GOOD

APP = json.dumps({"path": "../web"})


def problems(
    raw: dict[str, str], project: str | None = "acme", file: Path | None = None
) -> list[Problem]:
    """What is wrong with the settings; nothing if they are accepted."""
    try:
        load_settings({**GOOD, **raw}, stack="dev", project=project, file=file)
    except InputError as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("Clerkstack:app", "clerkstack:app"),
        ("clerkStack:app", "clerkstack:app"),
        ("CLERKSTACK:App", "clerkstack:app"),
        ("clerk-stack:app", "clerkstack:app"),
        ("clerk_stack:appUrl", "clerkstack:appUrl"),
        (" clerkstack:app", "clerkstack:app"),
        ("clerkstak:app", "clerkstack:app"),
        ("\u0441lerkstack:app", "clerkstack:app"),
        ("clerk:app", "clerkstack:app"),
        ("Clerkstack:colour", "clerkstack:colour"),
        ("acme:App", "clerkstack:app"),
        ("acme:clerkstack.app", "clerkstack:app"),
        ("acme:clerkstack/app", "clerkstack:app"),
        ("vercel:apitoken", "vercel:apiToken"),
        ("Vercel:apiToken", "vercel:apiToken"),
    ],
)
def test_a_key_that_nearly_is_a_settings_is_reported_once(key: str, meant: str) -> None:
    (problem,) = problems({key: APP})

    assert problem.path == key
    assert "is not read" in problem.message
    assert meant in problem.remedy
    assert "../web" not in str(problem)


@pytest.mark.parametrize(
    ("key", "project"),
    [
        ("aws:region", "acme"),
        ("acme:colour", "acme"),
        ("sentry:app", "acme"),
        ("clerk:domain", "acme"),
        ("vercel:team", "acme"),
        ("clerkstack-shop:colour", "clerkstack-shop"),
    ],
)
def test_what_others_read_is_left_alone(key: str, project: str) -> None:
    assert problems({key: "x"}, project) == []


def test_what_is_missing_because_of_it_is_not_reported_as_well() -> None:
    raw = {key.replace("clerkstack:", "Clerkstack:"): value for key, value in GOOD.items()}

    with pytest.raises(InputError) as told:
        load_settings(raw, stack="dev", project="clerkstack")

    assert {problem.path for problem in told.value.problems} == {
        key for key in raw if key.startswith("Clerkstack")
    }


@pytest.mark.parametrize(
    ("value", "lost"),
    [
        ({"path": "../web", "declaration": "src/plans.ts"}, True),
        ({"path": "../web", "colour": "red"}, False),
        ("web", False),
        ({}, False),
    ],
)
def test_a_group_under_the_projects_name_is_reported_though_the_setting_is_there(
    value: Any, lost: bool
) -> None:
    text = value if isinstance(value, str) else json.dumps(value)

    found = problems({"clerkstack:app": APP, "acme:app": text})

    assert [each.path for each in found] == (["acme:app"] if lost else [])


@pytest.mark.parametrize(
    ("raw", "path", "remedy"),
    [
        ({"clerkstack:App": APP}, "App", "Did you mean app?"),
        ({"clerkstack:APP": APP}, "APP", "Did you mean app?"),
        ({"clerkstack:app": '{"Path": "../web"}'}, "app.Path", "Did you mean path?"),
        ({"clerkstack:app": '{"paths": "../web"}'}, "app.paths", "Did you mean path?"),
        ({"clerkstack:app.path": "x"}, "app.path", "--path clerkstack:app.path"),
        ({"clerkstack:App.path": "x"}, "App.path", "--path clerkstack:app.path"),
    ],
)
def test_a_key_of_ours_in_another_spelling_is_reported(
    raw: dict[str, str], path: str, remedy: str
) -> None:
    told = [problem for problem in problems(raw) if problem.path == path]

    assert len(told) == 1
    assert told[0].message == "is not a setting"
    assert remedy in told[0].remedy


@pytest.mark.parametrize("more", ["", "x: !!str y\n"])  # the second is read by ruamel.yaml alone
@pytest.mark.parametrize("key", ["clerkstack:app", "Clerkstack:App", '"clerkstack:app"'])
def test_what_stands_beside_config_is_reported_with_its_line(
    tmp_path: Path, key: str, more: str
) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(f"config:\n  clerkstack:instance: development\n{key}:\n  path: ../web\n{more}")

    (problem,) = problems({}, file=file)

    assert problem.line == 3
    assert "is next to `config:`" in problem.message
    assert "clerkstack:app" in problem.remedy


def test_the_engines_own_keys_beside_config_are_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("secretsprovider: x\nencryptionsalt: v1:x\nenvironment: [a]\nconfig: {}\n")

    assert problems({}, file=file) == []
