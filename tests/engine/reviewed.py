"""Runs of `clerkstack review` on a copy of the project, with an emulated GitHub."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from local.github import Github
from local.github.github import TOKEN
from local.project import Project


def event(folder: Path, github: Github, *, fork: bool = False) -> dict[str, str]:
    """The event of a pull request, as the runner writes it, and the variables around it."""
    repository = "mallory/deployment" if fork else github.repository.name
    head = {"sha": "feed0123feed", "repo": {"full_name": repository}}
    file, summary = folder / "event.json", folder / "summary.md"
    file.write_text(json.dumps({"pull_request": {"number": github.number, "head": head}}))
    return {
        "GITHUB_EVENT_PATH": str(file),
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_SERVER_URL": "https://github.test",
        "GITHUB_RUN_ID": "99",
    }


def review(
    project: Project,
    github: Github,
    *words: str,
    stacks: tuple[str, ...] = ("local", "prod"),
    token: str = TOKEN,
    fork: bool = False,
) -> subprocess.CompletedProcess[str]:
    """One run, as the workflow's step does it."""
    # Whatever a run leaves in the folder for temporary files can be seen there.
    temporary = project.folder / "temporary"
    temporary.mkdir(exist_ok=True)
    named = [word for stack in stacks for word in ("--stack", stack)]
    return subprocess.run(
        ["bin/clerkstack", "review", *named, *words],
        cwd=project.folder,
        env={
            **project.environment,
            **github.variables(token=token),
            **event(project.folder, github, fork=fork),
            "TMPDIR": str(temporary),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
