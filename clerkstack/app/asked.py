"""Checks of slugs that nothing has: the false that nobody sees."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from clerkstack.app.agreement import meant
from clerkstack.app.facts import attached_to, payer_of
from clerkstack.app.kinds import KINDS, Kind, named
from clerkstack.reconcile.changes import Json, JsonObject, object_at

if TYPE_CHECKING:
    from clerkstack.app.uses import Use

PAYERS = {"org": "organizations", "user": "users"}
# Clerk's own permissions, on every instance (clerk.com/docs/guides/organizations/control-access/
# roles-and-permissions): `org:sys_…`.
SYSTEM = "org:sys_"
Asked = tuple[Kind, str, str | None]


@dataclass(frozen=True)
class Known:
    """What there is to ask for. Plans are in the spelling of the config."""

    plans: Mapping[str, Json] = field(default_factory=dict)
    features: Collection[str] = ()
    roles: Collection[str] = ()
    permissions: Collection[str] = ()

    def has(self, kind: Kind, slug: str, payer: str | None) -> bool:
        """Whether a check of it can ever be true."""
        if kind == "plan":
            plan = self.plans.get(slug)
            return isinstance(plan, dict) and payer in (None, payer_of(plan))
        if kind == "feature":
            return slug in self.features and (payer is None or payer in self._payers(slug))
        if kind == "role":
            return slug in self.roles
        return slug.startswith(SYSTEM) or slug in self.permissions

    def slugs(self, kind: Kind) -> Collection[str]:
        """All of a kind."""
        of_kind: dict[Kind, Collection[str]] = {
            "plan": self.plans,
            "feature": self.features,
            "role": self.roles,
            "permission": self.permissions,
        }
        return of_kind[kind]

    def _payers(self, feature: str) -> set[str]:
        held = (each for each in self.plans.values() if isinstance(each, dict))
        return {payer_of(each) for each in held if feature in attached_to(each)}


def compact(uses: Iterable[Use]) -> JsonObject:
    """{kind: {slug: first place}} of plans and features, the payer before the slug where the check
    names one: what the billing resource keeps."""
    found: JsonObject = {}
    for each in uses:
        if each.kind in ("plan", "feature"):
            places = cast(JsonObject, found.setdefault(each.kind, {}))
            places.setdefault(_written(each.slug, each.payer), each.where)
    return found


def expanded(uses: Mapping[str, Json]) -> Iterator[tuple[Asked, str]]:
    """What `compact` made, as (kind, slug, payer) with the place."""
    for kind in KINDS:
        for written, where in object_at(uses, kind).items():
            yield (kind, *named(kind, written)), str(where)


def unknown(asked: Asked, where: str, known: Collection[Known], *, live: bool) -> str | None:
    """Why a check can never be true, None where it can.

    Args:
        asked: kind, slug and payer.
        where: the place of the check.
        known: what there is: declared, and on the instance where it was read.
        live: the instance was read.
    """
    kind, slug, payer = asked
    if any(each.has(*asked) for each in known):
        return None
    call = f"{where} asks has({{ {kind}: '{_written(slug, payer)}' }})"
    if any(each.has(kind, slug, None) for each in known):
        other = PAYERS["user" if payer == "org" else "org"]
        which = "is for" if kind == "plan" else "is in plans of"
        return f"{call}, and the {kind} '{slug}' {which} {other}: it answers false for everybody"
    there = dict.fromkeys(each for side in known for each in side.slugs(kind))
    who = f"neither the catalog nor the instance has that {kind}"
    if kind in ("role", "permission"):
        who = f"neither the settings nor the instance has that {kind}"
    if not live:
        source = "the settings do" if kind in ("role", "permission") else "the catalog does"
        who = f"{source} not have that {kind}"
    return f"{call}, and {who}{meant(slug, list(there))}: it answers false for everybody"


def _written(slug: str, payer: str | None) -> str:
    return slug if payer is None else f"{payer}:{slug}"
