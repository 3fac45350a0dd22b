"""`clerkstack recover`: after a run that was killed or lost an answer, bring the state back to
what exists; and after the state itself was lost or damaged, an earlier one.

A killed run can leave: the attributes of the checkpoint cut off, the stack's lock, resources that
the engine began to make or to remove and does not know the end of, and resources that were made
although the engine was told of a failure. Clerk's are safe to make again. A Vercel variable is
not (Vercel refuses a second one with the same key and target), so it is looked up at Vercel and,
where it exists, entered into the state.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clerkstack.cli.checkpoint import drop_what_a_kill_cut_off
from clerkstack.cli.engine import (
    exported_stack,
    import_state,
    pulumi,
    refuse_led_astray,
    resources_of,
    stack_settings,
)
from clerkstack.cli.imported import (
    NaturalKey,
    import_variables,
    name_of,
    natural_key,
    variables_of_others,
)
from clerkstack.cli.remote import session_of
from clerkstack.cli.restoring import earlier, list_states, put_back
from clerkstack.cli.say import say
from clerkstack.desired.variables import VARIABLE_TYPE
from clerkstack.problems import ClerkstackError
from clerkstack.settings import VARIABLE_COMMENT, Settings
from clerkstack.variables_in_state import enter_ids, follow_team

if TYPE_CHECKING:
    from clerkstack.live.session import Session

TAKEN = "exists at Vercel, taken into the state"
AGAIN = (
    "the next update makes it again, or takes over what was made. Run one before a destroy, which "
    "would leave that behind"
)


def recover(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack to recover.")],
    from_history: Annotated[
        bool, typer.Option("--from-history", help="Put an earlier state back first.")
    ] = False,
    listing: Annotated[bool, typer.Option("--list", help="Only list the earlier states.")] = False,
    at: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Which one to put back, by its number in --list. Default: the newest whole one.",
        ),
    ] = None,
    history: Annotated[
        Path | None, typer.Option(help="A copy of the backend's folder .pulumi.")
    ] = None,
) -> None:
    """Make a stack usable again after `pulumi up` was killed, or its state was lost or damaged.

    Run `pulumi up` afterwards. Don't run it while another update of the stack is running: it
    removes the stack's lock. It leaves variables alone that this project did not create. See
    docs/trouble.md and docs/team.md#when-the-state-is-lost-or-damaged.

    With --from-history it puts back a state that the backend kept after an earlier update. What was
    created since then is taken over if it exists, or created again.

    Exit codes: 0 the state is whole, 2 bad input, 3 a service failed.
    """
    exported = None
    if listing or from_history:
        say(f"{stack}: looking for earlier states", err=True)
        states = earlier(stack, history)
        if listing:
            list_states(stack, states)
            return
        exported = put_back(stack, states, at)
    elif at is not None or history is not None:
        raise typer.BadParameter("--at and --history go with --from-history")
    say(f"{stack}: looking at the state", err=True)
    for file in drop_what_a_kill_cut_off(stack):
        say(f"{file}: cut off by a kill and not needed, removed")
    pulumi("cancel", "--yes", "--stack", stack, tolerate=True)
    if exported is None:
        exported = exported_stack(stack)
    deployment = exported.get("deployment") or {}
    settings = stack_settings(stack)
    refuse_led_astray(stack, settings)
    # Its own refresh lets the providers read with these keys.
    session = session_of(settings)
    known = _own(stack, _variables(settings, session))
    half_made, half_gone = left_half_made(deployment), left_half_removed(deployment)
    moved = [
        project
        for project in settings.vercel_projects
        if follow_team(resources_of(exported), project.project_id, project.team_id)
    ]
    taken = settle(deployment, known)
    without_id = enter_ids(resources_of(exported))
    if half_made or half_gone or without_id or moved:
        import_state(stack, exported)
    if taken or half_gone:
        # What the services know of them goes into the state beside what was declared. Of a
        # removal nobody can tell how far it came: all of the state is looked at.
        targets = [word for urn in taken for word in ("--target", urn)] if not half_gone else []
        pulumi("refresh", "--yes", "--skip-preview", "--stack", stack, *targets)
    for resource in half_made:
        end = TAKEN if resource["urn"] in taken else AGAIN
        say(f"{name_of(resource['urn'])}: {end}")
    for resource in half_gone:
        say(f"{name_of(resource['urn'])}: was being removed, the state has what is left")
    for project in moved:
        where = project.team_id or "its owner's own account"
        say(f"{project.project_id}: the state follows it to {where}")
    for urn in without_id:
        say(f"{name_of(urn)}: its id entered, without which a refresh would lose it")
    lost = import_variables(stack, known)
    for urn in lost:
        say(f"{name_of(urn)}: {TAKEN}")
    any_found = half_made or half_gone or without_id or moved or lost
    end = "recovered" if any_found else "nothing was left half-done"
    say(f"{stack}: {end}. Run: pulumi up --stack {stack}")


def left_half_made(deployment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The resources of an exported deployment that the engine began to make, or removed in order
    to make them anew (`pendingReplacement`)."""
    creating = _pending(deployment, "creating")
    urns = {resource["urn"] for resource in creating}
    return creating + [
        resource
        for resource in deployment.get("resources") or []
        if resource.get("pendingReplacement") and resource["urn"] not in urns
    ]


