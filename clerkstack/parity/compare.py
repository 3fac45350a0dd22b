"""The comparison of two instances. Pure: no network."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from clerkstack.clients.scrub import scrubbed, scrubbed_values
from clerkstack.parity.own import Own
from clerkstack.parity.snapshot import ORGANIZATIONS_OFF, Snapshot
from clerkstack.parity.things import (
    BILLING,
    CONFIG,
    OAUTH,
    ORGANIZATIONS,
    SESSION,
    SET,
    Need,
    Part,
    Thing,
)
from clerkstack.reconcile import Json, JsonObject

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
}
# Texts under such names are compared by whether they are there, and never shown.
_CREDENTIAL = re.compile(
    r"secret|password|private_?key|signing_key|certificate|client_id|key_id|team_id"
    r"|api_key$|(^|_)token$|credential",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Mismatch:
    """One field that differs, or a whole thing where `field` is empty.

    `reference` is None where the reference has nothing, `target` where the target has nothing.
    `needed` marks what production can't do without, whatever the other instance has. No value is
    ever a credential.
    """

    kind: str
    what: str
    field: str
    reference: Json
    target: Json
    needed: bool = False

    @property
    def how(self) -> str:
        """Of the target: needed, missing, only (there alone) or differs."""
        if self.needed:
            return "needed"
        if self.target is None:
            return "missing"
        return "only" if self.reference is None else "differs"


@dataclass(frozen=True)
class Unread:
    """A part that could not be compared, because an instance does not let it be read."""

    part: str
    stack: str
    reason: str


@dataclass(frozen=True)
class Compared:
    """The outcome."""

    mismatches: tuple[Mismatch, ...]
    unread: tuple[Unread, ...]


def compare(reference: Snapshot, target: Snapshot) -> Compared:
    """Every difference, grouped by kind, and what could not be compared."""
    if not (reference.exists and target.exists):
        stack = target.stack if reference.exists else reference.stack
        here, there = (THERE if each.exists else None for each in (reference, target))
        return Compared((Mismatch(INSTANCE, f"instance of {stack}", "", here, there),), ())
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
    found: list[Mismatch] = []
    for mine, theirs in _pairs(reference, target, left_out):
        found += _of_pair(mine, theirs, reference.own, target.own)
    for need in dict.fromkeys((*reference.needs, *target.needs)):
        found = _with_need(found, need)
    return Compared(tuple(sorted(found, key=lambda each: KINDS.index(each.kind))), tuple(unread))


def _with_need(found: list[Mismatch], need: Need) -> list[Mismatch]:
    """The same, with one row for what production lacks, whatever the other instance has."""
    same = [each for each in found if (each.what, each.field) == (need.what, need.field)]
    sides = (same[0].reference, same[0].target) if same else (None, None)
    row = Mismatch(need.kind, need.what, need.field, *sides, needed=True)
    return [*(each for each in found if each not in same), row]


def _pairs(
    reference: Snapshot, target: Snapshot, left_out: Container[str]
) -> Iterator[tuple[Thing | None, Thing | None]]:
    """The same things of both sides, in the reference's order; then those of the target alone."""
    mine, theirs = _by_key(reference, left_out), _by_key(target, left_out)
    for key in (*mine, *(key for key in theirs if key not in mine)):
        yield from zip_longest(mine.get(key, ()), theirs.get(key, ()))


def _by_key(snapshot: Snapshot, left_out: Container[str]) -> dict[tuple[str, str], list[Thing]]:
    found: dict[tuple[str, str], list[Thing]] = {}
    for each in snapshot.things:
        if each.kind not in left_out:
            key = str(snapshot.own.neutral("", each.key))
            found.setdefault((each.kind, key), []).append(each)
    return found


def _of_pair(
    mine: Thing | None, theirs: Thing | None, of_mine: Own, of_theirs: Own
) -> Iterator[Mismatch]:
    if mine is not None and theirs is not None:
        for path, here, there in _walk(mine.fields, theirs.fields, of_mine, of_theirs, ()):
            field = ".".join(path)
            yield Mismatch(mine.kind, scrubbed(mine.what), scrubbed(field), here, there)
        return
    thing = mine or theirs
    assert thing is not None
    sides = (THERE, None) if mine is not None else (None, THERE)
    yield Mismatch(thing.kind, scrubbed(thing.what), "", *sides)


def _walk(
    mine: Mapping[str, Json],
    theirs: Mapping[str, Json],
    of_mine: Own,
    of_theirs: Own,
    at: tuple[str, ...],
) -> Iterator[tuple[tuple[str, ...], Json, Json]]:
    for name in (*mine, *(name for name in theirs if name not in mine)):
        here, there = mine.get(name), theirs.get(name)
        path = (*at, name)
        objects = [each for each in (here, there) if isinstance(each, dict)]
        if objects and all(isinstance(each, dict | None) for each in (here, there)):
            yield from _walk(_object(here), _object(there), of_mine, of_theirs, path)
        elif name in MEMBERS and _texts(here) and _texts(there):
            word = MEMBERS[name]
            for member, mine_has, theirs_has in _members(_list(here), _list(there)):
                yield (*at, f"{word} {member}"), mine_has, theirs_has
        elif not _same(name, here, there, of_mine, of_theirs):
            yield path, _shown(name, here), _shown(name, there)


def _same(name: str, here: Json, there: Json, of_mine: Own, of_theirs: Own) -> bool:
    """Whether two values mean the same; empty, null and absent do."""
    here, there = _nothing(here), _nothing(there)
    if _is_credential(name, here) and _is_credential(name, there):
        return True
    if isinstance(here, bool) != isinstance(there, bool):
        return False
    return here == there or of_mine.neutral(name, here) == of_theirs.neutral(name, there)


def _members(here: list[Json], there: list[Json]) -> Iterator[tuple[str, Json, Json]]:
    mine, theirs = [str(each) for each in here], [str(each) for each in there]
    for each in dict.fromkeys((*mine, *theirs)):
        if each not in mine or each not in theirs:
            yield each, THERE if each in mine else None, THERE if each in theirs else None


def _is_credential(name: str, value: Json) -> bool:
    return bool(isinstance(value, str | list) and value and _CREDENTIAL.search(name))


def _shown(name: str, value: Json) -> Json:
    value = _nothing(value)
    if _is_credential(name, value):
        return SET
    if isinstance(value, dict):
        return {key: _shown(key, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shown(name, each) for each in value]
    return scrubbed_values(value)


def _nothing(value: Json) -> Json:
    return None if value in ("", [], {}) else value


def _texts(value: Json) -> bool:
    """Whether it is a list of texts, or nothing."""
    return value is None or (
        isinstance(value, list) and all(isinstance(each, str) for each in value)
    )


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
