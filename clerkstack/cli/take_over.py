"""`clerkstack take-over`: variables that are at Vercel already become the stack's.

A run that is killed goes on when it is run again: what was split off is there or is in a note, and
what is there is found again by its key and place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from clerkstack.cli.engine import (
    exported_stack,
    import_state,
    refuse_led_astray,
    resources_of,
    stack_settings,
)
from clerkstack.cli.exits import FOUND
from clerkstack.cli.imported import NaturalKey, import_variables
from clerkstack.cli.remote import reading, tell
from clerkstack.declared.variables import Variable
from clerkstack.drift import Known, Live, declared_variables, endpoint_of_stack
from clerkstack.problems import ClerkstackError
from clerkstack.reconcile.splitting import Plan, plan
from clerkstack.reconcile.taken import LEAVE_ALONE, OVERWRITE, Found, split_name
from clerkstack.variables_in_state import (
    drop,
    follow_team,
    name_of_variable,
    point_at,
    variables_of,
)

if TYPE_CHECKING:
    from typing import Any

    from clerkstack.providers.session import Session
    from clerkstack.settings import Settings


def take_over(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack to take over for.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be split and taken over.")
    ] = False,
) -> None:
    """Take over variables that are at Vercel already, and split those that others share.

    Taken over are those that the settings name in clerkstack:environment.overwrite, and those
    that have the stack's value already. One that is for other targets too is split first, with its
    value in each. `pulumi up` then writes the stack's values.

    Exit codes: 0 taken over or nothing to do, 1 some can't be, 2 bad input, 3 a service failed.
    """
    settings = stack_settings(stack)
    refuse_led_astray(stack, settings)
    if not settings.environment.project_id:
        raise ClerkstackError("This stack has no clerkstack:environment.projectId.")
    exported = exported_stack(stack)
    with reading():
        from clerkstack.providers.session import Session

        session = Session(settings.connection)
        done = _plan(settings, session, exported, write=not dry_run)
        if dry_run:
            _show(done)
            typer.echo(f"{stack}: nothing was written.")
        else:
            ids = _split(settings, session, done)
    if not dry_run:
        _enter(stack, settings, exported, done, ids)
    _tell_left(stack, done)
    if done.refused or done.unsplit:
        raise typer.Exit(FOUND)


def _plan(settings: Settings, session: Session, exported: dict[str, Any], *, write: bool) -> Plan:
    from clerkstack.adopt.variables import finish

    environment = settings.environment
    resources = {
        name_of_variable(each["urn"]): each
        for each in variables_of(resources_of(exported))
        if each["inputs"].get("projectId") == environment.project_id and not each.get("delete")
    }
    state = {name: str(each["id"]).rpartition("/")[2] for name, each in resources.items()}
    tell("Vercel: variables")
    with session.vercel(environment.team_id) as vercel:
        live = vercel.list_variables(environment.project_id, decrypt=True)
        if write and finish(vercel, environment.project_id, live):
            live = vercel.list_variables(environment.project_id, decrypt=True)
    tell("Clerk: application and instance")
    instance = session.instance(settings.application_id, settings.instance)
    signing = _signing_secret(settings, session, Known.of(resources_of(exported)))
    known = Live(instance, variables=tuple(live), signing_secret=signing)
    declared = declared_variables(settings, known) if settings.components.environment else []
    # What nothing declares any more is going to be removed: from nobody else either.
    names = {each.name for each in declared}
    declared += [
        Variable(*split_name(name), None, sensitive=bool(each["inputs"].get("sensitive")))
        for name, each in resources.items()
        if name not in names
    ]
    return plan(declared, live, state, environment.overwrite)


def _signing_secret(settings: Settings, session: Session, known: Known) -> str | None:
    """That of the stack's endpoint, where it has one yet."""
    if not settings.components.webhook:
        return None
    tell("Svix: endpoint")
    svix = session.svix_app(settings.application_id, settings.instance)
    if svix is None:
        return None
    with svix:
        endpoint = endpoint_of_stack(svix.list_endpoints(), settings, known)
        return None if endpoint is None else svix.signing_secret(endpoint.id).get_secret_value()


def _split(settings: Settings, session: Session, done: Plan) -> dict[str, str]:
    """Split what is shared; the ids of the declared variables that came of it."""
    from clerkstack.adopt.variables import split

    ids: dict[str, str] = {}
    project = settings.environment.project_id
    with session.vercel(settings.environment.team_id) as vercel:
        for each in done.splits:
            ids |= split(vercel, project, each)
            names = ", ".join(own.place for own in each.own)
            typer.echo(f"{each.variable.key}: {names} split off, each with its own variable")
    return ids


def _enter(
    stack: str, settings: Settings, exported: dict[str, Any], done: Plan, ids: dict[str, str]
) -> None:
    """Bring the state to what is there."""
    ids = {**done.ids, **ids}
    environment, resources = settings.environment, resources_of(exported)
    changed = follow_team(resources, environment.project_id, environment.team_id)
    for each in list(variables_of(resources)):
        name = name_of_variable(each["urn"])
        if each["inputs"].get("projectId") != environment.project_id or each.get("delete"):
            continue
        if name in ids and each.get("pendingReplacement"):
            del each["pendingReplacement"]
            changed = True
        if name in ids and point_at(each, ids[name], split_name(name)[0]):
            typer.echo(f"{name}: the state has its own variable now")
            changed = True
        elif name in done.drop and name not in ids:
            drop(resources, each["urn"])
            typer.echo(f"{name}: was another's, taken out of the state")
            changed = True
    if changed:
        import_state(stack, exported)
    known: dict[NaturalKey, str] = {
        (split_name(name)[1], (split_name(name)[0],)): id_ for name, id_ in ids.items()
    }
    for urn in import_variables(stack, settings, known) if known else []:
        typer.echo(f"{name_of_variable(urn)}: taken into the state")
    typer.echo(f"{stack}: run `pulumi up --stack {stack}`, which writes the stack's values.")


def _show(done: Plan) -> None:
    for each in done.splits:
        names = ", ".join(own.place for own in each.own)
        typer.echo(f"{each.variable.key}: {names} would be split off")
    for name in done.ids:
        typer.echo(f"{name}: would be the stack's")
    for name in done.drop:
        typer.echo(f"{name}: would be taken out of the state")


def _tell_left(stack: str, done: Plan) -> None:
    if done.refused:
        _list(
            "Somebody else made these, and they have another value than the stack's, or one that "
            "can't be read:",
            done.refused,
        )
        typer.echo(
            f"To replace their values, name them in {OVERWRITE}, then run bin/clerkstack take-over "
            f"--stack {stack} again. To leave them as they are, name them in {LEAVE_ALONE}.",
            err=True,
        )
    if done.unsplit:
        _list(
            "These share a value that can't be read, and the stack has none for its own yet:",
            done.unsplit,
        )
        typer.echo(
            "In Vercel's dashboard, take the stack's target out of each. Then run bin/clerkstack "
            f"take-over --stack {stack} again, and pulumi up --stack {stack}, which makes its own.",
            err=True,
        )


def _list(head: str, found: Sequence[Found]) -> None:
    typer.echo(head, err=True)
    for each in found:
        typer.echo(f"  {each}", err=True)
