"""`clerkstack recover`: after a killed `pulumi up`, bring the state back to what exists.

A killed run can leave two things: the stack's lock, and resources that the engine began to
make and does not know the end of (pending operations). Clerk's resources are safe to make
again. A Vercel variable is not (Vercel refuses a second one with the same key and target),
so it is looked up and taken into the state by Pulumi's own import of pending creates.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from clerkstack.clients.vercel import VercelClient
from clerkstack.problems import ClerkstackError
from clerkstack.settings import Settings, load_settings

VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"


def recover(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack that was killed.")],
) -> None:
    """Make a stack usable again after `pulumi up` was killed. Run `pulumi up` afterwards.

    Only run it when no other update of the stack is going on: it takes the stack's lock away.
    """
    _pulumi("cancel", "--yes", "--stack", stack, tolerate=True)
    pending = _pending(stack)
    if not pending:
        typer.echo(f"{stack}: nothing was left half-done. Run: pulumi up --stack {stack}")
        return
    known = _variables(stack) if any(_is_variable(each) for each in pending) else {}
    arguments: list[str] = []
    for operation in pending:
        urn = operation["resource"]["urn"]
        name = urn.rsplit("::", 1)[-1]
        if _is_variable(operation):
            found = known.get(_natural_key(operation["resource"]["inputs"]))
            if found:
                arguments += ["--import-pending-creates", urn, "--import-pending-creates", found]
                typer.echo(f"{name}: exists at Vercel, taken into the state")
                continue
        typer.echo(f"{name}: the next update makes it again")
    if arguments:
        _import(stack, arguments)
    else:
        _import(stack, ["--clear-pending-creates"])
    typer.echo(f"{stack}: recovered. Run: pulumi up --stack {stack}")


def _import(stack: str, arguments: list[str]) -> None:
    _pulumi("refresh", "--yes", "--skip-preview", "--stack", stack, *arguments)


def _pending(stack: str) -> list[dict[str, Any]]:
    exported = json.loads(_pulumi("stack", "export", "--stack", stack))
    operations = exported.get("deployment", {}).get("pending_operations") or []
    return [each for each in operations if each.get("type") == "creating"]


def _is_variable(operation: Mapping[str, Any]) -> bool:
    return bool(operation["resource"]["type"] == VARIABLE)


def _natural_key(inputs: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    return str(inputs["key"]), tuple(sorted(inputs.get("targets") or ()))


def _variables(stack: str) -> dict[tuple[str, tuple[str, ...]], str]:
    """Import ids of the project's variables, by key and targets."""
    settings = _settings(stack)
    if settings.vercel_token is None:
        raise ClerkstackError("vercel:apiToken is not set for this stack.")
    project, team = settings.environment.project_id, settings.environment.team_id
    token = SecretStr(settings.vercel_token.get_secret_value())
    with VercelClient(token=token, base_url=settings.urls.vercel, team_id=team) as vercel:
        return {
            (each.key, tuple(sorted(each.target))): "/".join(
                part for part in (team, project, each.id) if part
            )
            for each in vercel.list_variables(project)
        }


def _settings(stack: str) -> Settings:
    shown = json.loads(_pulumi("config", "--json", "--show-secrets", "--stack", stack))
    raw = {key: each["value"] for key, each in shown.items() if "value" in each}
    return load_settings(raw, stack=stack)


def _pulumi(*words: str, tolerate: bool = False) -> str:
    """Run the engine's own command; its errors are shown, its output is returned."""
    ran = subprocess.run(
        ["pulumi", *words, "--non-interactive"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
    )
    if ran.returncode and not tolerate:
        detail = (ran.stderr or ran.stdout).strip()
        raise ClerkstackError(f"pulumi {words[0]} failed:\n{detail}")
    return ran.stdout
