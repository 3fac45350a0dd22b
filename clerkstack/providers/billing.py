"""Billing settings, features, plans and attachments as one resource and one atomic write."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from clerkstack.app.agreement import disagreements
from clerkstack.clients.errors import NotFound
from clerkstack.providers.base import ClerkProvider, inputs_of, resource_id
from clerkstack.providers.errors import ResourceFailed, plainly
from clerkstack.providers.made import Note
from clerkstack.reconcile import Json, JsonObject, WritePlan
from clerkstack.reconcile.billing import (
    ENABLED_FOR,
    SECTION,
    billing_plan,
    billing_view,
    missing_defaults,
)
from clerkstack.reconcile.changes import object_at, way_back


@dataclass(frozen=True)
class Ledger:
    """What this resource made, and what was there before it came."""

    plans: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    before: JsonObject = field(default_factory=dict)

    @classmethod
    def of(cls, props: Mapping[str, Any]) -> Ledger:
        """The ledger kept in the state or in the note."""
        made = object_at(props, "made")
        return cls(
            plans=tuple(cast(list[str], made.get("plans") or [])),
            features=tuple(cast(list[str], made.get("features") or [])),
            before=object_at(props, "before"),
        )

    def extended(self, inputs: JsonObject, live: JsonObject) -> Ledger:
        """The ledger once what `live` lacks has been made."""
        return Ledger(
            plans=_added(self.plans, object_at(inputs, "plans"), object_at(live, "plans")),
            features=_added(
                self.features, object_at(inputs, "features"), object_at(live, "features")
            ),
            before=self.before,
        )

    def kept(self, live: JsonObject) -> Ledger:
        """The ledger without what is gone."""
        return Ledger(
            plans=tuple(slug for slug in self.plans if slug in object_at(live, "plans")),
            features=tuple(slug for slug in self.features if slug in object_at(live, "features")),
            before=self.before,
        )

    def as_props(self) -> JsonObject:
        """As the state keeps it."""
        made: JsonObject = {
            "plans": cast(Json, list(self.plans)),
            "features": cast(Json, list(self.features)),
        }
        return {"made": made, "before": self.before}


class BillingProvider(ClerkProvider):
    """Reconciles the section `billing` of the instance config."""

    def refusals(self, _inputs: JsonObject) -> Iterable[tuple[str, str]]:
        """The two deploys that must never reach production, whatever policies are run."""
        inputs = _inputs
        if inputs["environment"] != "production":
            return
        settings = object_at(inputs, "settings")
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
        live = self._live(inputs)
        noted = Ledger.of(Note(name).read())
        before = noted.before or billing_view(inputs, live)
        ledger = Ledger(noted.plans, noted.features, before).kept(live)
        return CreateResult(name, self._bring(inputs, ledger, live))

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring the section to the new inputs; slugs made here and no longer declared go."""
        inputs = inputs_of(_news)
        live = self._live(inputs)
        return UpdateResult(self._bring(inputs, Ledger.of(inputs_of(_olds)).kept(live), live))

    @plainly
    def read(self, _id: str, _props: dict[str, Any]) -> ReadResult:
        """The live values of what the state declares, for `pulumi refresh`."""
        props = inputs_of(_props)
        try:
            live = self._live(props, fresh=True)
        except NotFound:
            return ReadResult(None, {})
        view = billing_view(props, live)
        ledger = {"made", "before"}
        inputs = {**{k: v for k, v in props.items() if k not in ledger}, **view}
        return ReadResult(_id, {**props, **view}, inputs)

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove what this resource made and put back what it changed, in one write."""
        props = inputs_of(_props)
        ledger = Ledger.of(props)

        def plan(sections: Mapping[str, Json]) -> WritePlan:
            live = object_at(sections, SECTION)
            mine = cast(JsonObject, {"settings": object_at(props, "settings")})
            back = {
                kind: way_back(
                    object_at(ledger.before, kind),
                    object_at({**props, **mine}, kind),
                    live if kind == "settings" else object_at(live, _place(kind)),
                )
                for kind in ("settings", "features", "plans", "defaults")
            }
            return billing_plan(
                **back, live=live, removed_features=ledger.features, removed_plans=ledger.plans
            )

        with contextlib.suppress(NotFound):
            self._document(props).reconcile(plan)
        Note(_id).forget()

    def _bring(self, inputs: JsonObject, ledger: Ledger, live: JsonObject) -> JsonObject:
        after = ledger.extended(inputs, live)
        gone_plans = _undeclared(after.plans, object_at(inputs, "plans"))
        gone_features = _undeclared(after.features, object_at(inputs, "features"))
        Note(resource_id(inputs, SECTION)).write(after.as_props())

        def plan(sections: Mapping[str, Json]) -> WritePlan:
            return billing_plan(
                settings=object_at(inputs, "settings"),
                features=object_at(inputs, "features"),
                plans=object_at(inputs, "plans"),
                defaults=object_at(inputs, "defaults"),
                live=object_at(sections, SECTION),
                removed_plans=gone_plans,
                removed_features=gone_features,
            )

        reached = object_at(self._document(inputs).reconcile(plan), SECTION)
        lacking = missing_defaults(object_at(inputs, "defaults"), reached)
        if lacking:
            raise ResourceFailed(
                f"The catalog marks {', '.join(lacking)} as the plan Clerk makes by itself, and "
                f"this instance has none of that slug. Switch billing on for its payer "
                f"({' or '.join(ENABLED_FOR.values())}), or drop `default: true`."
            )
        return {**inputs, **after.kept(reached).as_props()}

    def _document(self, inputs: JsonObject) -> Any:
        return self.session.config(str(inputs["application_id"]), str(inputs["environment"]))

    def _live(self, inputs: JsonObject, *, fresh: bool = False) -> JsonObject:
        return object_at(self._document(inputs).sections(fresh=fresh), SECTION)


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


def _place(kind: str) -> str:
    return "plans" if kind == "defaults" else kind


def _added(
    known: Sequence[str], declared: Mapping[str, Json], live: Mapping[str, Json]
) -> tuple[str, ...]:
    return (*known, *(slug for slug in declared if slug not in live and slug not in known))


def _undeclared(made: Sequence[str], declared: Mapping[str, Json]) -> tuple[str, ...]:
    return tuple(slug for slug in made if slug not in declared)
