"""Field-by-field comparison of a declared document with the live one.

A declared document is a *subset*: keys it does not name are not managed, so they are
neither compared nor changed. `clerkstack.reconcile.fields` knows what a value means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from clerkstack.reconcile.fields import SECRETS, WHOLE, is_unset, same_declared, same_value
from clerkstack.shapes import Json, JsonObject

Path: TypeAlias = "tuple[str, ...]"
Same: TypeAlias = "Callable[[str, Json, Json], bool]"


@dataclass(frozen=True)
class Change:
    """A field that must change.

    `before` is None if the live document does not have the field; `after` is None if the field is
    removed.
    """

    path: Path
    before: Json
    after: Json

    @property
    def name(self) -> str:
        """The dotted path, as messages and reports show it."""
        return ".".join(self.path)

    def __str__(self) -> str:
        if isinstance(self.before, dict) and isinstance(self.after, dict):
            return "; ".join(map(str, _inner(self.before, self.after, self.path)))
        before, after = (_shown(self.path[-1], value) for value in (self.before, self.after))
        return f"{self.name}: {before} → {after}"


def _inner(before: JsonObject, after: JsonObject, at: Path) -> Iterator[Change]:
    """The differences between two objects that each count as one value."""
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
    """The fields of `declared` that differ in `live`, in the declared order.

    A declared null equals an absent live field: neither has a value.
    """
    changes = []
    for key, declared_value in declared.items():
        path = (*at, key)
        live_value = live.get(key)
        if (
            isinstance(declared_value, dict)
            and declared_value
            and isinstance(live_value, dict)
            and key not in WHOLE
        ):
            changes += changes_between(declared_value, live_value, at=path, same=same)
        elif not same(key, declared_value, live_value):
            changes.append(Change(path, live_value, declared_value))
    return changes


def same_document(one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    """Whether two declared documents are equal; null equals absent."""
    return not any(
        changes_between(mine, theirs, same=same_declared)
        for mine, theirs in ((one, other), (other, one))
    )


def not_shown(changes: Iterable[Change], document: Mapping[str, Json]) -> list[Change]:
    """The changes that a document does not show."""
    missing = []
    for change in changes:
        *outer, last = change.path
        at: Json = dict(document)
        for step in outer:
            at = at.get(step) if isinstance(at, dict) else None
        if changes_between({last: change.after}, at if isinstance(at, dict) else {}):
            missing.append(change)
    return missing


def live_view(declared: Mapping[str, Json], live: Mapping[str, Json]) -> JsonObject:
    """The live values of exactly the declared fields, without missing ones.

    A value that means the same keeps its declared form, so that a refresh does not show it as a
    change.
    """
    view: JsonObject = {}
    for key, declared_value in declared.items():
        if key not in live and not is_unset(key, declared_value):
            continue
        live_value = live.get(key)
        if isinstance(declared_value, dict) and isinstance(live_value, dict) and key not in WHOLE:
            view[key] = live_view(declared_value, live_value)
        else:
            is_same = same_value(key, declared_value, live_value)
            view[key] = declared_value if is_same else live_value
    return view


def _shown(name: str, value: Json) -> str:
    if value is None:
        return "nothing"
    if name in SECRETS:
        return "set" if value else "nothing"
    if isinstance(value, dict):
        return "{" + ", ".join(value) + "}"
    return str(value)
