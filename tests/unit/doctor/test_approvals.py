"""GitHub's protection of production: the environments, each missing or open in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clerkstack.app.git import git
from clerkstack.checks.finding import Finding
from clerkstack.doctor.approvals import DEPLOYING, repository_of
from clerkstack.doctor.machine import Machine, approvals
from local.github import Github
from local.github.github import BARE_TOKEN, TOKEN
from local.github.state import Environment
from tests.unit.test_workflows import ENVIRONMENTS

TOP = Path(__file__).parents[3]
PRODUCTION = Environment("production", ("ada",), ("main",))
MAIN_S = [Environment(name, (), ("main",)) for name in ("rotation", "drift", "development")]
OTHERS = [*MAIN_S, Environment("review", ("ada",))]


@pytest.fixture
def github() -> Iterator[Github]:
    with Github() as running:
        running.repository.environments = [PRODUCTION, *OTHERS]
        yield running


def look(github: Github, folder: Path = TOP, token: str = TOKEN) -> Finding:
    variables = {**github.variables(token=token)}
    machine = Machine(lambda *_words: "", folder=folder, environ=variables)
    return approvals(machine)


def change(github: Github, name: str, **to: object) -> None:
    github.repository.environments = [
        replace(environment, **to) if environment.name == name else environment  # type: ignore[arg-type]
        for environment in github.repository.environments
    ]


def test_all_is_well_and_two_requests_show_it(github: Github) -> None:
    assert look(github).severity == "passed"
    assert len(github.requests) == 2


def test_production_that_is_not_there_would_be_made_without_protection(github: Github) -> None:
    github.repository.environments = OTHERS
    finding = look(github)

    assert finding.severity == "failed"
    assert "GitHub creates it, without protection, when a job names it" in finding.message
    assert "docs/pull-requests.md" in finding.remedy


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ({"reviewers": ()}, "no required reviewers"),
        ({"branches": None}, "every branch"),
        ({"branches": ("*",)}, "matches *"),
        ({"branches": ("main", "**/*")}, "matches **/*"),
        ({"reviewers": (), "branches": None}, "no required reviewers and may be used by every"),
    ],
)
def test_production_that_is_open_is_a_failure(
    github: Github, to: dict[str, object], says: str
) -> None:
    change(github, "production", **to)
    finding = look(github)

    assert (finding.severity, says in finding.message) == ("failed", True), finding


def test_protected_branches_keep_nobody_out_where_none_is(github: Github) -> None:
    change(github, "production", branches="protected")
    assert look(github).severity == "passed"
    github.repository.protected = frozenset()
    finding = look(github)

    assert (finding.severity, "no branch is protected" in finding.message) == ("failed", True)
    assert len(github.requests) == 4


@pytest.mark.parametrize("name", [each.name for each in MAIN_S])
def test_another_that_is_open_or_missing_is_a_warning(github: Github, name: str) -> None:
    change(github, name, branches=None)
    opened = look(github)
    github.repository.environments = [
        environment for environment in github.repository.environments if environment.name != name
    ]
    missing = look(github)

    assert (opened.severity, missing.severity) == ("warning", "warning")
    assert f"`{name}` may be used by every branch" in opened.message
    assert f"`{name}` does not exist" in missing.message


@pytest.mark.parametrize("name", ["preview-production", "review"])
def test_a_preview_needs_somebody_who_reads_it_first(github: Github, name: str) -> None:
    if name == "preview-production":
        github.repository.environments.append(Environment(name, ("ada",)))
    approved = look(github)
    change(github, name, reviewers=())
    opened = look(github)

    assert (approved.severity, opened.severity) == ("passed", "warning")
    assert f"`{name}` has no required reviewers" in opened.message


def test_without_a_token_it_says_how_to_look(github: Github) -> None:
    finding = look(github, token="")

    assert finding.severity == "not checked"
    assert "required reviewers" in finding.remedy
    assert github.requests == []


def test_a_token_that_may_not_look_is_no_failure_of_the_stack(github: Github) -> None:
    refused = look(github, token=BARE_TOKEN)
    unknown = look(github, token="ghp_unknown")

    assert (refused.severity, unknown.severity) == ("warning", "warning")
    assert "actions: read" in refused.message
    assert BARE_TOKEN not in refused.message + refused.remedy


def test_where_nothing_deploys_nobody_is_asked(github: Github, tmp_path: Path) -> None:
    assert look(github, folder=tmp_path).severity == "passed"
    assert github.requests == []


def test_the_names_are_those_of_the_workflows() -> None:
    from clerkstack.doctor.approvals import OPTIONAL, WANTED

    assert {*WANTED, *OPTIONAL} == {
        environment for environment in ENVIRONMENTS.values() if environment
    }
    assert (TOP / DEPLOYING).exists()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/sendero/deployment.git", "sendero/deployment"),
        ("https://x-access-token:secret@github.com/sendero/deployment", "sendero/deployment"),
        ("git@github.com:sendero/deployment.git", "sendero/deployment"),
        ("ssh://git@github.com/sendero/deployment/", "sendero/deployment"),
        ("https://gitlab.com/sendero/deployment", None),
        ("https://github.com.evil.example/a/b", None),
        ("/srv/git/deployment", None),
    ],
)
def test_the_repository_is_that_of_the_checkout(tmp_path: Path, url: str, name: str | None) -> None:
    git("init", "--quiet", ".", folder=tmp_path)
    git("config", "remote.origin.url", url, folder=tmp_path)

    assert repository_of({}, tmp_path) == name
    assert repository_of({"GITHUB_REPOSITORY": "a/b"}, tmp_path) == "a/b"
    assert repository_of({"GITHUB_REPOSITORY": "a/b\n"}, tmp_path) == name


def test_outside_of_git_there_is_none(tmp_path: Path) -> None:
    assert repository_of({}, tmp_path) is None
