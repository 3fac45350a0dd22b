"""`signoffs.yaml`, which had the waivers of the cutover's points; and how long one holds."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from clerkstack.checks.finding import Waiver
from clerkstack.checks.waivers import POINT
from clerkstack.files import round_trip
from clerkstack.problems import ClerkstackError, InputError, Problem, shown

FILE = Path("signoffs.yaml")
_SPAN = re.compile(r"([1-9][0-9]{0,3})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def _moment(value: object) -> object:
    """A time of a YAML file: one without a zone, and a day alone, are UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value


Moment = Annotated[datetime, BeforeValidator(_moment)]


class SignOff(BaseModel):
    """One person's word for one point. Times are UTC; it is over from `until` on."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    by: Annotated[str, Field(min_length=1, pattern=r"\S")]
    date: Moment
    until: Moment
    instance: Annotated[str, Field(pattern=r"^ins_[A-Za-z0-9]+$")]
    note: str = ""

    def waiver(self, stack: str, point: str, file: Path) -> Waiver:
        """The same as an entry of waivers.yaml."""
        return Waiver(
            f"{POINT}{point}",
            self.instance,
            stack,
            self.note,
            self.by,
            self.until,
            self.date,
            where=shown(file),
        )


def read_signoffs(file: Path, points: frozenset[str]) -> tuple[Waiver, ...]:
    """The sign-offs of the file that had them before waivers.yaml; none where it is not there.

    Raises:
        InputError: everything that is wrong in it, with file, line and mend.
    """
    document = _document(file)
    problems: list[Problem] = []
    found: list[Waiver] = []
    for stack, entries in document.items():
        if not isinstance(entries, CommentedMap):
            problems.append(_problem(file, document, stack, str(stack), "is not a list of points"))
            continue
        for point, entry in entries.items():
            path = f"{stack}.{point}"
            if point not in points:
                message = "is no point of the cutover"
                problems.append(_problem(file, entries, point, path, message, KNOW_POINTS))
                continue
            try:
                fields = dict(entry) if isinstance(entry, CommentedMap) else entry
                made = SignOff.model_validate(fields)
            except ValidationError as error:
                problems += _mistakes(error, file, entries, point, path)
                continue
            if made.until <= made.date:
                message = "is over before it begins"
                problems.append(_problem(file, entries, point, path, message))
                continue
            found.append(made.waiver(str(stack), str(point), file))
    if problems:
        raise InputError(sorted(problems, key=lambda each: each.line or 0))
    return tuple(found)


def span(text: str) -> timedelta:
    """How long a sign-off is to hold: 12h, 14d, 4w.

    Raises:
        ClerkstackError: it is not of that form.
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ClerkstackError(f"--valid {text}: give hours, days or weeks, as 12h, 14d or 4w")
    return int(found[1]) * _UNITS[found[2]]


KNOW_POINTS = "`clerkstack cutover points` lists them; take this one out"


def _document(file: Path) -> CommentedMap:
    if not file.exists():
        return CommentedMap()
    try:
        document: Any = round_trip().load(file.read_text(encoding="utf-8"))
    except (YAMLError, ValueError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        line = mark.line + 1 if mark else None
        what = (error.problem or "can't be read") if isinstance(error, MarkedYAMLError) else "?"
        message = f"is not YAML: {what.splitlines()[0]}"
        raise InputError([Problem(shown(file), line, "", message, MEND)]) from None
    if document is None:
        return CommentedMap()
    if not isinstance(document, CommentedMap):
        raise InputError([Problem(shown(file), 1, "", "holds no stacks", MEND)])
    return document


MEND = "Write it as `clerkstack cutover sign` does: stack, point, then by, date, until, instance"


def _mistakes(
    error: ValidationError, file: Path, entries: CommentedMap, point: Any, path: str
) -> list[Problem]:
    entry = entries[point]
    found = []
    for each in error.errors(include_url=False, include_input=False):
        name = str(each["loc"][0]) if each["loc"] else ""
        holder, key = (entry, name) if name and name in (entry or ()) else (entries, point)
        message = f"{name}: {each['msg']}" if name else each["msg"]
        found.append(_problem(file, holder, key, path, message))
    return found


def _problem(
    file: Path, holder: CommentedMap, key: Any, path: str, message: str, mend: str = MEND
) -> Problem:
    return Problem(shown(file), int(holder.lc.key(key)[0]) + 1, path, message, mend)
