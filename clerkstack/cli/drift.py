"""`clerkstack drift`: compares what a stack declares with what is live."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clerkstack.app.read import read_app
from clerkstack.checks.finding import shown
from clerkstack.cli.exits import FOUND
from clerkstack.cli.remote import known_of, live_of, progress, reading
from clerkstack.cli.reports import HtmlFile, JunitFile, ReportFiles, SarifFile
from clerkstack.cli.say import SHOW_ADDRESSES, say
from clerkstack.cli.settings import stack_settings
from clerkstack.drift.compare import differences, without_billing
from clerkstack.report import reports
from clerkstack.report.table import print_table
from clerkstack.texts import counted


def drift(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack to compare.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    addresses: Annotated[bool, SHOW_ADDRESSES] = False,
    html: HtmlFile = None,
    junit: JunitFile = None,
    sarif: SarifFile = None,
) -> None:
    """Compare what a stack declares with what is live at Clerk, Svix and Vercel.

    Only reads. Does not compare what the stack does not manage. Never shows a secret. A sensitive
    variable's value cannot be read, so the command compares that the variable exists, is sensitive
    and has the right target. If production's settings leave billing out, its plans are compared
    with the checks in the app's code.

    Exit codes: 0 no difference, 1 differences, 2 bad input, 3 a service failed.
    """
    from clerkstack.catalog.load import load_catalog

    files = ReportFiles(html, junit, sarif)
    settings = stack_settings(stack)
    catalog = load_catalog(Path(settings.catalog))
    known = known_of(stack)
    with reading(), live_of(settings) as live:
        found = differences(settings, catalog, live, known)
        if not settings.components.billing and settings.instance == "production":
            app = read_app(settings.app, settings.app_declaration, progress=progress)
            found += without_billing(settings, app, live)
    visible = [shown(each, addresses=addresses) for each in found]
    files.write(reports.drift(stack, settings, visible, files.began, addresses=addresses))
    if as_json:
        from clerkstack.report.documents import DriftDocument

        document = DriftDocument(
            stack=stack,
            application=settings.application_id,
            instance=settings.instance,
            findings=tuple(visible),
        )
        say(document.text(), addresses=addresses)
    elif found:
        rows = [(each.subject, each.field, each.expected, each.found) for each in visible]
        print_table(("what", "field", "declared", "live"), [rows], addresses=addresses)
        say(
            f"{stack}: {counted(len(found), 'difference')}. To restore what is declared: pulumi "
            f"up --refresh --stack {stack}. To keep what is live, declare it."
        )
    else:
        say(f"{stack}: no difference.")
    if found:
        raise typer.Exit(FOUND)
