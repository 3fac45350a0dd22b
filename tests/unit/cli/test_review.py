"""`clerkstack review` if it cannot begin or continue."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from clerkstack.problems import ClerkstackError
from clerkstack.review.pull_request import commit_of, repository

TOP = Path(__file__).parents[3]
HEAD = {"sha": "abc123", "repo": {"full_name": "sendero/deployment"}}
EVENT = {"pull_request": {"number": 7, "head": HEAD}}
VARIABLES = {"GITHUB_REPOSITORY": "sendero/deployment", "GITHUB_TOKEN": "ghs_planted0000"}


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GITHUB_")}
    return subprocess.run(
        [str(TOP / "bin" / "clerkstack"), "review", *words],
        cwd=TOP,
        env={**kept, "NO_COLOR": "1", **environ},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_without_a_stack_it_is_bad_input() -> None:
    assert run().returncode == 2


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, "GITHUB_REPOSITORY"),
        ({**VARIABLES, "GITHUB_REPOSITORY": "../x/y"}, "GITHUB_REPOSITORY"),
        ({**VARIABLES, "GITHUB_REPOSITORY": "a/b\nc"}, "GITHUB_REPOSITORY"),
        ({**VARIABLES, "GITHUB_TOKEN": ""}, "GITHUB_TOKEN"),
    ],
)
def test_what_commenting_needs_is_reported(environ: dict[str, str], named: str) -> None:
    with pytest.raises(ClerkstackError, match=named) as caught:
        repository(environ)

    assert "ghs_planted" not in str(caught.value)


def test_a_token_in_its_job_is_reported_and_not_handed_on(tmp_path: Path) -> None:
    pulumi = tmp_path / "pulumi"
    pulumi.write_text('#!/bin/sh\necho "token: $GITHUB_TOKEN" >&2\nexit 1\n')
    pulumi.chmod(0o755)
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}

    ran = run("--stack", "dev", **path, **VARIABLES, GITHUB_ACTIONS="true")
    without = run("--stack", "dev", **path, GITHUB_ACTIONS="true")
    of_a_person = run("--stack", "dev", **path, **VARIABLES)

    assert "clerkstack comment" in ran.stderr
    assert "GITHUB_TOKEN" not in without.stderr + of_a_person.stderr
    for each in (ran, of_a_person):
        assert "ghs_planted" not in each.stdout + each.stderr
        assert "token:" in each.stdout


def test_without_an_engine_it_says_so_in_the_text() -> None:
    ran = run("--stack", "dev", "--json", PATH="/usr/bin:/bin")

    assert ran.returncode == 2
    (told,) = json.loads(ran.stdout)["stacks"]
    assert told["verdict"] == "bad input"
    assert "pulumi is not on PATH" in told["troubles"][0]["message"]


def test_a_file_that_cannot_be_written_is_bad_input() -> None:
    ran = run("--stack", "dev", "--output", "/nowhere/review.md", PATH="/usr/bin:/bin")

    assert ran.returncode == 2
    assert "/nowhere/review.md" in ran.stderr


def event(folder: Path, told: object) -> dict[str, str]:
    file = folder / "event.json"
    file.write_text(json.dumps(told))
    return {**VARIABLES, "GITHUB_EVENT_PATH": str(file)}


def test_the_event_says_which_commit_it_is(tmp_path: Path) -> None:
    environ = event(tmp_path, EVENT)

    assert commit_of({**environ, "GITHUB_SHA": "merged"}) == "abc123"
    assert commit_of({"GITHUB_SHA": "abc"}) == "abc"
    assert commit_of({}) == ""
    assert "ghs_planted" not in repr(repository(environ))
    with pytest.raises(ClerkstackError, match="GITHUB_EVENT_PATH"):
        commit_of({"GITHUB_EVENT_PATH": "/nowhere/event.json"})
