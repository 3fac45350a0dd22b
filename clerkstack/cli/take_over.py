"""`clerkstack take-over`: adds variables that already exist at Vercel to the stack.

After a kill, run it again to continue. A split variable exists or is in a note; existing variables
are found by key, target and branch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from clerkstack.adopt.splitting import Plan
from clerkstack.adopt.taking_over import enter, plans_of, split_off, split_shared
from clerkstack.cli.exits import FOUND
from clerkstack.cli.others import variables_of_others
from clerkstack.cli.remote import live_of, reading
from clerkstack.cli.say import report, say
from clerkstack.cli.settings import stack_settings
from clerkstack.problems import ClerkstackError
from clerkstack.reconcile.taken import LEAVE_ALONE, OVERWRITE, Found
from clerkstack.settings.load import refuse_led_astray
from clerkstack.state.engine import export

if TYPE_CHECKING:
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
        raise ClerkstackError(
            "This stack has no Vercel project: set clerkstack:environment.projectId."
        )
    state = export(stack)
    elsewhere = variables_of_others(stack)
    ids: dict[tuple[str, str], str] = {}
    with reading(), live_of(settings) as live:
        plans = plans_of(settings, live, state, elsewhere, write=not dry_run)
        for project, done in plans.items():
            if dry_run:
                _show(project, done)
            else:
                made = {**done.ids, **split_shared(project, live, done, say)}
                ids |= {(project.project_id, name): each for name, each in made.items()}
    if dry_run:
        say(f"{stack}: nothing was written.")
    else:
        enter(stack, state, plans, ids, say, report)
    for project, done in plans.items():
        _show_left(stack, project, done, elsewhere)
    if any(done.refused or done.theirs or done.unsplit for done in plans.values()):
        raise typer.Exit(FOUND)


def _show(project: Project, done: Plan) -> None:
    for each in done.splits:
        say(f"{project.prefix}{each.variable.key}: {split_off(each)} would be split off")
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
