"""`clerkstack recover`: after a killed `pulumi up`, bring the state back to what exists.

A killed run can leave two things: the stack's lock, and resources that the engine began to
make and does not know the end of (pending creates). Clerk's resources are safe to make again. A
Vercel variable is not (Vercel refuses a second one with the same key and target), so it is
looked up at Vercel and, where it exists, entered into the state with its id.
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

NaturalKey = tuple[str, tuple[str, ...]]
AGAIN = "the next update makes it again"
VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"


def recover(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack that was killed.")],
) -> None:
    """Make a stack usable again after `pulumi up` was killed. Run `pulumi up` afterwards.

    Only run it when no other update of the stack is going on: it takes the stack's lock away.
    """
    _pulumi("cancel", "--yes", "--stack", stack, tolerate=True)
    exported: dict[str, Any] = json.loads(_pulumi("stack", "export", "--stack", stack))
    deployment = exported.get("deployment") or {}
    pending = pending_creates(deployment)
    if not pending:
        typer.echo(f"{stack}: nothing was left half-done. Run: pulumi up --stack {stack}")
        return
    known = _variables(stack) if any(_is_variable(each) for each in pending) else {}
    taken = settle(deployment, known)
    _pulumi("stack", "import", "--stack", stack, given=json.dumps(exported))
    if taken:
        # What Vercel knows of them goes into the state beside what was declared.
        targets = [word for urn in taken for word in ("--target", urn)]
        _pulumi("refresh", "--yes", "--skip-preview", "--stack", stack, *targets)
    for resource in pending:
        name = resource["urn"].rsplit("::", 1)[-1]
        end = "exists at Vercel, taken into the state" if resource["urn"] in taken else AGAIN
        typer.echo(f"{name}: {end}")
    typer.echo(f"{stack}: recovered. Run: pulumi up --stack {stack}")


def pending_creates(deployment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The resources of an exported deployment that the engine began to make."""
    operations = deployment.get("pending_operations") or []
    return [each["resource"] for each in operations if each.get("type") == "creating"]


def settle(deployment: dict[str, Any], known: Mapping[NaturalKey, str]) -> list[str]:
    """Settle the pending creates of an exported deployment, in place.

    Args:
        deployment: as `pulumi stack export` gives it.
        known: ids of the variables that exist, by natural key.

    Returns:
        The URNs of the variables that exist and are now part of the state.
    """
    taken = []
    for resource in pending_creates(deployment):
        found = known.get(_natural_key(resource["inputs"])) if _is_variable(resource) else None
        if found is not None:
            outputs = {**resource["inputs"], "id": found}
            deployment["resources"].append({**resource, "id": found, "outputs": outputs})
            taken.append(resource["urn"])
    deployment["pending_operations"] = [
        each for each in deployment["pending_operations"] if each.get("type") != "creating"
    ]
    return taken


def _is_variable(resource: Mapping[str, Any]) -> bool:
    return bool(resource["type"] == VARIABLE)


def _natural_key(inputs: Mapping[str, Any]) -> NaturalKey:
    return str(inputs["key"]), tuple(sorted(inputs.get("targets") or ()))


def _variables(stack: str) -> dict[NaturalKey, str]:
    """Ids of the project's variables, by key and targets."""
    settings = _settings(stack)
    if settings.vercel_token is None:
        raise ClerkstackError("vercel:apiToken is not set for this stack.")
    project, team = settings.environment.project_id, settings.environment.team_id
    token = SecretStr(settings.vercel_token.get_secret_value())
    with VercelClient(token=token, base_url=settings.urls.vercel, team_id=team) as vercel:
        return {
            (each.key, tuple(sorted(each.target))): each.id
            for each in vercel.list_variables(project)
            # Of a branch or a custom environment: somebody else's, with the same key and target.
            if not each.git_branch and not each.custom_environment_ids
        }


def _settings(stack: str) -> Settings:
    shown = json.loads(_pulumi("config", "--json", "--show-secrets", "--stack", stack))
    raw = {key: each["value"] for key, each in shown.items() if "value" in each}
    encrypted = [key for key, each in shown.items() if each.get("secret")]
    return load_settings(raw, stack=stack, encrypted=encrypted)


def _pulumi(*words: str, tolerate: bool = False, given: str | None = None) -> str:
    """Run the engine's own command; its errors are shown, its output is returned."""
    try:
        ran = subprocess.run(
            ["pulumi", *words, "--non-interactive"],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except FileNotFoundError:
        raise ClerkstackError(
            "pulumi is not on PATH. Install it, or in a checkout that `make up` has set up, run: "
            "source .local/env.sh"
        ) from None
    if ran.returncode and not tolerate:
        detail = (ran.stderr or ran.stdout).strip()
        raise ClerkstackError(f"pulumi {words[0]} failed:\n{detail}")
    return ran.stdout
