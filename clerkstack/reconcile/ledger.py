"""What the billing resource made, and what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from clerkstack.reconcile import Json, JsonObject
from clerkstack.reconcile.billing import ANNUAL
from clerkstack.reconcile.changes import object_at
from clerkstack.reconcile.ownership import found_before, joined, undeclared, way_back
from clerkstack.reconcile.sharing import Holding, Sharing

SETTINGS = "settings"
# Fields of plans and features that are null where there is none.
CLEARABLE = ("description", "free_trial_days", "jwt_value", "avatar_url")
MADE = ("features", "plans")
KINDS = (SETTINGS, *MADE, "defaults")


@dataclass(frozen=True)
class Ledger:
    """Slugs that were made, and by kind the declared fields as they were found."""

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

    def joined(self, noted: Ledger) -> Ledger:
        """This ledger with what an interrupted run noted."""
        return Ledger(
            plans=tuple(dict.fromkeys((*self.plans, *noted.plans))),
            features=tuple(dict.fromkeys((*self.features, *noted.features))),
            before={
                kind: joined(object_at(self.before, kind), object_at(noted.before, kind))
                for kind in KINDS
            },
        )

    def extended(self, olds: JsonObject, news: JsonObject, live: JsonObject) -> Ledger:
        """The ledger once `news` are declared after `olds`, and what `live` lacks is made."""
        known = self.kept(live)
        before: JsonObject = {
            kind: found_before(
                object_at(self.before, kind),
                _declared_groups(olds, kind),
                _declared_groups(news, kind),
                _live_groups(live, kind),
            )
            for kind in KINDS
        }
        made = {
            kind: _added(known, object_at(news, kind), object_at(live, kind))
            for kind, known in (("plans", known.plans), ("features", known.features))
        }
        for kind, slugs in made.items():
            found = object_at(before, kind)
            before[kind] = {slug: fields for slug, fields in found.items() if slug not in slugs}
        return Ledger(plans=made["plans"], features=made["features"], before=before)

    def all_made(self, inputs: JsonObject) -> Ledger:
        """The ledger on an instance that this stack made: what it brought is the stack's own."""
        return Ledger(
            plans=tuple(object_at(inputs, "plans")),
            features=tuple(object_at(inputs, "features")),
            before={**self.before, "plans": {}, "features": {}},
        )

    def passed_on(self, sharing: Sharing, inputs: JsonObject) -> Ledger:
        """The ledger with what other stacks brought of the inputs, as if this one had."""
        if not sharing:
            return self
        made, before = sharing.passed_on(
            flat_slugs(self), flat_groups(self.before, of_before=True), flat_groups(inputs)
        )
        kinds = by_kind(before)
        return Ledger(
            plans=_slugs(made, "plans"),
            features=_slugs(made, "features"),
            before={kind: object_at(kinds, kind) for kind in KINDS},
        )

    def left_to(self, sharing: Sharing, inputs: JsonObject) -> Ledger:
        """The ledger without what is not declared any more and others have made as well."""
        return Ledger(
            plans=tuple(
                slug
                for slug in self.plans
                if slug in object_at(inputs, "plans") or f"plans/{slug}" not in sharing.made
            ),
            features=tuple(
                slug
                for slug in self.features
                if slug in object_at(inputs, "features") or f"features/{slug}" not in sharing.made
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

    def undeclared(self, kind: str, declared: Mapping[str, Json]) -> tuple[str, ...]:
        """The slugs of a kind (`plans`, `features`) that were made and are not declared."""
        made = self.plans if kind == "plans" else self.features
        return tuple(slug for slug in made if slug not in object_at(declared, kind))

    def as_props(self) -> JsonObject:
        """As the state keeps it."""
        made: JsonObject = {
            "plans": cast(Json, list(self.plans)),
            "features": cast(Json, list(self.features)),
        }
        return {"made": made, "before": self.before}

    def facts(self, inputs: JsonObject, live: JsonObject | None = None) -> JsonObject:
        """The ledger and what `inputs` declare, for a note; only what `live` has, if given."""
        declared: JsonObject = {}
        for kind in KINDS:
            fields = object_at(inputs, kind)
            if live is not None and kind != SETTINGS:
                there = _live_groups(live, kind)
                fields = {slug: of for slug, of in fields.items() if slug in there}
            declared[kind] = fields
        return {**self.as_props(), "declared": declared}

    def way_back(
        self, gone: JsonObject, live: JsonObject, *, still: JsonObject | None = None
    ) -> JsonObject:
        """What `gone`, no longer declared, goes back to. What was made is removed instead.

        `still` is what is declared now: of a plan or feature in it that was made, fields that it
        no longer has are cleared.
        """
        back: JsonObject = {}
        for kind in KINDS:
            before, now = object_at(self.before, kind), object_at(still or {}, kind)
            going: JsonObject = {}
            for name, fields in _groups(gone, kind).items():
                if name in before:
                    going[name] = fields
                elif kind in MADE and name in now:
                    left = cast(JsonObject, fields)
                    going[name] = {each: left[each] for each in left if each in CLEARABLE}
            there = way_back(before, going, _live_groups(live, kind))
            back[kind] = object_at(there, SETTINGS) if kind == SETTINGS else there
        for slug, fields in object_at(gone, "defaults").items():
            # Clerk made it after this resource came: only what was attached here leaves it.
            attached = cast(JsonObject, fields).get("features")
            if attached and slug not in object_at(self.before, "defaults"):
                plan = object_at(object_at(live, "plans"), slug)
                rest = _without(plan.get("features"), attached)
                cast(JsonObject, back["defaults"])[slug] = {"features": rest}
        return back


def joined_kinds(one: JsonObject, other: JsonObject) -> JsonObject:
    """The groups of both, by kind; see `joined`."""
    both: JsonObject = {}
    for kind in KINDS:
        groups = joined(_groups(one, kind), _groups(other, kind))
        both[kind] = object_at(groups, SETTINGS) if kind == SETTINGS else groups
    return both


def no_longer(olds: JsonObject, news: JsonObject) -> JsonObject:
    """What `olds` declare and `news` do not, by kind."""
    gone: JsonObject = {}
    for kind in KINDS:
        left = undeclared(_declared_groups(olds, kind), _declared_groups(news, kind))
        gone[kind] = object_at(left, SETTINGS) if kind == SETTINGS else left
    return gone


def billing_holding(stack: str, since: str, props: JsonObject) -> Holding:
    """What a stack has of billing, by its properties in the state or in a note."""
    declared = object_at(props, "declared") or props
    ledger = Ledger.of(props)
    return Holding(
        stack,
        since,
        flat_groups(declared),
        frozenset(flat_slugs(ledger)),
        flat_groups(ledger.before, of_before=True),
        object_at(props, "shared"),
    )


def flat_groups(props: JsonObject, *, of_before: bool = False) -> JsonObject:
    """The groups of all kinds by `kind/slug`; the settings are `settings/settings`."""
    read = object_at if of_before else _declared_groups
    return {
        f"{kind}/{slug}": fields for kind in KINDS for slug, fields in read(props, kind).items()
    }


def flat_slugs(ledger: Ledger) -> list[str]:
    """What was made, in the same words."""
    made = (("plans", ledger.plans), ("features", ledger.features))
    return [f"{kind}/{slug}" for kind, slugs in made for slug in slugs]


def by_kind(groups: Mapping[str, Json]) -> JsonObject:
    """Such groups by their kind and slug again."""
    found: JsonObject = {}
    for name, fields in groups.items():
        kind, _, slug = name.partition("/")
        cast(JsonObject, found.setdefault(kind, {}))[slug] = fields
    return found


def spared(back: JsonObject, sharing: Sharing) -> JsonObject:
    """What goes back, by kind, without the fields that other stacks declare."""
    groups = {
        f"{kind}/{slug}": fields for kind in KINDS for slug, fields in _groups(back, kind).items()
    }
    kinds = by_kind(sharing.spared(groups))
    return {
        kind: object_at(object_at(kinds, kind), SETTINGS)
        if kind == SETTINGS
        else object_at(kinds, kind)
        for kind in KINDS
    }


def handed_over(gone: Mapping[str, Sequence[str]], sharing: Sharing) -> JsonObject:
    """The plans and features that this stack lets go, by kind, as the others declare them."""
    return {
        kind: {slug: fields for slug in slugs if (fields := sharing.handed_over(f"{kind}/{slug}"))}
        for kind, slugs in gone.items()
    }


def needed_by_others(kind: str, slug: str, sharing: Sharing) -> list[Holding]:
    """The other stacks that declare a plan or a feature, or a plan with that feature."""
    if kind == "plans":
        groups = [f"plans/{slug}", f"defaults/{slug}"]
        return [each for each in sharing.others if any(group in each.declared for group in groups)]
    return [
        each
        for each in sharing.others
        if f"features/{slug}" in each.declared or slug in _attached(each.declared)
    ]


def _attached(declared: Mapping[str, Json]) -> set[str]:
    return {
        str(feature)
        for group in declared
        for feature in cast(list[Json], object_at(declared, group).get("features") or [])
    }


def _slugs(made: Sequence[str], kind: str) -> tuple[str, ...]:
    return tuple(name.partition("/")[2] for name in made if name.startswith(f"{kind}/"))


def _groups(props: JsonObject, kind: str) -> JsonObject:
    """A kind as groups of fields; the settings are one group."""
    fields = object_at(props, kind)
    return {SETTINGS: fields} if kind == SETTINGS and fields else fields


def _declared_groups(props: JsonObject, kind: str) -> JsonObject:
    """The same with all that is said: a plan without an annual price declares that it has none."""
    groups = _groups(props, kind)
    if kind == "plans":
        return {slug: {ANNUAL: None, **cast(JsonObject, of)} for slug, of in groups.items()}
    return groups


def _live_groups(live: JsonObject, kind: str) -> JsonObject:
    """The same of the live section."""
    if kind == SETTINGS:
        return {SETTINGS: live}
    return object_at(live, "plans" if kind == "defaults" else kind)


def _added(
    known: Sequence[str], declared: Mapping[str, Json], live: Mapping[str, Json]
) -> tuple[str, ...]:
    return (*known, *(slug for slug in declared if slug not in live and slug not in known))


def _without(features: Json, gone: Json) -> Json:
    return [each for each in cast(list[Json], features or []) if each not in cast(list[Json], gone)]
