"""Billing settings, features, plans and attachments as one resource and one atomic write."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from clerkstack.clients.errors import ApiError, NotFound, Unreachable
from clerkstack.declared.refusals import (
    billing_refusals,
    live_refusals,
    payer_refusals,
    unanswered,
    undeclared_uses,
    unknown_uses,
    without_places,
)
from clerkstack.failures import ResourceFailed, plainly
from clerkstack.intent_log import IntentLog, made_here
from clerkstack.notices import notice
from clerkstack.providers.base import (
    ClerkProvider,
    Noted,
    inputs_of,
    kept_out,
    mark_of,
    resource_id,
    stack_of,
    stop_unless_previewed,
)
from clerkstack.providers.neighbours import tell_left
from clerkstack.providers.shared import anything_was_read
from clerkstack.reconcile import Json, JsonObject, WritePlan
from clerkstack.reconcile.billing import (
    ENABLED_FOR,
    SECTION,
    TRIAL,
    billing_known,
    billing_plan,
    billing_view,
    missing_defaults,
    unlikely_defaults,
)
from clerkstack.reconcile.billing_run import BillingRun, bringing, removing
from clerkstack.reconcile.changes import object_at
from clerkstack.reconcile.danger import Danger
from clerkstack.reconcile.ledger import SETTINGS, Ledger, billing_holding, flat_groups
from clerkstack.reconcile.names import BILLING_KINDS
from clerkstack.reconcile.sharing import Holding, Sharing

KEEP = (
    "Nothing was written. To manage billing no more and leave it on the instance as it is: pulumi "
    "config set --path clerkstack:allow.billingLeft true, then pulumi up; a destroy knows it only "
    "after that. To take it away, first take the checks out of the app's code, and run pulumi up "
    "with that."
)
"""What to do where an app would lose what it asks for."""


class BillingProvider(ClerkProvider):
    """Reconciles the section `billing` of the instance config."""

    kind: ClassVar[str] = "Billing"
    part: ClassVar[str] = SECTION

    def holding(self, stack: str, since: str, props: JsonObject) -> Holding:
        """Plans, features and toggles by `kind/slug`."""
        return billing_holding(stack, since, props)

    def noted_since(self, _props: JsonObject) -> JsonObject:
        """The ledger, and the mark of the note before."""
        return {**Ledger.of(_props).as_props(), **mark_of(_props)}

    def group_name(self, group: str) -> str:
        """`plan pro`, `feature sso`, the settings."""
        kind, _, slug = group.partition("/")
        if kind == "settings":
            return "the billing settings"
        return f"{BILLING_KINDS.get(kind, BILLING_KINDS['plans'])} {slug}"

    def refusals(self, _inputs: JsonObject) -> Iterable[tuple[str, str]]:
        """Plans nobody could buy, the two deploys that must never reach production, and checks in
        the app's code that would answer false for everybody."""
        found = [*billing_refusals(_inputs, str(_inputs["environment"])), *self._asked(_inputs)]
        # Of no property: the engine would print all of it, the whole catalog, with the reason.
        return (("", why) for why in found)

    def compared(self, inputs: JsonObject) -> JsonObject:
        """All of them; a check that only moved in the app's code is no change."""
        return without_places(inputs)

    def dangers(self, _inputs: JsonObject, _olds: JsonObject) -> Iterable[Danger]:
        """Plans and features that leave, prices and attachments that change, and the toggles: of
        the run that `_bring` makes."""
        live = self._live(_inputs)
        return self._foreseen(_inputs, _olds, live).dangers(live)

    def unmet(self, _inputs: JsonObject, _olds: JsonObject) -> Iterable[str]:
        """What Clerk can't change, and what the app's code would ask for in vain afterwards."""
        live = self._live(_inputs)
        yield from payer_refusals(_inputs, live)
        if _in_production(_inputs) and undeclared_uses(_inputs):
            yield from unknown_uses(_inputs, self._foreseen(_inputs, _olds, live).after(live))

    def taken_away(self, _inputs: JsonObject, _state: JsonObject) -> Iterable[str]:
        """Plans and features that production's code asks for."""
        if not _in_production(_inputs) or not undeclared_uses(_inputs):
            return []
        return unknown_uses(_inputs, self.after(_inputs, _state))

    def after(self, inputs: JsonObject, state: JsonObject) -> JsonObject:
        """The section as an update of the resource leaves it, whose state has its ledger."""
        live, others = self._live(inputs), self.sharing(inputs, state)
        return self._run(inputs, state, self._noted(inputs, state), live, others).after(live)

    def unchanged(self, _inputs: JsonObject) -> Iterable[str]:
        """What is wrong on a production instance that nothing here changes, where this run has
        read the config already."""
        if not _in_production(_inputs) or not anything_was_read():
            return
        known = self.document(_inputs).known
        if known is not None:
            yield from live_refusals(_inputs, object_at(known, SECTION))

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Take over what is there, make what is missing. Safe to repeat."""
        inputs = inputs_of(props)
        return CreateResult(resource_id(inputs, SECTION), self._bring(inputs, {}))

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring the section to the new inputs; what they no longer declare goes or goes back."""
        inputs, olds = inputs_of(_news), inputs_of(_olds)
        was = Ledger.of(olds)
        for slug in object_at(olds, "plans"):
            if slug not in object_at(inputs, "plans") and slug not in was.plans:
                notice(f"the plan '{slug}' was there before this stack: it stays on sale as it was")
        return UpdateResult(self._bring(inputs, olds))

    @plainly
    def read(self, _id: str, _props: dict[str, Any]) -> ReadResult:
        """The live values of what the state declares, for `pulumi refresh`."""
        props = inputs_of(_props)
        try:
            live = self._live(props, fresh=True)
        except NotFound:
            return ReadResult(None, {})
        view = billing_view(props, live)
        inputs = {**kept_out(props, "made", "before"), **view}
        return ReadResult(_id, {**props, **view}, inputs)

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove what this resource made and put back what it changed, in one write."""
        props = inputs_of(_props)
        log = IntentLog(_id, stack_of(props))
        if self.left:
            notice(
                f"billing stays on the {props['environment']} instance as it is, and is nobody's"
            )
            log.forget()
            IntentLog(resource_id(props), stack_of(props)).forget()
            return
        if self._replaced(props):
            notice("billing stays as it is: another resource of this stack has it")
            return
        with contextlib.suppress(NotFound):
            live = self._live(props)
            run = self.removal(props, live)
            in_vain = self.lost(props, live, run)
            if in_vain:
                raise ResourceFailed("\n".join((*in_vain, KEEP)))
            self.stop_for_danger(props, self.dangers_of_removal(props, live, run))
            tell_left(
                {
                    name: of
                    for name, of in run.kept.items()
                    if name.partition("/")[2] in object_at(live, name.partition("/")[0])
                },
                self.group_name,
            )
            left = self._write(props, run)
            for slug in run.gone["features"]:
                if slug in object_at(left, "features"):
                    notice(
                        f"the feature '{slug}' stays: a plan that this stack did not make has it"
                    )
            found = object_at(object_at(run.ledger.before, SETTINGS), SETTINGS)
            if _in_production(props) and found.get(TRIAL):
                notice(f"{TRIAL} stays off: in production no trial asks for a card")
        log.forget()
        # The instance is left behind: should it come back, what is on it is not this stack's own.
        IntentLog(resource_id(props), stack_of(props)).forget()

    def _replaced(self, props: JsonObject) -> bool:
        """Whether this run made another resource in the place of the one that goes: each write has
        a mark of its own."""
        self.session.neighbourhood.look_again()
        now = self.sharing(props, props, removing=True).state
        return bool(now) and now.get("noted") != props.get("noted")

    @property
    def left(self) -> bool:
        """Whether billing that is not declared any more stays as it is."""
        return self._allowed.billing_left

    def removal(self, props: JsonObject, live: JsonObject) -> BillingRun:
        """The run that takes this stack's billing away; `props` are what its state has."""
        log = IntentLog(resource_id(props, SECTION), stack_of(props))
        noted = log.pending(self.noted_since(props))
        return removing(props, noted, live, self.sharing(props, props, removing=True))

    def lost(self, props: JsonObject, live: JsonObject, run: BillingRun) -> list[str]:
        """What production's code asks for, by the state, and a run takes away."""
        if not _in_production(props):
            return []
        app = object_at(props, "app")
        before = set(unanswered(app, live))
        return [each for each in unanswered(app, run.after(live)) if each not in before]

    def dangers_of_removal(
        self, props: JsonObject, live: JsonObject, run: BillingRun
    ) -> list[Danger]:
        """What of a removal has to be asked for. Whoever removes a development stack means its
        toggles, too."""
        return [
            danger
            for danger in run.dangers(live)
            if danger.group != "toggles" or _in_production(props)
        ]

    def _foreseen(self, inputs: JsonObject, olds: JsonObject, live: JsonObject) -> BillingRun:
        """The run that `_bring` makes, as `check` can know it: it is given what was declared
        before, and the backend has the rest of the state."""
        others = self.sharing(inputs, olds)
        state = others.state or olds if olds else {}
        return self._run(inputs, state, self._noted(inputs, state), live, others)

    def _noted(self, inputs: JsonObject, olds: JsonObject) -> JsonObject:
        """What an interrupted run noted since the state."""
        log = IntentLog(resource_id(inputs, SECTION), stack_of(inputs))
        return log.pending(self.noted_since(olds) if olds else {})

    def _run(
        self,
        inputs: JsonObject,
        olds: JsonObject,
        noted: JsonObject,
        live: JsonObject,
        others: Sharing,
    ) -> BillingRun:
        here = made_here(resource_id(inputs), stack_of(inputs))
        return bringing(inputs, olds, noted, live, others, made_here=here)

    def _asked(self, inputs: JsonObject) -> list[str]:
        """What production's code asks for and neither the stack nor the instance has."""
        if not _in_production(inputs) or not undeclared_uses(inputs):
            return []
        try:
            return unknown_uses(inputs, self._live(inputs))
        except NotFound:
            return unknown_uses(inputs, {})  # there is no instance yet: nothing else is on it
        except (ApiError, Unreachable) as failure:
            notice(
                f"what the app asks for can't be looked up; that is done before a write. {failure}"
            )
            return []

    def _bring(self, inputs: JsonObject, olds: JsonObject) -> JsonObject:
        """Bring the section from what the state declares (and an interrupted run declared) to
        what the inputs declare."""
        others = self.sharing_to_write(inputs, olds)
        log = IntentLog(resource_id(inputs, SECTION), stack_of(inputs))
        state = self.noted_since(olds) if olds else {}
        noted = log.pending(state)
        live = self._live(inputs)
        run = self._run(inputs, olds, noted, live, others)
        unmet = [*payer_refusals(inputs, live)]
        if _in_production(inputs):
            unmet += unknown_uses(inputs, run.after(live))
        if unmet:
            raise ResourceFailed("\n".join(unmet))
        stop_unless_previewed(
            inputs,
            billing_plan(inputs, live).changes,
            billing_known(olds),
            billing_known(object_at(noted, "declared")),
        )
        _refuse_missing(unlikely_defaults(object_at(inputs, "defaults"), live))
        self.stop_for_danger(inputs, run.dangers(live), named=self._judges_first(inputs))
        facts = run.ledger.facts(inputs)

        def left() -> JsonObject | None:
            now = self._live(inputs, fresh=True)
            # What was refused was not made: somebody else may make it before the next run.
            return None if now == live else run.ledger.kept(now).facts(inputs, now)

        with log.writing(facts, since=state, left=left):
            reached = self._write(inputs, run)
        _refuse_missing(missing_defaults(object_at(inputs, "defaults"), reached))
        self._tell_switched_off(live, reached)
        ledger = run.ledger.kept(reached).left_to(others, inputs)
        shared = others.shared(flat_groups(inputs))
        return {**inputs, **ledger.as_props(), **shared, "noted": log.mark}

    def _write(self, props: JsonObject, run: BillingRun) -> JsonObject:
        """Reconcile the section; what it then is. Each write is judged as it is sent: nothing goes
        that was not asked for."""

        def plan(sections: Mapping[str, Json]) -> WritePlan:
            return run.plan(object_at(sections, SECTION))

        def judge(wanted: WritePlan, sections: Mapping[str, Json]) -> None:
            _refuse_trial_card(props, wanted)
            live = object_at(sections, SECTION)
            dangers = run.dangers_of(wanted.changes, live)
            if not run.declared and not _in_production(props):
                dangers = [each for each in dangers if each.group != "toggles"]
            named = not run.declared or self._judges_first(props)
            self.stop_for_danger(props, dangers, named=named)

        return object_at(self.document(props).reconcile(plan, judge), SECTION)

    def _judges_first(self, inputs: JsonObject) -> bool:
        """Whether `check` could not see what is live: the write is then the first to judge."""
        return self._name(inputs) in self.session.unjudged

    def _tell_switched_off(self, before: JsonObject, after: JsonObject) -> None:
        """Say what stays of a payer whose billing was turned off: Clerk's own plan."""
        for payer, toggle in ENABLED_FOR.items():
            if before.get(toggle) is True and after.get(toggle) is False:
                own = f"free_{payer}"
                if own in object_at(after, "plans"):
                    notice(
                        f"the plan '{own}' stays on the instance: Clerk made it when billing was "
                        "turned on. Nobody has it any more, and a check of it answers false."
                    )

    def _live(self, inputs: JsonObject, *, fresh: bool = False) -> JsonObject:
        return object_at(self.document(inputs).sections(fresh=fresh), SECTION)


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
        """Declare the section; `clerkstack.declared.billing` has the shapes."""
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


def _refuse_missing(lacking: Sequence[str]) -> None:
    if lacking:
        raise ResourceFailed(
            f"The catalog marks {', '.join(lacking)} as the plan Clerk makes by itself, and this "
            "instance has none of that slug. Clerk names them free_org and free_user: write the "
            "slug that the dashboard page Billing → Plans shows, or drop `default: true`."
        )


def _in_production(props: JsonObject) -> bool:
    """Whether it is about a production instance; what does not say that it is development's is."""
    return props.get("environment") != "development"


def _refuse_trial_card(props: JsonObject, wanted: WritePlan) -> None:
    """The last look at a write: whatever led to it, none makes production's trials ask for a card.

    Raises:
        ResourceFailed: it would.
    """
    asks = any(
        change.path == (SECTION, TRIAL) and change.after is not False for change in wanted.changes
    )
    if asks and _in_production(props):
        raise ResourceFailed(
            f"This would turn {TRIAL} on for the production instance of "
            f"{props['application_id']}, and free trials would ask for a card. Nothing was "
            "written. Set clerkstack:billing.freeTrialRequiresPaymentMethod to false."
        )
