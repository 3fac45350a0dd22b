"""What one run does to billing: computed once, so that the judged run is the run that is sent.

The preview names the dangers of a run, and the write sends the same run. Both come from what is
desired, what the state and the intent log have, what other stacks have, and what is live.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from clerkstack.reconcile.billing import (
    ENABLED_FOR,
    MADE,
    SECTION,
    SETTINGS,
    TRIAL,
    DeclaredBilling,
    billing_plan,
    live_groups,
    slugs_of,
    split,
    with_plans_to_come,
)
from clerkstack.reconcile.changes import Change
from clerkstack.reconcile.danger import Danger, billing_dangers
from clerkstack.reconcile.ledger import Ledger, billing_reverts, needed_by_others, past_of
from clerkstack.reconcile.ownership import Past, joined
from clerkstack.reconcile.sharing import Holding, Sharing
from clerkstack.reconcile.write import WritePlan
from clerkstack.shapes import Groups, Json, JsonObject, as_object, as_objects

# A run needs two writes at most: the second has what must wait for the first.
WRITES = 2


@dataclass(frozen=True)
class BillingRun:
    """What one run adds to the section, and what it removes. Groups are those of `billing`.

    Attributes:
        desired: what is declared; empty if the resource is removed.
        section: the live section that the run was planned from.
        live: the section as groups.
        ledger: what the stack has created after the run, and what it found.
        back: what is reverted.
        gone: the plans and features that are removed.
        left: those that are no longer declared, removed or not.
        kept: what stays for other stacks.
        of_own: whether the stack has just created the instance: nobody can lose anything there.
        pasts: what the state declared, and then what an interrupted run did.
    """

    desired: Groups
    section: JsonObject
    live: Groups
    ledger: Ledger
    back: Groups
    gone: tuple[str, ...]
    left: tuple[str, ...] = ()
    kept: Mapping[str, list[Holding]] = field(default_factory=dict)
    of_own: bool = False
    pasts: tuple[Past, ...] = ()

    def plan(self, sections: Mapping[str, Json]) -> WritePlan:
        """The next write for a config; see `billing_plan`."""
        live = live_groups(as_object(sections.get(SECTION), SECTION))
        return billing_plan(self.desired, live, back=self.back, gone=self.gone)

    @cached_property
    def after(self) -> JsonObject:
        """The section as the writes leave it, with the plans that Clerk itself creates."""
        left = self._foreseen[1]
        billed = [payer for payer, toggle in ENABLED_FOR.items() if left.get(toggle)]
        live_plans = as_objects(left.get("plans"), f"{SECTION}.plans")
        plans = with_plans_to_come(live_plans, billed, self.section)
        return {**left, "plans": {**plans}} if plans else left

    @cached_property
    def dangers(self) -> list[Danger]:
        """The dangers of all its writes, whoever declared what is removed."""
        return self.dangers_of(self._foreseen[0], self.live)

    def dangers_of(self, changes: Iterable[Change], live: Groups) -> list[Danger]:
        """The dangers of one of its writes, and of what is no longer declared."""
        changes = list(changes)
        if self.of_own:
            return []
        if not self.desired:
            gone = [slug for slug in slugs_of(self.gone, "plans") if f"plans/{slug}" in live]
            return [*map(_removed_with_the_stack, gone), *billing_dangers(changes, live)]
        # What the state or a record declared, and everything else that the writes remove or revert.
        touched = (
            f"{change.path[1]}/{change.path[2]}"
            for change in changes
            if len(change.path) > 2 and change.path[1] in MADE
        )
        of_clerk = {f"plans/{slug}" for slug in slugs_of((*self.desired, *self.back), "defaults")}
        leaving = [
            group
            for group in dict.fromkeys((*self.left, *touched))
            if group in live and group not in self.desired and group not in of_clerk
        ]
        return billing_dangers(changes, live, leaving=leaving)

    @cached_property
    def _foreseen(self) -> tuple[list[Change], JsonObject]:
        """What all writes change, and the section as they leave it."""
        changes: list[Change] = []
        now = self.section
        for _ in range(WRITES):
            plan = self.plan({SECTION: now})
            if not plan:
                break
            changes += plan.changes
            now = _written(now, plan.changes)
        return changes, now


def bringing(
    declared: DeclaredBilling,
    state: JsonObject,
    pending: JsonObject,
    section: JsonObject,
    others: Sharing,
    *,
    made_here: bool,
) -> BillingRun:
    """The run that changes the section to what is declared.

    Args:
        declared: what is declared.
        state: what the state has, with its ledger; empty if it does not have the resource.
        pending: what an interrupted run recorded since.
        section: the live section.
        others: what other stacks have of it.
        made_here: whether the stack created the instance.
    """
    desired, live = declared.groups, live_groups(section)
    pasts = past_of(state), past_of(pending)
    known = joined(pasts[0].declared, pasts[1].declared)
    ledger = Ledger.of(state).joined(Ledger.of(pending)).extended(known, desired, live)
    of_own = made_here and not state
    if of_own:
        ledger = ledger.all_made(desired)
    if others:
        ledger = ledger.passed_on(others, desired)
    left = tuple(
        group
        for group in known
        if split(group)[0] in MADE and group not in desired and not needed_by_others(group, others)
    )
    back = billing_reverts((past for past in pasts if past.declared), desired, live)
    gone, kept, back = _shared_out(ledger, desired.keys(), back, others)
    back = _safe(back, in_production=declared.in_production)
    return BillingRun(desired, section, live, ledger, back, gone, left, kept, of_own, pasts)


def removing(
    props: JsonObject, pending: JsonObject, section: JsonObject, others: Sharing
) -> BillingRun:
    """The run that removes what a stack created and reverts what it changed; `props` are its
    properties in the state, the rest is as in `bringing`."""
    live, ledger = live_groups(section), Ledger.of(props).joined(Ledger.of(pending))
    back = billing_reverts((past_of(props), past_of(pending)), {}, live)
    gone, kept, back = _shared_out(ledger, (), back, others)
    back = _safe(back, in_production=props.get("environment") != "development")
    return BillingRun({}, section, live, ledger, back, gone, kept=kept)


def _shared_out(
    ledger: Ledger, desired: Collection[str], back: Groups, others: Sharing
) -> tuple[tuple[str, ...], dict[str, list[Holding]], dict[str, JsonObject]]:
    """The created groups to remove, those that stay for other stacks, and the fields to revert:
    those that others declare become as they declare them."""
    undeclared = ledger.undeclared(desired)
    holders = {group: needed_by_others(group, others) for group in undeclared}
    gone = tuple(group for group in undeclared if not holders[group])
    kept = {group: of for group, of in holders.items() if of}
    handed = {group: of for group in undeclared if (of := others.handed_over(group))}
    return gone, kept, joined(others.spared(back), handed)


def _safe(back: dict[str, JsonObject], *, in_production: bool) -> dict[str, JsonObject]:
    """What is reverted; in production, free trials never ask for a card, whatever was found."""
    settings = back.get(SETTINGS, {})
    if not in_production or settings.get(TRIAL) is False:
        return back
    return {**back, SETTINGS: {name: to for name, to in settings.items() if name != TRIAL}}


def _removed_with_the_stack(slug: str) -> Danger:
    """The danger of removing a plan; none if nobody has it."""
    effect = "it is removed with the stack"
    return Danger("plans", slug, "remove", effect, (slug,), harmless_without=True)


def _written(section: Mapping[str, Json], changes: Iterable[Change]) -> JsonObject:
    """The section after a write."""
    after: JsonObject = copy.deepcopy(dict(section))
    for change in changes:
        *outer, last = change.path[1:]
        at = after
        for step in outer:
            at[step] = at = as_object(at.get(step), step)
        if change.after is None:
            at.pop(last, None)
        else:
            at[last] = copy.deepcopy(change.after)
    return after
