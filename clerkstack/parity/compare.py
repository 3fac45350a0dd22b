"""The comparison of two instances. Pure: no network."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest

from clerkstack.checks.finding import Finding, Severity
from clerkstack.parity.entities import (
    BILLING,
    CONFIG,
    OAUTH,
    ORGANIZATIONS,
    SESSION,
    SET,
    Entity,
    Part,
)
from clerkstack.parity.own import WEBHOOK, Own
from clerkstack.parity.snapshot import ORGANIZATIONS_OFF, Snapshot
from clerkstack.reconcile.fields import is_unset
from clerkstack.scrub import scrubbed, scrubbed_values
from clerkstack.shapes import Json, list_of, object_of
from clerkstack.texts import text_of

INSTANCE = "instance"
# In the order of the set-up guide.
KINDS = (
    INSTANCE,
    OAUTH,
    Part.SSO,
    ORGANIZATIONS,
    Part.ROLES,
    BILLING,
    Part.API_KEYS,
    Part.WEBHOOKS,
    SESSION,
    Part.JWT_TEMPLATES,
    Part.REDIRECT_URLS,
    Part.DOMAINS,
    CONFIG,
)
THERE = "there"
# Lists without an order: each member is a row, named by these words.
MEMBERS = {
    "features": "feature",
    "permissions": "permission",
    "events": "event",
    "domains": "domain",
    "domains_enrollment_modes": "enrollment mode",
    "base_scopes": "scope",
    "sign_in_strategies": "sign-in strategy",
    "second_factor_strategies": "second-factor strategy",
    "verification_strategies": "verification strategy",
}
# Of texts under such names, only their presence is compared; they are never shown.
_CREDENTIAL = re.compile(
    r"secret|password|private_?key|signing_key|certificate|client_id|key_id|team_id"
    r"|api_key$|(^|_)token$|credential",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Unread:
    """A part that could not be compared, because an instance does not allow reading it."""

    part: str
    stack: str
    reason: str


@dataclass(frozen=True)
class Compared:
    """The outcome. A finding's `expected` is what the reference has, `found` what the target has,
    `check` the kind of the difference. It has failed if production lacks something it needs."""

    findings: tuple[Finding, ...]
    unread: tuple[Unread, ...]


def compare(reference: Snapshot, target: Snapshot) -> Compared:
    """Compare two instances: every difference, grouped by kind, and what could not be compared."""
    if not (reference.exists and target.exists):
        stack = target.stack if reference.exists else reference.stack
        here, there = (THERE if snapshot.exists else None for snapshot in (reference, target))
        lacking = Finding(INSTANCE, f"instance of {stack}", "", here, there, Severity.WARNING)
        return Compared((_with_words(lacking, target.stack),), ())
    # If it is off on both sides, there is nothing to compare.
    off = {part for part, why in reference.unread.items() if why == ORGANIZATIONS_OFF}
    off = {part for part in off if target.unread.get(part) == ORGANIZATIONS_OFF}
    unread = [
        Unread(part, snapshot.stack, why)
        for snapshot in (reference, target)
        for part, why in snapshot.unread.items()
        if part not in off
    ]
    left_out = {part.part for part in unread}
    both = _Both(reference.own, target.own)
    findings = [
        finding
        for mine, theirs in _pairs(reference, target, left_out)
        for finding in both.differing(mine, theirs)
    ]
    findings = [_with_words(finding, target.stack) for finding in findings]
    for need in dict.fromkeys((*reference.needs, *target.needs)):
        findings = _with_need(findings, need)
    return Compared(
        tuple(sorted(findings, key=lambda finding: KINDS.index(finding.check))), tuple(unread)
    )


def _with_words(finding: Finding, target: str) -> Finding:
    message = f"missing in {target}" if finding.found is None else "differs"
    return replace(finding, message=f"only in {target}" if finding.expected is None else message)


def _with_need(findings: list[Finding], need: Finding) -> list[Finding]:
    """The findings, with a single row for what production lacks, whatever the other instance
    has."""
    same = [
        finding
        for finding in findings
        if (finding.subject, finding.field) == (need.subject, need.field)
    ]
    if same:
        need = replace(need, expected=same[0].expected, found=same[0].found)
    return [*(finding for finding in findings if finding not in same), need]


def _pairs(
    reference: Snapshot, target: Snapshot, left_out: Container[str]
) -> Iterator[tuple[Entity | None, Entity | None]]:
    """The entities of both sides in pairs, in the reference's order; then the target's own."""
    mine, theirs = _by_key(reference, left_out), _by_key(target, left_out)
    for key in (*mine, *(key for key in theirs if key not in mine)):
        yield from zip_longest(mine.get(key, ()), theirs.get(key, ()))


def _by_key(snapshot: Snapshot, left_out: Container[str]) -> dict[tuple[str, str], list[Entity]]:
    by_key: dict[tuple[str, str], list[Entity]] = {}
    for entity in snapshot.entities:
        if entity.kind not in left_out:
            name = WEBHOOK if entity.kind == Part.WEBHOOKS else ""
            key = str(snapshot.own.neutral(name, entity.key))
            by_key.setdefault((entity.kind, key), []).append(entity)
    return by_key


@dataclass(frozen=True)
class _Both:
    """Compares an entity of one instance with that of the other, apart from what must differ."""

    mine: Own
    theirs: Own

    def differing(self, mine: Entity | None, theirs: Entity | None) -> Iterator[Finding]:
        """The fields that differ, or one row if a side lacks the entity."""
        entity = mine or theirs
        assert entity is not None
        what = scrubbed(entity.what)
        if mine is None or theirs is None:
            here, there = (THERE, None) if theirs is None else (None, THERE)
            yield Finding(entity.kind, what, "", here, there, Severity.WARNING)
            return
        for path, *has in self._walk(mine.fields, theirs.fields, ()):
            field = scrubbed(".".join(path))
            yield Finding(entity.kind, what, field, has[0], has[1], Severity.WARNING)

    def _walk(
        self, mine: Mapping[str, Json], theirs: Mapping[str, Json], at: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], Json, Json]]:
        for name in (*mine, *(name for name in theirs if name not in mine)):
            here, there = mine.get(name), theirs.get(name)
            if _all_of(dict, here, there):
                yield from self._walk(object_of(here), object_of(there), (*at, name))
            elif name in MEMBERS and _all_of(list, here, there):
                for member, *has in _members(list_of(here), list_of(there)):
                    yield (*at, f"{MEMBERS[name]} {member}"), has[0], has[1]
            elif not self._same(name, here, there):
                yield (*at, name), _shown(name, here), _shown(name, there)

    def _same(self, name: str, here: Json, there: Json) -> bool:
        """Whether two values mean the same; empty, null and absent do."""
        here, there = _nothing(name, here), _nothing(name, there)
        if _is_credential(name, here) and _is_credential(name, there):
            return True
        if isinstance(here, bool) != isinstance(there, bool):
            return False
        return here == there or self.mine.neutral(name, here) == self.theirs.neutral(name, there)


def _members(here: list[Json], there: list[Json]) -> Iterator[tuple[str, Json, Json]]:
    """The members that only one side has."""
    mine, theirs = ([_word(member) for member in side] for side in (here, there))
    for member in dict.fromkeys((*mine, *theirs)):
        if member not in mine or member not in theirs:
            yield member, THERE if member in mine else None, THERE if member in theirs else None


def _word(member: Json) -> str:
    return text_of(member if isinstance(member, str) else _shown("", member))


def _all_of(kind: type, *sides: Json) -> bool:
    """Whether both are of the kind, or one is and the other is missing."""
    return kind in map(type, sides) and all(isinstance(side, kind | None) for side in sides)


def _is_credential(name: str, value: Json) -> bool:
    return bool(isinstance(value, str | list) and value and _CREDENTIAL.search(name))


def _shown(name: str, value: Json) -> Json:
    value = _nothing(name, value)
    if _is_credential(name, value):
        return SET
    if isinstance(value, dict):
        return {key: _shown(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(name, item) for item in value]
    return scrubbed_values(value)


def _nothing(name: str, value: Json) -> Json:
    return None if value == [] or is_unset(name, value) else value
