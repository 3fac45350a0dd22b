"""What GitHub Actions says about the run: repository, pull request, token, where results go.

https://docs.github.com/en/actions/reference/workflows-and-actions/variables
https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_run
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from clerkstack.problems import ClerkstackError
from clerkstack.review.comment import MARKER

DEFAULT_API = "https://api.github.com"
DEFAULT_SERVER = "https://github.com"
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
# GitHub may add the branch that the workflow was read from.
_FILE = re.compile(r"\.github/workflows/([\w.-]{1,100})\.ya?ml(?:@.*)?", re.ASCII)
FIRST = "pull-request"
"""The workflow whose comment has the marker without a name."""


@dataclass(frozen=True)
class Repository:
    """The repository, and how to reach its API."""

    api: str
    name: str  # owner/name
    token: SecretStr
    in_actions: bool


@dataclass(frozen=True)
class ReviewedRun:
    """The workflow run that reviewed a pull request.

    All of it comes from GitHub. `numbers` are the open pull requests whose newest commit the run
    belongs to; none if the commit is no longer the newest, or if the run belongs to a fork.
    """

    id: int
    commit: str
    numbers: tuple[int, ...]
    marker: str
    address: str


class _Payload(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="ignore", strict=True, hide_input_in_errors=True, defer_build=True
    )


class _Place(_Payload):
    id: int


class _End(_Payload):
    sha: str
    repo: _Place


class _PullRequest(_Payload):
    number: int
    head: _End
    base: _End


class _Run(_Payload):
    id: int
    event: str
    path: str
    head_sha: str
    # None if the fork was deleted.
    head_repository: _Place | None = None
    pull_requests: list[_PullRequest] = []


class _Event(_Payload):
    workflow_run: _Run
    repository: _Place


def repository(environ: Mapping[str, str]) -> Repository:
    """The repository that this run may comment in.

    Raises:
        ClerkstackError: a variable is missing; the message names it.
    """
    name, token = environ.get("GITHUB_REPOSITORY", ""), environ.get("GITHUB_TOKEN", "")
    if not _REPOSITORY.fullmatch(name):
        raise ClerkstackError("Set GITHUB_REPOSITORY to owner/name.")
    if not token:
        raise ClerkstackError(
            "GITHUB_TOKEN is not set. In a workflow: env: GITHUB_TOKEN: ${{ github.token }}, and "
            "`pull-requests: write` under permissions."
        )
    return Repository(
        api=environ.get("GITHUB_API_URL") or DEFAULT_API,
        name=name,
        token=SecretStr(token),
        in_actions=environ.get("GITHUB_ACTIONS") == "true",
    )


def reviewed_run(environ: Mapping[str, str]) -> ReviewedRun:
    """The finished run that made GitHub start this one.

    A branch with a pull request here may have one in a fork too, and GitHub names both: only those
    from this repository into this one are used.

    Raises:
        ClerkstackError: this run was started by something else.
    """
    try:
        event = _Event.model_validate(_event(environ))
    except ValidationError:
        raise ClerkstackError(
            "This run was not started by the end of another one (`on: workflow_run`, see "
            "GITHUB_EVENT_PATH). With a file: --file review.json --pull-request N"
        ) from None
    run, here = event.workflow_run, event.repository.id
    if run.event != "pull_request":
        raise ClerkstackError(f"The run {run.id} was not started by a pull request.")
    own = run.head_repository is not None and run.head_repository.id == here
    numbers = [
        pull_request.number
        for pull_request in run.pull_requests
        if own
        and pull_request.head.repo.id == pull_request.base.repo.id == here
        and pull_request.head.sha == run.head_sha
        and pull_request.number > 0
    ]
    file = _FILE.fullmatch(run.path)
    if file is None:
        raise ClerkstackError(
            f"The run {run.id} does not belong to a workflow in .github/workflows."
        )
    return ReviewedRun(
        id=run.id,
        commit=run.head_sha,
        numbers=tuple(dict.fromkeys(numbers)),
        marker=marker_of(file[1]),
        address=_address(environ, run.id),
    )


def marker_of(workflow: str) -> str:
    """The first line of a workflow's comment, by the name of the workflow's file."""
    return MARKER if workflow == FIRST else f"<!-- clerkstack review of {workflow} -->"


def commit_of(environ: Mapping[str, str]) -> str:
    """The commit of a workflow run, empty if there is none."""
    about = _event(environ).get("pull_request") or {}
    return str((about.get("head") or {}).get("sha") or environ.get("GITHUB_SHA") or "")


def _address(environ: Mapping[str, str], run: int) -> str:
    server = environ.get("GITHUB_SERVER_URL") or DEFAULT_SERVER
    name = environ.get("GITHUB_REPOSITORY", "")
    return f"{server}/{name}/actions/runs/{run}" if name else ""


def _event(environ: Mapping[str, str]) -> dict[str, Any]:
    named = environ.get("GITHUB_EVENT_PATH")
    if not named:
        return {}
    try:
        event = json.loads(Path(named).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ClerkstackError(
            f"GITHUB_EVENT_PATH cannot be read: {type(error).__name__}."
        ) from None
    return event if isinstance(event, dict) else {}
