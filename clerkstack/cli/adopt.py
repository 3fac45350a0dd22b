"""`clerkstack adopt`: take over an instance that people set up by hand, without changing it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clerkstack.adopt.adoption import Adoption, adoption_of, refusals_of, written
from clerkstack.cli.exits import FOUND
from clerkstack.cli.others import variables_of_others
from clerkstack.cli.remote import live_of, progress, reading
from clerkstack.cli.say import report, say
from clerkstack.cli.settings import stack_config
from clerkstack.reconcile.taken import LEAVE_ALONE, OVERWRITE
from clerkstack.settings.names import PREFIX
from clerkstack.texts import counted

if TYPE_CHECKING:
    from clerkstack.report.operations import AdoptDocument


def adopt(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack to adopt for.")],
    catalog: Annotated[
        Path | None, typer.Option(help="The catalog file to write. Default: the stack's own.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a catalog file that differs.")
    ] = False,
    webhook: Annotated[
        str | None, typer.Option(help="URL of the endpoint to adopt, if there are several.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be written and adopted.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Adopt a live deployment that was made by hand, without changing it.

    Writes its catalog and settings to files and its resources to the state. Changes nothing at
    Clerk, Svix or Vercel.

    The stack needs clerkstack:instance, applicationId, platformKey, environment.projectId and
    vercel:apiToken; everything else is read. What the catalog and the settings cannot express stays
    unmanaged and is listed. After an interruption, run it again: it continues.

    Exit codes: 0 adopted, 1 it cannot be adopted as it is, or a variable holds another instance's
    key, 2 bad input, 3 a service failed.
    """
    with ExitStack() as opened:
        with reading():
            found = adoption_of(
                stack,
                stack_config(stack),
                catalog,
                overwrite=overwrite,
                webhook=webhook,
                open_live=lambda settings: opened.enter_context(live_of(settings)),
                others=variables_of_others,
                progress=progress,
            )
        taken = _taken(stack, found, dry_run=dry_run)
    if as_json:
        say(_document(stack, found, taken).text())
    else:
        _print(stack, found, taken, dry_run=dry_run)
    if found.foreign:
        raise typer.Exit(FOUND)


def _taken(stack: str, found: Adoption, *, dry_run: bool) -> list[str]:
    """Write the files and adopt the resources; return the names of the adopted ones."""
    refusals = list(refusals_of(found))
    for refusal in refusals:
        say(f"error: {refusal}", err=True)
    if refusals:
        raise typer.Exit(FOUND)
    if dry_run:
        return []
    return written(stack, found, report)


def _document(stack: str, found: Adoption, taken: Sequence[str]) -> AdoptDocument:
    from clerkstack.report.operations import AdoptDocument

    return AdoptDocument(
        stack=stack,
        application=found.settings.application_id,
        instance=found.settings.instance,
        catalog=str(found.catalog_file) if found.catalog_text is not None else None,
        plans=tuple(found.catalog.plans),
        features=tuple(found.catalog.features),
        settings={".".join(path): value for path, value in found.shown_settings.items()},
        resources=tuple(taken),
        left_alone=tuple(found.left),
        foreign_keys=tuple(found.foreign),
    )


def _print(stack: str, found: Adoption, taken: Sequence[str], *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    if found.catalog_text is not None:
        plans = counted(len(found.catalog.plans), "plan")
        features = counted(len(found.catalog.features), "feature")
        say(f"{found.catalog_file}: {would}written, {plans}, {features}")
    for path, value in found.shown_settings.items():
        say(f"{PREFIX}{'.'.join(path)}: {would}{json.dumps(value, ensure_ascii=False)}")
    if found.left:
        say("Unmanaged:")
    for each in found.left:
        say(f"  {each.thing}: {each.why}")
    if found.foreign:
        say("Keys of another instance; the app does not use this instance there:")
    for each in found.foreign:
        say(f"  {each.thing}: {each.why}")
    if dry_run:
        say(f"{stack}: nothing was written.")
        return
    adopted = f"{counted(len(taken), 'resource')} adopted"
    if found.foreign:
        say(
            f"{stack}: {adopted}, nothing changed. To put this "
            f"instance's keys into these variables, remove them from {LEAVE_ALONE}, add them "
            f"to {OVERWRITE}, and run bin/clerkstack take-over --stack {stack}"
        )
        return
    say(f"{stack}: {adopted}, nothing changed, no difference left.")
