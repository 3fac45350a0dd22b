"""Runs the user's git without prompts, and without hooks or programs of the repository."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path

from clerkstack.problems import ClerkstackError

LONGEST = 120
"""The time limit of a git command, in seconds."""

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
# Git sets these for its hooks; they would redirect it to another repository.
_OTHERS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
# Withheld from git and its children: what the engine passes to the program (with the stack's
# decrypted secrets), deployment keys, and cloud credentials of the state. A GitHub token stays,
# because a credential helper may read it.
_SECRETS = (
    *("PULUMI_", "CLERK_", "CLERKSTACK_", "VERCEL_", "NEXT_PUBLIC_", "SVIX_"),
    *("AWS_", "AZURE_", "ARM_", "GOOGLE_", "CLOUDSDK_", "ACTIONS_", "DIGITALOCEAN_"),
)
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


class GitFailed(ClerkstackError):
    """git is not installed, timed out or failed; has git's output without credentials."""

    of_service = True


def git(*words: str, folder: Path, longest: float = LONGEST) -> str:
    """Run a git command in a folder and return its output.

    Raises:
        GitFailed: git is not installed, timed out or failed.
    """
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in _OTHERS and not key.startswith(_SECRETS)
    }
    try:
        # A new session has no terminal on which ssh or a helper could prompt.
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
    """Return the commit that is checked out in a folder; None outside of git or without git."""
    try:
        return git("rev-parse", "--verify", "--quiet", "HEAD", folder=folder).strip()
    except GitFailed:
        return None
