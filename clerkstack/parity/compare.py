"""The comparison of two instances. Pure: no network."""

from __future__ import annotations

import json
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
from clerkstack.reconcile import Json, JsonObject
from clerkstack.reconcile.fields import is_unset
from clerkstack.scrub import scrubbed, scrubbed_values

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
# Lists without an order: each member is a row. The words are what a member is called.
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
# Texts under such names are compared by whether they are there, and never shown.
_CREDENTIAL = re.compile(
    r"secret|password|private_?key|signing_key|certificate|client_id|key_id|team_id"
    r"|api_key$|(^|_)token$|credential",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Unread:
    """A part that could not be compared, because an instance does not let it be read."""

    part: str
    stack: str
    reason: str


@dataclass(frozen=True)
class Compared:
    """The outcome. Of a finding, `expected` is what the reference has, `found` what the target has;
    its check is the kind of what differs. It has failed where production lacks what it needs."""

    findings: tuple[Finding, ...]
    unread: tuple[Unread, ...]


def compare(reference: Snapshot, target: Snapshot) -> Compared:
    """Every difference, grouped by kind, and what could not be compared."""
    if not (reference.exists and target.exists):
        stack = target.stack if reference.exists else reference.stack
        here, there = (THERE if each.exists else None for each in (reference, target))
        lacking = Finding(INSTANCE, f"instance of {stack}", "", here, there, Severity.WARNING)
        return Compared((_with_words(lacking, target.stack),), ())
    # Switched off on both sides there is nothing to compare.
    off = {part for part, why in reference.unread.items() if why == ORGANIZATIONS_OFF}
    off = {part for part in off if target.unread.get(part) == ORGANIZATIONS_OFF}
    unread = [
        Unread(part, each.stack, why)
        for each in (reference, target)
        for part, why in each.unread.items()
        if part not in off
    ]
    left_out = {each.part for each in unread}
    both = _Both(reference.own, target.own)
    found = [
        each
        for mine, theirs in _pairs(reference, target, left_out)
        for each in both.differing(mine, theirs)
    ]
    found = [_with_words(finding, target.stack) for finding in found]
    for need in dict.fromkeys((*reference.needs, *target.needs)):
        found = _with_need(found, need)
    return Compared(
        tuple(sorted(found, key=lambda finding: KINDS.index(finding.check))), tuple(unread)
    )


def _with_words(each: Finding, target: str) -> Finding:
    message = f"missing in {target}" if each.found is None else "differs"
    return replace(each, message=f"only in {target}" if each.expected is None else message)


def _with_need(found: list[Finding], need: Finding) -> list[Finding]:
    """The same, with one row for what production lacks, whatever the other instance has."""
    same = [
        finding
        for finding in found
        if (finding.subject, finding.field) == (need.subject, need.field)
    ]
    if same:
        need = replace(need, expected=same[0].expected, found=same[0].found)
    return [*(finding for finding in found if finding not in same), need]


def _pairs(
    reference: Snapshot, target: Snapshot, left_out: Container[str]
) -> Iterator[tuple[Entity | None, Entity | None]]:
    """The same things of both sides, in the reference's order; then those of the target alone."""
    mine, theirs = _by_key(reference, left_out), _by_key(target, left_out)
    for key in (*mine, *(key for key in theirs if key not in mine)):
        yield from zip_longest(mine.get(key, ()), theirs.get(key, ()))


def _by_key(snapshot: Snapshot, left_out: Container[str]) -> dict[tuple[str, str], list[Entity]]:
    found: dict[tuple[str, str], list[Entity]] = {}
    for entity in snapshot.entities:
        if entity.kind not in left_out:
            name = WEBHOOK if entity.kind == Part.WEBHOOKS else ""
            key = str(snapshot.own.neutral(name, entity.key))
            found.setdefault((entity.kind, key), []).append(entity)
    return found


@dataclass(frozen=True)
class _Both:
    """The comparison of one thing with the other's, each with what is its instance's own."""

    mine: Own
    theirs: Own

    def differing(self, mine: Entity | None, theirs: Entity | None) -> Iterator[Finding]:
        """The fields that differ, or one row where a side has no such thing."""
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
                yield from self._walk(_object(here), _object(there), (*at, name))
            elif name in MEMBERS and _all_of(list, here, there):
                for member, *has in _members(_list(here), _list(there)):
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
    """The members that one side alone has."""
    mine, theirs = ([_word(each) for each in side] for side in (here, there))
    for each in dict.fromkeys((*mine, *theirs)):
        if each not in mine or each not in theirs:
            yield each, THERE if each in mine else None, THERE if each in theirs else None


def _word(member: Json) -> str:
    return member if isinstance(member, str) else json.dumps(_shown("", member))


def _all_of(kind: type, *sides: Json) -> bool:
    """Whether both are of the kind, or one is and the other is not there."""
    return kind in map(type, sides) and all(isinstance(side, kind | None) for side in sides)


def _is_credential(name: str, value: Json) -> bool:
    return bool(isinstance(value, str | list) and value and _CREDENTIAL.search(name))


def _shown(name: str, value: Json) -> Json:
    value = _nothing(name, value)
    if _is_credential(name, value):
        return SET
    if isinstance(value, dict):
        return {key: _shown(key, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shown(name, each) for each in value]
    return scrubbed_values(value)


def _nothing(name: str, value: Json) -> Json:
    return None if value == [] or is_unset(name, value) else value


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
