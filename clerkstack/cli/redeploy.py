"""`clerkstack redeploy`: builds the newest deployment of a target again, so that it gets new
variables.

A Vercel deployment keeps the environment variables it was built with.

A stack runs this through the command plugin, which shows and stores the output unchanged. So
everything goes through `_say`, in case Vercel's answer repeats the token.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Annotated, Literal

import typer
from pydantic import SecretStr

from clerkstack.cli.exits import REMOTE_FAILURE
from clerkstack.cli.say import say
from clerkstack.clients.read_only import READ_ONLY, read_only
from clerkstack.clients.vercel import VercelClient
from clerkstack.problems import ClerkstackError
from clerkstack.redeployment import BuildFailed, build_again
from clerkstack.settings.vercel_plugin import ADDRESS, VERCEL

Target = Literal["production", "preview"]


def redeploy(
    project: Annotated[str, typer.Option(help="Vercel project id or name.")],
    target: Annotated[
        Target | None, typer.Option(help="The target whose newest deployment to build again.")
    ] = None,
    custom_environment: Annotated[
        str | None, typer.Option(help="A custom environment instead of a target, by its slug.")
    ] = None,
    branch: Annotated[
        str | None, typer.Option(help="Only deployments of this branch; for preview.")
    ] = None,
    team: Annotated[str | None, typer.Option(help="Vercel team id or slug.")] = None,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds to wait until it is ready.")] = 900,
    wait: Annotated[bool, typer.Option(help="Wait until it is ready.")] = True,
) -> None:
    """Build the newest deployment of a target again, and wait until it is ready.

    Reads the token from VERCEL_API_TOKEN and never from an option, because every user of the
    machine can see options.

    Exit codes: 0 ready, or there was nothing to build, 2 bad input, 3 Vercel or the build failed.
    """
    if read_only():
        say(f"{READ_ONLY} is set: no build was started.")
        return
    where = custom_environment or target
    if where is None or (custom_environment and target) or (branch and target != "preview"):
        raise ClerkstackError(
            "Name what to build again: --target production, --target preview (with --branch, "
            "that branch's deployment), or --custom-environment SLUG."
        )
    token = os.environ.get("VERCEL_API_TOKEN")
    if not token:
        raise ClerkstackError(
            "VERCEL_API_TOKEN is not set in this shell. Make a token at "
            "https://vercel.com/account/tokens and export it; `pulumi up` uses the one in "
            "vercel:apiToken."
        )
    progress = partial(say, hidden=(token,))
    base_url = os.environ.get(ADDRESS) or VERCEL
    with VercelClient(token=SecretStr(token), base_url=base_url, team_id=team) as vercel:
        try:
            build_again(vercel, project, where, branch, timeout if wait else None, progress)
        except BuildFailed as failure:
            progress(f"error: {failure}", err=True)
            raise typer.Exit(REMOTE_FAILURE) from None
