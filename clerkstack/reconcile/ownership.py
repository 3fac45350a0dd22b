"""What a resource found before it came, and how that is reverted.

A stack does not make a setting, it changes it. So a resource keeps what it found of each field that
it declares (`before`), and restores that once it no longer declares the field. A field that was
found without a value is left out of `before`: a null does not outlive the engine's state.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from clerkstack.reconcile.changes import Groups, JsonObject
from clerkstack.reconcile.fields import is_unset, same_value


class Past(NamedTuple):
    """What an earlier run declared, and what it had found of that."""

    declared: Groups
    before: Groups


def joined(one: Groups, other: Groups) -> dict[str, JsonObject]:
    """The groups of both, and the fields of both in each; those of `other` if both have one."""
    return {
        group: {**one.get(group, {}), **other.get(group, {})}
        for group in dict.fromkeys((*one, *other))
    }


def found_before(before: Groups, olds: Groups, news: Groups, live: Groups) -> dict[str, JsonObject]:
    """`before` for the fields of `news`: as it was for those that `olds` has, else as `live` is.

    A group that is not in `live` is one that the resource makes: it is left out, also later, when
    `live` has it.
    """
    found: dict[str, JsonObject] = {}
    for group, fields in news.items():
        made = group in olds and group not in before
        if made or group not in live:
            continue
        known, was, now = olds.get(group, {}), before.get(group, {}), live[group]
        source = {name: was if name in known else now for name in fields}
        found[group] = {
            name: at[name] for name, at in source.items() if not is_unset(name, at.get(name))
        }
    return found


def undeclared(olds: Groups, news: Groups) -> dict[str, JsonObject]:
    """The fields of `olds` that `news` does not declare any more."""
    gone: dict[str, JsonObject] = {}
    for group, fields in olds.items():
        still = news.get(group, {})
        left = {name: value for name, value in fields.items() if name not in still}
        if left or group not in news:
            gone[group] = left
    return gone


def reverts(pasts: Iterable[Past], declared: Groups, live: Groups) -> dict[str, JsonObject]:
    """The `revert` of everything that earlier runs declared and is not declared any more.

    The runs are what the state knows and what an interrupted run recorded since, which may or may
    not have written it.
    """
    back: dict[str, JsonObject] = {}
    for past in pasts:
        back = joined(back, revert(past.before, undeclared(past.declared, declared), live))
    return back


def revert(before: Groups, declared: Groups, live: Groups) -> dict[str, JsonObject]:
    """What to write so that the declared fields return to `before`.

    Only fields that still have the declared value are reverted: whoever changed one since keeps
    what they set. A field that is not in `before` is cleared (null).
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
