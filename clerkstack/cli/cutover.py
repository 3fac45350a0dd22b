"""`clerkstack cutover`: checks point by point, with evidence, whether production may get
traffic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clerkstack.checks.finding import Finding, Severity, Waiver
from clerkstack.checks.waiver_file import load_signoffs, load_waivers, write_waiver
from clerkstack.checks.waivers import FILE, POINT, SIGNOFFS, of_points
from clerkstack.cli.exits import FOUND, REMOTE_FAILURE
from clerkstack.cli.remote import live_of, progress
from clerkstack.cli.reports import HtmlFile, JunitFile, ReportFiles, SarifFile
from clerkstack.cli.say import say
from clerkstack.cli.settings import stack_settings
from clerkstack.cutover.judge import judge, may_be_signed
from clerkstack.cutover.of_stack import readings_of
from clerkstack.cutover.points import NAMES, POINTS, REFERENCE, point_named
from clerkstack.cutover.read import Readings
from clerkstack.cutover.signoffs import span
from clerkstack.problems import ClerkstackError
from clerkstack.report import reports
from clerkstack.report.report import Report, status_of
from clerkstack.report.table import print_table
from clerkstack.report.values import one_line
from clerkstack.safe import safe

if TYPE_CHECKING:
    from clerkstack.cutover.read import Readings

app = typer.Typer(invoke_without_command=True, add_completion=False, rich_markup_mode=None)
StackOption = Annotated[
    str | None, typer.Option("--stack", "-s", help="The production stack: prod.")
]


@app.callback()
def cutover(
    context: typer.Context,
    stack: StackOption = None,
    reference: Annotated[
        str | None,
        typer.Option("--reference", help="A stack that has what production needs: dev."),
    ] = None,
    smoke: Annotated[
        bool,
        typer.Option(
            "--smoke", help="Also make the smoke run, which signs up a user in production."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    html: HtmlFile = None,
    junit: JunitFile = None,
    sarif: SarifFile = None,
) -> None:
    """Check whether production is ready for traffic: the checklist, and what else fails at launch.

    Asks Clerk, Svix, Vercel and the app. Only reads, except for three test messages to the app's
    webhook endpoint (event type clerkstack.test, without personal data) and, with --smoke, the
    smoke run. Shows for each point the evidence: what was read, where and when. Never shows a
    secret. See docs/cutover.md. A person signs off what a machine cannot judge: clerkstack cutover
    sign. Nobody can sign off a point that failed.

    Exit codes: 0 every point passed or is signed off, 1 something is left to do, 2 bad input, 3 a
    service failed, so a point could not be judged.
    """
    if context.invoked_subcommand is not None:
        return
    name = _needed(stack)
    points = [point for point in POINTS if reference or point.id != REFERENCE]
    signoffs = _signoffs(name)
    files = ReportFiles(html, junit, sarif)
    with _readings(name, reference=reference, smoke=smoke) as readings:
        report = judge(name, points, readings, signoffs)
    files.write(report)
    if as_json:
        from clerkstack.report.documents import CutoverDocument

        say(CutoverDocument.of(report).text())
    else:
        _print(report)
    if report.service_failed:
        raise typer.Exit(REMOTE_FAILURE)
    if report.open:
        raise typer.Exit(FOUND)


@app.command()
def sign(
    point: Annotated[
        str, typer.Argument(help="The point: `clerkstack cutover points` lists them.")
    ],
    by: Annotated[str, typer.Option("--by", help="Who is responsible.")],
    stack: StackOption = None,
    note: Annotated[str, typer.Option("--note", help="What was checked, or decided.")] = "",
    valid: Annotated[
        str, typer.Option("--valid", help="How long it is valid: 12h, 14d, 4w.")
    ] = "30d",
) -> None:
    """Sign off a point that a machine cannot judge, in waivers.yaml.

    Judges the point first: nobody can sign off a point that failed, and a point that passed needs
    no sign-off. The sign-off is valid for this stack's instance until its date. Commit the file.

    Exit codes: 0 written, 1 the point has failed, 2 bad input.
    """
    name, wanted, holds = _needed(stack), point_named(point), span(valid)
    if not by.strip():
        raise ClerkstackError("--by is empty: give the name of the person who signs")
    _signoffs(name)
    with _readings(name, reference=None, smoke=False) as readings:
        report = judge(name, [wanted], readings, {})
    (finding,) = report.findings
    instance = report.facts[reports.INSTANCE]
    if not instance:
        raise ClerkstackError(f"the instance of {name} could not be read: {finding.message}")
    if not may_be_signed(finding.severity):
        if finding.severity is Severity.PASSED:
            say(f"{point} has passed: there is nothing to sign off.")
            return
        say(f"{point} has failed and cannot be signed off: {finding.message}", err=True)
        say(finding.remedy, err=True)
        raise typer.Exit(FOUND)
    now = datetime.now(UTC).replace(microsecond=0)
    waiver = Waiver(
        f"{POINT}{point}",
        instance,
        name,
        note.strip() or safe(finding.message),
        by.strip(),
        now + holds,
        now,
    )
    write_waiver(Path(FILE), waiver)
    say(f"{point} is signed off by {waiver.by} until {waiver.until:%Y-%m-%d %H:%M} UTC.")


@app.command()
def points() -> None:
    """List the points, and how each is judged."""
    rows = [(str(point.number or ""), point.id, point.title, point.how) for point in POINTS]
    print_table(("", "point", "what", "how it is judged"), [rows])


def _needed(stack: str | None) -> str:
    if not stack:
        raise ClerkstackError("Name the production stack: --stack prod.")
    return stack


def _signoffs(stack: str) -> dict[str, Waiver]:
    """Return the waivers for the stack's points, including those still in signoffs.yaml."""
    today = datetime.now(UTC).date()
    kept = load_waivers(Path(FILE), today=today, points=NAMES)
    old = load_signoffs(Path(SIGNOFFS), NAMES)
    if old:
        say(
            f"{SIGNOFFS} is deprecated. Move its entries to {FILE}, each as `- id: "
            f"{POINT}<point>` with subject (the instance), stack, reason (the note), by, since "
            "(the date) and until, or sign again; then remove it.",
            err=True,
        )
    return {**of_points(old, stack), **of_points(kept, stack)}


