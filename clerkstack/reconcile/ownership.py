"""What a resource found, and how it is reverted.

A stack does not create a setting, it changes it. So a resource keeps the value that it found in
each declared field (`before`), and restores it once it no longer declares the field. A field
without a value is left out of `before`, since the engine's state does not keep nulls.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from clerkstack.reconcile.fields import is_unset, same_value
from clerkstack.shapes import Groups, JsonObject


class Past(NamedTuple):
    """What an earlier run declared, and the values that it had found."""

    declared: Groups
    before: Groups


def joined(one: Groups, other: Groups) -> dict[str, JsonObject]:
    """Both merged, group by group and field by field; `other` takes precedence."""
    return {
        group: {**one.get(group, {}), **other.get(group, {})}
        for group in dict.fromkeys((*one, *other))
    }


def found_before(before: Groups, olds: Groups, news: Groups, live: Groups) -> dict[str, JsonObject]:
    """`before` for the fields of `news`: unchanged for those in `olds`, else the value in `live`.

    The resource creates a group that is not in `live`: it is left out, also later, when `live` has
    it.
    """
    result: dict[str, JsonObject] = {}
    for group, fields in news.items():
        made = group in olds and group not in before
        if made or group not in live:
            continue
        known, was, now = olds.get(group, {}), before.get(group, {}), live[group]
        source = {name: was if name in known else now for name in fields}
        result[group] = {
            name: at[name] for name, at in source.items() if not is_unset(name, at.get(name))
        }
    return result


def undeclared(olds: Groups, news: Groups) -> dict[str, JsonObject]:
    """The fields of `olds` that `news` no longer declares."""
    gone: dict[str, JsonObject] = {}
    for group, fields in olds.items():
        still = news.get(group, {})
        left = {name: value for name, value in fields.items() if name not in still}
        if left or group not in news:
            gone[group] = left
    return gone


def reverts(pasts: Iterable[Past], declared: Groups, live: Groups) -> dict[str, JsonObject]:
    """The `revert` of everything that earlier runs declared and that is no longer declared.

    The runs are the one in the state and an interrupted one that was recorded since, which may or
    may not have written anything.
    """
    back: dict[str, JsonObject] = {}
    for past in pasts:
        back = joined(back, revert(past.before, undeclared(past.declared, declared), live))
    return back


def revert(before: Groups, declared: Groups, live: Groups) -> dict[str, JsonObject]:
    """What to write so that the declared fields return to `before`.

    Only fields that still have the declared value are reverted: somebody's later change stays. A
    field that is not in `before` is cleared (null).
    """
    back: dict[str, JsonObject] = {}
    for group, fields in declared.items():
        was, now = before.get(group, {}), live.get(group, {})
        mine = {
            name: was.get(name)
            for name, value in fields.items()
            if same_value(name, value, now.get(name))
        }
        if mine:
            back[group] = mine
    return back
