"""What one write to the instance config carries.

The Platform API merges a PATCH into the config (PlatformPatchConfig), so a write names
only what changes; a null removes, and removing needs `destructive`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from clerkstack.reconcile.changes import Change, Json, JsonObject


@dataclass(frozen=True)
class WritePlan:
    """The changes of one section and whether the write removes anything.

    `unseen` are fields that Clerk takes and never shows again (an OAuth client secret): they
    go into the write, and no read-back can be compared with them.
    """

    changes: tuple[Change, ...]
    unseen: tuple[Change, ...] = ()

    @property
    def body(self) -> JsonObject:
        """The PATCH body: the changed fields, nested as in the config."""
        return nested((*self.changes, *self.unseen))

    @property
    def visible(self) -> WritePlan:
        """The plan without the fields that can't be read back."""
        return WritePlan(self.changes)

    @property
    def destructive(self) -> bool:
        """True where something that exists is set to null."""
        return any(_removes(change.before, change.after) for change in self.changes)

    def __bool__(self) -> bool:
        return bool(self.changes or self.unseen)


def nested(changes: Iterable[Change]) -> JsonObject:
    """The changes as one nested object: `a.b = 1, a.c = 2` → `{a: {b: 1, c: 2}}`."""
    body: JsonObject = {}
    for change in changes:
        target = body
        for key in change.path[:-1]:
            target = _object_in(target, key)
        target[change.path[-1]] = merge_patch(change.before, change.after)
    return body


def merge_patch(before: Json, after: Json) -> Json:
    """What to send so that a merge turns `before` into `after`: a merge removes only by null."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    patch: JsonObject = {
        key: merge_patch(before.get(key), value)
        for key, value in after.items()
        if key not in before or before[key] != value
    }
    return patch | dict.fromkeys(key for key in before if key not in after)


def _removes(before: Json, after: Json) -> bool:
    if isinstance(before, dict) and isinstance(after, dict):
        return any(_removes(value, after.get(key)) for key, value in before.items())
    return after is None and before is not None


def _object_in(target: JsonObject, key: str) -> JsonObject:
    inner: Json = target.setdefault(key, {})
    if not isinstance(inner, dict):
        raise ValueError(f"{key} is changed as a whole and in part")
    return inner
