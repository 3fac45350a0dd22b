"""The files that hold waivers, as models: waivers.yaml, and the two that it replaces."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from clerkstack.checks.finding import Waiver
from clerkstack.checks.waivers import ANY, EXCUSES, FILE, POINT, STACK
from clerkstack.handwritten.document import Broken, Document
from clerkstack.handwritten.fields import usable, wrong
from clerkstack.handwritten.values import REPORTED, Value
from clerkstack.problems import shown

FOR_ONE = "Name one stack: a waiver applies to one stack"
LAST_DAY = "Write the last day on which it is valid, such as 2026-12-31"
BEGIN = "Write a time before the end, such as 2026-12-31T12:00:00Z, or remove it"
REMEDIES = {
    "id": "Name the policy as in the violation",
    "stack": FOR_ONE,
    "subject": f"Name the resource as in the violation, or `{STACK}` if it names none",
    "reason": "State why this is acceptable",
    "by": "Name who is responsible for it",
    "until": LAST_DAY,
}
SIGNED = "Write it as `clerkstack cutover sign` does: stack, point, then by, date, until, instance"
KNOW_POINTS = "`clerkstack cutover points` lists them; remove this one"
# Python accepts other forms (20261231, 2026-W53-4), which people misread.
_WRITTEN = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _text(remedy: str, form: str = r"(?s).*\S.*") -> Callable[[Any], str]:
    """A validator for text that must not be blank."""

    def checked(value: Any) -> str:
        if usable(value) in (None, ""):
            raise wrong("is missing", remedy)
        if not isinstance(value, str) or not re.fullmatch(form, value):
            raise wrong("is not valid", remedy)
        return value.strip()

    return checked


def _part(value: Any) -> str:
    if isinstance(usable(value), str) and value.strip():
        return str(value)
    raise wrong("is not valid", "Write part of the message")


def _note(value: Any) -> str:
    if isinstance(usable(value), str):
        return str(value)
    raise wrong("is not valid", SIGNED)


def _end(value: Any) -> str:
    if usable(value) in (None, ""):
        raise wrong("is missing", LAST_DAY)
    if isinstance(value, str) and (_day(value) or _moment(value)):
        return value
    raise wrong("is not valid", LAST_DAY)


def _time(remedy: str) -> Callable[[Any], datetime]:
    """A validator for times; without a time zone, or as a date, they are UTC."""

    def checked(value: Any) -> datetime:
        found = _moment(usable(value))
        if found is None:
            raise wrong("is not valid", remedy)
        return found

    return checked


class Written(BaseModel):
    """A waiver as written in a file."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Entry(Written):
    """An entry of waivers.yaml. docs/policies.md#waivers describes the fields."""

    id: Annotated[str, PlainValidator(_text(REMEDIES["id"]))]
    stack: Annotated[str, PlainValidator(_text(FOR_ONE))]
    subject: Annotated[str, PlainValidator(_text(REMEDIES["subject"]))]
    reason: Annotated[str, PlainValidator(_text(REMEDIES["reason"]))]
    by: Annotated[str, PlainValidator(_text(REMEDIES["by"]))]
    until: Annotated[str, PlainValidator(_end)]
    what: Annotated[str, PlainValidator(_part)] = ""
    since: Annotated[datetime, PlainValidator(_time(BEGIN))] | None = None

    @property
    def of_point(self) -> bool:
        """Whether it waives a point of the cutover, not a policy."""
        return self.id.startswith(POINT)

    @property
    def end(self) -> datetime | None:
        """When it expires (UTC): after the given day, or, for a point, at the given time."""
        day = _day(self.until)
        if day is not None:
            return datetime.combine(day, time(), UTC) + timedelta(days=1)
        return _moment(self.until) if self.of_point else None


class Excuse(Entry):
    """An entry of policies/excuses.yaml."""

    id: Annotated[str, PlainValidator(_text(REMEDIES["id"]))] = Field(alias="policy")
    until: Annotated[str, PlainValidator(_end)] = Field(alias="expires")


class SignOff(Written):
    """An entry of signoffs.yaml: one person's sign-off of one point."""

    by: Annotated[str, PlainValidator(_text(SIGNED))]
    date: Annotated[datetime, PlainValidator(_time(SIGNED))]
    until: Annotated[datetime, PlainValidator(_time(SIGNED))]
    instance: Annotated[str, PlainValidator(_text(SIGNED, r"ins_[A-Za-z0-9]+"))]
    note: Annotated[str, PlainValidator(_note)] = ""


FORMS: dict[str, tuple[str, type[Entry]]] = {
    FILE: ("waivers", Entry),
    EXCUSES: ("excuses", Excuse),
}
"""The key of a file's list and the model of its entries, by file name."""


