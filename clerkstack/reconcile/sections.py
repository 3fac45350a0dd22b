"""Sections of the instance config as they count, named in the config or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clerkstack.reconcile.changes import Change, Groups, Json, JsonObject, object_at

ORGANIZATIONS = "organization_settings"
FORCED = "force_organization_selection"

# What Clerk does where the config does not name the field at all: no write is owed for it.
DEFAULTS: Groups = {ORGANIZATIONS: {FORCED: False}}


def with_defaults(sections: Mapping[str, Json]) -> JsonObject:
    """The live sections with what Clerk does where it names nothing."""
    whole = dict(sections)
    for section, fields in DEFAULTS.items():
        whole[section] = {**fields, **object_at(sections, section)}
    return whole


def without_moved(changes: Iterable[Change], state: Groups, interrupted: Groups) -> list[Change]:
    """The changes without the one that undoes what an interrupted run moved by the way: it turned
    organizations on, and Clerk forces a selection with that."""
    before, after = (at.get(ORGANIZATIONS, {}).get("enabled") for at in (state, interrupted))
    moved = after is True and before is not True
    return [each for each in changes if not (moved and each.path == (ORGANIZATIONS, FORCED))]


def with_nothing_to_select(back: Groups) -> None:
    """Where organizations go off, nobody is made to select one: Clerk refuses the two together."""
    section = back.get(ORGANIZATIONS, {})
    if section.get("enabled") is False:
        section[FORCED] = False
