"""The user's own git, without questions, hooks or programs of the repository."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path

from clerkstack.problems import ClerkstackError

LONGEST = 120
"""Seconds that a command of git may take."""

_SAFE = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.askPass="),
    *("-c", "protocol.ext.allow=never"),
    *("-c", "submodule.recurse=false"),
    *("-c", "fetch.recurseSubmodules=false"),
    *("-c", "advice.detachedHead=false"),
)
_SET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
    "GCM_INTERACTIVE": "never",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "LC_ALL": "C",
}
# Set by git for its hooks: they would make it work on another repository.
_OTHERS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
# What the engine gives the program, all of a stack's secrets opened among it, keys of a deployment,
# and of the clouds that keep its state: no business of git, nor of what git starts. A token of
# GitHub's is, where a helper of git's takes it from there.
_SECRETS = (
    *("PULUMI_", "CLERK_", "CLERKSTACK_", "VERCEL_", "NEXT_PUBLIC_", "SVIX_"),
    *("AWS_", "AZURE_", "ARM_", "GOOGLE_", "CLOUDSDK_", "ACTIONS_", "DIGITALOCEAN_"),
)
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


class GitFailed(ClerkstackError):
    """git is not there, took too long, or said no; with what it said, without credentials."""

    of_service = True


def git(*words: str, folder: Path, longest: float = LONGEST) -> str:
    """Run a command of git in a folder; what it printed.

    Raises:
        GitFailed: see there.
    """
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in _OTHERS and not key.startswith(_SECRETS)
    }
    try:
        # In a session of its own there is no terminal that ssh or a helper could ask on.
        process = subprocess.Popen(
            ["git", *_SAFE, "-C", str(folder), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment, **_SET},
            start_new_session=True,
        )
    except FileNotFoundError:
        raise GitFailed("git is not on PATH: install it, or name a checkout by its path") from None
    with process:
        try:
            out, said = process.communicate(timeout=longest)
        except BaseException as error:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                message = f"git {words[0]} took longer than {longest:g} seconds and was stopped"
                raise GitFailed(message) from None
            raise
    if process.returncode:
        text = _CREDENTIALS.sub("…@", said.decode(errors="replace").strip())
        raise GitFailed(f"git {words[0]} failed: {text or f'it ended with {process.returncode}'}")
    return out.decode(errors="surrogateescape")


def head_of(folder: Path) -> str | None:
    """The commit that is checked out in a folder; None outside of git, and without git."""
    try:
        return git("rev-parse", "--verify", "--quiet", "HEAD", folder=folder).strip()
    except GitFailed:
        return None