@contextmanager
def _readings(stack: str, *, reference: str | None, smoke: bool) -> Iterator[Readings]:
    with readings_of(
        stack,
        stack_settings(stack),
        stack_settings(reference) if reference else None,
        live_of,
        progress,
        (lambda step: say(f"smoke run: {step}", err=True)) if smoke else None,
    ) as readings:
        yield readings


def _print(report: Report) -> None:
    groups = [
        [_row(finding, report.rule(finding).number) for finding in group.findings]
        for group in report.groups
    ]
    print_table(("", "point", "", "what was found"), groups)
    for finding in report.open:
        _explain(finding)
    counts = ", ".join(f"{count} {status}" for status, count in report.counts().items())
    say(f"{report.stack} is {report.short} for traffic: {counts}.")


def _row(finding: Finding, number: int | None) -> tuple[str, ...]:
    what, waiver = finding.message, finding.waiver
    if waiver is not None:
        what = f"{waiver.by}, until {waiver.until:%Y-%m-%d}: {what}"
    return "" if number is None else str(number), finding.check, status_of(finding), what


def _explain(finding: Finding) -> None:
    """Print the remedy of a point, and the details that fail."""
    details = finding.details
    wrong = [detail for detail in details if detail.severity is Severity.FAILED]
    if finding.remedy:
        say(f"{finding.check}: {finding.remedy}")
    for detail in wrong or [each for each in details if each.severity is Severity.WARNING]:
        say(f"  {detail.name}: {one_line(detail.found)}, must be {one_line(detail.expected)}")
