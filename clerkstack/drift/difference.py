"""One difference between what is declared and what is live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clerkstack.reconcile.names import BILLING_KINDS, section_name

if TYPE_CHECKING:
    from clerkstack.reconcile import Change, Json


@dataclass(frozen=True)
class Difference:
    """One field, or a whole thing where `field` is empty.

    `declared` is None where nothing is declared, `live` where nothing is there. Neither ever
    holds a secret.
    """

    thing: str
    field: str
    declared: Json
    live: Json


def of_thing(thing: str, changes: Iterable[Change]) -> Iterator[Difference]:
    """The differences of one thing; the paths of the changes start inside it."""
    for change in changes:
        yield Difference(thing, change.name, change.after, change.before)


def of_config(changes: Iterable[Change]) -> Iterator[Difference]:
    """Differences of the instance config; the paths of the changes start at the section."""
    for change in changes:
        section, *rest = change.path
        thing = section_name(section)
        if section == "billing" and len(rest) > 1 and rest[0] in BILLING_KINDS:
            thing = f"{BILLING_KINDS[rest[0]]} {rest[1]}"
            rest = rest[2:]
        yield Difference(thing, ".".join(rest), change.after, change.before)
