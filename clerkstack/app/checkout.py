"""Provides the app's code on this machine: an existing folder, or one commit of a repository.

One commit is fetched into `.clerkstack/app`, without history, submodules and hooks. A commit that
is already there is not fetched again.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clerkstack.app.git import GitFailed, git, head_of
from clerkstack.problems import InputError, Problem

CACHE = Path(".clerkstack", "app")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_DAY = 24 * 60 * 60  # seconds; an older checkout of the same repository is removed


@dataclass(frozen=True)
class Checkout:
    """The app's files. `path` is the folder or URL from the settings; `commit` is None outside of
    git."""

    folder: Path
    path: str
    commit: str | None


def at_path(path: str) -> Checkout:
    """Return the checkout in a folder.

    Raises:
        InputError: the folder does not exist.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise InputError([_problem("path", f"is {path}, which does not exist")])
    return Checkout(folder.resolve(), path, head_of(folder))


def fetched(
    url: str,
    ref: str | None,
    *,
    cache: Path = CACHE,
    progress: Callable[[str], None] = lambda _: None,
) -> Checkout:
    """Return the checkout of a branch, tag or commit, fetching its current commit if necessary.

    Args:
        url: a repository, as git accepts it; the settings have checked it.
        ref: a branch, tag or full commit; None is the default branch.
        cache: the folder of all checkouts.
        progress: called with each step's name as it starts.

    Raises:
        InputError: the repository has no such branch, tag or commit.
        GitFailed: git is not installed, may not read or cannot reach the repository, or takes too
            long.
    """
    cache.mkdir(parents=True, exist_ok=True)
    source = str(Path(url).resolve()) if Path(url).exists() else url
    commit = ref if ref and _COMMIT.fullmatch(ref) else None
    if commit is None:
        progress(f"the app: finding the commit of {ref or 'the default branch'}")
        commit = _commit_of(source, ref, cache)
    # Keep a user name in the URL out of the folder's name.
    key = hashlib.sha256(source.encode()).hexdigest()[:12]
    folder = cache / f"{key}-{commit}"
    if not folder.is_dir():
        progress(f"the app: fetching commit {commit[:12]}")
        _fetch(source, commit, folder)
    _forget(cache, key, folder)
    return Checkout(folder.resolve(), url, commit)


def _commit_of(source: str, ref: str | None, cache: Path) -> str:
    name = ref or "HEAD"
    listed = git("ls-remote", "--", source, name, f"refs/tags/{name}^{{}}", folder=cache)
    there = {at: commit for commit, _, at in (line.partition("\t") for line in listed.splitlines())}
    # Tags take precedence over branches, as in git; ^{} is the commit behind an annotated tag.
    for at in (f"refs/tags/{name}^{{}}", f"refs/tags/{name}", f"refs/heads/{name}", name):
        if at in there:
            return there[at]
    short = " For a commit, write all 40 digits." if re.fullmatch("[0-9a-f]{6,39}", name) else ""
    message = f"is {name}, which is not a branch or tag of the repository.{short}"
    raise InputError([_problem("ref", message.rstrip("."))])


def _fetch(source: str, commit: str, folder: Path) -> None:
    """Fetch into a temporary folder, then rename it, so that a checkout is always complete."""
    half = Path(tempfile.mkdtemp(prefix=".fetching-", dir=folder.parent))
    try:
        git("init", "--quiet", "--template=", folder=half)
        words = ("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules")
        try:
            git(*words, "--", source, commit, folder=half)
        except GitFailed as error:
            if "not our ref" in str(error) or "unadvertised object" in str(error):
                message = f"is {commit}, which is not a commit of the repository"
                raise InputError([_problem("ref", message)]) from None
            raise
        git("checkout", "--quiet", "--detach", "FETCH_HEAD", folder=half)
        try:
            half.rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise another run was faster
                raise
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _forget(cache: Path, key: str, used: Path) -> None:
    used.touch()
    for other in cache.glob(f"{key}-*"):
        with contextlib.suppress(OSError):
            if other != used and time.time() - other.stat().st_mtime > _DAY:
                shutil.rmtree(other, ignore_errors=True)


def _problem(name: str, message: str) -> Problem:
    remedy = (
        "Set it to a checkout of the app"
        if name == "path"
        else "Set it to one that the repository has"
    )
    return Problem("clerkstack:app", None, name, message, remedy)
