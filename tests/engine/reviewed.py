"""Runs `clerkstack review` and `clerkstack comment` on a copy of the project, with an emulated
GitHub, as a workflow's jobs do."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.github import Github
from local.github.github import TOKEN
from local.project import Project

COMMIT = "feed0123feed"
RUN = 99
OTHER_REPOSITORY = 666


def event(folder: Path, github: Github, *, fork: bool = False) -> dict[str, str]:
    """Write the event of a pull request like the runner; return its variables."""
    repository = "mallory/deployment" if fork else github.repository.name
    head = {"sha": COMMIT, "repo": {"full_name": repository}}
    file, summary = folder / "event.json", folder / "summary.md"
    file.write_text(json.dumps({"pull_request": {"number": github.number, "head": head}}))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_PATH": str(file),
        "GITHUB_REPOSITORY": github.repository.name,
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_SERVER_URL": "https://github.test",
        "GITHUB_RUN_ID": str(RUN),
    }


def ended(
    github: Github, *, workflow: str = "pull-request", fork: bool = False, **more: Any
) -> dict[str, Any]:
    """Return the event of an ended run, with the fields that are read; `more` overrides fields."""
    own = {"id": github.repository.id}
    head = {"id": OTHER_REPOSITORY} if fork else own
    run = {
        "id": RUN,
        "event": "pull_request",
        "path": f".github/workflows/{workflow}.yml",
        "head_sha": COMMIT,
        "head_repository": head,
        # GitHub names none for a pull request of a fork.
        "pull_requests": []
        if fork
        else [
            {
                "number": github.number,
                "head": {"sha": COMMIT, "repo": head},
                "base": {"sha": "ba5e", "repo": own},
            }
        ],
    }
    return {"workflow_run": {**run, **more}, "repository": own}


def variables_of(folder: Path, github: Github, told: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables of the run that comments with main's code and a token."""
    file = folder / "ended.json"
    file.write_text(json.dumps(told))
    return {
        **github.variables(),
        "GITHUB_EVENT_PATH": str(file),
        "GITHUB_SERVER_URL": "https://github.test",
        "GITHUB_RUN_ID": "100",
    }


def review(
    project: Project, github: Github, *words: str, stacks: tuple[str, ...] = ("local", "prod")
) -> subprocess.CompletedProcess[str]:
    """Run a review like the workflow's step: without a token."""
    # A separate folder shows the temporary files that a run leaves behind.
    temporary = project.folder / "temporary"
    temporary.mkdir(exist_ok=True)
    named = [word for stack in stacks for word in ("--stack", stack)]
    return _run(
        project,
        ["review", *named, *words],
        {**event(project.folder, github), "TMPDIR": str(temporary)},
    )


def commented(
    project: Project, github: Github, *words: str, stacks: tuple[str, ...] = ("local", "prod")
) -> subprocess.CompletedProcess[str]:
    """Run the review, then post its comment; return the review's result."""
    reviewed = review(project, github, "--save", "review.json", *words, stacks=stacks)
    github.leave((project.folder / "review.json").read_bytes())
    posted = comment(project, github)
    assert posted.returncode == 0, posted.stderr
    return reviewed


def comment(
    project: Project, github: Github, *, token: str = TOKEN, **more: Any
) -> subprocess.CompletedProcess[str]:
    """Run the command that comments."""
    variables = variables_of(project.folder, github, ended(github, **more))
    return _run(project, ["comment"], {**variables, "GITHUB_TOKEN": token})


def _run(
    project: Project, words: list[str], variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bin/clerkstack", *words],
        cwd=project.folder,
        env={**project.environment, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
