"""Variables that are at Vercel already become a stack's: planned, split, entered into its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from clerkstack.adopt.splitting import Plan, Split, plan
from clerkstack.adopt.variables import finish, split
from clerkstack.desired.variables import Variable
from clerkstack.drift.compare import declared_variables, signing_secret_of
from clerkstack.reconcile.taken import split_name
from clerkstack.state.engine import import_state
from clerkstack.state.imports import import_variables
from clerkstack.state.known import Known
from clerkstack.state.model import State, name_of
from clerkstack.state.variables import (
    NaturalKey,
    existing,
    follow_team,
    name_of_variable,
)
from clerkstack.state.variables import take_over as edited

if TYPE_CHECKING:
    from clerkstack.clients.vercel import EnvironmentVariable
    from clerkstack.live.instance import LiveInstance
    from clerkstack.settings.models import Settings
    from clerkstack.settings.projects import Project


def plans_of(
    settings: Settings,
    live: LiveInstance,
    state: State,
    elsewhere: Mapping[str, str],
    *,
    write: bool,
) -> dict[Project, Plan]:
    """What taking over does in each project of a stack.

    Args:
        settings, state: what the stack declares, and its state.
        live: its instance.
        elsewhere: the variables that other stacks have: ids, with the stack.
        write: whether what a killed run left is finished first.
    """
    if write:
        for project in settings.vercel_projects:
            found = live.variables(project)
            if finish(live.session.vercel(project.team_id), project.project_id, found):
                live.variables(project, fresh=True)
    signing = signing_secret_of(settings, live, Known.of(state))
    on = settings.components.environment
    return {
        project: _plan(project, declared if on else [], live.variables(project), state, elsewhere)
        for project, declared in declared_variables(settings, live.found(), signing)
    }


def _plan(
    project: Project,
    declared: Sequence[Variable[str | None]],
    live: Sequence[EnvironmentVariable],
    state: State,
    elsewhere: Mapping[str, str],
) -> Plan:
    variables = {
        name_of_variable(resource.urn): resource
        for resource in existing(state)
        if resource.inputs.get("projectId") == project.project_id and not resource.deleting
    }
    ids = {name: each.id for name, each in variables.items()}
    # What nothing declares any more is going to be removed: from nobody else either.
    names = {each.name for each in declared}
    gone: list[Variable[str | None]] = [
        Variable(*split_name(name), None, sensitive=bool(each.inputs.get("sensitive")))
        for name, each in variables.items()
        if name not in names
    ]
    return plan([*declared, *gone], live, ids, project.overwrite, elsewhere)


def split_shared(
    project: Project, live: LiveInstance, done: Plan, report: Callable[[str], None]
) -> dict[str, str]:
    """Split what is shared; the ids of the declared variables that came of it."""
    ids: dict[str, str] = {}
    for each in done.splits:
        ids |= split(
            live.session.vercel(project.team_id),
            project.project_id,
            each,
            partial(live.variables, project, fresh=True),
        )
        report(f"{project.prefix}{each.variable.key}: {split_off(each)} split off")
    return ids


def enter(
    stack: str,
    state: State,
    plans: Mapping[Project, Plan],
    ids: Mapping[tuple[str, str], str],
    report: Callable[[str], None],
    progress: Callable[[str], None],
) -> None:
    """Bring the state to what is there.

    Args:
        stack, state: its name and its state.
        plans: what was planned in each project.
        ids: the variables that are taken over, by project and target/KEY.
        report: gets what became of each variable.
        progress: gets each step of the engine.
    """
    changed = False
    dropped = {(e.project_id, name) for e, done in plans.items() for name in done.drop}
    for project in plans:
        changed |= follow_team(state, project.project_id, project.team_id)
    for name, how in edited(state, ids, dropped):
        changed = True
        if how:
            report(f"{name}: {how}")
    if changed:
        import_state(stack, state)
    known: dict[NaturalKey, str] = {
        (project, split_name(name)[1], (split_name(name)[0],)): variable_id
        for (project, name), variable_id in ids.items()
    }
    for urn in import_variables(stack, known, state, progress) if known else []:
        report(f"{name_of(urn)}: added to the state")
    report(f"{stack}: run `pulumi up --stack {stack}` to write the stack's values.")


def split_off(each: Split) -> str:
    """The places that get a variable of their own."""
    return ", ".join(own.place for own in each.own)
