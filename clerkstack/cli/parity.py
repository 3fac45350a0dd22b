"""`clerkstack parity`: compares two live instances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clerkstack.cli.exits import FOUND
from clerkstack.cli.remote import live_of, progress, reading
from clerkstack.cli.reports import HtmlFile, JunitFile, ReportFiles, SarifFile
from clerkstack.cli.say import SHOW_ADDRESSES, say
from clerkstack.cli.settings import stack_settings
from clerkstack.parity.compare import Compared, compare
from clerkstack.parity.entities import Part
from clerkstack.parity.read import read_snapshot
from clerkstack.parity.snapshot import Snapshot
from clerkstack.problems import ClerkstackError
from clerkstack.report import reports
from clerkstack.report.table import print_table
from clerkstack.texts import counted

if TYPE_CHECKING:
    from clerkstack.checks.finding import Finding
    from clerkstack.report.documents import ParityDocument
    from clerkstack.settings.models import Settings


def parity(
    reference: Annotated[
        str, typer.Option("--from", help="The stack whose instance is the reference: dev.")
    ],
    target: Annotated[
        str, typer.Option("--to", help="The stack whose instance is compared with it: prod.")
    ],
    without: Annotated[
        list[Part] | None,
        typer.Option("--without", help="Leave out a part. Repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    addresses: Annotated[bool, SHOW_ADDRESSES] = False,
    html: HtmlFile = None,
    junit: JunitFile = None,
    sarif: SarifFile = None,
) -> None:
    """Compare two live instances: what a clone did not copy, and what has changed since.

    Only reads, from Clerk and Svix: the whole config (billing, plans, features and what each plan
    includes, organizations, sign-in, OAuth connections, session claims), roles and permissions,
    enterprise connections, API key switches, webhook endpoints, JWT templates, redirect URLs,
    domains. To compare an instance with what its stack declares, use `drift`. See docs/parity.md.

    Ignores addresses, ids and keys that differ by nature. Of a credential, compares only whether it
    is set. Always reports an OAuth connection that is on in production without credentials of its
    own.

    Exit codes: 0 no difference, 1 differences, or a part that cannot be read (--without leaves it
    out), 2 bad input, 3 a service failed.
    """
    if reference == target:
        raise ClerkstackError(f"--from and --to are the same stack, {target}: name two stacks.")
    files = ReportFiles(html, junit, sarif)
    stacks = {name: stack_settings(name) for name in (reference, target)}
    _check(stacks)
    snapshots = _read(stacks, without or ())
    if not any(snapshot.exists for snapshot in snapshots):
        raise ClerkstackError(f"neither {reference} nor {target} has an instance yet.")
    compared = compare(*snapshots)
    files.write(reports.parity(stacks, compared, files.began, addresses=addresses))
    if as_json:
        say(_document(stacks, compared).text(), addresses=addresses)
    else:
        _print(reference, target, compared, addresses=addresses)
    if compared.findings or compared.unread:
        raise typer.Exit(FOUND)


def _check(stacks: dict[str, Settings]) -> None:
    (one, mine), (other, theirs) = stacks.items()
    if mine.application_id != theirs.application_id:
        say(
            f"{one} and {other} belong to different applications: {mine.application_id}, "
            f"{theirs.application_id}",
            err=True,
        )
    elif mine.instance == theirs.instance:
        raise ClerkstackError(
            f"{one} and {other} are both for the {mine.instance} instance of "
            f"{mine.application_id}: there is nothing to compare."
        )


def _read(stacks: dict[str, Settings], without: Sequence[Part]) -> list[Snapshot]:
    (one, mine), (other, theirs) = stacks.items()
    with (
        reading(),
        live_of(mine, progress=lambda step: progress(f"{one}: {step}")) as live,
        live_of(theirs, live, lambda step: progress(f"{other}: {step}")) as beside,
    ):
        return [
            read_snapshot(one, mine, live, without=without),
            read_snapshot(other, theirs, beside, without=without),
        ]


def _document(stacks: dict[str, Settings], compared: Compared) -> ParityDocument:
    from clerkstack.report.documents import InstanceOfStack, ParityDocument

    one, other = (
        InstanceOfStack(stack=name, application=each.application_id, instance=each.instance)
        for name, each in stacks.items()
    )
    return ParityDocument(
        reference=one, target=other, findings=compared.findings, unread=compared.unread
    )


def _print(reference: str, target: str, compared: Compared, *, addresses: bool) -> None:
    def rows(group: Iterable[Finding]) -> list[tuple[Any, ...]]:
        return [
            (
                finding.check,
                finding.subject,
                finding.field,
                finding.expected,
                finding.found,
                finding.message,
            )
            for finding in group
        ]

    found = compared.findings
    if found:
        headings = ("kind", "what", "field", reference, target, "")
        groups = [rows(group) for _, group in groupby(found, lambda each: each.check)]
        print_table(headings, groups, addresses=addresses)
    for each in compared.unread:
        say(f"could not be read: {each.part} of {each.stack} ({each.reason})")
    parts = list(dict.fromkeys(each.part for each in compared.unread))
    if parts:
        options = " ".join(f"--without {part}" for part in parts)
        say(f"Not compared: {', '.join(parts)}. To leave them out: {options}")
    count = counted(len(found), "difference")
    say(
        f"{reference} → {target}: {count if found else 'no difference'}"
        f"{' in what was compared' if parts else ''}."
    )
