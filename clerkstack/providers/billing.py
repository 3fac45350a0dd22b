"""Billing settings, features, plans and attachments as one resource and one atomic write."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult
from pydantic.alias_generators import to_camel

from clerkstack.app.agreement import disagreements
from clerkstack.clients.errors import ApiError, NotFound
from clerkstack.problems import ClerkstackError
from clerkstack.providers.base import ClerkProvider, inputs_of, resource_id
from clerkstack.providers.errors import ResourceFailed, plainly
from clerkstack.providers.ledger import KINDS, Ledger, no_longer
from clerkstack.providers.made import Note, made_here, tell
from clerkstack.reconcile import Json, JsonObject, WritePlan
from clerkstack.reconcile.billing import (
    ENABLED_FOR,
    SECTION,
    billing_plan,
    billing_view,
    missing_defaults,
)
from clerkstack.reconcile.changes import object_at

PAYERS = {"org": "organizations", "user": "users"}


class BillingProvider(ClerkProvider):
    """Reconciles the section `billing` of the instance config."""

    def refusals(self, _inputs: JsonObject) -> Iterable[tuple[str, str]]:
        """Plans nobody could buy, and the two deploys that must never reach production, whatever
        policies are run."""
        inputs = _inputs
        settings = object_at(inputs, "settings")
        for slug, plan in object_at(inputs, "plans").items():
            payer = str(cast(JsonObject, plan).get("payer_type") or "org")
            if settings.get(ENABLED_FOR[payer]) is False:
                yield (
                    "plans",
                    f"the plan '{slug}' is paid by {PAYERS[payer]}, and billing for them is off. "
                    f"Set clerkstack:billing.{to_camel(ENABLED_FOR[payer])} to true, or take the "
                    f"plan out of {inputs['catalog']}.",
                )
        if inputs["environment"] != "production":
            return
        if settings.get("free_trial_requires_payment_method"):
            yield (
                "settings",
                "free_trial_requires_payment_method is on for a production instance: trials "
                "would ask for a card. Set clerkstack:billing.freeTrialRequiresPaymentMethod "
                "to false.",
            )
        for disagreement in disagreements(
            object_at(inputs, "app"), object_at(inputs, "plans"), object_at(inputs, "features")
        ):
            yield "plans", disagreement

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Take over what is there, make what is missing. Safe to repeat."""
        inputs = inputs_of(props)
        name = resource_id(inputs, SECTION)
        noted = Note(name).read()
        olds = object_at(noted, "declared")
        ledger = Ledger.of(noted).extended(olds, inputs, self._live(inputs))
        if made_here(resource_id(inputs)):
            ledger = ledger.all_made(inputs)
        return CreateResult(name, self._bring(inputs, ledger))

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring the section to the new inputs; what they no longer declare goes or goes back."""
        inputs, olds = inputs_of(_news), inputs_of(_olds)
        live, was = self._live(inputs), Ledger.of(olds)
        gone = no_longer(olds, inputs)
        for slug in object_at(gone, "plans"):
            if slug not in object_at(inputs, "plans") and slug not in was.plans:
                tell(f"the plan '{slug}' was there before this stack: it stays on sale as it was")
        back = was.way_back(gone, live)
        return UpdateResult(self._bring(inputs, was.extended(olds, inputs, live), back))

    @plainly
    def read(self, _id: str, _props: dict[str, Any]) -> ReadResult:
        """The live values of what the state declares, for `pulumi refresh`."""
        props = inputs_of(_props)
        try:
            live = self._live(props, fresh=True)
        except NotFound:
            return ReadResult(None, {})
        view = billing_view(props, live)
        inputs = {**{k: v for k, v in props.items() if k not in ("made", "before")}, **view}
        return ReadResult(_id, {**props, **view}, inputs)

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove what this resource made and put back what it changed, in one write."""
        props = inputs_of(_props)
        ledger = Ledger.of(props)
        with contextlib.suppress(NotFound):
            back = ledger.way_back(props, self._live(props))
            left = self._write(props, {}, back, ledger.plans, ledger.features)
            for slug in ledger.features:
                if slug in object_at(left, "features"):
                    tell(f"the feature '{slug}' stays: a plan that this stack did not make has it")
        Note(_id).forget()

    def _bring(
        self, inputs: JsonObject, ledger: Ledger, back: JsonObject | None = None
    ) -> JsonObject:
        gone_plans = _undeclared(ledger.plans, object_at(inputs, "plans"))
        gone_features = _undeclared(ledger.features, object_at(inputs, "features"))
        note = Note(resource_id(inputs, SECTION))
        known = note.read().get("declared")
        note.write({**ledger.as_props(), "declared": {kind: inputs[kind] for kind in KINDS}})
        try:
            reached = self._write(inputs, inputs, back or {}, gone_plans, gone_features)
        except (ApiError, ResourceFailed):
            # What was refused was not made: somebody else may make it before the next run.
            with contextlib.suppress(ClerkstackError):
                live = self._live(inputs, fresh=True)
                note.write({**ledger.kept(live).as_props(), "declared": known})
            raise
        lacking = missing_defaults(object_at(inputs, "defaults"), reached)
        if lacking:
            raise ResourceFailed(
                f"The catalog marks {', '.join(lacking)} as the plan Clerk makes by itself, and "
                f"this instance has none of that slug. Switch billing on for its payer "
                f"({' or '.join(ENABLED_FOR.values())}), or drop `default: true`."
            )
        return {**inputs, **ledger.kept(reached).as_props()}

    def _write(
        self,
        props: JsonObject,
        declared: JsonObject,
        back: JsonObject,
        gone_plans: Sequence[str],
        gone_features: Sequence[str],
    ) -> JsonObject:
        """Reconcile the section; what it then is."""

        def plan(sections: Mapping[str, Json]) -> WritePlan:
            return billing_plan(
                declared,
                object_at(sections, SECTION),
                back=back,
                removed_plans=gone_plans,
                removed_features=gone_features,
            )

        return object_at(self.document(props).reconcile(plan), SECTION)

    def _live(self, inputs: JsonObject, *, fresh: bool = False) -> JsonObject:
        return object_at(self.document(inputs).sections(fresh=fresh), SECTION)


class Billing(Resource, module="clerkstack", name="Billing"):
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
        """Declare the section; see `clerkstack.reconcile.billing` for the shapes.

        `app` is what the app's own code declares ({plans: {slug: [features]}, features: []}),
        or None where no declaration is configured. `catalog` is the file the plans come from,
        for messages.
        """
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


def _undeclared(made: Sequence[str], declared: Mapping[str, Json]) -> tuple[str, ...]:
    return tuple(slug for slug in made if slug not in declared)
