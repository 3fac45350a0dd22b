"""GitHub REST API: the comments of a pull request, the artifacts of a run, environments.

Every pull request is an issue, and its comments are an issue's:
https://docs.github.com/en/rest/issues/comments
https://docs.github.com/en/rest/actions/artifacts
https://docs.github.com/en/rest/deployments/environments
"""

from __future__ import annotations

import time
from typing import Any, Unpack

import httpx
from pydantic import RootModel, SecretStr

from clerkstack.clients.answers import Answer, read_answer
from clerkstack.clients.errors import Refusal
from clerkstack.clients.http import Client, Http, Options, Service, joined

API_VERSION = "2022-11-28"  # https://docs.github.com/en/rest/about-the-rest-api/api-versions
PAGE = 100  # comments; the most a page can have
# Seconds; the documented wait if a rate-limited answer names no time.
UNNAMED_WAIT = 60.0


class User(Answer):
    """The owner of a token or the author of a comment."""

    login: str


class Comment(Answer):
    """A comment on an issue or pull request. `user` is None if the account is gone."""

    id: int
    body: str | None = None
    user: User | None = None
    html_url: str = ""


class _Comments(RootModel[tuple[Comment, ...]]):
    """A page of comments."""


class Artifact(Answer):
    """A file that a workflow run uploaded."""

    id: int
    name: str
    size_in_bytes: int
    expired: bool = False


class _Artifacts(Answer):
    artifacts: tuple[Artifact, ...]


class ProtectionRule(Answer):
    """A rule for jobs that name an environment: "required_reviewers", "wait_timer",
    "branch_policy", or the name of an app's rule."""

    type: str
    reviewers: tuple[Any, ...] | None = None


class BranchPolicy(Answer):
    """The branches whose jobs may name an environment: protected ones, or those of patterns."""

    protected_branches: bool
    custom_branch_policies: bool


class Environment(Answer):
    """An environment of the repository. Without a branch policy, every branch may name it."""

    name: str
    protection_rules: tuple[ProtectionRule, ...] = ()
    deployment_branch_policy: BranchPolicy | None = None

    @property
    def has_reviewers(self) -> bool:
        """Whether somebody must approve its jobs."""
        rules = (
            protection_rule
            for protection_rule in self.protection_rules
            if protection_rule.type == "required_reviewers"
        )
        return any(rule.reviewers for rule in rules)


class _Environments(Answer):
    environments: tuple[Environment, ...] = ()


class _Branch(Answer):
    name: str


class _Branches(RootModel[tuple[_Branch, ...]]):
    """A page of branches."""


class Pattern(Answer):
    """A pattern of branches or tags that may name an environment."""

    name: str | None = None
    type: str = "branch"


class _Patterns(Answer):
    branch_policies: tuple[Pattern, ...] = ()


