"""The bodies of GitHub's answers."""

from __future__ import annotations

from typing import Any

from local.github.state import Comment

DOCUMENTATION = "https://docs.github.com/rest"
MOMENT = "2026-01-01T00:00:00Z"
# What has a URL of its own below a user's.
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
    """Who wrote something (`simple-user`)."""
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
    """The person a token belongs to (`public-user`)."""
    counts = ("public_repos", "public_gists", "followers", "following")
    unsaid = ("name", "company", "blog", "location", "email", "hireable", "bio")
    return {
        **user_body(api, login),
        **dict.fromkeys(counts, 0),
        **dict.fromkeys(unsaid),
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }


def refusal_body(status: int, message: str) -> dict[str, Any]:
    """A refusal (`basic-error`)."""
    return {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}


def invalid_body(problem: str) -> dict[str, Any]:
    """A refusal of what was sent (`validation-error`, 422)."""
    error = {"resource": "IssueComment", "field": "body", "code": "unprocessable"}
    return {
        "message": "Validation Failed",
        "documentation_url": DOCUMENTATION,
        "status": "422",
        "errors": [{**error, "message": problem}],
    }
