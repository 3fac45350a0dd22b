"""A finding: one thing that a check looked at, and what is wrong with it.

Every comparison of this project returns findings: drift, parity, the three-way comparison of app,
catalog and instance, the doctor, the points of the cutover, the policies. `clerkstack.report`
renders them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from clerkstack.clients.evidence import Evidence
from clerkstack.safe import may_be_secret, safe, shown_url

if TYPE_CHECKING:
    from clerkstack.shapes import Json

ANOTHER = "another value"


class Severity(StrEnum):
    """How bad a finding is, from nothing to the worst."""

    PASSED = "passed"
    NOTE = "note"  # worth knowing; nothing to do
    WARNING = "warning"  # works, but may not be intended
    MANUAL = "manual"  # a person has to judge
    NOT_CHECKED = "not checked"
    FAILED = "failed"


@dataclass(frozen=True)
class Rule:
    """A check's rule: what must be true, why, and how it is judged.

    `number` is its place in a checklist. `setting` is the path in Pulumi.<stack>.yaml that decides
    it, empty if the catalog does, or nothing.
    """

    id: str
    title: str
    why: str = ""
    how: str = ""
    number: int | None = None
    setting: tuple[str, ...] = ()
    in_catalog: bool = False


@dataclass(frozen=True)
class Waiver:
    """An entry of waivers.yaml: somebody takes responsibility for a finding until a date.

    `id` is the policy, or the point of the cutover (cutover/smoke); `subject` is the resource, or
    the instance for a point. It is valid from `since` until `until` (UTC). `what` is a part of the
    message, if one subject has several violations. `where` is its file and line.
    """

    id: str
    subject: str
    stack: str
    reason: str
    by: str
    until: datetime
    since: datetime | None = None
    what: str = ""
    where: str = ""

    def over(self, now: datetime) -> bool:
        """Whether it has expired."""
        return now >= self.until

    @property
    def last(self) -> str:
        """The last day on which it is valid, or the time when it expires."""
        if self.until.time() == time():
            return str((self.until - timedelta(days=1)).date())
        return f"{self.until:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True)
class Finding:
    """One thing that a check looked at.

    `check` names the check; `subject` is what it looked at (plan pro, variable production/KEY), and
    `field` a part of that, empty for the whole. `expected` and `found` are None if there is
    nothing, or if the check compares no values; they never hold a secret. `message` says what is
    wrong, `remedy` what to do about it, `where` in which file or on which page, `evidence` what was
    read for it. `details` are the findings that this one sums up.
    """

    check: str
    subject: str
    field: str = ""
    expected: Any = None
    found: Any = None
    severity: Severity = Severity.FAILED
    message: str = ""
    remedy: str = ""
    where: str = ""
    evidence: tuple[Evidence, ...] = ()
    details: tuple[Finding, ...] = ()
    service_failed: bool = False
    """Whether it could not be checked because a service failed."""
    waiver: Waiver | None = None

    @property
    def name(self) -> str:
        """Subject and field in words."""
        return f"{self.subject} {self.field}".strip()


def cleaned(finding: Finding, clean: Callable[[Any], Any]) -> Finding:
    """A finding with `clean` applied to each of its texts and values."""
    waiver = finding.waiver
    if waiver is not None:
        waiver = replace(waiver, by=clean(waiver.by), reason=clean(waiver.reason))
    return replace(
        finding,
        subject=clean(finding.subject),
        field=clean(finding.field),
        expected=clean(finding.expected),
        found=clean(finding.found),
        message=clean(finding.message),
        remedy=clean(finding.remedy),
        where=clean(finding.where),
        evidence=tuple(replace(item, where=clean(item.where)) for item in finding.evidence),
        details=tuple(cleaned(detail, clean) for detail in finding.details),
        waiver=waiver,
    )


def shown(finding: Finding, *, addresses: bool = False) -> Finding:
    """A finding that is safe to show: without keys and values that look like one.

    If only the hidden parts of an address differ, it says so.

    Args:
        addresses: keep addresses whole, because a person asked for it.
    """
    expected = safe(finding.expected, addresses=addresses)
    found = safe(_without_secrets(finding.found, addresses), addresses=addresses)
    if expected == found and expected is not None:
        found = f"{found} (another query: --show-addresses shows it, unless it is set as a secret)"
    return replace(finding, expected=expected, found=found)


def _without_secrets(value: Json, addresses: bool) -> Json:
    if isinstance(value, str):
        address = "://" in value
        # `safe` hides the other secret parts of an address.
        hide = may_be_secret(shown_url(value) if address else value)
        return ANOTHER if hide and not (address and addresses) else value
    if isinstance(value, list):
        return [_without_secrets(item, addresses) for item in value]
    if isinstance(value, dict):
        return {name: _without_secrets(item, addresses) for name, item in value.items()}
    return value
