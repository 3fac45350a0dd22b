"""Finds checks that can never be true because no plan, role or permission has the slug."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clerkstack.app.agreement import meant
from clerkstack.app.facts import attached_to, payer_of
from clerkstack.app.kinds import ACCESS, KINDS, SOLD, Kind, named
from clerkstack.shapes import Json, JsonObject

if TYPE_CHECKING:
    from clerkstack.app.uses import Use

PAYERS = {"org": "organizations", "user": "users"}
# Prefix of Clerk's own permissions. Every instance has those below
# (clerk.com/docs/guides/organizations/control-access/roles-and-permissions).
SYSTEM = "org:sys_"
SYSTEM_PERMISSIONS = frozenset(
    f"{SYSTEM}{each}"
    for each in (
        *("profile:manage", "profile:delete", "memberships:read", "memberships:manage"),
        *("domains:read", "domains:manage", "billing:read", "billing:manage"),
        *("api_keys:read", "api_keys:manage"),
    )
)
Asked = tuple[Kind, str, str | None]


@dataclass(frozen=True)
class Available:
    """The plans, features, roles and permissions that exist once a stack is deployed, as far as
    known.

    Attributes:
        plans: by slug, with the field names of Clerk's config.
        features: by slug, with the field names of Clerk's config.
        payers: the payers with billing turned on: `org`, `user`.
        roles: roles that a member can have.
        permissions: permissions that one of these roles has.
        idle_roles: roles that are in no role set.
        idle_permissions: permissions that no role has.
        open_permissions: permissions that may belong to a role; only the instance shows it.
        listed: whether the permissions are complete; if not, Clerk may have more of its own.
        organizations: whether organizations are on.
    """

    plans: Mapping[str, Json] = field(default_factory=dict)
    features: Mapping[str, Json] = field(default_factory=dict)
    payers: Collection[str] = tuple(PAYERS)
    roles: Collection[str] = ()
    permissions: Collection[str] = ()
    idle_roles: Collection[str] = ()
    idle_permissions: Collection[str] = ()
    open_permissions: Collection[str] = ()
    listed: bool = False
    organizations: bool = True

    def has(self, asked: Asked) -> bool:
        """Return whether a check can be true, as far as known."""
        clerks = asked[0] == "permission" and asked[1].startswith(SYSTEM) and not self.listed
        open_to = clerks or asked[1] in self.open_permissions
        return self.surely_has(asked) or (open_to and self.organizations)

    def surely_has(self, asked: Asked) -> bool:
        """Return whether a check can certainly be true."""
        kind, slug, payer = asked
        if kind == "plan":
            return any(self._pays(each, payer) for each in self._plans_of(slug))
        if kind == "feature":
            return not self._hidden(slug) and any(
                self._pays(each, payer) for each in self._holding(slug)
            )
        if not self.organizations:
            return False
        if kind == "role":
            return slug in self.roles
        return slug in SYSTEM_PERMISSIONS or slug in self.permissions

    def attaches(self, feature: str) -> bool:
        """Return whether any plan includes the feature, even one that nobody can subscribe to."""
        return bool(self._holding(feature))

    def why_not(self, asked: Asked) -> str | None:
        """Return why a check of an existing slug is never true; None if the slug does not exist."""
        kind, slug, payer = asked
        if kind in ACCESS and not self.organizations:
            return "organizations are off"
        if kind == "role" and slug in self.idle_roles:
            return f"the role '{slug}' is in no role set, so nobody can have it"
        if kind == "permission" and slug in self.idle_permissions:
            return f"no role has the permission '{slug}'"
        if kind in ACCESS:
            return None
        plans = self._plans_of(slug) if kind == "plan" else self._holding(slug)
        if not plans:
            there = kind == "feature" and slug in self.features
            return f"no plan has the feature '{slug}'" if there else None
        if not any(payer in (None, payer_of(plan)) for plan in plans):
            other = PAYERS["user" if payer == "org" else "org"]
            which = "is for" if kind == "plan" else "is in plans of"
            return f"the {kind} '{slug}' {which} {other}"
        if kind == "feature" and self._hidden(slug):
            return f"the feature '{slug}' is in no session token (include_in_jwt: false)"
        off = " and ".join(PAYERS[each] for each in PAYERS if each not in self.payers)
        which = "is for" if kind == "plan" else "is in plans of"
        return f"the {kind} '{slug}' {which} {off}, for whom billing is off"

    def slugs(self, kind: Kind) -> Collection[str]:
        """Return all known slugs of a kind."""
        of_kind: dict[Kind, Collection[str]] = {
            "plan": self.plans,
            "feature": self.features,
            "role": self.roles,
            "permission": self.permissions,
        }
        return of_kind[kind]

    def _plans_of(self, slug: str) -> list[JsonObject]:
        plan = self.plans.get(slug)
        return [plan] if isinstance(plan, dict) else []

    def _holding(self, feature: str) -> list[JsonObject]:
        held = (plan for plan in self.plans.values() if isinstance(plan, dict))
        return [each for each in held if feature in attached_to(each)]

    def _pays(self, plan: JsonObject, payer: str | None) -> bool:
        of_plan = payer_of(plan)
        return payer in (None, of_plan) and of_plan in self.payers

    def _hidden(self, feature: str) -> bool:
        """Whether the feature is missing from session tokens, which are all that `has()` reads."""
        fields = self.features.get(feature)
        return isinstance(fields, dict) and fields.get("include_in_jwt") is False


def compact(uses: Iterable[Use], kinds: Collection[Kind] = SOLD) -> dict[str, dict[str, str]]:
    """Return {kind: {slug: first place}} for a resource's inputs. A slug has its payer as a prefix
    if the check names one."""
    found: dict[str, dict[str, str]] = {}
    for use in uses:
        if use.kind in kinds:
            places = found.setdefault(use.kind, {})
            places.setdefault(_written(use.slug, use.payer), use.where)
    return found


def expanded(uses: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[Asked, str]]:
    """Undo `compact`: yield (kind, slug, payer) and the place."""
    for kind in KINDS:
        for written, where in uses.get(kind, {}).items():
            yield (kind, *named(kind, written)), where


def unknown(asked: Asked, where: str | None, known: Available, *, live: bool) -> str | None:
    """Return why a check can never be true; None if it can.

    Args:
        asked: kind, slug and payer.
        where: the place of the check; None for a feature that the app only declares.
        known: what is declared, and what the instance has if it was read.
        live: whether the instance was read.
    """
    kind, slug, payer = asked
    if known.has(asked) or (where is None and known.attaches(slug)):
        return None
    call = f"{where} calls has({{ {kind}: '{_written(slug, payer)}' }})"
    if where is None:
        call = f"the app declares the {kind} '{slug}'"
    why = known.why_not(asked)
    if why is None:
        source = "settings" if kind in ACCESS else "catalog"
        why = f"neither the {source} nor the instance has that {kind}"
        if not live:
            why = f"the {source} {'do' if kind in ACCESS else 'does'} not have that {kind}"
        why += meant(slug, list(known.slugs(kind)))
    answer = "it" if where is not None else f"has({{ {kind}: '{slug}' }})"
    return f"{call}, but {why}: {answer} is false for everybody"


def _written(slug: str, payer: str | None) -> str:
    return slug if payer is None else f"{payer}:{slug}"
