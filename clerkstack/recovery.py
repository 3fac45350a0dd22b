"""Recovers a stack after a killed update or a lost answer: brings its state to what exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from clerkstack.problems import ClerkstackError
from clerkstack.settings.names import VARIABLE_COMMENT
from clerkstack.state.engine import import_state, pulumi
from clerkstack.state.half_done import half_made, half_removed, settle
from clerkstack.state.imports import import_variables
from clerkstack.state.model import State, name_of
from clerkstack.state.variables import NaturalKey, follow_team, set_ids

if TYPE_CHECKING:
    from clerkstack.live.instance import LiveInstance
    from clerkstack.settings.models import Settings

TAKEN = "exists at Vercel, added to the state"
AGAIN = (
    "the next update creates it again, or adopts what was created. Run one before a destroy, "
    "which would leave it behind"
)


def finish(
    stack: str,
    settings: Settings,
    state: State,
    known: Mapping[NaturalKey, str],
    report: Callable[[str], None],
    progress: Callable[[str], None],
) -> bool:
    """Finish what is unfinished in a state; return whether there was anything.

    Args:
        stack, settings: its name, and its settings.
        state: its state, which is changed, and written if necessary.
        known: its own variables at Vercel, by project, key and targets.
        report: called with the result for each resource.
        progress: called with each step of the engine.
    """
    made, removed = half_made(state), half_removed(state)
    moved = [
        project
        for project in settings.vercel_projects
        if follow_team(state, project.project_id, project.team_id)
    ]
    taken = settle(state, known)
    without_id = set_ids(state)
    if made or removed or without_id or moved:
        import_state(stack, state)
    if taken or removed:
        # What the services know of them goes into the state beside what was declared. Of a
        # removal nobody can tell how far it came: all of the state is looked at.
        targets = [word for urn in taken for word in ("--target", urn)] if not removed else []
        pulumi("refresh", "--yes", "--skip-preview", "--stack", stack, *targets, state=state)
    for resource in made:
        end = TAKEN if resource.urn in taken else AGAIN
        report(f"{resource.name}: {end}")
    for resource in removed:
        report(f"{resource.name}: was being removed; the state now has what is left")
    for project in moved:
        where = project.team_id or "its owner's own account"
        report(f"{project.project_id}: the state follows it to {where}")
    for urn in without_id:
        report(
            f"{name_of(urn)}: its id is now in the state; without it a refresh would drop the "
            "variable"
        )
    lost = import_variables(stack, known, state, progress)
    for urn in lost:
        report(f"{name_of(urn)}: {TAKEN}")
    return any((made, removed, without_id, moved, lost))


def variables_of(settings: Settings, live: LiveInstance) -> dict[NaturalKey, str]:
    """Return the ids of the variables that this program created, by project, key and targets."""
    if not settings.components.environment:
        return {}
    if settings.vercel_token is None:
        raise ClerkstackError(
            "This stack has no token for Vercel. Set it: pulumi config set --secret vercel:apiToken"
        )
    found: dict[NaturalKey, str] = {}
    for project in settings.vercel_projects:
        found |= {
            (project.project_id, variable.key, tuple(sorted(variable.target))): variable.id
            for variable in live.variables(project, decrypt=False)
            # Others with the same key and target were created by hand, or belong to a branch or a
            # custom environment.
            if variable.comment == VARIABLE_COMMENT
            and not variable.git_branch
            and not variable.custom_environment_ids
        }
    return found
