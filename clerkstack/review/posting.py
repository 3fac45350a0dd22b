"""Putting the review where the pull request is read: one comment, kept up to date."""

from __future__ import annotations

from collections.abc import Sequence

from clerkstack.clients.errors import Forbidden, NotFound, Unauthorized
from clerkstack.clients.github import Comment, GithubClient
from clerkstack.review.comment import MARKER

ACTIONS_USER = "github-actions[bot]"
"""Who comments with the token that GitHub gives to a workflow's job."""


def author_of(github: GithubClient, *, in_actions: bool) -> str:
    """Whose comments the token writes, "" where GitHub does not tell.

    The token of a job is an installation's and may not ask who it is.
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
    """Make the review's comment say `body`: the author's own one that begins with `marker` where
    there is one, else a new one. Comments of others are left alone, whatever they begin with.

    Two runs that begin at the same time may both make one. Each looks again afterwards and keeps
    the oldest; what is left of a run that was killed in between, the next one removes. The same
    heals a wrong `author`: whose comments the token writes, the new comment says.

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
            # Another run was as quick.
            continue
    return kept
