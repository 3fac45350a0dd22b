"""Runs of `clerkstack review` on a copy of the project, with an emulated GitHub."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from local.github import Github
from local.github.github import TOKEN
from local.project import Project

# Stands in for the part of `clerkstack check` that reads the app and the live instance; what it
# tells of a stack stands in a file.
STAND_IN = """
import json
from pathlib import Path
from typing import Annotated
import typer
from clerkstack.cli import check_own

def check(
    stack: Annotated[str, typer.Option()] = "",
    live: Annotated[bool, typer.Option("--live")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    if not stack:
        check_own.check(Path("catalog.yaml"), None, as_json)
        return
    told = json.loads(Path("told.json").read_text())[stack]
    typer.echo(told.get("complaint", ""), err=True)
    typer.echo(json.dumps(told) if as_json else f"{stack}: agree")
    raise typer.Exit(told["code"])
"""


def agreeing(**more: Any) -> dict[str, Any]:
    """What the command tells where app, catalog and instance agree."""
    plan = {"amount": 6000, "features": ["sso_saml"]}
    return {
        "app": {"path": "app", "commit": "0123abc"},
        "instance": {"read": True},
        "plans": [{"slug": "pro", "app": plan, "catalog": plan, "instance": plan, "agree": True}],
        "features": [],
        "uses": [],
        "unresolved": [],
        "findings": [],
        "code": 0,
        **more,
    }


def stand_in(project: Project, **told: Any) -> None:
    """Put the stand-in into the copy, and what it tells of each stack."""
    folder = project.folder / "clerkstack" / "cli"
    if not (folder / "check_own.py").exists():
        (folder / "check.py").rename(folder / "check_own.py")
        (folder / "check.py").write_text(STAND_IN)
    (project.folder / "told.json").write_text(json.dumps(told))


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
