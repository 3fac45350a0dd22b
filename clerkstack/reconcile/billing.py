"""Billing: settings, features, plans and their attachment as one section of the config.

The section `billing` of the instance config holds the three toggles, `features` keyed by
slug and `plans` keyed by slug (Clerk Platform API, PlatformGetConfig and
PlatformGetConfigSchema). They are compared and written together, because a plan that names
a feature is valid only if that feature exists.

Here the section is groups of fields by name: `settings/settings`, `features/<slug>`,
`plans/<slug>`, and `defaults/<slug>` for the plans that Clerk itself creates. Every input
(resource inputs, a state, a record, a live section) is first read into groups.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from clerkstack.reconcile.app_says import AppSays, app_says
from clerkstack.reconcile.changes import Change, Path, changes_between, live_view
from clerkstack.reconcile.fields import is_unset
from clerkstack.reconcile.ownership import joined
from clerkstack.reconcile.write import WritePlan
from clerkstack.settings.names import CLERKS_PLANS
from clerkstack.shapes import Groups, Json, JsonObject, Malformed, as_object, as_objects, as_texts

SECTION = "billing"
KINDS = ("settings", "features", "plans", "defaults")
"""The kinds of groups, in the order in which they are written."""
PLANS = ("plans", "defaults")
MADE = ("plans", "features")
"""The kinds of groups that a stack creates, and removes if it no longer declares them."""
SETTINGS = "settings/settings"
ANNUAL = "annual_monthly_amount"
# Clerk itself creates one plan for each payer when billing is turned on for that payer.
ENABLED_FOR = {"org": "organization_enabled", "user": "user_enabled"}
TRIAL = "free_trial_requires_payment_method"
"""The toggle that makes a free trial ask for a card; true on a new instance (ConfigBilling)."""


def split(group: str) -> tuple[str, str]:
    """The kind and the slug of a group."""
    kind, _, slug = group.partition("/")
    return kind, slug


def slugs_of(groups: Iterable[str], kind: str) -> list[str]:
    """The slugs of one kind among the names of groups."""
    return [group.partition("/")[2] for group in groups if group.startswith(f"{kind}/")]


@dataclass(frozen=True)
class DeclaredBilling:
    """What the billing resource declares, read from its inputs, a state or an intent record.

    Attributes:
        settings: the toggles.
        features, plans: by slug, with the fields of the config.
        defaults: the same for the plans that Clerk itself creates.
        payers: who pays for each plan, `org` or `user`.
        app: what the app's code says.
        catalog: the catalog's file, for messages.
        in_production: whether it is for a production instance: any but a development one.
        plans_known: whether the plans are known; a program may compute them during the update.
    """

    settings: JsonObject
    features: dict[str, JsonObject]
    plans: dict[str, JsonObject]
    defaults: dict[str, JsonObject]
    payers: dict[str, str]
    app: AppSays
    catalog: str
    in_production: bool
    plans_known: bool

    @classmethod
    def of(cls, props: Mapping[str, Json]) -> DeclaredBilling:
        """Read properties. Those that an older version did not write are empty.

        Raises:
            Malformed: a part does not have its shape; names the place.
        """
        features, plans, defaults = (
            as_objects(props.get(kind), f"{SECTION}.{kind}")
            for kind in ("features", "plans", "defaults")
        )
        payers = {}
        for slug, plan in (*plans.items(), *defaults.items()):
            as_texts(plan.get("features"), f"{SECTION}.plans.{slug}.features")
            payer = plan.get("payer_type") or "org"
            if payer in (*ENABLED_FOR,):
                payers[slug] = str(payer)
            elif isinstance(payer, str):
                raise Malformed(f"{SECTION}.plans.{slug}.payer_type is neither org nor user")
        return cls(
            as_object(props.get("settings"), f"{SECTION}.settings"),
            features,
            plans,
            defaults,
            payers,
            app_says(props.get("app")),
            str(props.get("catalog")),
            props.get("environment") != "development",
            isinstance(props.get("plans"), dict),
        )

    @property
    def all_plans(self) -> dict[str, JsonObject]:
        """The plans, including those that Clerk itself creates."""
        return {**self.plans, **self.defaults}

    @cached_property
    def groups(self) -> dict[str, JsonObject]:
        """The declaration as groups.

        A plan without an annual price declares that it has none, so that an undeclared live price
        is removed.
        """
        priced = {slug: {**plan, ANNUAL: plan.get(ANNUAL)} for slug, plan in self.plans.items()}
        return {
            **({SETTINGS: self.settings} if self.settings else {}),
            **{f"features/{slug}": fields for slug, fields in self.features.items()},
            **{f"plans/{slug}": fields for slug, fields in priced.items()},
            **{f"defaults/{slug}": fields for slug, fields in self.defaults.items()},
        }


def live_groups(section: Mapping[str, Json]) -> dict[str, JsonObject]:
    """A live section as groups. Each plan appears under both kinds, since its slug identifies it.

    Raises:
        Malformed: the section does not have the shape of Clerk's config; names the place.
    """
    toggles: JsonObject = {
        name: value for name, value in section.items() if not isinstance(value, dict)
    }
    plans = as_objects(section.get("plans"), f"{SECTION}.plans")
    features = as_objects(section.get("features"), f"{SECTION}.features")
    return {
        SETTINGS: toggles,
        **{f"features/{slug}": fields for slug, fields in features.items()},
        **{f"plans/{slug}": fields for slug, fields in plans.items()},
        **{f"defaults/{slug}": fields for slug, fields in plans.items()},
    }


def groups_before(props: Mapping[str, Json]) -> dict[str, JsonObject]:
    """What a resource found, as a state or a record keeps it (`before`)."""
    before = as_object(props.get("before"), f"{SECTION}.before")
    return {
        f"{kind}/{slug}": fields
        for kind in KINDS
        for slug, fields in as_objects(before.get(kind), f"before.{kind}").items()
    }


def by_kind(groups: Groups) -> JsonObject:
    """Groups by kind and slug, as a state keeps them."""
    kinds: dict[str, dict[str, Json]] = {kind: {} for kind in KINDS}
    for group, fields in groups.items():
        kind, slug = split(group)
        kinds[kind][slug] = fields
    return {**kinds}


def billing_plan(
    desired: Groups, live: Groups, *, back: Groups | None = None, gone: Collection[str] = ()
) -> WritePlan:
    """The write that changes `live` to what is desired; the first of two if billing is turned off
    for a payer whose plans are reverted.

    `back` is what is reverted, `gone` are the plans and features that this stack created and no
    longer declares. A write never names what the stack neither created nor declares, and a feature
    that such a plan uses stays.
    """
    back = {group: _without_features(fields, gone) for group, fields in (back or {}).items()}
    used = features_in_use(joined(back, desired), live, gone) if gone else ()
    changes = [
        *_changes(desired, live),
        *_changes(back, live),
        *(
            Change(_path(group), live[group], None)
            for group in sorted(gone, key=lambda name: MADE.index(split(name)[0]))
            if group in live and group not in used
        ),
    ]
    held = _held_back(back, changes, live) if back else ()
    return WritePlan(tuple(change for change in changes if change not in held))


def _changes(groups: Groups, live: Groups) -> Iterator[Change]:
    for group in sorted(groups, key=lambda name: KINDS.index(split(name)[0])):
        fields, live_fields = groups[group], live.get(group)
        if live_fields is not None:
            yield from changes_between(fields, live_fields, at=_path(group))
        elif not group.startswith("defaults/") and not is_unset(group, fields):
            declared: JsonObject = {
                name: value for name, value in fields.items() if value is not None
            }
            yield Change(_path(group), None, declared)
        # A missing default plan appears with the write that turns billing on.


def _path(group: str) -> Path:
    kind, slug = split(group)
    if group == SETTINGS:
        return (SECTION,)
    return (SECTION, "plans" if kind == "defaults" else kind, slug)


def _held_back(back: Groups, changes: Sequence[Change], live: Groups) -> list[Change]:
    """The switches that must wait for a second write: reverting a plan changes it, which works only
    while billing is on for its payer (Clerk: billing_not_enabled)."""
    changed = {f"plans/{change.path[2]}" for change in changes if change.path[1] == "plans"}
    payers = {str(live.get(group, {}).get("payer_type")) for group in back.keys() & changed}
    switches = [(SECTION, ENABLED_FOR[payer]) for payer in payers if payer in ENABLED_FOR]
    return [change for change in changes if change.path in switches and change.after is False]


def features_in_use(desired: Groups, live: Groups, gone: Collection[str] = ()) -> set[str]:
    """The features (as groups) that plans have after such a write, without the removed plans."""
    used: set[str] = set()
    for slug in slugs_of(live, "plans"):
        if f"plans/{slug}" not in gone:
            plans = [at.get(f"{kind}/{slug}", {}) for at in (desired, live) for kind in PLANS]
            used.update(next((features_of(plan) for plan in plans if "features" in plan), ()))
    return used


def features_of(plan: Mapping[str, Json]) -> list[str]:
    """The features of a plan, as groups."""
    slugs = plan.get("features")
    return [f"features/{slug}" for slug in slugs] if isinstance(slugs, list) else []


def _without_features(fields: JsonObject, gone: Collection[str]) -> JsonObject:
    held = fields.get("features")
    if not isinstance(held, list):
        return fields
    return {**fields, "features": [slug for slug in held if f"features/{slug}" not in gone]}


def offered(section: Mapping[str, Json]) -> dict[str, JsonObject]:
    """The live plans that somebody can have: plans of a payer whose billing is off stay in the
    config, but nobody has them."""
    return {
        slug: plan
        for slug, plan in as_objects(section.get("plans"), f"{SECTION}.plans").items()
        if section.get(ENABLED_FOR.get(str(plan.get("payer_type") or "org"), "")) is not False
    }


def with_plans_to_come(
    plans: Groups, payers: Iterable[str], before: Mapping[str, Json]
) -> dict[str, JsonObject]:
    """The plans, with those that Clerk itself creates when billing is turned on for these payers;
    `before` is the section. If billing was already on, Clerk has already created its plan."""
    result = dict(plans)
    for payer in payers:
        if not before.get(ENABLED_FOR[payer]):
            result.setdefault(CLERKS_PLANS[payer], {"payer_type": payer, "features": []})
    return result


def in_config(groups: Groups) -> JsonObject:
    """Groups in the shape of the config."""
    if not groups:
        return {}
    kinds: dict[str, dict[str, Json]] = {"features": {}, "plans": {}}
    for group, fields in groups.items():
        kind, slug = split(group)
        if group != SETTINGS:
            kinds["plans" if kind == "defaults" else kind][slug] = fields
    return {SECTION: {**groups.get(SETTINGS, {}), **kinds}}


def missing_defaults(desired: Collection[str], live: Collection[str]) -> list[str]:
    """Declared default plans that the instance does not have."""
    return [slug for slug in slugs_of(desired, "defaults") if f"defaults/{slug}" not in live]


def billing_view(inputs: Mapping[str, Json], section: Mapping[str, Json]) -> JsonObject:
    """The live values of what the inputs declare, in the shape of the inputs."""
    declared = DeclaredBilling.of(inputs)
    plans = as_objects(section.get("plans"), f"{SECTION}.plans")
    features = as_objects(section.get("features"), f"{SECTION}.features")
    of_plans = live_view(declared.plans, plans)
    for slug in of_plans:
        # An undeclared annual price is drift, see `DeclaredBilling.groups`.
        annual = plans.get(slug, {}).get(ANNUAL)
        if annual:
            of_plans[slug] = {**as_object(of_plans[slug], slug), ANNUAL: annual}
    return {
        "settings": live_view(declared.settings, section),
        "features": live_view(declared.features, features),
        "plans": of_plans,
        "defaults": live_view(declared.defaults, plans),
    }
