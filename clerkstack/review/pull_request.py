"""What GitHub Actions says of the run: repository, pull request, token, where results go.

https://docs.github.com/en/actions/reference/workflows-and-actions/variables
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from clerkstack.problems import ClerkstackError

DEFAULT_API = "https://api.github.com"
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class PullRequest:
    """A pull request, and how its comments are reached."""

    api: str
    repository: str  # owner/name
    number: int
    token: SecretStr
    commit: str  # the newest of the pull request, "" where the run does not say
    of_fork: bool
    in_actions: bool


def pull_request(environ: Mapping[str, str], number: int | None) -> PullRequest:
    """The pull request that this run is about.

    Args:
        environ: the variables of the shell.
        number: of the pull request, where the caller names it.

    Raises:
        ClerkstackError: something is missing; the message says which variable.
    """
    event = _event(environ)
    about = event.get("pull_request") or {}
    number = number or about.get("number")
    repository, token = environ.get("GITHUB_REPOSITORY", ""), environ.get("GITHUB_TOKEN", "")
    if not _REPOSITORY.fullmatch(repository):
        raise ClerkstackError("GITHUB_REPOSITORY is not set as owner/name: --post needs it.")
    if not isinstance(number, int) or number < 1:
        raise ClerkstackError(
            "This run is about no pull request (GITHUB_EVENT_PATH). Name it: --pull-request N"
        )
    if not token:
        raise ClerkstackError(
            "GITHUB_TOKEN is not set. In a workflow: env: GITHUB_TOKEN: ${{ github.token }}, and "
            "`pull-requests: write` under permissions."
        )
    head = (about.get("head") or {}).get("repo") or {}
    return PullRequest(
        api=environ.get("GITHUB_API_URL") or DEFAULT_API,
        repository=repository,
        number=number,
        token=SecretStr(token),
        commit=str((about.get("head") or {}).get("sha") or ""),
        # The repository of a fork that was deleted is null.
        of_fork=bool(about) and head.get("full_name") != repository,
        in_actions=environ.get("GITHUB_ACTIONS") == "true",
    )


def run_address(environ: Mapping[str, str]) -> str:
    """The page of this run of a workflow, "" outside of one."""
    server, repository = environ.get("GITHUB_SERVER_URL"), environ.get("GITHUB_REPOSITORY")
    run = environ.get("GITHUB_RUN_ID")
    if not (server and repository and run and environ.get("GITHUB_STEP_SUMMARY")):
        return ""
    return f"{server}/{repository}/actions/runs/{run}"


def commit_of(environ: Mapping[str, str]) -> str:
    """The commit that a run of a workflow is of, "" where none is named."""
    about = _event(environ).get("pull_request") or {}
    return str((about.get("head") or {}).get("sha") or environ.get("GITHUB_SHA") or "")


def _event(environ: Mapping[str, str]) -> dict[str, Any]:
    named = environ.get("GITHUB_EVENT_PATH")
    if not named:
        return {}
    try:
        event = json.loads(Path(named).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ClerkstackError(f"GITHUB_EVENT_PATH can't be read: {type(error).__name__}.") from None
    return event if isinstance(event, dict) else {}
