"""What the billing resource created, and what it found. Groups are those of `billing`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from clerkstack.reconcile.billing import (
    MADE,
    SECTION,
    DeclaredBilling,
    by_kind,
    features_of,
    groups_before,
    slugs_of,
    split,
)
from clerkstack.reconcile.ownership import Past, found_before, joined, revert, undeclared
from clerkstack.reconcile.sharing import Holding, Sharing, shared_of
from clerkstack.shapes import Groups, Json, JsonObject, as_object, as_texts

# Fields of plans and features that are null if they have no value.
CLEARABLE = ("description", "free_trial_days", "jwt_value", "avatar_url")


@dataclass(frozen=True)
class Ledger:
    """The plans and features that were created, and the declared fields as they were found."""

    made: tuple[str, ...] = ()
    before: Groups = field(default_factory=dict)

    @classmethod
    def of(cls, props: Mapping[str, Json]) -> Ledger:
        """Read the ledger in a state or in a record."""
        made = as_object(props.get("made"), f"{SECTION}.made")
        return cls(
            tuple(
                f"{kind}/{slug}"
                for kind in MADE
                for slug in as_texts(made.get(kind), f"made.{kind}")
            ),
            groups_before(props),
        )

    def joined(self, recorded: Ledger) -> Ledger:
        """This ledger plus what an interrupted run recorded."""
        made = dict.fromkeys((*self.made, *recorded.made))
        return Ledger(tuple(made), joined(self.before, recorded.before))

    def extended(self, olds: Groups, desired: Groups, live: Groups) -> Ledger:
        """The ledger after a change from `olds` to `desired`, which creates what `live` lacks."""
        before = found_before(self.before, olds, desired, live)
        new = (group for group in desired if split(group)[0] in MADE and group not in live)
        made = dict.fromkeys((*self.kept(live).made, *new))
        before_ = {group: fields for group, fields in before.items() if group not in made}
        return Ledger(tuple(made), before_)

    def all_made(self, desired: Groups) -> Ledger:
        """The ledger on an instance that this stack created: everything on it is the stack's."""
        return Ledger(
            tuple(group for group in desired if split(group)[0] in MADE),
            {group: of for group, of in self.before.items() if split(group)[0] not in MADE},
        )

    def passed_on(self, sharing: Sharing, desired: Groups) -> Ledger:
        """The ledger with what other stacks added, as if this stack had added it."""
        made, before = sharing.passed_on(self.made, self.before, desired)
        return Ledger(tuple(made), before)

    def left_to(self, sharing: Sharing, desired: Collection[str]) -> Ledger:
        """The ledger without groups that are no longer declared and that others created too."""
        made = (group for group in self.made if group in desired or group not in sharing.made)
        return Ledger(tuple(made), self.before)

    def kept(self, live: Collection[str]) -> Ledger:
        """The ledger without what is no longer live."""
        return Ledger(tuple(group for group in self.made if group in live), self.before)

    def undeclared(self, desired: Collection[str]) -> tuple[str, ...]:
        """What was created and is not declared."""
        return tuple(group for group in self.made if group not in desired)

    def as_props(self) -> JsonObject:
        """The ledger as the state keeps it."""
        made: JsonObject = {kind: [*slugs_of(self.made, kind)] for kind in MADE}
        return {"made": made, "before": by_kind(self.before)}


def past_of(props: Mapping[str, Json]) -> Past:
    """What a state or a record declares, with what was found."""
    declared = as_object(props.get("declared"), f"{SECTION}.declared") or props
    return Past(DeclaredBilling.of(declared).groups, groups_before(props))


def billing_reverts(pasts: Iterable[Past], desired: Groups, live: Groups) -> dict[str, JsonObject]:
    """The fields that earlier runs declared and that are reverted because they are no longer
    desired. Created groups are removed instead; in those that stay, undeclared fields are
    cleared."""
    back: dict[str, JsonObject] = {}
    for past in pasts:
        gone = undeclared(past.declared, desired)
        going: dict[str, JsonObject] = {}
        for group, fields in gone.items():
            if group in past.before:
                going[group] = fields
            elif split(group)[0] in MADE and group in desired:
                going[group] = {name: fields[name] for name in fields if name in CLEARABLE}
        back = joined(back, revert(past.before, going, live))
        back = joined(back, _detached(past, gone, live))
    return back


def _detached(past: Past, gone: Groups, live: Groups) -> dict[str, JsonObject]:
    """The plans that Clerk created after this resource: only what was attached here is removed."""
    detached: dict[str, JsonObject] = {}
    for group, fields in gone.items():
        attached = features_of(fields)
        if attached and split(group)[0] == "defaults" and group not in past.before:
            slugs = slugs_of(attached, "features")
            live_features = slugs_of(features_of(live.get(group, {})), "features")
            detached[group] = {"features": [slug for slug in live_features if slug not in slugs]}
    return detached


def billing_holding(stack: str, since: str, props: JsonObject) -> Holding:
    """A stack's holding of billing, by its properties in the state or in a record."""
    ledger, past = Ledger.of(props), past_of(props)
    made = frozenset(ledger.made)
    return Holding(stack, since, past.declared, made, ledger.before, shared_of(props))


def needed_by_others(group: str, sharing: Sharing) -> list[Holding]:
    """The other stacks that declare a plan or a feature, or a plan with that feature."""
    kind, slug = split(group)
    groups = {group, f"defaults/{slug}"} if kind == "plans" else {group}
    return [
        holding
        for holding in sharing.others
        if groups & holding.declared.keys()
        or any(group in features_of(fields) for fields in holding.declared.values())
    ]
