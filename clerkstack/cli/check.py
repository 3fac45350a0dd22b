"""`clerkstack check`: the catalog, the app's code and, with --live, the live instance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clerkstack.app.code import AppCode
from clerkstack.app.declaration import read_declaration
from clerkstack.cli.exits import BAD_INPUT, FOUND
from clerkstack.cli.reports import HtmlFile, JunitFile, ReportFiles, SarifFile
from clerkstack.cli.say import say
from clerkstack.comparison.compare import Comparison, compare
from clerkstack.desired.catalog import declared_features, declared_plans, default_plans
from clerkstack.problems import ClerkstackError, InputError, Problem
from clerkstack.report import reports
from clerkstack.shapes import JsonObject
from clerkstack.texts import counted

CATALOG = Path("catalog.yaml")


def check(
    catalog: Annotated[
        Path | None, typer.Option(help="The catalog file.", show_default=str(CATALOG))
    ] = None,
    app: Annotated[
        Path | None, typer.Option(help="The app's TypeScript file that declares its plans.")
    ] = None,
    stack: Annotated[
        str | None,
        typer.Option(
            "--stack", "-s", help="Check what this stack's settings name: catalog, app and scan."
        ),
    ] = None,
    live: Annotated[
        bool,
        typer.Option("--live", help="With --stack: also read its instance at Clerk, and compare."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    html: HtmlFile = None,
    junit: JunitFile = None,
    sarif: SarifFile = None,
) -> None:
    """Check that the catalog is valid and agrees with the app's code.

    Without --stack, reads only the two files: no engine, no network. With --stack, the app is the
    one that the stack's settings name (clerkstack:app, or clerkstack:appDeclaration). Its
    declaration is compared with the catalog: slugs, what each plan includes, prices, trials,
    visibility. Its code is searched for checks of a plan, feature, role or permission that nobody
    can have: these answer false for everybody. A check that cannot be resolved without running the
    code is listed with its place, but is not a finding; neither is a check in the app's own tests.
    The app's use of webhook events and variables is compared with the settings. With --live, the
    instance, its endpoint and Vercel are compared as well.

    Exit codes: 0 nothing found, 1 differences or unknown slugs, 2 bad input, 3 a service failed.
    """
    files = ReportFiles(html, junit, sarif)
    if stack is None:
        if live:
            raise ClerkstackError("--live reads the instance of a stack: add --stack.")
        _check_files(CATALOG if catalog is None else catalog, app, files, as_json=as_json)
    elif catalog is not None or app is not None:
        raise ClerkstackError("--stack has its own catalog and app: remove --catalog and --app.")
    else:
        from clerkstack.cli.check_stack import check_stack

        check_stack(stack, files, live=live, as_json=as_json)


def _check_files(catalog: Path, app: Path | None, files: ReportFiles, *, as_json: bool) -> None:
    from clerkstack.catalog.load import load_catalog

    problems: list[Problem] = []
    loaded = declared = None
    found = Comparison()
    try:
        loaded = load_catalog(catalog)
    except InputError as error:
        problems += error.problems
    try:
        if app is not None:
            declared = read_declaration(app)
    except InputError as error:
        problems += error.problems
    code = None if declared is None else AppCode(declared)
    if loaded is not None:
        inputs: JsonObject = {
            "catalog": catalog.name,
            "features": declared_features(loaded),
            "plans": declared_plans(loaded),
            "defaults": default_plans(loaded),
        }
        found = compare(code, inputs, None)
    files.write(reports.check(found.findings, files.began, problems=problems))
    if as_json:
        from clerkstack.report.documents import CheckDocument

        path = None if app is None else str(app)
        say(CheckDocument.of(found, code, path, problems=tuple(problems)).text())
    else:
        for line in [*map(str, problems), *(finding.message for finding in found.findings)]:
            say(line, err=True)
        if loaded is not None and not problems and not found.findings:
            against = f", and {app} agrees" if app else ""
            plans = counted(len(loaded.plans), "plan")
            features = counted(len(loaded.features), "feature")
            say(f"{catalog}: {plans}, {features}{against}.")
    if problems:
        raise typer.Exit(BAD_INPUT)
    if found.findings:
        raise typer.Exit(FOUND)
