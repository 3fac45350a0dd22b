"""Excuses: violations that somebody answers for, for a reason, until a day."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from clerkstack.checks.finding import Waiver
from policies.documents import Document, line_of
from policies.registry import BY_ID

FILE = "policies/excuses.yaml"
ANY = "*"
STACK = "stack"
"""The subject of what concerns no single resource."""

NEEDED = ("policy", "stack", "subject", "reason", "by", "expires")
FIELDS = (*NEEDED, "what")


@dataclass(frozen=True)
class Excuse:
    """One entry. It holds through the day `expires` (UTC).

    `subject` is the resource's name, or `stack`; a `*` in it stands for anything. `what` is a part
    of the message, where one subject may offend in several ways.
    """

    policy: str
    stack: str
    subject: str
    reason: str
    by: str
    expires: date
    line: int
    what: str = ""

    def covers(self, policy: str, subject: str, message: str) -> bool:
        """Whether it is about a violation."""
        same = self.policy == policy and _fits(self.subject, subject)
        return same and self.what in message

    def expired(self, today: date) -> bool:
        """Whether its time is over."""
        return today > self.expires

    @property
    def waiver(self) -> Waiver:
        """As a finding has it."""
        return Waiver(self.by, self.reason, str(self.expires), self.place)

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{FILE}:{self.line}"


def load_excuses(
    file: Path, *, today: date, max_days: int, shown: str = FILE
) -> tuple[Excuse, ...]:
    """Read the excuses; without the file there are none.

    Raises:
        InputError: every problem, with file, line and mend.
    """
    document = Document(file, shown)
    excuses: list[Excuse] = []
    for _, entries, line in document.fields(document.top, "", ("excuses",)):
        if entries is None:
            continue
        if not isinstance(entries, list):
            document.refuse(line, "excuses", "is not a list", "Start each excuse with: - policy: …")
            continue
        for number, entry in enumerate(entries):
            excuses += _excuse(document, entry, number, line_of(entries, number), today, max_days)
    document.done()
    return tuple(excuses)


def of_stack(excuses: Collection[Excuse], stack: str) -> list[Excuse]:
    """Those of one stack."""
    return [each for each in excuses if each.stack == stack]


def _excuse(
    document: Document, entry: Any, number: int, line: int, today: date, max_days: int
) -> Iterator[Excuse]:
    path = f"excuses[{number}]"
    found: dict[str, Any] = {}
    problems = len(document.problems)
    lines: dict[str, int] = {}
    for name, value, at in document.fields(entry, path, FIELDS, line):
        found[name], lines[name] = value, at
    expires = _day(found.get("expires"))
    for name in NEEDED:
        value = expires if name == "expires" else found.get(name)
        if name not in found or found[name] in (None, ""):
            document.refuse(line, f"{path}.{name}", "is missing", _MENDS[name])
        elif value is None or (
            name != "expires" and not (isinstance(value, str) and value.strip())
        ):
            document.refuse(lines[name], f"{path}.{name}", "can't be used", _MENDS[name])
    policy = found.get("policy")
    if isinstance(policy, str) and policy and policy not in BY_ID:
        mend = f"Use one of {', '.join(BY_ID)}"
        document.refuse(lines["policy"], f"{path}.policy", f"there is no policy {policy}", mend)
    if expires is not None and expires > today + timedelta(days=max_days):
        last = today + timedelta(days=max_days)
        document.refuse(
            lines["expires"],
            f"{path}.expires",
            f"is more than {max_days} days away",
            f"Write {last} or a day before it, and look at it again then",
        )
    if found.get("stack") == ANY:
        document.refuse(lines["stack"], f"{path}.stack", "is every stack", _MENDS["stack"])
    what = found.get("what")
    if "what" in found and not (isinstance(what, str) and what.strip()):
        document.refuse(
            lines["what"], f"{path}.what", "can't be used", "Write a part of the message"
        )
    if len(document.problems) == problems and expires is not None:
        texts = {name: str(found[name]).strip() for name in NEEDED if name != "expires"}
        yield Excuse(**texts, expires=expires, line=line, what=str(what or ""))


_MENDS = {
    "policy": "Name the policy, as the refusal does",
    "stack": "Name the stack: an excuse holds for one",
    "subject": f"Name the resource as the refusal does, or `{STACK}` where it names none",
    "reason": "Say why this may be so",
    "by": "Say who answers for it",
    "expires": "Write the last day it holds, as 2026-12-31",
}


# Other forms that Python reads (20261231, 2026-W53-4) are misread by people.
_WRITTEN = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _fits(pattern: str, subject: str) -> bool:
    """Whether a subject is the one named, where `*` stands for any part."""
    parts = map(re.escape, pattern.split(ANY))
    return re.fullmatch(".*".join(parts), subject, re.DOTALL) is not None


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
