"""The body of a write to the instance config.

The Platform API merges a PATCH into the config (PlatformPatchConfig), so a write names only what
changes. A null removes a field, and needs `destructive`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from clerkstack.reconcile.changes import Change, Path
from clerkstack.reconcile.fields import same_value, sent
from clerkstack.shapes import Json, JsonObject, as_object


@dataclass(frozen=True)
class WritePlan:
    """The changes of a write, and whether it removes anything.

    `unseen` are fields that Clerk never shows again (an OAuth client secret): they are part of the
    write, and a read-back shows only whether they are set.
    """

    changes: tuple[Change, ...]
    unseen: tuple[Change, ...] = ()

    @cached_property
    def body(self) -> JsonObject:
        """The PATCH body, nested as in the config: `a.b = 1, a.c = 2` → `{a: {b: 1, c: 2}}`."""
        body: JsonObject = {}
        for change in (*self.changes, *self.unseen):
            *outer, name = change.path
            target = body
            for key in outer:
                inner = target.setdefault(key, {})
                if not isinstance(inner, dict):
                    raise ValueError(f"{key} is changed as a whole and in part")
                target = inner
            target[name] = sent(name, merge_patch(change.before, change.after))
        return body

    def after(self, sections: Mapping[str, Json]) -> WritePlan:
        """The plan after the write: without the fields that Clerk never shows."""
        missing = (change for change in self.unseen if _is_missing(change, sections))
        return WritePlan(self.changes, tuple(missing))

    @property
    def destructive(self) -> bool:
        """Whether something is set to null."""
        return _has_null(self.body)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The fields that it writes."""
        return tuple(change.path for change in (*self.changes, *self.unseen))

    def __bool__(self) -> bool:
        return bool(self.changes or self.unseen)


def merge_patch(before: Json, after: Json) -> Json:
    """What to send so that a merge turns `before` into `after`; a merge removes only by null."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    patch: JsonObject = {
        key: merge_patch(before.get(key), value)
        for key, value in after.items()
        if key not in before or before[key] != value
    }
    return patch | dict.fromkeys(key for key in before if key not in after)


def _has_null(value: Json) -> bool:
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    return value is None


def _is_missing(change: Change, sections: Mapping[str, Json]) -> bool:
    """Whether the sections show that a secret is not set or unset as it was sent."""
    *outer, name = change.path
    holder: JsonObject = dict(sections)
    for step in outer:
        holder = as_object(holder.get(step), change.name)
    return name in holder and not same_value(name, change.after, holder[name])
