"""`clerkstack check`: the catalog, the app's code and, where it is asked for, the live instance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from clerkstack.app.code import AppCode
from clerkstack.catalog import load_catalog
from clerkstack.cli.exits import BAD_INPUT, FOUND
from clerkstack.cli.say import say
from clerkstack.declared.billing import app_inputs
from clerkstack.declared.catalog import declared_features, declared_plans, default_plans
from clerkstack.declared.refusals import app_disagreements, unknown_uses
from clerkstack.problems import ClerkstackError, InputError, Problem
from clerkstack.reconcile import JsonObject

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
        bool, typer.Option("--live", help="With --stack: read its instance at Clerk, and compare.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check the catalog, and that it agrees with the app's own code.

    Without --stack nothing but the two files is read: no engine, no network.

    With --stack the app is the one that the stack's settings name (clerkstack:app, or
    clerkstack:appDeclaration). Its declaration is compared with the catalog: slugs, what each
    plan includes, prices, trials, visibility. Its code is searched for checks of a plan, feature,
    role or permission that nobody can have: these answer false for everybody. What can't be told
    without running the code is listed with its place, and is no finding; nor is what the app's
    own tests ask for. What it does with webhook events and variables is compared with the
    settings. With --live the instance, its endpoint and Vercel are compared as well, and what only
    they have is known.

    Exit codes: 0 nothing found, 1 differences or unknown slugs, 2 bad input, 3 a service failed.
    """
    if stack is None:
        if live:
            raise ClerkstackError("--live reads the instance of a stack: add --stack.")
        _check_files(CATALOG if catalog is None else catalog, app, as_json=as_json)
    elif catalog is not None or app is not None:
        raise ClerkstackError("--stack has its own catalog and app: leave --catalog and --app out.")
    else:
        from clerkstack.cli.witnesses import check_stack

        check_stack(stack, live=live, as_json=as_json)


def _check_files(catalog: Path, app: Path | None, *, as_json: bool) -> None:
    problems: list[Problem] = []
    differing: list[str] = []
    counts = {}
    loaded = declared = None
    try:
        loaded = load_catalog(catalog)
        counts = {"plans": len(loaded.plans), "features": len(loaded.features)}
    except InputError as error:
        problems += error.problems
    try:
        if app is not None:
            from clerkstack.app import read_declaration

            declared = read_declaration(app)
    except InputError as error:
        problems += error.problems
    if loaded is not None and declared is not None:
        inputs: JsonObject = {
            "app": app_inputs(AppCode(declared)),
            "features": declared_features(loaded),
            "plans": declared_plans(loaded),
            "defaults": default_plans(loaded),
        }
        differing = [*app_disagreements(inputs), *unknown_uses(inputs, None)]
    if as_json:
        found = {
            "problems": [vars(problem) for problem in problems],
            "disagreements": differing,
            **counts,
        }
        say(json.dumps(found, indent=2))
    else:
        for line in [*map(str, problems), *differing]:
            say(line, err=True)
        if not problems and not differing:
            against = f", and {app} agrees" if app else ""
            say(f"{catalog}: {counts['plans']} plans, {counts['features']} features{against}.")
    if problems:
        raise typer.Exit(BAD_INPUT)
    if differing:
        raise typer.Exit(FOUND)
