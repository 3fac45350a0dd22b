"""Field-by-field comparison of a declared document with the live one.

A declared document is a *subset*: keys it does not name are not managed, so they are
neither compared nor changed. What a value means, `clerkstack.reconcile.fields` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from clerkstack.reconcile.fields import SECRETS, WHOLE, is_unset, same_declared, same_value
from clerkstack.reconcile.fields import Json as Json  # part of every document

JsonObject: TypeAlias = "dict[str, Json]"
Groups: TypeAlias = "Mapping[str, JsonObject]"
"""Fields by the name of what has them: a section of the config, a role, `plans/pro`."""
Path: TypeAlias = "tuple[str, ...]"
Same: TypeAlias = "Callable[[str, Json, Json], bool]"


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
        before, after = (_shown(self.path[-1], value) for value in (self.before, self.after))
        return f"{self.name}: {before} → {after}"


def _inner(before: JsonObject, after: JsonObject, at: Path) -> Iterator[Change]:
    """What differs between two objects that are each one value."""
    for key in (*after, *(key for key in before if key not in after)):
        was, now = before.get(key), after.get(key)
        if isinstance(was, dict) and isinstance(now, dict):
            yield from _inner(was, now, (*at, key))
        elif was != now:
            yield Change((*at, key), was, now)


def changes_between(
    declared: Mapping[str, Json],
    live: Mapping[str, Json],
    *,
    at: Path = (),
    same: Same = same_value,
) -> list[Change]:
    """The fields of `declared` that `live` shows differently, in the order declared.

    A declared null and an absent live field are the same: neither has a value.
    """
    changes = []
    for key, wanted in declared.items():
        path = (*at, key)
        found = live.get(key)
        if isinstance(wanted, dict) and wanted and isinstance(found, dict) and key not in WHOLE:
            changes += changes_between(wanted, found, at=path, same=same)
        elif not same(key, wanted, found):
            changes.append(Change(path, found, wanted))
    return changes


def same_document(one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    """Whether two declared documents say the same; null and absent are the same."""
    return not any(
        changes_between(mine, theirs, same=same_declared)
        for mine, theirs in ((one, other), (other, one))
    )


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

    A value that means the same keeps the declared form, so that a refresh shows no change where
    there is none.
    """
    view: JsonObject = {}
    for key, wanted in declared.items():
        if key not in live and not is_unset(key, wanted):
            continue
        found = live.get(key)
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


def groups_in(document: Mapping[str, Json]) -> dict[str, JsonObject]:
    """The groups of fields in a document; what is no object is left out."""
    return {name: fields for name, fields in document.items() if isinstance(fields, dict)}


def _shown(name: str, value: Json) -> str:
    if value is None:
        return "nothing"
    if name in SECRETS:
        return "set" if value else "nothing"
    if isinstance(value, dict):
        return "{" + ", ".join(value) + "}"
    return str(value)
