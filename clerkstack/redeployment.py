"""Builds the newest deployment of a Vercel project's target again, and waits until it is ready."""

from __future__ import annotations

import time
from collections.abc import Callable

from clerkstack.clients.vercel import Deployment, VercelClient
from clerkstack.problems import ClerkstackError

# Seconds between looks: short at first, so that a quick build is not waited for in vain.
FIRST_PAUSE, PAUSE_GROWTH, LONGEST_PAUSE = 0.05, 2, 5.0
READY = "READY"
FAILED = frozenset({"ERROR", "CANCELED", "DELETED"})


class BuildFailed(ClerkstackError):
    """The build failed, or takes longer than it may."""


def build_again(
    vercel: VercelClient,
    project: str,
    where: str,
    branch: str | None,
    timeout: int | None,
    progress: Callable[[str], None],
) -> None:
    """Build it again; without a deployment there is nothing to do.

    Args:
        vercel: of the project's team.
        project: its id or name.
        where: Vercel's own target, or the slug of a custom environment.
        branch: only deployments of this branch, if it is named.
        timeout: seconds to wait until it is ready; None does not wait.
        progress: gets each state that it reaches.

    Raises:
        BuildFailed: it failed, or was not ready in time.
        ApiError, Unreachable: Vercel failed.
    """
    newest = vercel.latest_deployment(project, where, branch=branch)
    if newest is None:
        of_branch = f" of {branch}" if branch else ""
        progress(f"{project} has no {where} deployment{of_branch} yet: nothing to build again.")
        return
    started = vercel.redeploy(newest, where)
    progress(f"{where} deployment {started.id} started from {newest.id}.")
    if timeout is not None:
        _wait(vercel, started, timeout, progress)


def _wait(
    vercel: VercelClient, now: Deployment, timeout: int, progress: Callable[[str], None]
) -> None:
    deadline = time.monotonic() + timeout
    shown = None
    pause = FIRST_PAUSE
    while now.state != READY:
        if now.state in FAILED:
            raise BuildFailed(f"the deployment {now.id} ended as {now.state}.")
        if time.monotonic() > deadline:
            raise BuildFailed(
                f"the deployment {now.id} is {now.state} after {timeout} seconds. It is still "
                "running: see Vercel's dashboard."
            )
        if now.state != shown:
            progress(f"{now.id}: {now.state}")
            shown = now.state
        time.sleep(pause)
        pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE)
        now = vercel.deployment(now.id)
    progress(f"{now.id}: {now.state}. The new variables are live.")
