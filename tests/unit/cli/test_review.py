"""`clerkstack review` where it can't begin, or not go on."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from clerkstack.problems import ClerkstackError
from clerkstack.review.pull_request import commit_of, pull_request, run_address

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
        timeout=60,
        check=False,
    )


def test_without_a_stack_it_is_bad_input() -> None:
    assert run().returncode == 2


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, "GITHUB_REPOSITORY"),
        ({**VARIABLES, "GITHUB_REPOSITORY": "../x/y"}, "GITHUB_REPOSITORY"),
        ({**VARIABLES}, "--pull-request"),
        ({**VARIABLES, "GITHUB_EVENT_PATH": "/nowhere/event.json"}, "GITHUB_EVENT_PATH"),
    ],
)
def test_what_posting_needs_is_told_before_anything_is_previewed(
    environ: dict[str, str], named: str
) -> None:
    ran = run("--stack", "dev", "--post", **environ)

    assert ran.returncode == 2
    assert named in ran.stderr
    assert "previewing" not in ran.stderr
    assert "ghs_planted" not in ran.stderr


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


def test_the_event_says_which_pull_request_it_is(tmp_path: Path) -> None:
    environ = event(tmp_path, EVENT)

    found = pull_request(environ, None)

    assert (found.number, found.commit, found.of_fork) == (7, "abc123", False)
    assert found.api == "https://api.github.com"
    assert commit_of({**environ, "GITHUB_SHA": "merged"}) == "abc123"
    assert pull_request(environ, 9).number == 9
    assert "ghs_planted" not in repr(found)


@pytest.mark.parametrize("repository", [{"full_name": "mallory/deployment"}, None])
def test_a_fork_is_known(tmp_path: Path, repository: object) -> None:
    told = {"pull_request": {"number": 7, "head": {"sha": "abc123", "repo": repository}}}

    assert pull_request(event(tmp_path, told), None).of_fork


@pytest.mark.parametrize("told", [[], {}, {"pull_request": None}, {"pull_request": {"number": 0}}])
def test_an_event_of_another_kind_is_told(tmp_path: Path, told: object) -> None:
    with pytest.raises(ClerkstackError, match="no pull request"):
        pull_request(event(tmp_path, told), None)


def test_the_run_is_named_where_there_is_one() -> None:
    run_of = {
        "GITHUB_SERVER_URL": "https://github.test",
        "GITHUB_REPOSITORY": "a/b",
        "GITHUB_RUN_ID": "1",
        "GITHUB_STEP_SUMMARY": "summary",
    }

    assert run_address(run_of) == "https://github.test/a/b/actions/runs/1"
    assert run_address({}) == ""
    assert commit_of({"GITHUB_SHA": "abc"}) == "abc"
    assert commit_of({}) == ""
