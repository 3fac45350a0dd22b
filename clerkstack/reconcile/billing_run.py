"""What one run does to billing: worked out once, so that what is judged is what is sent.

The preview names the dangers of a run, and the write sends the same run. Both are made here from
what is declared, what the state and the notes know, what other stacks have, and what is live.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from clerkstack.reconcile.billing import (
    ENABLED_FOR,
    SECTION,
    TRIAL,
    billing_plan,
    with_plans_to_come,
)
from clerkstack.reconcile.changes import Change, Json, JsonObject, object_at
from clerkstack.reconcile.danger import Danger, billing_dangers
from clerkstack.reconcile.ledger import (
    SETTINGS,
    Ledger,
    handed_over,
    joined_kinds,
    needed_by_others,
    no_longer,
    spared,
)
from clerkstack.reconcile.sharing import Holding, Sharing
from clerkstack.reconcile.write import WritePlan

KEYED = ("plans", "features")
# A run takes two writes at most: what waits for the first one goes with the second one.
WRITES = 2


@dataclass(frozen=True)
class BillingRun:
    """What one run brings of the section, and what it takes away.

    Attributes:
        declared: settings, features, plans and defaults; empty where the resource is removed.
        ledger: what is then made, and what was found.
        back: what goes back to what it was, in the same shape.
        gone: by kind (`plans`, `features`) the slugs that are removed.
        left: by kind the slugs that were declared and are not any more, removed or not.
        kept: what stays for other stacks, by `kind/slug`.
        of_own: whether the stack made the instance just now: nobody can lose anything there.
    """

    declared: JsonObject
    ledger: Ledger
    back: JsonObject
    gone: Mapping[str, tuple[str, ...]]
    left: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kept: Mapping[str, list[Holding]] = field(default_factory=dict)
    of_own: bool = False

    def plan(self, live: Mapping[str, Json]) -> WritePlan:
        """The next write, where the section is so; see `billing_plan`."""
        return billing_plan(
            self.declared,
            live,
            back=self.back,
            removed_plans=self.gone["plans"],
            removed_features=self.gone["features"],
        )

    def changes(self, live: Mapping[str, Json]) -> list[Change]:
        """What all of its writes change."""
        return self._foreseen(live)[0]

    def after(self, live: Mapping[str, Json]) -> JsonObject:
        """The section as its writes leave it, with the plans that Clerk makes by itself."""
        left = self._foreseen(live)[1]
        billed = [payer for payer, toggle in ENABLED_FOR.items() if left.get(toggle)]
        plans = with_plans_to_come(object_at(left, "plans"), billed, live)
        return {**left, "plans": plans} if plans else left

    def dangers(self, live: Mapping[str, Json]) -> list[Danger]:
        """What of it has to be asked for: all of it, whoever declared what goes."""
        return self.dangers_of(self.changes(live), live)

    def dangers_of(self, changes: Iterable[Change], live: Mapping[str, Json]) -> list[Danger]:
        """The dangers of one of its writes, and of what is not declared any more."""
        changes = list(changes)
        if self.of_own:
            return []
        if not self.declared:
            gone = [slug for slug in self.gone["plans"] if slug in object_at(live, "plans")]
            return [*map(_removed_with_the_stack, gone), *billing_dangers(changes, live)]
        leaving = {kind: self._leaving(kind, changes, live) for kind in KEYED}
        return billing_dangers(
            changes, live, leaving_plans=leaving["plans"], leaving_features=leaving["features"]
        )

    def _leaving(self, kind: str, changes: Iterable[Change], live: Mapping[str, Json]) -> list[str]:
        """The live slugs that leave the catalog: what the state or a note declared, and whatever
        else the writes remove or give back."""
        touched = (
            change.path[2]
            for change in changes
            if len(change.path) > 2 and change.path[:2] == (SECTION, kind)
        )
        found = dict.fromkeys([*self.left.get(kind, ()), *touched])
        defaults = {*object_at(self.declared, "defaults"), *object_at(self.back, "defaults")}
        return [
            slug
            for slug in found
            if slug in object_at(live, kind)
            and slug not in object_at(self.declared, kind)
            and (kind != "plans" or slug not in defaults)
        ]

    def _foreseen(self, live: Mapping[str, Json]) -> tuple[list[Change], JsonObject]:
        changes: list[Change] = []
        now = dict(live)
        for _ in range(WRITES):
            plan = self.plan(now)
            if not plan:
                break
            changes += plan.changes
            now = _written(now, plan.changes)
        return changes, now


def bringing(
    inputs: JsonObject,
    olds: JsonObject,
    noted: JsonObject,
    live: JsonObject,
    others: Sharing,
    *,
    made_here: bool,
) -> BillingRun:
    """The run that brings the section to what is declared.

    Args:
        inputs: what is declared.
        olds: what the state has, with its ledger; empty where the resource is not in it.
        noted: what an interrupted run noted since.
        live: the section.
        others: what other stacks have of it.
        made_here: the stack made the instance.
    """
    interrupted = object_at(noted, "declared")
    known = joined_kinds(olds, interrupted)
    ledger = Ledger.of(olds).joined(Ledger.of(noted)).extended(known, inputs, live)
    of_own = made_here and not olds
    if of_own:
        ledger = ledger.all_made(inputs)
    ledger = ledger.passed_on(others, inputs)
    gone, kept = _gone(ledger, inputs, others)
    left = {
        kind: tuple(
            slug
            for slug in object_at(known, kind)
            if slug not in object_at(inputs, kind) and not needed_by_others(kind, slug, others)
        )
        for kind in KEYED
    }
    back = _back(olds, noted, inputs, live, ledger, others)
    return BillingRun(inputs, ledger, _safe(back, inputs), gone, left, kept, of_own)


def removing(props: JsonObject, noted: JsonObject, live: JsonObject, others: Sharing) -> BillingRun:
    """The run that takes away what a stack made and puts back what it changed; `props` are what
    its state has, the rest is as in `bringing`."""
    ledger = Ledger.of(props).joined(Ledger.of(noted))
    gone, kept = _gone(ledger, {}, others)
    back = _back(props, noted, {}, live, ledger, others)
    return BillingRun({}, ledger, _safe(back, props), gone, kept=kept)


def _gone(
    ledger: Ledger, declared: JsonObject, others: Sharing
) -> tuple[dict[str, tuple[str, ...]], dict[str, list[Holding]]]:
    """What was made and is not declared: what goes, and what stays for other stacks."""
    gone: dict[str, tuple[str, ...]] = {}
    kept: dict[str, list[Holding]] = {}
    for kind in KEYED:
        slugs = ledger.undeclared(kind, declared)
        holders = {slug: needed_by_others(kind, slug, others) for slug in slugs}
        gone[kind] = tuple(slug for slug in slugs if not holders[slug])
        kept |= {f"{kind}/{slug}": of for slug, of in holders.items() if of}
    return gone, kept


def _back(
    olds: JsonObject,
    noted: JsonObject,
    inputs: JsonObject,
    live: JsonObject,
    ledger: Ledger,
    others: Sharing,
) -> JsonObject:
    """What goes back of what the state declares, and of what an interrupted run declared; what
    others declare becomes as they declare it."""
    back: JsonObject = {}
    for known, declared in (
        (Ledger.of(olds), olds),
        (Ledger.of(noted), object_at(noted, "declared")),
    ):
        went = known.way_back(no_longer(declared, inputs), live, still=inputs)
        back = joined_kinds(back, went)
    gone = {kind: ledger.undeclared(kind, inputs) for kind in KEYED}
    return joined_kinds(spared(back, others), handed_over(gone, others))


def _safe(back: JsonObject, props: JsonObject) -> JsonObject:
    """What goes back, in production without a card for free trials, whatever was there before."""
    settings = object_at(back, SETTINGS)
    if props.get("environment") == "development" or settings.get(TRIAL) is False:
        return back
    return {**back, SETTINGS: {name: to for name, to in settings.items() if name != TRIAL}}


def _removed_with_the_stack(slug: str) -> Danger:
    """The removal of a plan, which costs nobody anything where nobody has it."""
    gone = "it is removed with the stack"
    return Danger("plans", slug, "remove", gone, (slug,), harmless_without=True)


def _written(section: Mapping[str, Json], changes: Iterable[Change]) -> JsonObject:
    """The section after a write."""
    after: JsonObject = copy.deepcopy(dict(section))
    for change in changes:
        *outer, last = change.path[1:]
        at = after
        for step in outer:
            at = cast(JsonObject, at.setdefault(step, {}))
        if change.after is None:
            at.pop(last, None)
        else:
            at[last] = copy.deepcopy(change.after)
    return after
