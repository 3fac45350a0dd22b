"""`clerkstack comment`: the review of a pull request where the pull request is read."""

from __future__ import annotations

import datetime
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clerkstack.cli.say import say
from clerkstack.problems import ClerkstackError
from clerkstack.review.archive import MOST_BYTES, only_file

if TYPE_CHECKING:
    from clerkstack.clients.github import GithubClient

ARTIFACT = "review"
FILE = "review.json"


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
    from clerkstack.clients.github import GithubClient
    from clerkstack.review.comment import Occasion
    from clerkstack.review.comment import comment as text_of
    from clerkstack.review.document import read_document
    from clerkstack.review.posting import author_of, post
    from clerkstack.review.pull_request import repository, reviewed_run

    if (file is None) != (number is None):
        raise ClerkstackError("--file and --pull-request must be given together.")
    where = repository(os.environ)
    run = reviewed_run(os.environ) if file is None else None
    numbers = run.numbers if run else tuple(each for each in (number,) if each)
    if run and not run.numbers:
        say(
            f"run {run.id}: {run.commit[:12]} is not the newest commit of an open pull "
            "request from this repository: nothing to comment",
            err=True,
        )
        return
    now = datetime.datetime.now(datetime.UTC)
    occasion = Occasion(run.commit, now, run.address, run.marker) if run else Occasion(commit, now)
    with GithubClient(token=where.token, base_url=where.api, repository=where.name) as github:
        content = _of_run(github, run.id) if run else _of_file(file)
        if content is None:
            say("the run left no review: nothing to comment", err=True)
            return
        body = text_of(read_document(content), occasion)
        who = author or author_of(github, in_actions=where.in_actions)
        for each in numbers:
            posted = post(github, each, body, who, occasion.marker)
            say(f"commented: {posted.html_url or posted.id}", err=True)


def _of_run(github: GithubClient, run: int) -> bytes | None:
    from clerkstack.review.document import MOST_BYTES as MOST_UNPACKED

    there = [artifact for artifact in github.artifacts(run, ARTIFACT) if artifact.name == ARTIFACT]
    newest = max(there, key=lambda each: each.id, default=None)
    if newest is None or newest.expired:
        return None
    archive = b"" if newest.size_in_bytes > MOST_BYTES else github.artifact(newest.id, MOST_BYTES)
    if not 0 < len(archive) <= MOST_BYTES:
        raise ClerkstackError(f"The artifact is larger than {MOST_BYTES} bytes and is not read.")
    return only_file(archive, FILE, MOST_UNPACKED)


def _of_file(file: Path | None) -> bytes:
    from clerkstack.review.document import MOST_BYTES

    assert file is not None
    try:
        # Neither a link nor a pipe nor a device is opened, whatever lies there.
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ClerkstackError(f"{file} is not a regular file.")
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise ClerkstackError(f"{file} cannot be read: {error.strerror}.") from None
