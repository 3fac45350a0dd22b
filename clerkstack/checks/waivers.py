"""Waivers: findings that somebody answers for, for a reason, until a time. Kept in `waivers.yaml`.

One file for the violations of policies and for the points of the cutover (`id: cutover/<point>`).
`policies/excuses.yaml`, which had those of policies, is still read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from clerkstack.checks.documents import Document, line_of
from clerkstack.checks.finding import Waiver

FILE = "waivers.yaml"
POINT = "cutover/"
"""What the id of a point of the cutover begins with."""
ANY = "*"
STACK = "stack"
"""The subject of what concerns no single resource."""
HEAD = """\
# Findings that somebody answers for: violations of policies, and points of the cutover, which
# `clerkstack cutover sign` writes. Each is reported with every run. docs/policies.md#waivers
"""


class Form(NamedTuple):
    """How a file names its entries, and the fields of each that are called otherwise."""

    shown: str
    top: str
    id: str
    until: str


WAIVERS = Form(FILE, "waivers", "id", "until")
EXCUSES = Form("policies/excuses.yaml", "excuses", "policy", "expires")


def load_waivers(
    file: Path,
    *,
    today: date,
    max_days: int = 0,
    policies: Collection[str] | None = None,
    points: Collection[str] | None = None,
    form: Form = WAIVERS,
) -> tuple[Waiver, ...]:
    """Read the waivers of a file; without the file there are none.

    Args:
        file: where it is.
        today: in UTC.
        max_days: how far away the end of a policy's waiver may be.
        policies: the policies that there are; None: those of policies are not looked at.
        points: the points of the cutover that there are; None: any is taken.
        form: how the file names its fields.

    Raises:
        InputError: every problem, with file, line and fix.
    """
    reader = _Reader(Document(file, form.shown), form, today, max_days, policies, points)
    found = tuple(reader.waivers())
    reader.document.done()
    return found


def of_stack(waivers: Collection[Waiver], stack: str) -> list[Waiver]:
    """Those of one stack."""
    return [each for each in waivers if each.stack == stack]


def of_points(waivers: Collection[Waiver], stack: str) -> dict[str, Waiver]:
    """Those of a stack's points of the cutover, by point."""
    mine = of_stack(waivers, stack)
    return {each.id.removeprefix(POINT): each for each in mine if each.id.startswith(POINT)}


def covers(waiver: Waiver, policy: str, subject: str, message: str) -> bool:
    """Whether a waiver is about a violation. A `*` in its subject stands for anything."""
    parts = map(re.escape, waiver.subject.split(ANY))
    same = re.fullmatch(".*".join(parts), subject, re.DOTALL) is not None
    return waiver.id == policy and same and waiver.what in message


def write_waiver(file: Path, waiver: Waiver) -> None:
    """Put one in, in the place of an older one of the same id and stack; the rest of the file and
    its comments stay."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    from clerkstack.files import dumped, replace, round_trip

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
    replace(file, head + dumped(document))


class _Reader(NamedTuple):
    document: Document
    form: Form
    today: date
    max_days: int
    policies: Collection[str] | None
    points: Collection[str] | None

    def waivers(self) -> Iterator[Waiver]:
        document, top = self.document, self.form.top
        for _, entries, line in document.fields(document.top, "", (top,)):
            if entries is None:
                continue
            if not isinstance(entries, list):
                mend = f"Start each with: - {self.form.id}: …"
                document.refuse(line, top, "is not a list", mend)
                continue
            for number, entry in enumerate(entries):
                yield from self._waiver(entry, f"{top}[{number}]", line_of(entries, number))

    def _waiver(self, entry: Any, path: str, line: int) -> Iterator[Waiver]:
        document, id_name, until_name = self.document, self.form.id, self.form.until
        needed = (id_name, "stack", "subject", "reason", "by", until_name)
        mends = {**_MENDS, id_name: _MENDS["id"], until_name: _MENDS["until"]}
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        problems = len(document.problems)
        for name, value, at in document.fields(entry, path, (*needed, "what", "since"), line):
            found[name], lines[name] = value, at
        point = str(found.get(id_name)).startswith(POINT)
        until = _end(found.get(until_name), point)
        for name in needed:
            value = until if name == until_name else found.get(name)
            if name not in found or found[name] in (None, ""):
                document.refuse(line, f"{path}.{name}", "is missing", mends[name])
            elif value is None or (
                name != until_name and not (isinstance(value, str) and value.strip())
            ):
                document.refuse(lines[name], f"{path}.{name}", "can't be used", mends[name])
        self._look_up(found.get(id_name), path, lines)
        last = self.today + timedelta(days=self.max_days)
        if (
            until
            and not point
            and self.policies is not None
            and until.date() > last + timedelta(days=1)
        ):
            message = f"is more than {self.max_days} days away"
            mend = f"Write {last} or a day before it, and look at it again then"
            document.refuse(lines[until_name], f"{path}.{until_name}", message, mend)
        if found.get("stack") == ANY:
            document.refuse(lines["stack"], f"{path}.stack", "is every stack", mends["stack"])
        what = found.get("what")
        if "what" in found and not (isinstance(what, str) and what.strip()):
            mend = "Write a part of the message"
            document.refuse(lines["what"], f"{path}.what", "can't be used", mend)
        since = _moment(found["since"]) if "since" in found else None
        if "since" in found and (since is None or (until is not None and until <= since)):
            mend = "Write a time before the end, as 2026-12-31T12:00:00Z, or leave it out"
            document.refuse(lines["since"], f"{path}.since", "can't be used", mend)
        if len(document.problems) == problems and until is not None:
            texts = {
                name: str(found[name]).strip() for name in ("stack", "subject", "reason", "by")
            }
            where = f"{self.form.shown}:{line}"
            yield Waiver(
                str(found[id_name]).strip(),
                **texts,
                until=until,
                since=since,
                what=str(what or ""),
                where=where,
            )

    def _look_up(self, id_: Any, path: str, lines: dict[str, int]) -> None:
        if not isinstance(id_, str) or not id_:
            return
        point = id_.startswith(POINT)
        known = self.points if point else self.policies
        if known is None or id_.removeprefix(POINT) in known:
            return
        name = self.form.id
        what = "point of the cutover" if point else "policy"
        names = ", ".join(f"{POINT if point else ''}{each}" for each in sorted(known))
        message = f"there is no {what} {id_.removeprefix(POINT)}"
        self.document.refuse(lines[name], f"{path}.{name}", message, f"Use one of {names}")


_MENDS = {
    "id": "Name the policy, as the refusal does",
    "stack": "Name the stack: a waiver holds for one",
    "subject": f"Name the resource as the refusal does, or `{STACK}` where it names none",
    "reason": "Say why this may be so",
    "by": "Say who answers for it",
    "until": "Write the last day it holds, as 2026-12-31",
}

# Other forms that Python reads (20261231, 2026-W53-4) are misread by people.
_WRITTEN = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _end(value: Any, point: bool) -> datetime | None:
    """When it is over: after the day that is written, or for a point also at a time."""
    day = _day(value)
    if day is not None:
        return datetime.combine(day, time(), UTC) + timedelta(days=1)
    return _moment(value) if point else None


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _WRITTEN.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _moment(value: Any) -> datetime | None:
    """A time; one without a zone is UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _text(moment: datetime | None) -> str:
    at = moment or datetime.now(UTC)
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