class GithubClient(Client):
    """Client of one repository: comments of its pull requests, artifacts, environments."""

    def __init__(
        self, *, token: SecretStr, base_url: str, repository: str, **options: Unpack[Options]
    ) -> None:
        """Args: repository: as `owner/name`."""
        owner, _, name = repository.partition("/")
        self._repository = ("repos", owner, name)
        headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": API_VERSION,
        }
        self._http = Http(SERVICE, base_url=base_url, key=token, headers=headers, **options)

    def authenticated_user(self) -> User:
        """The owner of the token (GET /user).

        Raises:
            Forbidden: it belongs to an installation, like that of GitHub Actions, not to a person.
        """
        return self._http.request(User, "get the authenticated user", "GET", "/user")

    def list_comments(self, number: int) -> list[Comment]:
        """All comments of a pull request, oldest first
        (GET /repos/{owner}/{repo}/issues/{issue_number}/comments).

        The answer's Link header has the next page. Only the query of its URL is used, so that the
        token goes nowhere else.
        """
        comments: dict[int, Comment] = {}
        params: dict[str, str | int] = {"per_page": PAGE}
        while True:
            answer = self._http.send(
                "list comments",
                "GET",
                joined(*self._repository, "issues", str(number), "comments"),
                params=params,
            )
            page = read_answer(
                _Comments,
                answer.content,
                vendor=SERVICE.name,
                operation="list comments",
                address=self._http.address,
            ).root
            fresh = [comment for comment in page if comment.id not in comments]
            comments |= {comment.id: comment for comment in fresh}
            following = answer.links.get("next", {}).get("url")
            if not following or not fresh:
                return sorted(comments.values(), key=lambda comment: comment.id)
            params = dict(httpx.URL(following).params)

    def create_comment(self, number: int, body: str) -> Comment:
        """Comment on a pull request (POST /repos/{owner}/{repo}/issues/{issue_number}/comments).

        Raises:
            Forbidden: the token may not write, as in the pull request of a fork.
        """
        path = joined(*self._repository, "issues", str(number), "comments")
        return self._http.request(Comment, "create comment", "POST", path, json={"body": body})

    def update_comment(self, comment_id: int, body: str) -> Comment:
        """Replace the text of a comment
        (PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}).

        Raises:
            NotFound: it is gone.
        """
        path = joined(*self._repository, "issues", "comments", str(comment_id))
        return self._http.request(
            # Writing the same text twice changes nothing.
            Comment,
            "update comment",
            "PATCH",
            path,
            json={"body": body},
            repeatable=True,
        )

    def delete_comment(self, comment_id: int) -> None:
        """Remove a comment (DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}).

        Raises:
            NotFound: it is gone.
        """
        path = joined(*self._repository, "issues", "comments", str(comment_id))
        self._http.send("delete comment", "DELETE", path)

    def artifacts(self, run: int, name: str) -> tuple[Artifact, ...]:
        """A run's artifacts of that name, one for each attempt
        (GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts). One page is enough: no run has
        a hundred attempts.
        """
        path = joined(*self._repository, "actions", "runs", str(run), "artifacts")
        params: dict[str, str | int] = {"name": name, "per_page": PAGE}
        return self._http.request(
            _Artifacts, "list artifacts", "GET", path, params=params
        ).artifacts

    def artifact(self, artifact_id: int, most: int) -> bytes:
        """An artifact as a ZIP archive, cut off after `most` + 1 bytes
        (GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/zip, which redirects to another
        host).
        """
        path = joined(*self._repository, "actions", "artifacts", str(artifact_id), "zip")
        return self._http.send("download artifact", "GET", path, most=most).content

    def environments(self) -> tuple[Environment, ...]:
        """The repository's environments (GET /repos/{owner}/{repo}/environments), the first
        hundred."""
        path = joined(*self._repository, "environments")
        return self._http.request(
            _Environments, "list environments", "GET", path, params={"per_page": PAGE}
        ).environments

    def has_protected_branch(self) -> bool:
        """Whether a branch of the repository is protected
        (GET /repos/{owner}/{repo}/branches?protected=true)."""
        params: dict[str, str | int] = {"protected": "true", "per_page": 1}
        path = joined(*self._repository, "branches")
        return bool(self._http.request(_Branches, "list branches", "GET", path, params=params).root)

    def branch_patterns(self, environment: str) -> tuple[Pattern, ...]:
        """The patterns of the branches and tags that may name an environment
        (GET /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies)."""
        path = joined(*self._repository, "environments", environment, "deployment-branch-policies")
        return self._http.request(
            _Patterns, "list branch policies", "GET", path, params={"per_page": PAGE}
        ).branch_policies


def _read_error(body: Any) -> Refusal:
    return Refusal.of(message=body["message"])


def _wait(response: httpx.Response) -> float | None:
    """Seconds until a rate-limited request may be sent again, None if it was not rate limited.

    GitHub answers 403 or 429 to both a limit and a refusal; Retry-After (read elsewhere) or
    x-ratelimit-remaining shows that it is a limit
    (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
    """
    spent = response.headers.get("x-ratelimit-remaining") == "0"
    reset = response.headers.get("x-ratelimit-reset", "")
    if response.status_code not in (403, 429):
        return None
    if spent and reset.isascii() and reset.isdecimal():
        return max(1.0, float(reset) - time.time())
    return UNNAMED_WAIT if response.status_code == 429 else None


SERVICE = Service(
    name="GitHub",
    setting="GITHUB_API_URL",
    read_error=_read_error,
    wait=_wait,
    remedies={
        401: "The token in GITHUB_TOKEN is wrong or has expired",
        403: (
            "The token in GITHUB_TOKEN lacks a permission: under `permissions`, the job needs "
            "`pull-requests: write` to comment, and `actions: read` for artifacts and "
            "environments"
        ),
        404: (
            "Check GITHUB_REPOSITORY and the number of the pull request, and that the token in "
            "GITHUB_TOKEN can read the repository"
        ),
    },
)
