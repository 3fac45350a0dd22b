"""The bodies of GitHub's answers."""

from __future__ import annotations

from typing import Any

from local.github.state import Artifact, Comment, Environment

DOCUMENTATION = "https://docs.github.com/rest"
MOMENT = "2026-01-01T00:00:00Z"
# Resources with a URL below a user's.
BELOW = {
    "events": "events{/privacy}",
    "followers": "followers",
    "following": "following{/other_user}",
    "gists": "gists{/gist_id}",
    "organizations": "orgs",
    "received_events": "received_events",
    "repos": "repos",
    "starred": "starred{/owner}{/repo}",
    "subscriptions": "subscriptions",
}


def comment_body(api: str, repository: str, comment: Comment) -> dict[str, Any]:
    """A comment (`issue-comment`). `api` is the address of the API."""
    issue = f"{api}/repos/{repository}/issues/{comment.number}"
    at = f"/{repository}/pull/{comment.number}#issuecomment-{comment.id}"
    return {
        "id": comment.id,
        "node_id": f"IC_{comment.id}",
        "url": f"{api}/repos/{repository}/issues/comments/{comment.id}",
        "issue_url": issue,
        "html_url": f"{api}{at}",
        "body": comment.body,
        "user": user_body(api, comment.login),
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "author_association": "NONE",
        "performed_via_github_app": None,
    }


def user_body(api: str, login: str) -> dict[str, Any]:
    """An author (`simple-user`)."""
    url = f"{api}/users/{login}"
    return {
        "login": login,
        "id": 1,
        "node_id": "U_1",
        "avatar_url": f"{api}/avatars/{login}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{api}/{login}",
        **{f"{name}_url": f"{url}/{path}" for name, path in BELOW.items()},
        "type": "Bot" if login.endswith("[bot]") else "User",
        "site_admin": False,
    }


def account_body(api: str, login: str) -> dict[str, Any]:
    """The owner of a token (`public-user`)."""
    counts = ("public_repos", "public_gists", "followers", "following")
    unsaid = ("name", "company", "blog", "location", "email", "hireable", "bio")
    return {
        **user_body(api, login),
        **dict.fromkeys(counts, 0),
        **dict.fromkeys(unsaid),
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }


def artifact_body(api: str, repository: str, artifact: Artifact) -> dict[str, Any]:
    """An artifact (`artifact`)."""
    url = f"{api}/repos/{repository}/actions/artifacts/{artifact.id}"
    return {
        "id": artifact.id,
        "node_id": f"A_{artifact.id}",
        "name": artifact.name,
        "size_in_bytes": len(artifact.archive),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": artifact.expired,
        "created_at": MOMENT,
        "expires_at": MOMENT,
        "updated_at": MOMENT,
        "workflow_run": {"id": artifact.run, "head_sha": "0" * 40},
    }


def environment_body(api: str, repository: str, environment: Environment) -> dict[str, Any]:
    """An environment (`environment`)."""
    rules: list[dict[str, Any]] = []
    if environment.reviewers:
        people = [
            {"type": "User", "reviewer": user_body(api, login)} for login in environment.reviewers
        ]
        rules.append({"type": "required_reviewers", "reviewers": people})
    if environment.branches is not None:
        rules.append({"type": "branch_policy"})
    protected = environment.branches == "protected"
    policy = {"protected_branches": protected, "custom_branch_policies": not protected}
    return {
        "id": 1,
        "node_id": "E_1",
        "name": environment.name,
        "url": f"{api}/repos/{repository}/environments/{environment.name}",
        "html_url": f"{api}/{repository}/deployments",
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "protection_rules": [
            {"id": index, "node_id": f"R_{index}", **each} for index, each in enumerate(rules)
        ],
        "deployment_branch_policy": None if environment.branches is None else policy,
    }


def branch_body(api: str, repository: str, name: str, *, protected: bool) -> dict[str, Any]:
    """A branch (`short-branch`)."""
    commit = "0" * 40
    url = f"{api}/repos/{repository}/commits/{commit}"
    return {"name": name, "commit": {"sha": commit, "url": url}, "protected": protected}


def pattern_body(index: int, name: str) -> dict[str, Any]:
    """A pattern of branches (`deployment-branch-policy`)."""
    return {"id": index, "node_id": f"P_{index}", "name": name, "type": "branch"}


def refusal_body(status: int, message: str) -> dict[str, Any]:
    """A refusal (`basic-error`)."""
    return {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}


def invalid_body(problem: str) -> dict[str, Any]:
    """A refusal of a request body (`validation-error`, 422)."""
    error = {"resource": "IssueComment", "field": "body", "code": "unprocessable"}
    return {
        "message": "Validation Failed",
        "documentation_url": DOCUMENTATION,
        "status": "422",
        "errors": [{**error, "message": problem}],
    }
