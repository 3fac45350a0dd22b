"""Field-by-field comparison of a declared document with the live one.

A declared document is a *subset*: keys it does not name are not managed, so they are
neither compared nor changed. Lists named in `SETS` are sets to Clerk (the order in which
an instance returns a plan's features carries no meaning), every other list is ordered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"
Path: TypeAlias = "tuple[str, ...]"

SETS = frozenset({"features", "permissions", "events", "domains_enrollment_modes"})
# Objects that are one value: declared as a whole, compared as a whole, sent as a whole.
WHOLE = frozenset({"claims"})


@dataclass(frozen=True)
class Change:
    """One field that has to change.

    `before` is None where the live document does not have the field; `after` is None
    where the field is to be removed.
    """

    path: Path
    before: Json
    after: Json

    @property
    def name(self) -> str:
        """The dotted path, as error messages and reports show it."""
        return ".".join(self.path)

    def __str__(self) -> str:
        if isinstance(self.before, dict) and isinstance(self.after, dict):
            return "; ".join(map(str, _inner(self.before, self.after, self.path)))
        return f"{self.name}: {_shown(self.before)} → {_shown(self.after)}"


def _inner(before: JsonObject, after: JsonObject, at: Path) -> Iterator[Change]:
    """What differs between two objects that are each one value."""
    for key in (*after, *(key for key in before if key not in after)):
        was, now = before.get(key), after.get(key)
        if isinstance(was, dict) and isinstance(now, dict):
            yield from _inner(was, now, (*at, key))
        elif was != now:
            yield Change((*at, key), was, now)


def changes_between(
    declared: Mapping[str, Json], live: Mapping[str, Json], *, at: Path = ()
) -> list[Change]:
    """The fields of `declared` that `live` shows differently, in the order declared.

    A declared null and an absent live field are the same: neither has a value.
    """
    return list(_walk(declared, live, at))


def _walk(declared: Mapping[str, Json], live: Mapping[str, Json], at: Path) -> Iterator[Change]:
    for key, wanted in declared.items():
        path = (*at, key)
        found = live.get(key)
        if isinstance(wanted, dict) and wanted and isinstance(found, dict) and key not in WHOLE:
            yield from _walk(wanted, found, path)
        elif not same_value(key, wanted, found):
            yield Change(path, found, wanted)


def same_value(key: str, wanted: Json, found: Json) -> bool:
    """Whether two values of the field `key` mean the same to Clerk."""
    if isinstance(wanted, list) and isinstance(found, list) and key in SETS:
        return sorted(map(str, wanted)) == sorted(map(str, found))
    if isinstance(wanted, dict) and isinstance(found, dict) and key not in WHOLE:
        # Reached with an empty `wanted` only: an object in which nothing is managed.
        return True
    if isinstance(wanted, bool) != isinstance(found, bool):
        return False
    return wanted == found


def same_document(one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    """Whether two declared documents say the same; null and absent are the same."""
    return not changes_between(one, other) and not changes_between(other, one)


def not_shown(changes: Iterable[Change], document: Mapping[str, Json]) -> list[Change]:
    """Those of the changes after which a document does not look as if they were made."""
    lost = []
    for change in changes:
        *outer, last = change.path
        at: Json = dict(document)
        for step in outer:
            at = at.get(step) if isinstance(at, dict) else None
        if changes_between({last: change.after}, at if isinstance(at, dict) else {}):
            lost.append(change)
    return lost


def live_view(declared: Mapping[str, Json], live: Mapping[str, Json]) -> JsonObject:
    """The live values of exactly the fields that are declared; what is missing is left out.

    Lists that are sets keep the declared order where they hold the same members, so that a
    refresh shows no change where there is none.
    """
    view: JsonObject = {}
    for key, wanted in declared.items():
        if key not in live:
            continue
        found = live[key]
        if isinstance(wanted, dict) and isinstance(found, dict) and key not in WHOLE:
            view[key] = live_view(wanted, found)
        else:
            view[key] = wanted if same_value(key, wanted, found) else found
    return view


def whole_numbers(value: Json) -> Json:
    """Numbers that crossed the engine come back as floats; cents and days are whole again."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [whole_numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: whole_numbers(item) for key, item in value.items()}
    return value


def object_at(document: Mapping[str, Json], key: str) -> JsonObject:
    """`document[key]` where it is an object, else an empty one."""
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _shown(value: Json) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "{" + ", ".join(value) + "}"
    return str(value)
