"""Comments a review on its pull request: an artifact of another run, or a file."""

from __future__ import annotations

import datetime
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from clerkstack.clients.github import GithubClient
from clerkstack.problems import ClerkstackError
from clerkstack.review import archive
from clerkstack.review.comment import Occasion, comment
from clerkstack.review.document import MOST_BYTES as MOST_UNPACKED
from clerkstack.review.document import read_document
from clerkstack.review.posting import author_of, post
from clerkstack.review.pull_request import Repository, repository, reviewed_run

ARTIFACT = "review"
FILE = "review.json"


def comment_file(
    environ: Mapping[str, str],
    file: Path,
    number: int,
    commit: str,
    author: str | None,
    report: Callable[[str], None],
) -> None:
    """Comment the review in a file on a pull request.

    Args:
        environ: names the repository and the token, as GitHub Actions does.
        file: what `clerkstack review --save` wrote.
        number: of the pull request.
        commit: what was reviewed.
        author: whose comment is updated; None for the owner of the token.
        report: gets each comment that was written.

    Raises:
        ClerkstackError: the file cannot be read, or holds no review.
        ApiError, Unreachable: GitHub failed.
    """
    where = repository(environ)
    occasion = Occasion(commit, datetime.datetime.now(datetime.UTC))
    with _github(where) as github:
        _post(github, where, (number,), _of_file(file), occasion, author, report)


def comment_run(
    environ: Mapping[str, str], author: str | None, report: Callable[[str], None]
) -> None:
    """Comment the review that another workflow's run left: GitHub names the run. See
    `comment_file`."""
    where = repository(environ)
    run = reviewed_run(environ)
    if not run.numbers:
        report(
            f"run {run.id}: {run.commit[:12]} is not the newest commit of an open pull "
            "request from this repository: nothing to comment"
        )
        return
    now = datetime.datetime.now(datetime.UTC)
    occasion = Occasion(run.commit, now, run.address, run.marker)
    with _github(where) as github:
        content = _of_run(github, run.id)
        if content is None:
            report("the run left no review: nothing to comment")
            return
        _post(github, where, run.numbers, content, occasion, author, report)


def _github(where: Repository) -> GithubClient:
    return GithubClient(token=where.token, base_url=where.api, repository=where.name)


def _post(
    github: GithubClient,
    where: Repository,
    numbers: Sequence[int],
    content: bytes,
    occasion: Occasion,
    author: str | None,
    report: Callable[[str], None],
) -> None:
    body = comment(read_document(content), occasion)
    who = author or author_of(github, in_actions=where.in_actions)
    for number in numbers:
        posted = post(github, number, body, who, occasion.marker)
        report(f"commented: {posted.html_url or posted.id}")


def _of_run(github: GithubClient, run: int) -> bytes | None:
    there = [artifact for artifact in github.artifacts(run, ARTIFACT) if artifact.name == ARTIFACT]
    newest = max(there, key=lambda artifact: artifact.id, default=None)
    if newest is None or newest.expired:
        return None
    most = archive.MOST_BYTES
    content = b"" if newest.size_in_bytes > most else github.artifact(newest.id, most)
    if not 0 < len(content) <= most:
        raise ClerkstackError(f"The artifact is larger than {most} bytes and is not read.")
    return archive.only_file(content, FILE, MOST_UNPACKED)


def _of_file(file: Path) -> bytes:
    try:
        # Neither a link nor a pipe nor a device is opened, whatever lies there.
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ClerkstackError(f"{file} is not a regular file.")
            return opened.read(MOST_UNPACKED + 1)
    except OSError as error:
        raise ClerkstackError(f"{file} cannot be read: {error.strerror}.") from None
