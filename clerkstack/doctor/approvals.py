"""Checks who can deploy to production through GitHub: the environments that the workflows name.

If a job names an environment that does not exist, GitHub creates it without any protection: the job
`prod` then waits for nobody, and a workflow on any branch gets the environment's access.
https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from clerkstack.app.git import GitFailed, git
from clerkstack.checks.finding import Finding
from clerkstack.doctor.model import failed, not_checked, ok, warning
from clerkstack.problems import ClerkstackError

if TYPE_CHECKING:
    from clerkstack.clients.github import Environment, Pattern

DEPLOYING = Path(".github/workflows/deploy.yml")
PAGE = "Settings → Environments"
HOW = f"docs/pull-requests.md, {PAGE}"
_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_REMOTE = re.compile(
    r"(?:https?://|ssh://)?(?:[^@/\s]+@)?github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?"
)
# Patterns that match every branch, or a branch name that anybody who may push can choose.
_ANY = re.compile(r"[*?/\[\]!]*")


@dataclass(frozen=True)
class Wanted:
    """The protection that an environment must have."""

    reviewers: bool  # somebody must approve
    branches: bool  # only some branches may name it
    severe: bool = False  # without it, production is unprotected


WANTED = {
    "production": Wanted(reviewers=True, branches=True, severe=True),
    "rotation": Wanted(reviewers=False, branches=True),
    "drift": Wanted(reviewers=False, branches=True),
    "development": Wanted(reviewers=False, branches=True),
    # Pull requests use it, and their program gets a platform key of the whole workspace.
    "review": Wanted(reviewers=True, branches=False),
}
# It exists only if somebody switched it on, and pull requests must be able to use it.
OPTIONAL = {"preview-production": Wanted(reviewers=True, branches=False)}


class GithubReader(Protocol):
    """The part of GitHub's client that is used."""

    def environments(self) -> tuple[Environment, ...]:
        """The repository's environments."""

    def branch_patterns(self, environment: str) -> tuple[Pattern, ...]:
        """The branches that may use an environment."""

    def has_protected_branch(self) -> bool:
        """Whether any branch is protected."""


def repository_of(environ: Mapping[str, str], folder: Path) -> str | None:
    """The GitHub repository of this checkout, as owner/name; None if it has none."""
    named = environ.get("GITHUB_REPOSITORY", "")
    if _NAME.fullmatch(named):
        return named
    try:
        url = git("config", "--get", "remote.origin.url", folder=folder).strip()
    except GitFailed:
        return None
    match = _REMOTE.fullmatch(url)
    return match[1] if match else None


def approvals(repository: str | None, folder: Path, reader: GithubReader | None) -> Finding:
    """The approvals that production requires. At most two requests."""
    if repository is None or not (folder / DEPLOYING).exists():
        return ok("no workflow of GitHub deploys from here")
    if reader is None:
        return not_checked(
            f"{repository}: the required approvals are unknown without GITHUB_TOKEN",
            'GITHUB_TOKEN="$(gh auth token)" bin/clerkstack doctor, or check: '
            f"{PAGE}, `production` has required reviewers and deployment branches",
        )
    try:
        return _judged(reader)
    except ClerkstackError as error:
        # Only a warning: the person may not have access, and it does not concern the stack.
        return warning(f"{repository}: unknown ({error})", f"See {HOW}")


def _judged(reader: GithubReader) -> Finding:
    environments = {environment.name.lower(): environment for environment in reader.environments()}
    severe: list[str] = []
    less: list[str] = []
    for name, required in {**WANTED, **OPTIONAL}.items():
        environment_ = environments.get(name)
        if environment_ is None and name in OPTIONAL:
            continue
        wrong = _wrong(environment_, required)
        if required.severe and environment_ is not None and not wrong:
            wrong = _open(reader, environment_)
        if wrong:
            (severe if required.severe else less).append(f"`{name}` {wrong}")
    message = "; ".join([*severe, *less])
    if severe:
        return failed(message, f"Set it up before the next deploy: {HOW}")
    if less:
        return warning(message, f"Set it up: {HOW}")
    return ok("production requires an approval, and only some branches may deploy to it")


def _wrong(environment: Environment | None, required: Wanted) -> str:
    if environment is None:
        return "does not exist: GitHub creates it, without protection, when a job names it"
    missing = []
    if required.reviewers and not environment.has_reviewers:
        missing.append("has no required reviewers")
    if required.branches and environment.deployment_branch_policy is None:
        missing.append("may be used by every branch")
    return " and ".join(missing)


def _open(reader: GithubReader, environment: Environment) -> str:
    """Why its branch policy keeps nobody out, empty if it does."""
    policy = environment.deployment_branch_policy
    if policy is not None and policy.custom_branch_policies:
        names = [
            branch_pattern.name or "*"
            for branch_pattern in reader.branch_patterns(environment.name)
        ]
        wide = [name for name in names if _ANY.fullmatch(name)]
        return f"may be used by every branch that matches {', '.join(wide)}" if wide else ""
    # If no branch is protected, GitHub admits all of them.
    return (
        ""
        if reader.has_protected_branch()
        else "is for protected branches, but no branch is protected"
    )
