"""`clerkstack take-over`: variables that are at Vercel already become the stack's.

A run that is killed goes on when it is run again: what was split off is there or is in a note, and
what is there is found again by its key and place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from clerkstack.adopt.splitting import Plan, Split, plan
from clerkstack.adopt.variables import finish, split
from clerkstack.cli.exits import FOUND
from clerkstack.cli.others import variables_of_others
from clerkstack.cli.remote import live_of, reading
from clerkstack.cli.say import report, say
from clerkstack.cli.settings import stack_settings
from clerkstack.desired.variables import Variable
from clerkstack.drift import declared_variables, signing_secret_of
from clerkstack.problems import ClerkstackError
from clerkstack.reconcile.taken import LEAVE_ALONE, OVERWRITE, Found, split_name
from clerkstack.settings import refuse_led_astray
from clerkstack.state.engine import export, import_state
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
    from clerkstack.settings import Settings
    from clerkstack.settings.projects import Project


def take_over(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack to take over for.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be split and taken over.")
    ] = False,
) -> None:
    """Take over variables that exist at Vercel, and split shared ones.

    Takes over the variables listed in clerkstack:environment.overwrite, and those that already have
    the stack's value. Splits a variable that also serves other targets, and keeps its value in
    each. Then `pulumi up` writes the stack's values. See docs/trouble.md.

    Exit codes: 0 taken over, or nothing to do, 1 some cannot be taken over, 2 bad input, 3 a
    service failed.
    """
    settings = stack_settings(stack)
    refuse_led_astray(stack, settings)
    if not all(each.project_id for each in settings.vercel_projects):
        raise ClerkstackError("This stack has no clerkstack:environment.projectId.")
    state = export(stack)
    elsewhere = variables_of_others(stack)
    ids: dict[tuple[str, str], str] = {}
    with reading(), live_of(settings) as live:
        plans = _plans(settings, live, state, elsewhere, write=not dry_run)
        for project, done in plans.items():
            if dry_run:
                _show(project, done)
            else:
                made = {**done.ids, **_split(project, live, done)}
                ids |= {(project.project_id, name): each for name, each in made.items()}
    if dry_run:
        say(f"{stack}: nothing was written.")
    else:
        _enter(stack, state, plans, ids)
    for project, done in plans.items():
        _show_left(stack, project, done, elsewhere)
    if any(done.refused or done.theirs or done.unsplit for done in plans.values()):
        raise typer.Exit(FOUND)


def _plans(
    settings: Settings,
    live: LiveInstance,
    state: State,
    elsewhere: Mapping[str, str],
    *,
    write: bool,
) -> dict[Project, Plan]:
    if write:
        for project in settings.vercel_projects:
            found = live.variables(project)
            if finish(live.vercel(project.team_id), project.project_id, found):
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


def _split(project: Project, live: LiveInstance, done: Plan) -> dict[str, str]:
    """Split what is shared; the ids of the declared variables that came of it."""
    ids: dict[str, str] = {}
    for each in done.splits:
        ids |= split(live.vercel(project.team_id), project.project_id, each)
        say(f"{project.prefix}{each.variable.key}: {_places(each)} split off")
    return ids


def _enter(
    stack: str,
    state: State,
    plans: Mapping[Project, Plan],
    ids: Mapping[tuple[str, str], str],
) -> None:
    """Bring the state to what is there."""
    changed = False
    dropped = {(e.project_id, name) for e, done in plans.items() for name in done.drop}
    for project in plans:
        changed |= follow_team(state, project.project_id, project.team_id)
    for name, how in edited(state, ids, dropped):
        changed = True
        if how:
            say(f"{name}: {how}")
    if changed:
        import_state(stack, state)
    known: dict[NaturalKey, str] = {
        (project, split_name(name)[1], (split_name(name)[0],)): variable_id
        for (project, name), variable_id in ids.items()
    }
    for urn in import_variables(stack, known, state, report) if known else []:
        say(f"{name_of(urn)}: added to the state")
    say(f"{stack}: run `pulumi up --stack {stack}`to write the stack's values.")


def _places(each: Split) -> str:
    return ", ".join(own.place for own in each.own)


def _show(project: Project, done: Plan) -> None:
    for each in done.splits:
        say(f"{project.prefix}{each.variable.key}: {_places(each)} would be split off")
    for name in done.ids:
        say(f"{project.prefix}{name}: would be taken over")
    for name in done.drop:
        say(f"{project.prefix}{name}: would be removed from the state")


def _show_left(stack: str, project: Project, done: Plan, elsewhere: Mapping[str, str]) -> None:
    again = f"bin/clerkstack take-over --stack {stack}"
    if done.refused:
        _list(
            f"{project.prefix}somebody else created these, and their value differs from the "
            "stack's or cannot be read:",
            done.refused,
        )
        say(
            f"To replace their values, add them to {OVERWRITE}, then run {again} again. To "
            f"keep them, add them to {LEAVE_ALONE}.",
            err=True,
        )
    if done.theirs:
        _list(
            f"{project.prefix}another stack of this backend manages these; they were not "
            "taken over:",
            [f"{each}, of the stack {elsewhere[each.variable.id]}" for each in done.theirs],
        )
        say(
            f"To leave them to it, add them to {LEAVE_ALONE}. To manage them in this stack "
            f"instead, add them to {LEAVE_ALONE} of the other stack, update that stack first, "
            "which removes them, and then this one.",
            err=True,
        )
    if done.unsplit:
        _list(
            f"{project.prefix}these share a value that cannot be read, and the stack has no "
            "value of its own yet:",
            done.unsplit,
        )
        say(
            f"In Vercel's dashboard, remove the stack's target from each. Then run {again} "
            f"again, and pulumi up --stack {stack}, which creates the stack's own.",
            err=True,
        )


def _list(head: str, found: Sequence[Found | str]) -> None:
    say(head, err=True)
    for each in found:
        say(f"  {each}", err=True)
