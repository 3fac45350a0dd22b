"""What a resource found before it came, and how that comes back.

A setting is not made by a stack, it is changed by it. So a resource keeps what it found of each
field it declares (`before`), and puts that back when it no longer declares the field. What it
found without a value is left out of `before`: a null does not outlive the engine's state.

All documents here are groups of fields: sections of the config, or plans and features by slug.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from clerkstack.reconcile.changes import Json, JsonObject, object_at
from clerkstack.reconcile.fields import is_unset, same_value


def joined(one: Mapping[str, Json], other: Mapping[str, Json]) -> JsonObject:
    """The groups of both, and the fields of both in each; those of `other` where both have one."""
    groups = dict.fromkeys((*one, *other))
    return {group: {**object_at(one, group), **object_at(other, group)} for group in groups}


def found_before(
    before: Mapping[str, Json],
    olds: Mapping[str, Json],
    news: Mapping[str, Json],
    live: Mapping[str, Json],
) -> JsonObject:
    """`before` for the fields of `news`: as it was for those that `olds` has, else as `live` is.

    A group that is not in `live`, or null there, is one that the resource makes: it is left out,
    also later, when `live` has it.
    """
    found: JsonObject = {}
    for group, fields in news.items():
        made = group in olds and group not in before
        if made or live.get(group) is None:
            continue
        known, was, now = object_at(olds, group), object_at(before, group), object_at(live, group)
        source = {name: was if name in known else now for name in cast(JsonObject, fields)}
        found[group] = {
            name: at[name] for name, at in source.items() if not is_unset(name, at.get(name))
        }
    return found


def undeclared(olds: Mapping[str, Json], news: Mapping[str, Json]) -> JsonObject:
    """The fields of `olds` that `news` does not declare any more."""
    gone: JsonObject = {}
    for group, fields in olds.items():
        still = object_at(news, group)
        left = {
            name: value for name, value in cast(JsonObject, fields).items() if name not in still
        }
        if left or group not in news:
            gone[group] = left
    return gone


def ways_back(
    runs: Iterable[Mapping[str, Json]],
    kind: str,
    declared: Mapping[str, Json],
    live: Mapping[str, Json],
) -> JsonObject:
    """`way_back` of what each of some runs declared under `kind` and is not declared any more.

    The runs are what the state knows and what an interrupted run noted since: it may or may not
    have come to its write. Each has its own `before`.
    """
    back: JsonObject = {}
    for run in runs:
        gone = undeclared(object_at(run, kind), declared)
        back = joined(back, way_back(object_at(run, "before"), gone, live))
    return back


def way_back(
    before: Mapping[str, Json], declared: Mapping[str, Json], live: Mapping[str, Json]
) -> JsonObject:
    """What to declare so that the declared fields return to `before`.

    Only fields that still have the declared value go back: whoever changed one since keeps what
    they set. A field that is not in `before` goes back to nothing (null).
    """
    back: JsonObject = {}
    for group, fields in declared.items():
        was, now = object_at(before, group), object_at(live, group)
        mine = {
            name: was.get(name)
            for name, value in cast(JsonObject, fields).items()
            if same_value(name, value, now.get(name))
        }
        if mine:
            back[group] = mine
    return back
