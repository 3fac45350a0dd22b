"""Reads waivers.yaml and the two files that it replaces, and writes waivers.yaml.

The models of their entries (`waiver_models`) are loaded only for a file that holds something: the
policy pack, which has none most of the time, does not wait for them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path

from clerkstack.checks.finding import Waiver
from clerkstack.checks.waivers import FILE
from clerkstack.files import replace_file
from clerkstack.handwritten import is_blank

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
        max_days: the longest time that a waiver of a policy may still have.
        policies: the ids of all policies; None: waivers of policies are not checked.
        points: the ids of all cutover points; None: any is accepted.
        form: the form of the file, `FILE` or `EXCUSES`.

    Raises:
        InputError: every problem, with file, line and fix.
    """
    if is_blank(file):
        return ()
    from clerkstack.checks.waiver_models import read_entries

    return read_entries(
        file, form, today=today, max_days=max_days, policies=policies, points=points
    )


def load_signoffs(file: Path, points: Collection[str]) -> tuple[Waiver, ...]:
    """The waivers of points in the deprecated file; without the file there are none.

    Raises:
        InputError: every problem, with file, line and fix.
    """
    if is_blank(file):
        return ()
    from clerkstack.checks.waiver_models import read_signoffs

    return read_signoffs(file, points)


def write_waiver(file: Path, waiver: Waiver) -> None:
    """Add a waiver, replacing an older one of the same id and stack; the rest of the file and its
    comments stay."""
    from clerkstack.handwritten.round_trip import dumped, round_trip

    text = file.read_text(encoding="utf-8") if file.exists() else HEAD
    document = round_trip().load(text)
    head = text if document is None else ""
    document = {} if document is None else document
    if document.get("waivers") is None:
        document["waivers"] = []
    entries = document["waivers"]
    entry = {
        "id": waiver.id,
        "subject": waiver.subject,
        "stack": waiver.stack,
        "reason": waiver.reason,
        "by": waiver.by,
        "since": _text(waiver.since),
        "until": _text(waiver.until),
    }
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
