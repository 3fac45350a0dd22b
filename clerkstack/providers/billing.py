"""Billing settings, features, plans and attachments as one resource and one atomic write."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from clerkstack.clients.errors import ApiError, NotFound, Unreachable
from clerkstack.declared.afterwards import put_back
from clerkstack.declared.refusals import (
    billing_refusals,
    undeclared_uses,
    unknown_uses,
    without_places,
)
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
from clerkstack.providers.errors import ResourceFailed, plainly
from clerkstack.providers.made import Note, made_here, tell
from clerkstack.providers.neighbours import tell_left
from clerkstack.reconcile import Json, JsonObject, WritePlan
from clerkstack.reconcile.billing import (
    SECTION,
    billing_known,
    billing_plan,
    billing_view,
    missing_defaults,
    unlikely_defaults,
    without_features,
)
from clerkstack.reconcile.changes import object_at
from clerkstack.reconcile.danger import Danger, billing_dangers
from clerkstack.reconcile.ledger import (
    Ledger,
    billing_holding,
    flat_groups,
    handed_over,
    joined_kinds,
    needed_by_others,
    no_longer,
    spared,
)
from clerkstack.reconcile.names import BILLING_KINDS
from clerkstack.reconcile.sharing import Holding, Sharing


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
        """Plans and features that leave, prices and attachments that change, and the toggles."""
        live = self._live(_inputs)
        others = self.sharing(_inputs, _olds)
        changes = billing_plan(_inputs, live).changes
        leaving = {
            kind: [
                slug
                for slug in object_at(_olds, kind)
                if slug in object_at(live, kind)
                and slug not in object_at(_inputs, kind)
                and slug not in object_at(_inputs, "defaults")
                and not needed_by_others(kind, slug, others)
            ]
            for kind in ("plans", "features")
        }
        return billing_dangers(
            changes, live, leaving_plans=leaving["plans"], leaving_features=leaving["features"]
        )

    def taken_away(self, _inputs: JsonObject, _state: JsonObject) -> Iterable[str]:
        """Plans and features that production's code asks for."""
        if _inputs.get("environment") != "production" or not undeclared_uses(_inputs):
            return []
        return unknown_uses(_inputs, *self.left(_inputs, _state))

    def left(self, inputs: JsonObject, state: JsonObject) -> tuple[JsonObject, list[str]]:
        """What is live once this stack has let go of what it no longer declares, and the names of
        the plans and features that go."""
        live, others = self._live(inputs), self.sharing(inputs, state)
        ledger = Ledger.of(state)
        back = self._handed(_ways_back(state, {}, inputs, live), ledger, inputs, others)
        gone = self._removed(ledger, inputs, live, others)
        return put_back(live, without_features(back, set(gone[1]))), _names(*gone)

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
                tell(f"the plan '{slug}' was there before this stack: it stays on sale as it was")
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
        note = Note(_id, stack_of(props))
        noted = note.pending(self.noted_since(props))
        ledger = Ledger.of(props).joined(Ledger.of(noted))
        with contextlib.suppress(NotFound):
            live = self._live(props)
            others = self.sharing(props, props, removing=True)
            plans, features = self._removed(ledger, {}, live, others)
            self.stop_for_danger(
                props, _subscribed(p for p in plans if p in object_at(live, "plans"))
            )
            back = self._handed(_ways_back(props, noted, {}, live), ledger, {}, others)
            left = self._write(props, {}, back, plans, features)
            for slug in features:
                if slug in object_at(left, "features"):
                    tell(f"the feature '{slug}' stays: a plan that this stack did not make has it")
        note.forget()
        # The instance is left behind: should it come back, what is on it is not this stack's own.
        Note(resource_id(props), stack_of(props)).forget()

    def _removed(
        self, ledger: Ledger, declared: JsonObject, live: JsonObject, others: Sharing
    ) -> tuple[list[str], list[str]]:
        """The plans and features that go: made and not declared, here or by another stack. Where
        all go, those that stay for another one are told; a preview shows the others."""
        going: dict[str, list[str]] = {}
        for kind in ("plans", "features"):
            slugs = ledger.undeclared(kind, declared)
            holders = {slug: needed_by_others(kind, slug, others) for slug in slugs}
            going[kind] = [slug for slug in slugs if not holders[slug]]
            if not declared:
                there = object_at(live, kind)
                left = {f"{kind}/{slug}": of for slug, of in holders.items() if of}
                tell_left(
                    {name: of for name, of in left.items() if name.partition("/")[2] in there},
                    self.group_name,
                )
        return going["plans"], going["features"]

    def _handed(
        self, back: JsonObject, ledger: Ledger, declared: JsonObject, others: Sharing
    ) -> JsonObject:
        """What goes back; what others declare becomes as they declare it."""
        gone = {kind: ledger.undeclared(kind, declared) for kind in ("plans", "features")}
        return joined_kinds(spared(back, others), handed_over(gone, others))

    def _asked(self, inputs: JsonObject) -> list[str]:
        """What production's code asks for and neither the stack nor the instance has."""
        if inputs["environment"] != "production" or not undeclared_uses(inputs):
            return []
        try:
            return unknown_uses(inputs, self._live(inputs))
        except NotFound:
            return unknown_uses(inputs, {})  # there is no instance yet: nothing else is on it
        except (ApiError, Unreachable) as failure:
            tell(
                f"what the app asks for can't be looked up; that is done before a write. {failure}"
            )
            return []

    def _bring(self, inputs: JsonObject, olds: JsonObject) -> JsonObject:
        """Bring the section from what the state declares (and an interrupted run declared) to
        what the inputs declare."""
        self.refuse_unjudged(inputs, olds)
        others = self.sharing_to_write(inputs, olds)
        note = Note(resource_id(inputs, SECTION), stack_of(inputs))
        state = self.noted_since(olds) if olds else {}
        noted = note.pending(state)
        live = self._live(inputs)
        interrupted = object_at(noted, "declared")
        stop_unless_previewed(
            inputs,
            billing_plan(inputs, live).changes,
            billing_known(olds),
            billing_known(interrupted),
        )
        _refuse_missing(unlikely_defaults(object_at(inputs, "defaults"), live))
        known = joined_kinds(olds, interrupted)
        ledger = Ledger.of(olds).joined(Ledger.of(noted)).extended(known, inputs, live)
        if not olds and made_here(resource_id(inputs), stack_of(inputs)):
            ledger = ledger.all_made(inputs)
        ledger = ledger.passed_on(others, inputs)
        back = self._handed(_ways_back(olds, noted, inputs, live), ledger, inputs, others)
        gone_plans, gone_features = self._removed(ledger, inputs, live, others)
        if inputs["environment"] == "production":
            rest = put_back(live, without_features(back, set(gone_features)))
            if asked := unknown_uses(inputs, rest, _names(gone_plans, gone_features)):
                raise ResourceFailed("\n".join(asked))
        facts = ledger.facts(inputs)

        def left() -> JsonObject | None:
            now = self._live(inputs, fresh=True)
            # What was refused was not made: somebody else may make it before the next run.
            return None if now == live else ledger.kept(now).facts(inputs, now)

        with note.intent(facts, since=state, left=left):
            reached = self._write(inputs, inputs, back, gone_plans, gone_features)
        _refuse_missing(missing_defaults(object_at(inputs, "defaults"), reached))
        ledger = ledger.kept(reached).left_to(others, inputs)
        shared = others.shared(flat_groups(inputs))
        return {**inputs, **ledger.as_props(), **shared, "noted": note.mark}

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


def _names(plans: Iterable[str], features: Iterable[str]) -> list[str]:
    """Plans and features as `unknown_uses` takes them."""
    return [*(f"plans/{slug}" for slug in plans), *(f"features/{slug}" for slug in features)]


def _subscribed(plans: Iterable[str]) -> list[Danger]:
    """The removal of plans, which costs nobody anything where nobody has them."""
    gone = "it is removed with the stack"
    return [Danger("plans", slug, "remove", gone, (slug,), harmless_without=True) for slug in plans]


def _ways_back(
    olds: JsonObject, noted: JsonObject, inputs: JsonObject, live: JsonObject
) -> JsonObject:
    """What goes back of what the state declares, and of what an interrupted run declared."""
    back: JsonObject = {}
    for ledger, declared in (
        (Ledger.of(olds), olds),
        (Ledger.of(noted), object_at(noted, "declared")),
    ):
        went = ledger.way_back(no_longer(declared, inputs), live, still=inputs)
        back = joined_kinds(back, went)
    return back
