"""`clerkstack comment`: posts the review of a pull request as a comment on it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from clerkstack.cli.say import report
from clerkstack.problems import ClerkstackError


def comment(
    file: Annotated[
        Path | None,
        typer.Option(help="A file of `clerkstack review --save`, instead of an artifact."),
    ] = None,
    number: Annotated[
        int | None,
        typer.Option("--pull-request", min=1, help="With --file: the pull request to comment on."),
    ] = None,
    commit: Annotated[str, typer.Option(help="With --file: the commit that was reviewed.")] = "",
    author: Annotated[
        str | None,
        typer.Option(help="Whose comment is updated. Default: the owner of GITHUB_TOKEN."),
    ] = None,
) -> None:
    """Post a pull request's review as its comment, or update that comment.

    Run it where the pull request's own code is absent: in a workflow that starts when another one
    ends (`on: workflow_run`) and runs the main branch's code. It treats the artifact `review` of
    that other run as untrusted data. GitHub names the pull request and the commit
    (GITHUB_EVENT_PATH); a fork's commit, or one that is no longer the newest, gets no comment.
    Reads GITHUB_TOKEN, GITHUB_REPOSITORY and GITHUB_API_URL (docs/pull-requests.md).

    Exit codes: 0 posted, or there is nothing to comment, 2 bad input, or an artifact that
    is not a review, 3 GitHub failed.
    """
    from clerkstack.review.commenting import comment_file, comment_run

    if file is not None and number is not None:
        comment_file(os.environ, file, number, commit, author, report)
    elif file is None and number is None:
        comment_run(os.environ, author, report)
    else:
        raise ClerkstackError("--file and --pull-request must be given together.")
