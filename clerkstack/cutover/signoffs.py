"""Who has taken a point on themselves, when and until when: `signoffs.yaml`, kept in the repo."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from clerkstack.files import dumped, replace, round_trip
from clerkstack.problems import ClerkstackError, InputError, Problem, shown

FILE = Path("signoffs.yaml")
_SPAN = re.compile(r"([1-9][0-9]{0,3})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
HEAD = """\
# Points of the cutover that people have signed off. Written by `clerkstack cutover sign`; a
# comment of yours stays. Each counts for its instance, until its date.
"""


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


def read_signoffs(file: Path, points: frozenset[str]) -> dict[str, dict[str, SignOff]]:
    """The sign-offs of a file; none where it is not there.

    Raises:
        InputError: everything that is wrong in it, with file, line and mend.
    """
    document = _document(file)
    problems: list[Problem] = []
    found: dict[str, dict[str, SignOff]] = {}
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
            found.setdefault(str(stack), {})[str(point)] = made
    if problems:
        raise InputError(sorted(problems, key=lambda each: each.line or 0))
    return found


def write_signoff(file: Path, stack: str, point: str, signoff: SignOff) -> None:
    """Put one in, in the place of an older one; the rest of the file and its comments stay.

    Stacks and points are kept in the order of their names.
    """
    document = _document(file)
    stacks = document.get(stack)
    if not isinstance(stacks, CommentedMap):
        stacks = CommentedMap()
        _insert(document, stack, stacks)
    entry = CommentedMap(
        by=signoff.by,
        date=_text(signoff.date),
        until=_text(signoff.until),
        instance=signoff.instance,
    )
    if signoff.note:
        entry["note"] = signoff.note
    if point in stacks:
        stacks[point] = entry
    else:
        _insert(stacks, point, entry)
    head = "" if file.exists() else HEAD
    replace(file, head + dumped(document))


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


def _insert(document: CommentedMap, name: str, value: CommentedMap) -> None:
    """Before the first name that comes later."""
    later = [index for index, key in enumerate(document) if str(key) > name]
    document.insert(later[0] if later else len(document), name, value)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