def left_half_removed(deployment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The resources of an exported deployment that the engine began to remove."""
    return _pending(deployment, "deleting")


def _pending(deployment: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    operations = deployment.get("pending_operations") or []
    return [each["resource"] for each in operations if each.get("type") == kind]


def settle(deployment: dict[str, Any], known: Mapping[NaturalKey, str]) -> list[str]:
    """Settle what an exported deployment has half-made or half-removed, in place.

    Args:
        deployment: as `pulumi stack export` gives it.
        known: ids of the variables that exist, by natural key.

    Returns:
        The URNs of the variables that exist and are now part of the state.
    """
    taken = []
    for resource in left_half_made(deployment):
        found = known.get(natural_key(resource["inputs"])) if _is_variable(resource) else None
        if found is not None:
            outputs = {**resource["inputs"], "id": found}
            entry = {**resource, "id": found, "outputs": outputs}
            entry.pop("pendingReplacement", None)
            _enter(deployment["resources"], entry)
            taken.append(resource["urn"])
    settled = ("creating", "deleting")
    operations = deployment.get("pending_operations") or []
    deployment["pending_operations"] = [e for e in operations if e.get("type") not in settled]
    return taken


def _enter(resources: list[dict[str, Any]], entry: dict[str, Any]) -> None:
    """Put an entry in the place of the one it replaces, or at the end."""
    for index, resource in enumerate(resources):
        if resource["urn"] == entry["urn"] and not resource.get("delete"):
            resources[index] = entry
            return
    resources.append(entry)


def _is_variable(resource: Mapping[str, Any]) -> bool:
    return bool(resource["type"] == VARIABLE_TYPE)


def _own(stack: str, known: Mapping[NaturalKey, str]) -> dict[NaturalKey, str]:
    """The variables without those that another stack has: its own they stay."""
    elsewhere = variables_of_others(stack) if known else {}
    for (_, key, targets), found in known.items():
        if found in elsewhere:
            where = ", ".join(targets)
            say(f"{where}/{key}: the stack {elsewhere[found]} has it, left alone")
    return {at: found for at, found in known.items() if found not in elsewhere}


def _variables(settings: Settings, session: Session) -> dict[NaturalKey, str]:
    """Ids of the variables that this program made, by project, key and targets."""
    if not settings.components.environment:
        return {}
    if settings.vercel_token is None:
        raise ClerkstackError("vercel:apiToken is not set for this stack.")
    found: dict[NaturalKey, str] = {}
    for project in settings.vercel_projects:
        with session.vercel(project.team_id) as vercel:
            there = vercel.list_variables(project.project_id)
        found |= {
            (project.project_id, each.key, tuple(sorted(each.target))): each.id
            for each in there
            # Others with the same key and target were made by hand, or are of a branch or of a
            # custom environment.
            if each.comment == VARIABLE_COMMENT
            and not each.git_branch
            and not each.custom_environment_ids
        }
    return found
