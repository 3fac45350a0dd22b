"""Who can deploy to production through GitHub: the environments that the workflows name.

GitHub makes an environment that a job names and that is not there, without any protection: the job
`prod` then waits for nobody, and a workflow on any branch gets what the environment's name opens.
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
# Patterns that every branch fits, or that whoever may push a branch can choose a name for.
_ANY = re.compile(r"[*?/\[\]!]*")


@dataclass(frozen=True)
class Wanted:
    """What an environment has to have."""

    reviewers: bool  # somebody has to approve
    branches: bool  # only some branches may name it
    severe: bool = False  # production waits for nobody without it


WANTED = {
    "production": Wanted(reviewers=True, branches=True, severe=True),
    "rotation": Wanted(reviewers=False, branches=True),
    "drift": Wanted(reviewers=False, branches=True),
    "development": Wanted(reviewers=False, branches=True),
    # Pull requests name it, and their program gets a platform key of the whole workspace.
    "review": Wanted(reviewers=True, branches=False),
}
# It is there only where somebody switched it on, and pull requests have to be able to name it.
OPTIONAL = {"preview-production": Wanted(reviewers=True, branches=False)}


class Reader(Protocol):
    """The part of GitHub's client that is asked."""

    def environments(self) -> tuple[Environment, ...]:
        """The repository's environments."""

    def branch_patterns(self, environment: str) -> tuple[Pattern, ...]:
        """Which branches may name one."""

    def has_protected_branch(self) -> bool:
        """Whether any branch is protected."""


def repository_of(environ: Mapping[str, str], folder: Path) -> str | None:
    """The repository at GitHub of this checkout, as owner/name; None where it has none."""
    named = environ.get("GITHUB_REPOSITORY", "")
    if _NAME.fullmatch(named):
        return named
    try:
        url = git("config", "--get", "remote.origin.url", folder=folder).strip()
    except GitFailed:
        return None
    found = _REMOTE.fullmatch(url)
    return found[1] if found else None


def approvals(repository: str | None, folder: Path, reader: Reader | None) -> Finding:
    """What stands before production. At most two requests."""
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
        # It says nothing about the stack, whoever runs this may not see it.
        return warning(f"{repository}: unknown ({error})", f"Look at {HOW}")


def _judged(reader: Reader) -> Finding:
    there = {environment.name.lower(): environment for environment in reader.environments()}
    severe: list[str] = []
    less: list[str] = []
    for name, wanted in {**WANTED, **OPTIONAL}.items():
        found = there.get(name)
        if found is None and name in OPTIONAL:
            continue
        wrong = _wrong(found, wanted)
        if wanted.severe and found is not None and not wrong:
            wrong = _open(reader, found)
        if wrong:
            (severe if wanted.severe else less).append(f"`{name}` {wrong}")
    told = "; ".join([*severe, *less])
    if severe:
        return failed(told, f"Set it up before the next deploy: {HOW}")
    if less:
        return warning(told, f"Set it up: {HOW}")
    return ok("production requires an approval, and only some branches may deploy to it")


def _wrong(found: Environment | None, wanted: Wanted) -> str:
    if found is None:
        return "does not exist: GitHub creates it, without protection, when a job names it"
    missing = []
    if wanted.reviewers and not found.has_reviewers:
        missing.append("has no required reviewers")
    if wanted.branches and found.deployment_branch_policy is None:
        missing.append("may be used by every branch")
    return " and ".join(missing)


def _open(reader: Reader, found: Environment) -> str:
    """Why its branch policy keeps nobody out, "" where it does."""
    policy = found.deployment_branch_policy
    if policy is not None and policy.custom_branch_policies:
        names = [
            branch_pattern.name or "*" for branch_pattern in reader.branch_patterns(found.name)
        ]
        wide = [name for name in names if _ANY.fullmatch(name)]
        return f"may be used by every branch that matches {', '.join(wide)}" if wide else ""
    # Where no branch is protected, GitHub lets all of them in.
    return (
        ""
        if reader.has_protected_branch()
        else "is for protected branches, but no branch is protected"
    )