def read_entries(
    file: Path,
    name: str,
    *,
    today: date,
    max_days: int,
    policies: Collection[str] | None,
    points: Collection[str] | None,
) -> tuple[Waiver, ...]:
    """Read the waivers of waivers.yaml or policies/excuses.yaml.

    Args:
        file: where it is.
        name: which of the two it is.
        today, max_days, policies, points: see `waiver_file.load_waivers`.

    Raises:
        InputError: every problem, with file, line and fix.
    """
    document, (top, model) = Document(name), FORMS[name]
    most = None if policies is None else max_days
    value = document.read(file)
    entries: list[Value] = []
    for _, listed in document.groups(value, "", (top,)):
        if isinstance(listed.value, list):
            entries = listed.value
        elif listed.value is not REPORTED:
            remedy = f"Start each with: - {_spelled(model, 'id')}: …"
            document.report(listed.line, top, "is not a list", remedy)
    found = []
    for number, each in enumerate(entries):
        path = f"{top}[{number}]"
        own = {_spelled(model, field): remedy for field, remedy in REMEDIES.items()}
        entry = document.entry(model, each, path, own=own)
        for rule in (
            _known(entry, policies, points),
            _ended(entry, today, most),
            _begun(entry),
            _one_stack(entry),
        ):
            named = ((_spelled(model, field), what, remedy) for field, what, remedy in rule)
            document.judge(each, path, named)
        found.append((entry, each.line))
    document.done()
    return tuple(_waiver(entry, f"{name}:{line}") for entry, line in found)


def read_signoffs(file: Path, points: Collection[str]) -> tuple[Waiver, ...]:
    """The sign-offs in the deprecated signoffs.yaml; none if it does not exist.

    Raises:
        InputError: every problem, with file, line and fix.
    """
    document = Document(shown(file))
    value = document.read(file)
    found = []
    for stack, entries in document.group(value, "", SIGNED):
        for point, held in document.group(entries, stack, SIGNED):
            path = f"{stack}.{point}"
            if point not in points:
                document.report(held.line, path, "is not a point of the cutover", KNOW_POINTS)
                continue
            entry = document.entry(SignOff, held, path, own=dict.fromkeys(_FIELDS, SIGNED))
            document.judge(held, path, _over(entry))
            found.append((stack, point, entry))
    document.done()
    return tuple(
        Waiver(
            f"{POINT}{point}",
            entry.instance,
            stack,
            entry.note,
            entry.by,
            entry.until,
            entry.date,
            where=document.name,
        )
        for stack, point, entry in found
    )


_FIELDS = tuple(SignOff.model_fields)


def _known(
    entry: Entry, policies: Collection[str] | None, points: Collection[str] | None
) -> Iterator[Broken]:
    known, id_ = points if entry.of_point else policies, entry.id.removeprefix(POINT)
    if known is not None and id_ not in known:
        what, before = ("point of the cutover", POINT) if entry.of_point else ("policy", "")
        names = ", ".join(f"{before}{each}" for each in sorted(known))
        yield "id", f"there is no {what} {id_}", f"Use one of {names}"


def _ended(entry: Entry, today: date, max_days: int | None) -> Iterator[Broken]:
    end = entry.end
    if end is None:
        yield "until", "is not valid", LAST_DAY
    elif max_days is not None and not entry.of_point:
        last = today + timedelta(days=max_days)
        if end.date() > last + timedelta(days=1):
            remedy = f"Write {last} or an earlier day, and review it then"
            yield "until", f"is more than {max_days} days away", remedy


def _begun(entry: Entry) -> Iterator[Broken]:
    if entry.since is not None and entry.end is not None and entry.end <= entry.since:
        yield "since", "is not valid", BEGIN


def _one_stack(entry: Entry) -> Iterator[Broken]:
    if entry.stack == ANY:
        yield "stack", "names every stack", FOR_ONE


def _over(entry: SignOff) -> Iterator[Broken]:
    if entry.until <= entry.date:
        yield "until", "is over before it begins", SIGNED


def _waiver(entry: Entry, where: str) -> Waiver:
    end = entry.end
    assert end is not None
    return Waiver(
        entry.id,
        entry.subject,
        entry.stack,
        entry.reason,
        entry.by,
        end,
        entry.since,
        entry.what,
        where,
    )


def _spelled(model: type[Entry], field: str) -> str:
    return model.model_fields[field].alias or field


def _day(text: str) -> date | None:
    if not _WRITTEN.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(value: Any) -> datetime | None:
    """A time; one without a zone is UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
