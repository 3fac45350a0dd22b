"""Billing settings, features, plans and attachments as one resource and one atomic write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi

from clerkstack.clients.errors import ApiError, NotFound, Unreachable
from clerkstack.desired.refusals import (
    billing_refusals,
    live_refusals,
    payer_refusals,
    unanswered,
    undeclared_uses,
    unknown_uses,
    without_places,
)
from clerkstack.failures import ResourceFailed, plainly
from clerkstack.notices import notice
from clerkstack.providers.base import (
    InstanceRef,
    Noted,
    ResourceRef,
    inputs_of,
    mark_of,
)
from clerkstack.providers.neighbours import report_kept
from clerkstack.providers.shared import anything_was_read
from clerkstack.providers.write_protocol import Run, Write, WritingProvider
from clerkstack.reconcile.app_says import app_says
from clerkstack.reconcile.billing import (
    ENABLED_FOR,
    KINDS,
    SECTION,
    SETTINGS,
    TRIAL,
    DeclaredBilling,
    billing_plan,
    billing_view,
    in_config,
    live_groups,
    missing_defaults,
    slugs_of,
    split,
)
from clerkstack.reconcile.billing_run import BillingRun, bringing, removing
from clerkstack.reconcile.danger import Danger
from clerkstack.reconcile.ledger import Ledger, billing_holding
from clerkstack.reconcile.names import BILLING_KINDS
from clerkstack.reconcile.previewed import unpreviewed
from clerkstack.reconcile.sharing import Holding, Sharing
from clerkstack.reconcile.write import WritePlan
from clerkstack.shapes import Json, JsonObject, as_object, as_objects

KEEP = (
    "Nothing was written. To stop managing billing and leave it on the instance unchanged: "
    "pulumi config set --path clerkstack:allow.billingLeft true, then pulumi up; a destroy reads "
    "the settings of the last update. To remove billing, first remove the checks from the app's "
    "code, and run pulumi up with that code."
)
"""What to do if an app would lose something that it checks."""


class BillingProvider(WritingProvider):
    """Reconciles the section `billing` of the instance config."""

    kind: ClassVar[str] = "Billing"
    part: ClassVar[str] = SECTION
    ledger: ClassVar[Collection[str]] = ("made", "before")
    asks_made_here: ClassVar[bool] = True

    def holding(self, stack: str, since: str, props: JsonObject) -> Holding:
        """Plans, features and toggles by `kind/slug`."""
        return billing_holding(stack, since, props)

    def recorded_since(self, _props: JsonObject) -> JsonObject:
        """The ledger, and the mark of the earlier record."""
        return {**Ledger.of(_props).as_props(), **mark_of(_props)}

    def group_name(self, group: str) -> str:
        """`plan pro`, `feature sso`, the settings."""
        kind, slug = split(group)
        if group == SETTINGS:
            return "the billing settings"
        return f"{BILLING_KINDS.get(kind, BILLING_KINDS['plans'])} {slug}"

    def refusals(self, _inputs: JsonObject) -> Iterable[tuple[str, str]]:
        """Plans that nobody could buy, the two deploys that must never reach production, and checks
        in the app's code that would be false for everybody."""
        declared = DeclaredBilling.of(_inputs)
        reasons = [*billing_refusals(declared), *self._asked_in_vain(_inputs, declared)]
        # Without a property: the engine would print its value, the whole catalog, with the reason.
        return (("", why) for why in reasons)

    def compared(self, inputs: JsonObject) -> JsonObject:
        """All inputs; a check that only moved in the app's code is not a change."""
        return without_places(inputs)

    def dangers(self, _inputs: JsonObject, _olds: JsonObject) -> Iterable[Danger]:
        """Removed plans and features, changed prices and attachments, and toggles, in the run that
        `bring` would make."""
        return self._checked(_inputs, _olds).dangers

    def unmet(self, _inputs: JsonObject, _olds: JsonObject) -> Iterable[str]:
        """What Clerk cannot change, and checks in the app's code that would be false afterwards."""
        declared = DeclaredBilling.of(_inputs)
        yield from payer_refusals(declared, self.live(self.ref(_inputs).instance))
        if declared.in_production and undeclared_uses(declared):
            yield from unknown_uses(declared, self._checked(_inputs, _olds).after)

    def taken_away(self, _inputs: JsonObject, _state: JsonObject) -> Iterable[str]:
        """Plans and features that production's code checks."""
        declared = DeclaredBilling.of(_inputs)
        if not declared.in_production or not undeclared_uses(declared):
            return []
        return unknown_uses(declared, self.after(_inputs, _state))

    def after(self, inputs: JsonObject, state: JsonObject) -> JsonObject:
        """The section as an update leaves it; `state` has the ledger."""
        return self._foreseen(inputs, state, self.sharing(self.ref(inputs), state)).after

    def unchanged(self, _inputs: JsonObject) -> Iterable[str]:
        """What is wrong on a production instance and not changed by this run, if the run has
        already read the config."""
        if not self.ref(_inputs).instance.is_production or not anything_was_read():
            return
        known = self.document(self.ref(_inputs).instance).known
        if known is not None:
            yield from live_refusals(DeclaredBilling.of(_inputs), _section_of(known))

    @contextmanager
    def planned(self, run: Run) -> Iterator[Write]:
        """See `WritingProvider`."""
        section, declared = self.live(run.ref.instance), DeclaredBilling.of(run.inputs)
        made_here = run.ref.made_instance()
        planned = bringing(
            declared, run.state, run.pending, section, run.others, made_here=made_here
        )
        before, interrupted = (past.declared for past in planned.pasts)
        for slug in slugs_of(before, "plans"):
            group = f"plans/{slug}"
            if group not in planned.desired and group not in Ledger.of(run.state).made:
                notice(f"the plan '{slug}' existed before this stack: it stays on sale unchanged")
        owed = billing_plan(planned.desired, planned.live).changes
        known = in_config(before), in_config(interrupted)
        unmet = [*payer_refusals(declared, section)]
        if declared.in_production:
            unmet += unknown_uses(declared, planned.after)
        # Billing is already on for their payer, so no write creates these plans.
        unmet += _missing(
            [
                slug
                for slug in missing_defaults(planned.desired.keys(), planned.live)
                if section.get(ENABLED_FOR[declared.payers[slug]])
            ]
        )
        recorded: JsonObject = {kind: run.inputs.get(kind, {}) for kind in KINDS}
        yield _BillingWrite(
            surprises=[*map(str, unpreviewed(owed, *known))],
            unmet=unmet,
            facts={**planned.ledger.as_props(), "declared": recorded},
            provider=self,
            run=run,
            planned=planned,
        )

    def refreshed(self, props: JsonObject) -> JsonObject:
        """See `ClerkProvider`."""
        live = self.live(self.ref(props).instance, fresh=True)
        return {**props, **billing_view(props, live)}

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove what this resource created and revert what it changed, in one write."""
        props = inputs_of(_props)
        if not self.left and self._replaced(props):
            notice("billing stays unchanged: another resource of this stack manages it")
        else:
            super().delete(_id, _props)

    def remove(self, props: JsonObject) -> None:
        """See `WritingProvider`."""
        if self.left:
            notice(
                f"billing stays on the {props['environment']} instance unchanged, and no "
                "stack manages it"
            )
            return
        run = self.removal(props, self.live(self.ref(props).instance))
        in_vain = self.lost(props, run)
        if in_vain:
            raise ResourceFailed("\n".join((*in_vain, KEEP)))
        self.stop_for_danger(self.ref(props), self.dangers_of_removal(props, run))
        kept = {group: of for group, of in run.kept.items() if group in run.live}
        report_kept(kept, self.group_name)
        left = live_groups(self.write(self.ref(props), run))
        for slug in slugs_of(run.gone, "features"):
            if f"features/{slug}" in left:
                notice(
                    f"the feature '{slug}' stays: a plan that this stack did not create includes it"
                )
        if self.ref(props).instance.is_production and run.ledger.before.get(SETTINGS, {}).get(
            TRIAL
        ):
            notice(f"{TRIAL} stays off: in production, no trial may ask for a card")

    def _replaced(self, props: JsonObject) -> bool:
        """Whether this run replaced the resource that is being removed: each write has its own
        mark."""
        self.session.neighbourhood.look_again()
        now = self.sharing(self.ref(props), props, removing=True).state
        return bool(now) and now.get("noted") != props.get("noted")

    @property
    def left(self) -> bool:
        """Whether billing that is no longer declared stays as it is."""
        return self._allowed.billing_left

    def removal(self, props: JsonObject, live: JsonObject) -> BillingRun:
        """The run that removes this stack's billing; `props` are its properties in the state."""
        ref = self.ref(props)
        others = self.sharing(ref, props, removing=True)
        return removing(props, self.pending(ref, props), live, others)

    def lost(self, props: JsonObject, run: BillingRun) -> list[str]:
        """What a run removes although production's code checks it, according to the state."""
        if not self.ref(props).instance.is_production:
            return []
        app = app_says(props.get("app"))
        before = set(unanswered(app, run.section))
        return [reason for reason in unanswered(app, run.after) if reason not in before]

    def dangers_of_removal(self, props: JsonObject, run: BillingRun) -> list[Danger]:
        """The dangers of a removal. Removing a development stack implies turning its toggles
        off."""
        return [
            danger
            for danger in run.dangers
            if danger.group != "toggles" or self.ref(props).instance.is_production
        ]

    def write(self, ref: ResourceRef, run: BillingRun) -> JsonObject:
        """Reconcile the section and return it. Each write is judged just before it is sent."""

        def judge(plan: WritePlan, sections: Mapping[str, Json]) -> None:
            # No write may make production's trials ask for a card, whatever led to it.
            if ref.instance.is_production and any(
                change.path == (SECTION, TRIAL) and change.after is not False
                for change in plan.changes
            ):
                raise ResourceFailed(
                    f"This would turn {TRIAL} on for the production instance of "
                    f"{ref.instance.application_id}, and free trials would ask for a card. Nothing "
                    "was written. Set clerkstack:billing.freeTrialRequiresPaymentMethod to false."
                )
            dangers = run.dangers_of(plan.changes, live_groups(_section_of(sections)))
            if not run.desired and not ref.instance.is_production:
                dangers = [danger for danger in dangers if danger.group != "toggles"]
            # If `check` could not read the instance, the write is the first to judge.
            named = not run.desired or ref.id not in self.session.unjudged
            self.stop_for_danger(ref, dangers, named=named)

        return _section_of(self.document(ref.instance).reconcile(run.plan, judge))

    def live(self, ref: InstanceRef, *, fresh: bool = False) -> JsonObject:
        """The live section."""
        return _section_of(self.document(ref).sections(fresh=fresh))

    def _checked(self, inputs: JsonObject, olds: JsonObject) -> BillingRun:
        """The run that `bring` would make, as far as `check` can know: it gets the earlier inputs,
        and the backend has the rest of the state."""
        others = self.sharing(self.ref(inputs), olds)
        return self._foreseen(inputs, others.state or olds if olds else {}, others)

    def _foreseen(self, inputs: JsonObject, state: JsonObject, others: Sharing) -> BillingRun:
        ref, declared = self.ref(inputs), DeclaredBilling.of(inputs)
        section, here = self.live(ref.instance), ref.made_instance()
        return bringing(declared, state, self.pending(ref, state), section, others, made_here=here)

    def _asked_in_vain(self, inputs: JsonObject, declared: DeclaredBilling) -> list[str]:
        """What production's code checks and neither the stack nor the instance has."""
        if not declared.in_production or not undeclared_uses(declared):
            return []
        try:
            return unknown_uses(declared, self.live(self.ref(inputs).instance))
        except NotFound:
            return unknown_uses(declared, {})  # there is no instance yet, so it has nothing else
        except (ApiError, Unreachable) as failure:
            notice(
                "what the app asks for cannot be checked now; it will be checked before a "
                f"write. {failure}"
            )
            return []


