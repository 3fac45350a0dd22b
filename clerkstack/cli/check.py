"""`clerkstack check`: the catalog and the app's declaration, without engine or network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from clerkstack.app import read_declaration
from clerkstack.catalog import load_catalog
from clerkstack.cli.exits import BAD_INPUT, FOUND
from clerkstack.declared.billing import app_inputs
from clerkstack.declared.catalog import declared_features, declared_plans, default_plans
from clerkstack.problems import InputError, Problem
from clerkstack.reconcile.refusals import app_disagreements


def check(
    catalog: Annotated[Path, typer.Option(help="The catalog file.")] = Path("catalog.yaml"),
    app: Annotated[
        Path | None, typer.Option(help="The app's TypeScript file that declares its plans.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check the catalog, and that it agrees with the app's own declaration."""
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
        declared = read_declaration(app) if app is not None else None
    except InputError as error:
        problems += error.problems
    if loaded is not None and declared is not None:
        differing = app_disagreements(
            {
                "app": app_inputs(declared),
                "features": declared_features(loaded),
                "plans": declared_plans(loaded),
                "defaults": default_plans(loaded),
            }
        )
    if as_json:
        found = {
            "problems": [vars(problem) for problem in problems],
            "disagreements": differing,
            **counts,
        }
        typer.echo(json.dumps(found, indent=2))
    else:
        for line in [*map(str, problems), *differing]:
            typer.echo(line, err=True)
        if not problems and not differing:
            against = f", and {app} agrees" if app else ""
            typer.echo(
                f"{catalog}: {counts['plans']} plans, {counts['features']} features{against}."
            )
    if problems:
        raise typer.Exit(BAD_INPUT)
    if differing:
        raise typer.Exit(FOUND)
