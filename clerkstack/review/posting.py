"""Posts the review on the pull request: one comment, kept up to date."""

from __future__ import annotations

from collections.abc import Sequence

from clerkstack.clients.errors import Forbidden, NotFound, Unauthorized
from clerkstack.clients.github import Comment, GithubClient
from clerkstack.review.comment import MARKER

ACTIONS_USER = "github-actions[bot]"
"""The author of comments made with a workflow job's token."""


def author_of(github: GithubClient, *, in_actions: bool) -> str:
    """The author of comments made with the token, empty if GitHub does not say.

    The token of a job belongs to an installation and may not ask who it is.
    """
    if in_actions:
        return ACTIONS_USER
    try:
        return github.authenticated_user().login
    except (Forbidden, NotFound, Unauthorized):
        return ""


def post(
    github: GithubClient, number: int, body: str, author: str, marker: str = MARKER
) -> Comment:
    """Write `body` to the review's comment: the author's own comment that begins with `marker`, or
    a new one. Comments of others are left alone, whatever they begin with.

    Two runs at the same time may both create one. Each checks again afterwards and keeps the
    oldest; the next run removes what a killed run left. This also corrects a wrong `author`: the
    new comment shows the token's author.

    Raises:
        ApiError, Unreachable, UnexpectedAnswer.
    """
    own = _own(github.list_comments(number), author, marker)
    if own:
        return _keep_first(github, own, body)
    made = github.create_comment(number, body)
    writer = made.user.login if made.user else author
    own = _own(github.list_comments(number), writer, marker) or [made]
    return made if own == [made] or own[0].id == made.id else _keep_first(github, own, body)


def _own(comments: Sequence[Comment], author: str, marker: str) -> list[Comment]:
    return [
        comment
        for comment in comments
        if comment.user is not None
        and comment.user.login == author
        and (comment.body or "").startswith(marker)
    ]


def _keep_first(github: GithubClient, own: Sequence[Comment], body: str) -> Comment:
    first, *others = own
    kept = github.update_comment(first.id, body)
    for other in others:
        try:
            github.delete_comment(other.id)
        except NotFound:
            # Another run was faster.
            continue
    return kept
