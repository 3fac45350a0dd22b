"""`clerkstack check --stack`: app, catalog and instance side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from clerkstack.app.code import AppCode, read_app
from clerkstack.catalog import load_catalog
from clerkstack.cli.engine import stack_settings
from clerkstack.cli.exits import FOUND
from clerkstack.cli.remote import reading, session_of, tell
from clerkstack.cli.say import say
from clerkstack.cli.table import print_table
from clerkstack.declared.access import access_inputs
from clerkstack.declared.billing import billing_inputs
from clerkstack.reconcile import Json, JsonObject
from clerkstack.settings import Settings
from clerkstack.witnesses import Comparison, Instance, Row, compare, read_instance

# Of a finding, as `check --json` has it.
TOLD = ("kind", "slug", "field", "message", "mend", "where", "app", "catalog", "instance")


def check_stack(stack: str, *, live: bool, as_json: bool) -> None:
    """Compare what a stack's settings name, print it, and end with the exit code."""
    settings = stack_settings(stack)
    catalog = load_catalog(Path(settings.catalog))
    app = read_app(settings.app, settings.app_declaration, tell=tell)
    instance = _read(settings) if live else None
    inputs = billing_inputs(settings.billing, catalog, app, catalog_file=settings.catalog)
    found = compare(
        app,
        inputs,
        instance,
        access=access_inputs(settings, app),
        brought=settings.components.billing,
        production=settings.instance == "production",
    )
    if as_json:
        document = _document(stack, settings, app, instance, found)
        say(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _print(stack, settings, app, instance, found)
    if found.findings:
        raise typer.Exit(FOUND)


def _read(settings: Settings) -> Instance:
    with reading():
        return read_instance(settings, session_of(settings), tell)


def _document(
    stack: str,
    settings: Settings,
    app: AppCode | None,
    instance: Instance | None,
    found: Comparison,
) -> dict[str, Any]:
    return {
        "stack": stack,
        "app": None if app is None else {"path": _path(settings, app), "commit": app.commit},
        "instance": {
            "read": instance is not None,
            "exists": None if instance is None else instance.exists,
            "application": settings.application_id,
            "instance": settings.instance,
        },
        "plans": [asdict(each) for each in found.plans],
        "features": [asdict(each) for each in found.features],
        "uses": [{**asdict(each.use), "known": each.known} for each in found.uses],
        "unresolved": [] if app is None else [asdict(each) for each in app.untold],
        "findings": [{name: getattr(each, name) for name in TOLD} for each in found.findings],
        "notes": list(found.notes),
    }


def _path(settings: Settings, app: AppCode) -> str | None:
    return settings.app_declaration if app.path is None else app.path


def _print(
    stack: str,
    settings: Settings,
    app: AppCode | None,
    instance: Instance | None,
    found: Comparison,
) -> None:
    sides = ("app", "catalog", "instance")
    read = {"app": app is not None and app.declaration is not None, "catalog": True}
    read["instance"] = instance is not None and instance.exists
    columns = [side for side in sides if read[side]]
    groups = [_rows("plan", found.plans, columns), _rows("feature", found.features, columns)]
    print_table(("kind", "slug", "field", *columns, ""), groups)
    for finding in found.findings:
        say(f"{finding.where}: {_without(finding.where, finding.message)}. {finding.mend}.")
    for note in found.notes:
        say(f"note, in a test of the app: {note}")
    for untold in () if app is None else app.untold:
        say(f"not looked up: {untold}")
    if app is not None:
        at = f" at commit {app.commit}" if app.commit else ""
        say(f"{stack}: the app is {_path(settings, app)}{at}, {len(app.uses)} checks in it.")
    if instance is not None and not instance.exists:
        name = f"{settings.instance} instance"
        say(f"{stack}: {settings.application_id} has no {name} yet: it is not compared.")
    say(f"{stack}: {_summary(found, columns, 0 if app is None else len(app.untold))}")


def _without(where: str, message: str) -> str:
    """The message without the place that stands before it."""
    return message.removeprefix(f"{where} ").replace("asks has(", "has(", 1)


def _rows(kind: str, rows: Iterable[Row], columns: list[str]) -> list[tuple[Json, ...]]:
    shown: list[tuple[Json, ...]] = []
    for row in rows:
        held: dict[str, JsonObject | None] = {side: getattr(row, side) for side in columns}
        agree = "" if row.agree else "differs"
        there = ("–" if each is None else "yes" for each in held.values())
        shown.append((kind, row.slug, "", *there, agree))
        names = dict.fromkeys(name for each in held.values() for name in each or {})
        for name in names:
            # A witness that says nothing of a field disagrees with nobody.
            said = [each[name] for each in held.values() if each is not None and name in each]
            same = all(_comparable(each) == _comparable(said[0]) for each in said)
            if not same:
                cells = (_cell(each, name) for each in held.values())
                shown.append((kind, row.slug, name, *cells, "differs"))
    return shown


def _cell(held: JsonObject | None, name: str) -> Json:
    if held is None or name not in held:
        return ""
    value = held[name]
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _comparable(value: Json) -> object:
    return sorted(map(str, value)) if isinstance(value, list) else value


def _summary(found: Comparison, columns: list[str], untold: int) -> str:
    count = len(found.findings)
    what = f"{count} {'finding' if count == 1 else 'findings'}" if count else "all agree"
    beside = f", {untold} {'check' if untold == 1 else 'checks'} can't be told" if untold else ""
    sides = " and ".join(filter(None, [", ".join(columns[:-1]), columns[-1]]))
    return f"{sides} compared: {what}{beside}."
