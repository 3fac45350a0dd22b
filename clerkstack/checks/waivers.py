"""Waivers: findings that somebody answers for, for a reason, until a time. Kept in `waivers.yaml`.

One file for the violations of policies and for the points of the cutover (`id: cutover/<point>`).
The files that it replaces, `policies/excuses.yaml` and `signoffs.yaml`, are still read. Their
models are in `waiver_file`, which is not loaded if there is no waiver.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path

from clerkstack.checks.finding import Waiver
from clerkstack.handwritten import is_blank

FILE = "waivers.yaml"
EXCUSES = "policies/excuses.yaml"
"""The file that had the waivers of policies before."""
SIGNOFFS = "signoffs.yaml"
"""The file that had those of points before."""
POINT = "cutover/"
"""What the id of a point of the cutover begins with."""
ANY = "*"
STACK = "stack"
"""The subject of what concerns no single resource."""
HEAD = """\
# Findings for which somebody takes responsibility: violations of policies, and points of the
# cutover, which `clerkstack cutover sign` writes. Each is reported with every run.
# docs/policies.md#waivers
"""


def load_waivers(
    file: Path,
    *,
    today: date,
    max_days: int = 0,
    policies: Collection[str] | None = None,
    points: Collection[str] | None = None,
    form: str = FILE,
) -> tuple[Waiver, ...]:
    """Read the waivers of a file; without the file there are none.

    Args:
        file: where it is.
        today: in UTC.
        max_days: how far away the end of a policy's waiver may be.
        policies: the policies that there are; None: those of policies are not looked at.
        points: the points of the cutover that there are; None: any is taken.
        form: whose fields it has, those of `FILE` or those of `EXCUSES`.

    Raises:
        InputError: every problem, with file, line and fix.
    """
    if is_blank(file):
        return ()
    from clerkstack.checks.waiver_file import read_entries

    return read_entries(
        file, form, today=today, max_days=max_days, policies=policies, points=points
    )


def load_signoffs(file: Path, points: Collection[str]) -> tuple[Waiver, ...]:
    """The waivers of points in the file that had them before; without the file there are none.

    Raises:
        InputError: every problem, with file, line and fix.
    """
    if is_blank(file):
        return ()
    from clerkstack.checks.waiver_file import read_signoffs

    return read_signoffs(file, points)


def of_stack(waivers: Collection[Waiver], stack: str) -> list[Waiver]:
    """Those of one stack."""
    return [waiver for waiver in waivers if waiver.stack == stack]


def of_points(waivers: Collection[Waiver], stack: str) -> dict[str, Waiver]:
    """Those of a stack's points of the cutover, by point."""
    mine = of_stack(waivers, stack)
    return {waiver.id.removeprefix(POINT): waiver for waiver in mine if waiver.id.startswith(POINT)}


def covers(waiver: Waiver, policy: str, subject: str, message: str) -> bool:
    """Whether a waiver is about a violation. A `*` in its subject stands for anything."""
    parts = map(re.escape, waiver.subject.split(ANY))
    same = re.fullmatch(".*".join(parts), subject, re.DOTALL) is not None
    return waiver.id == policy and same and waiver.what in message


def write_waiver(file: Path, waiver: Waiver) -> None:
    """Put one in, in the place of an older one of the same id and stack; the rest of the file and
    its comments stay."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    from clerkstack.files import replace_file
    from clerkstack.handwritten.round_trip import dumped, round_trip

    text = file.read_text(encoding="utf-8") if file.exists() else HEAD
    document = round_trip().load(text)
    head = text if document is None else ""
    document = CommentedMap() if document is None else document
    entries = document.get("waivers")
    if entries is None:
        entries = document["waivers"] = CommentedSeq()
    entry = CommentedMap(
        id=waiver.id,
        subject=waiver.subject,
        stack=waiver.stack,
        reason=waiver.reason,
        by=waiver.by,
        since=_text(waiver.since),
        until=_text(waiver.until),
    )
    for number, each in enumerate(entries):
        if (each.get("id"), each.get("stack")) == (waiver.id, waiver.stack):
            entries[number] = entry
            break
    else:
        entries.append(entry)
    replace_file(file, head + dumped(document))


def _text(moment: datetime | None) -> str:
    at = moment or datetime.now(UTC)
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
