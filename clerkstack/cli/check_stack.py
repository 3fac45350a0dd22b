"""`clerkstack check --stack`: app, catalog and instance side by side."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Collection, Iterable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

import typer

from clerkstack.app.code import AppCode
from clerkstack.cli.exits import FOUND
from clerkstack.cli.remote import live_of, progress, reading
from clerkstack.cli.say import say
from clerkstack.cli.settings import stack_settings
from clerkstack.comparison.compare import Comparison, Row
from clerkstack.comparison.of_stack import Compared, compare_stack
from clerkstack.report import reports
from clerkstack.report.table import print_table
from clerkstack.shapes import Json, JsonObject
from clerkstack.texts import counted

if TYPE_CHECKING:
    from clerkstack.cli.reports import ReportFiles

_WIDEST = 120  # columns, if the output is not a terminal
_SHOWN = 3


def check_stack(stack: str, files: ReportFiles, *, live: bool, as_json: bool) -> None:
    """Compare the app, the catalog and the instance of a stack, print the result and exit."""
    settings = stack_settings(stack)
    with reading() if live else nullcontext():
        compared = compare_stack(stack, settings, live_of if live else None, progress)
    findings = compared.found.findings
    files.write(reports.check(findings, files.began, stack=stack, settings=settings))
    if as_json:
        from clerkstack.report.documents import CheckDocument

        say(CheckDocument.of_stack(compared).text())
    else:
        _print(compared)
    if compared.found.findings:
        raise typer.Exit(FOUND)


def _print(compared: Compared) -> None:
    stack, settings, app = compared.stack, compared.settings, compared.app
    instance, found, beside = compared.instance, compared.found, compared.beside
    sides = ("app", "catalog", "instance")
    read = {"app": app is not None and app.declaration is not None, "catalog": True}
    read["instance"] = instance is not None and instance.exists
    columns = [side for side in sides if read[side]]
    groups = [_rows("plan", found.plans, columns), _rows("feature", found.features, columns)]
    print_table(("kind", "slug", "field", *columns, ""), groups, width=_WIDEST)
    for finding in found.findings:
        _say(f"{finding.where}: {_without(finding.where, finding.message)}. {finding.remedy}.")
    for asked in found.notes:
        _say(f"note, in a test of the app: {asked}")
    for said in beside.notes:
        _say(f"note: {said}")
    for unresolved in () if app is None else app.unresolved:
        _say(f"unresolved: {unresolved}")
    for note in () if app is None else app.notes:
        _say(f"note: {note}")
    if app is not None:
        at = f" at commit {app.commit}" if app.commit else ""
        checks = counted(len(app.uses), "check")
        _say(f"{stack}: the app is {compared.path}{at}, with {checks}.{_others(app)}")
    if instance is not None and not instance.exists:
        name = f"{settings.instance} instance"
        say(f"{stack}: {settings.application_id} has no {name} yet: it is not compared.")
    _say(f"{stack}: {_summary(found, columns, 0 if app is None else len(app.unresolved))}")


def _say(text: str) -> None:
    """Print a line; fold it if the output is not a terminal."""
    if sys.stdout.isatty():
        say(text)
        return
    folding = {"subsequent_indent": "  ", "break_long_words": False, "break_on_hyphens": False}
    for line in textwrap.wrap(text, _WIDEST, **folding) or [""]:  # type: ignore[arg-type]
        say(line)


def _others(app: AppCode) -> str:
    """Return a note on the files of other languages that name Clerk."""
    if not app.others:
        return ""
    some = ", ".join(app.others[:_SHOWN]) + (", …" if len(app.others) > _SHOWN else "")
    files = counted(len(app.others), "file")
    verb = "names" if len(app.others) == 1 else "name"
    return (
        f" {files} of other languages {verb} Clerk and cannot be read ({some}). List those to "
        "ignore in clerkstack:app.unread."
    )


def _without(where: str, message: str) -> str:
    """Return the message without the place at its beginning."""
    return message.removeprefix(f"{where} ").replace("calls has(", "has(", 1)


def _rows(kind: str, rows: Iterable[Row], columns: list[str]) -> list[tuple[Json, ...]]:
    shown: list[tuple[Json, ...]] = []
    for row in rows:
        held: dict[str, JsonObject | None] = {side: getattr(row, side) for side in columns}
        agree = "" if row.agree else "differs"
        there = ("–" if each is None else "yes" for each in held.values())
        shown.append((kind, row.slug, "", *there, agree))
        for name in row.differing():
            said = [each[name] for each in held.values() if each is not None and name in each]
            shared = _shared(said)
            cells = (_cell(each, name, shared) for each in held.values())
            shown.append((kind, row.slug, name, *cells, "differs"))
    return shown


def _cell(held: JsonObject | None, name: str, shared: Collection[str]) -> Json:
    """Return a side's value of a field; for a list, the entries that not all sides have."""
    if held is None or name not in held:
        return ""
    value = held[name]
    if not isinstance(value, list):
        return value
    own = [each for each in map(str, value) if each not in shared]
    return ", ".join(own) or "none of these"


def _shared(said: Sequence[Json]) -> set[str]:
    """Return the entries that all lists have in common."""
    lists = [set(map(str, each)) for each in said if isinstance(each, list)]
    return set.intersection(*lists) if lists else set()


def _summary(found: Comparison, columns: list[str], unresolved: int) -> str:
    count = len(found.findings)
    what = counted(count, "finding") if count else "all agree"
    beside = f", {counted(unresolved, 'unresolved check')}" if unresolved else ""
    sides = " and ".join(filter(None, [", ".join(columns[:-1]), columns[-1]]))
    return f"{sides} compared: {what}{beside}."