@dataclass
class _BillingWrite:
    """The one write to the section, or two; see `Write`."""

    surprises: Sequence[str]
    unmet: Sequence[str]
    facts: JsonObject
    provider: BillingProvider
    run: Run
    planned: BillingRun
    reached: JsonObject = field(default_factory=dict)

    def left(self) -> JsonObject | None:
        now = self.provider.live(self.run.ref.instance, fresh=True)
        if now == self.planned.section:
            return None
        # A refused group was not created: somebody else may create it before the next run.
        live = live_groups(now)
        inputs = self.run.inputs
        declared: JsonObject = {"settings": inputs.get("settings", {})}
        for kind in KINDS[1:]:
            groups = as_objects(inputs.get(kind), f"{SECTION}.{kind}").items()
            declared[kind] = {slug: of for slug, of in groups if f"{kind}/{slug}" in live}
        return {**self.planned.ledger.kept(live).as_props(), "declared": declared}

    def send(self) -> None:
        self.reached = self.provider.write(self.run.ref, self.planned)

    def outputs(self) -> JsonObject:
        planned, live = self.planned, live_groups(self.reached)
        lacking = _missing(missing_defaults(planned.desired.keys(), live))
        if lacking:
            raise ResourceFailed("\n".join(lacking))
        _report_switched_off(planned.section, self.reached)
        kept = planned.ledger.kept(live)
        return kept.left_to(self.run.others, planned.desired.keys()).as_props()


