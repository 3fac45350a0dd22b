"""Sections of the instance config, with Clerk's defaults for fields that the config omits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clerkstack.reconcile.changes import Change
from clerkstack.reconcile.names import OAUTH_PREFIX
from clerkstack.reconcile.ownership import Past
from clerkstack.shapes import Groups, Json, JsonObject, as_object, as_objects, as_texts_by_name

SECRET_INPUT = "client_secret_"
"""The prefix of the properties with the client secrets, before the OAuth provider's name."""
ORGANIZATIONS = "organization_settings"
FORCED = "force_organization_selection"

# What Clerk does if the config does not have the field at all: such values need no write.
DEFAULTS: Groups = {ORGANIZATIONS: {FORCED: False}}


@dataclass(frozen=True)
class DeclaredSections:
    """What a sections resource declares, read from its inputs, a state or an intent record.

    Attributes:
        sections: the declared fields by section.
        before: the values that were found, by section.
        fingerprints: those of the client secrets, by OAuth provider.
        secrets: the client secrets, as fields of their connections.
    """

    sections: dict[str, JsonObject]
    before: dict[str, JsonObject]
    fingerprints: dict[str, str]
    secrets: tuple[Change, ...]

    @classmethod
    def of(cls, props: Mapping[str, Json]) -> DeclaredSections:
        """Read properties. Those that an older version did not write are empty.

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
    """The live sections with Clerk's defaults for fields that the config does not have."""
    whole = dict(sections)
    for section, fields in DEFAULTS.items():
        whole[section] = {**fields, **as_object(sections.get(section), section)}
    return whole


def without_moved(changes: Iterable[Change], state: Groups, interrupted: Groups) -> list[Change]:
    """The changes without the one that undoes a side effect of an interrupted run: it turned
    organizations on, and Clerk then turns `force_organization_selection` on too."""
    before, after = (at.get(ORGANIZATIONS, {}).get("enabled") for at in (state, interrupted))
    moved = after is True and before is not True
    return [change for change in changes if not (moved and change.path == (ORGANIZATIONS, FORCED))]


def with_nothing_to_select(back: Groups) -> None:
    """If organizations are turned off, turn `force_organization_selection` off too: Clerk refuses
    it otherwise."""
    section = back.get(ORGANIZATIONS, {})
    if section.get("enabled") is False:
        section[FORCED] = False
