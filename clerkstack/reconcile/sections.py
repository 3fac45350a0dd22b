"""Sections of the instance config as they count, named in the config or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clerkstack.reconcile.changes import Change, Groups, Json, JsonObject
from clerkstack.reconcile.names import OAUTH_PREFIX
from clerkstack.reconcile.ownership import Past
from clerkstack.reconcile.shapes import as_object, as_objects, as_texts_by_name

SECRET_INPUT = "client_secret_"
"""How the properties begin that have a connection's client secret, by its provider."""
ORGANIZATIONS = "organization_settings"
FORCED = "force_organization_selection"

# What Clerk does where the config does not name the field at all: no write is owed for it.
DEFAULTS: Groups = {ORGANIZATIONS: {FORCED: False}}


@dataclass(frozen=True)
class DeclaredSections:
    """What a resource of sections declares, read from its inputs, a state or an intent record.

    Attributes:
        sections: the declared fields by section.
        before: by section, what was found of them.
        fingerprints: of the client secrets, by OAuth provider.
        secrets: the client secrets, as fields of their connections.
    """

    sections: dict[str, JsonObject]
    before: dict[str, JsonObject]
    fingerprints: dict[str, str]
    secrets: tuple[Change, ...]

    @classmethod
    def of(cls, props: Mapping[str, Json]) -> DeclaredSections:
        """Read properties. What an older version did not write is empty.

        Raises:
            Malformed: a part does not have its shape; names the place.
        """
        secrets = (
            Change((oauth_section(name.removeprefix(SECRET_INPUT)), "client_secret"), None, value)
            for name, value in props.items()
            if name.startswith(SECRET_INPUT)
        )
        return cls(
            as_objects(props.get("sections"), "sections"),
            as_objects(props.get("before"), "before"),
            as_texts_by_name(props.get("fingerprints"), "fingerprints"),
            tuple(secrets),
        )

    @property
    def past(self) -> Past:
        """What an earlier run declared and found."""
        return Past(self.sections, self.before)


def oauth_section(provider: str) -> str:
    """The section of an OAuth connection."""
    return f"{OAUTH_PREFIX}{provider}"


def with_defaults(sections: Mapping[str, Json]) -> JsonObject:
    """The live sections with what Clerk does where it names nothing."""
    whole = dict(sections)
    for section, fields in DEFAULTS.items():
        whole[section] = {**fields, **as_object(sections.get(section), section)}
    return whole


def without_moved(changes: Iterable[Change], state: Groups, interrupted: Groups) -> list[Change]:
    """The changes without the one that undoes what an interrupted run moved by the way: it turned
    organizations on, and Clerk forces a selection with that."""
    before, after = (at.get(ORGANIZATIONS, {}).get("enabled") for at in (state, interrupted))
    moved = after is True and before is not True
    return [change for change in changes if not (moved and change.path == (ORGANIZATIONS, FORCED))]


def with_nothing_to_select(back: Groups) -> None:
    """Where organizations go off, nobody is made to select one: Clerk refuses the two together."""
    section = back.get(ORGANIZATIONS, {})
    if section.get("enabled") is False:
        section[FORCED] = False