class Billing(Noted, module="clerkstack", name="Billing"):
    """Plans, features, attachments and toggles of Clerk Billing on one instance."""

    def __init__(
        self,
        resource_name: str,
        *,
        application_id: str,
        environment: str,
        settings: JsonObject,
        gateway: str,
        features: JsonObject,
        plans: JsonObject,
        defaults: JsonObject,
        app: JsonObject | None,
        catalog: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the section; `clerkstack.desired.billing` has the shapes."""
        super().__init__(
            BillingProvider(),
            resource_name,
            {
                "application_id": application_id,
                "environment": environment,
                "settings": settings,
                "gateway": gateway,
                "features": features,
                "plans": plans,
                "defaults": defaults,
                "app": app or {},
                "catalog": catalog,
            },
            opts,
        )


def _missing(lacking: Sequence[str]) -> list[str]:
    if not lacking:
        return []
    return [
        f"The catalog marks {', '.join(lacking)} as the plan that Clerk itself creates, but "
        "this instance has no plan with that slug. Clerk calls them free_org and free_user: "
        "use the slug that the dashboard page Billing → Plans shows, or remove `default: "
        "true`."
    ]


def _report_switched_off(before: JsonObject, after: JsonObject) -> None:
    """Report the plan of Clerk's own that stays after billing was turned off for a payer."""
    for payer, toggle in ENABLED_FOR.items():
        if before.get(toggle) is True and after.get(toggle) is False:
            own = f"free_{payer}"
            if f"plans/{own}" in live_groups(after):
                notice(
                    f"the plan '{own}' stays on the instance: Clerk created it when billing "
                    "was turned on. Nobody has it any more, so a check of it is false."
                )


def _section_of(sections: Mapping[str, Json]) -> JsonObject:
    return as_object(sections.get(SECTION), SECTION)
