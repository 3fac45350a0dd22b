"""One difference between what is declared and what is live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clerkstack.reconcile.names import BILLING_KINDS, section_name
from clerkstack.safe import may_be_secret, safe, shown_url

if TYPE_CHECKING:
    from clerkstack.reconcile import Change, Json


ANOTHER = "another value"


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


def told(each: Difference, *, addresses: bool = False) -> Difference:
    """A difference as it may be shown: without keys, and without values that look like one.

    Where only the parts of an address differ that are left out, that is told.

    Args:
        addresses: leave addresses whole, where a person asked for it.
    """
    declared = safe(each.declared, addresses=addresses)
    live = safe(_without_secrets(each.live, addresses), addresses=addresses)
    if declared == live:
        live = f"{live} (another query: --show-addresses shows it, unless it is set as a secret)"
    return replace(each, declared=declared, live=live)


def _without_secrets(value: Json, addresses: bool) -> Json:
    if isinstance(value, str):
        address = "://" in value
        # What else an address can hold is left out of it when it is shown.
        hide = may_be_secret(shown_url(value) if address else value)
        return ANOTHER if hide and not (address and addresses) else value
    if isinstance(value, list):
        return [_without_secrets(each, addresses) for each in value]
    if isinstance(value, dict):
        return {name: _without_secrets(each, addresses) for name, each in value.items()}
    return value


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
