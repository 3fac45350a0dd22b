"""App, catalog and instance: they agree, or each difference is found once."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest

from clerkstack.app.code import AppCode
from clerkstack.app.declaration import AppDeclaration, DeclaredPlan
from clerkstack.app.uses import Use
from clerkstack.checks.finding import Finding
from clerkstack.comparison.compare import Comparison, compare, kind_of
from clerkstack.comparison.instance import Instance
from clerkstack.desired.afterwards import Access

CONFIG = {
    "plans": {
        "duo": {
            "name": "Duo",
            "amount": 800,
            "annual_monthly_amount": 600,
            "features": ["calendar", "tasks"],
            "free_trial_enabled": True,
            "free_trial_days": 7,
            "publicly_visible": True,
            "payer_type": "org",
        },
        "crew": {
            "name": "Crew",
            "amount": 2000,
            "features": ["tasks"],
            "free_trial_enabled": False,
            "publicly_visible": False,
            "payer_type": "org",
        },
    },
    "features": {"calendar": {"name": "Calendar"}, "tasks": {"name": "Tasks"}},
}
SAID = frozenset({"amount", "annual_monthly_amount", "free_trial_days", "publicly_visible"})


def plan(slug: str, *features: str, **changes: Any) -> DeclaredPlan:
    held = {
        "duo": (800, 600, True, 7),
        "crew": (2000, None, False, None),
    }.get(slug, (None, None, None, None))
    names = ("monthly_cents", "annual_monthly_cents", "publicly_listed", "trial_days")
    fields = {**dict(zip(names, held, strict=True)), **changes}
    return DeclaredPlan(slug, features, **fields, file="plans.ts", line=3, said=SAID)


def code(*plans: DeclaredPlan, uses: tuple[Use, ...] = (), unmanaged: str = "") -> AppCode:
    plans = plans or (plan("duo", "calendar", "tasks"), plan("crew", "tasks"))
    features = frozenset(feature for plan in plans for feature in plan.features)
    declared = AppDeclaration({each.slug: each for each in plans}, features)
    return AppCode(declared, uses, unmanaged=frozenset(filter(None, [unmanaged])))


def use(kind: Any, slug: str, payer: str | None = None, line: int = 1) -> Use:
    return Use(kind, slug, payer, "page.tsx", line, 5)


def found(
    app: AppCode | None = None,
    catalog: dict[str, Any] | None = None,
    instance: Instance | None = None,
    **of_stack: bool,
) -> Comparison:
    inputs = {"catalog": "catalog.yaml", "defaults": {}, **(CONFIG if catalog is None else catalog)}
    access = {"roles": {"org:admin": {"permissions": ["org:a:read"]}}, "permissions": {}}
    return compare(app, inputs, instance, access=access, **of_stack)


def changed(**fields: Any) -> dict[str, Any]:
    """The config with other fields of the plan duo."""
    config = copy.deepcopy(CONFIG)
    config["plans"]["duo"].update(fields)
    return config


def parts(finding: Finding) -> tuple[str, str]:
    """Its kind and slug."""
    kind, _, slug = finding.subject.partition(" ")
    return kind, slug


def differing(comparison: Comparison) -> list[tuple[str, str, str]]:
    return [(*parts(finding), finding.field) for finding in comparison.findings]


def test_three_that_say_the_same() -> None:
    comparison = found(code(), instance=Instance(billing=CONFIG))

    assert comparison.findings == ()
    assert [row.slug for row in comparison.plans] == ["duo", "crew"]
    assert [row.slug for row in comparison.features] == ["calendar", "tasks"]
    for row in (*comparison.plans, *comparison.features):
        assert row.agree
        assert row.catalog == row.instance
        assert row.app == {k: v for k, v in (row.catalog or {}).items() if k != "payer_type"}


@pytest.mark.parametrize("instance", [None, Instance(exists=False)])
def test_an_instance_that_is_not_there_is_not_compared(instance: Instance | None) -> None:
    comparison = found(code(), instance=instance)

    assert comparison.findings == ()
    assert {row.instance for row in comparison.features} == {None}


def test_without_an_app_catalog_and_instance_are_compared() -> None:
    assert differing(found(None, instance=Instance(billing=changed(amount=900)))) == [
        ("plan", "duo", "amount")
    ]


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"monthly_cents": 900}, "amount", "the app has plan 'duo' at 900 cents a month, the "
                                           "catalog at 800 cents a month"),
        ({"annual_monthly_cents": 0}, "annual_monthly_amount", "without a yearly price, the"),
        ({"trial_days": 14}, "free_trial_days", "a trial of 14 days, the catalog with a trial of"),
        ({"publicly_listed": False}, "publicly_visible", "not publicly visible, the catalog publ"),
    ],
)  # fmt: skip
def test_a_field_of_the_app_that_differs(changes: dict[str, Any], field: str, message: str) -> None:
    app = code(plan("duo", "calendar", "tasks", **changes), plan("crew", "tasks"))

    comparison = found(app, instance=Instance(billing=CONFIG))

    (finding,) = comparison.findings
    assert (*parts(finding), finding.field) == ("plan", "duo", field)
    assert message in finding.message
    assert finding.where == "plans.ts:3"
    assert finding.found["catalog"] == finding.found["instance"] != finding.found["app"]
    assert [row.agree for row in comparison.plans] == [False, True]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amount": 900}, "amount"),
        ({"annual_monthly_amount": 0}, "annual_monthly_amount"),
        ({"free_trial_enabled": False}, "free_trial_days"),
        ({"free_trial_days": 8}, "free_trial_days"),
        ({"publicly_visible": False}, "publicly_visible"),
        ({"features": ["tasks"]}, "features"),
        ({"features": ["tasks", "calendar"]}, None),
    ],
)
def test_a_field_of_the_instance_that_differs(fields: dict[str, Any], field: str | None) -> None:
    comparison = found(code(), instance=Instance(billing=changed(**fields)))

    assert differing(comparison) == ([] if field is None else [("plan", "duo", field)])


def test_a_catalog_that_differs_from_both_is_reported_for_each() -> None:
    comparison = found(code(), changed(amount=900), Instance(billing=CONFIG))

    assert differing(comparison) == [("plan", "duo", "amount")] * 2
    assert [finding.where for finding in comparison.findings] == ["plans.ts:3", "catalog.yaml"]


def test_a_plan_that_only_the_app_has() -> None:
    app = code(plan("duos", "calendar", "tasks"), plan("crew", "tasks"))

    comparison = found(app, instance=Instance(billing=CONFIG))

    assert differing(comparison) == [("plan", "duos", "exists"), ("plan", "duo", "exists")]
    assert "(did you mean 'duo'?)" in comparison.findings[0].message
    assert comparison.findings[0].where == "plans.ts:3"
    assert comparison.findings[1].where == "catalog.yaml"


def test_a_plan_that_the_catalog_alone_lacks() -> None:
    app = code(plan("duo", "calendar", "tasks"), plan("crew", "tasks"), plan("old", "tasks"))
    live = copy.deepcopy(CONFIG)
    live["plans"]["old"] = {"amount": 1, "features": [], "payer_type": "org"}

    comparison = found(app, instance=Instance(billing=live))

    assert differing(comparison) == [("plan", "old", "exists"), ("plan", "old", "features")]
    assert comparison.findings[0].message == (
        "the app and the instance have the plan 'old', but the catalog does not"
    )
    assert (
        "the app gives plan 'old' tasks, but the instance does not"
        in comparison.findings[1].message
    )


def test_what_only_the_instance_has_is_left_alone() -> None:
    live = copy.deepcopy(CONFIG)
    live["plans"]["free_org"] = {"amount": 0, "features": []}
    live["features"]["beta"] = {"name": "Beta"}

    comparison = found(code(), instance=Instance(billing=live))

    assert comparison.findings == ()
    assert comparison.plans[-1].slug == "free_org"
    assert comparison.plans[-1].agree


def test_what_is_not_deployed_yet_is_reported() -> None:
    live = copy.deepcopy(CONFIG)
    del live["plans"]["crew"]
    live["features"]["calender"] = live["features"].pop("calendar")

    comparison = found(None, instance=Instance(billing=live))

    assert differing(comparison) == [("plan", "crew", "exists"), ("feature", "calendar", "exists")]
    assert "(did you mean 'calender'?)" in comparison.findings[1].message


def test_checks_are_known_by_catalog_or_instance() -> None:
    uses = (
        use("plan", "duo"),
        use("plan", "old"),
        use("plan", "gone", line=2),
        use("plan", "gone", line=3),
        use("plan", "duo", "user"),
        use("role", "org:admin"),
        use("role", "org:auditor"),
        use("permission", "org:a:write"),
        use("permission", "org:sys_billing:read"),
    )
    live = copy.deepcopy(CONFIG)
    live["plans"]["old"] = {"payer_type": "org"}
    instance = Instance(billing=live, access=Access({"org:auditor": ()}))

    with_instance = found(code(uses=uses), instance=instance)
    without = found(code(uses=uses))

    assert [each.known for each in with_instance.uses] == [
        *(True, True, False, False, False, True, True, False, True)
    ]
    assert differing(with_instance) == [
        ("plan", "gone", "asked"),
        ("plan", "user:duo", "asked"),
        ("permission", "org:a:write", "asked"),
    ]
    assert with_instance.findings[0].where == "page.tsx:2:5"
    assert ("plan", "old", "asked") in differing(without)
    assert ("role", "org:auditor", "asked") in differing(without)
    assert "--live also checks the instance" in without.findings[0].remedy


def test_a_slug_at_several_places_is_one_finding_that_counts_the_others() -> None:
    plans = [use("plan", "trio", line=line) for line in (1, 2, 3)]
    roles = [use("role", "org:x", line=line) for line in (1, 2)]

    comparison = found(code(uses=(*plans, use("plan", "solo"), *roles)))

    messages = [finding.message for finding in comparison.findings]
    assert [" (2 other places ask for it too)" in message for message in messages] == [
        True,
        False,
        False,
    ]
    assert messages[2].endswith(" (1 other place asks for it too)")
    assert [finding.where for finding in comparison.findings] == ["page.tsx:1:5"] * 3
    assert [each.use.line for each in comparison.uses] == [1, 2, 3, 1, 1, 2]


def test_what_the_settings_say_is_on_the_instance_is_believed_until_it_is_read() -> None:
    app = code(uses=(use("plan", "old"),), unmanaged="plan/old")

    assert found(app).findings == ()
    assert differing(found(app, instance=Instance(billing=CONFIG))) == [("plan", "old", "asked")]


def test_who_pays_for_a_plan_is_compared() -> None:
    (finding,) = found(code(), instance=Instance(billing=changed(payer_type="user"))).findings

    assert (finding.subject, finding.field) == ("plan duo", "payer_type")
    assert (finding.found["catalog"], finding.found["instance"]) == ("org", "user")
    assert "paid by organizations, the instance has it paid by users" in finding.message
    assert "another slug" in finding.remedy


CARD = "free_trial_requires_payment_method"


@pytest.mark.parametrize("brought", [True, False])
def test_a_trial_that_asks_for_a_card_is_found_in_production(brought: bool) -> None:
    on, off = (Instance(billing={**CONFIG, CARD: value}) for value in (True, False))

    (finding,) = found(code(), instance=on, production=True, brought=brought).findings

    assert (
        kind_of(finding),
        finding.field,
        finding.found["catalog"],
        finding.found["instance"],
    ) == (
        "setting",
        CARD,
        False,
        True,
    )
    assert ("pulumi up --refresh" in finding.remedy) is brought
    assert found(code(), instance=on).findings == ()
    assert found(code(), instance=off, production=True).findings == ()


def test_a_stack_that_brings_no_catalog_is_judged_by_what_is_live() -> None:
    lacking = copy.deepcopy(CONFIG)
    del lacking["plans"]["crew"]
    lacking["plans"]["duo"]["features"] = ["tasks"]
    more = use("plan", "gold")
    app = code(plan("duo", "calendar", "tasks"), plan("crew", "tasks"), uses=(more,))

    right = found(code(), {"plans": {}, "features": {}}, Instance(billing=CONFIG), brought=False)
    wrong = found(app, instance=Instance(billing=lacking), brought=False)
    unread = found(code(), brought=False)

    assert right.findings == ()
    assert differing(wrong) == [
        ("plan", "crew", "exists"),
        ("plan", "duo", "features"),
        ("plan", "gold", "asked"),
    ]
    assert {finding.found["catalog"] for finding in wrong.findings[:2]} == {None}
    # Without a look at the instance there is nothing but the catalog to compare with.
    assert unread.findings == ()


def test_a_plan_of_a_payer_whose_billing_is_off_answers_nobody() -> None:
    off = {**changed(), "organization_enabled": False}

    (finding,) = found(
        AppCode(None, (use("plan", "duo"),)), {"plans": {}, "features": {}}, Instance(billing=off)
    ).findings

    assert finding.field == "asked"


def declares(*features: str) -> AppCode:
    """An app that declares other features besides those of its plans."""
    app = code()
    assert app.declaration is not None
    declared = AppDeclaration(app.declaration.plans, app.declaration.features | {*features})
    return dataclasses.replace(app, declaration=declared)


def with_feature(slug: str, *plans: str) -> dict[str, Any]:
    """The config with one feature more, in some plans."""
    config = copy.deepcopy(CONFIG)
    config["features"][slug] = {"name": slug}
    for plan in plans:
        config["plans"][plan] = {"payer_type": "org", "features": [slug]}
    return config


@pytest.mark.parametrize("live", [None, Instance(exists=False), Instance(billing=CONFIG)])
def test_a_feature_that_no_plan_has_is_found_asked_for_or_declared(live: Instance | None) -> None:
    catalog = with_feature("audit")
    asking = dataclasses.replace(declares("audit"), uses=(use("feature", "audit"),))

    (declared,) = [
        finding
        for finding in found(declares("audit"), catalog, live).findings
        if finding.found["app"]
    ]
    (asked,) = [
        finding for finding in found(asking, catalog, live).findings if finding.found["app"]
    ]

    assert (*parts(declared), declared.field) == ("feature", "audit", "asked")
    assert declared.where == "plans.ts:3"
    assert asked.where == "page.tsx:1:5"
    for each in (declared, asked):
        assert "no plan has the feature 'audit'" in each.message
        assert "Add it to a plan in catalog.yaml" in each.remedy


def test_a_plan_that_only_the_instance_has_gives_a_feature_too() -> None:
    live = Instance(billing=with_feature("audit", "legacy"))
    app = dataclasses.replace(declares("audit"), uses=(use("feature", "audit"),))
    believed = dataclasses.replace(app, unmanaged=frozenset({"feature/audit"}))

    assert found(app, with_feature("audit"), live).findings == ()
    assert differing(found(app, with_feature("audit"))) == [("feature", "audit", "asked")]
    assert found(believed, with_feature("audit")).findings == ()


def test_what_a_deploy_takes_from_a_plan_is_not_counted_as_live() -> None:
    live = Instance(billing=changed(features=["calendar", "tasks", "audit"]))
    live.billing["features"]["audit"] = {"name": "Audit"}
    app = code(uses=(use("feature", "audit"),))

    assert ("feature", "audit", "asked") in differing(found(app, CONFIG, live))


def test_clerks_own_default_plan_is_known_and_needs_no_declaration() -> None:
    catalog = copy.deepcopy(CONFIG)
    catalog["defaults"] = {"free_org": {"name": "Free", "payer_type": "org", "features": []}}
    app = code(uses=(use("plan", "free_org"), use("plan", "free_user")))
    billed = {"settings": {"organization_enabled": True, "user_enabled": False}}

    for inputs in (catalog, CONFIG):
        assert differing(found(app, {**inputs, **billed})) == [("plan", "free_user", "asked")]
    assert found(app, catalog).findings == ()
    both = code(plan("duo", "calendar", "tasks"), plan("crew", "tasks"), plan("free_org"))
    assert found(both, catalog).findings == ()
    assert found(both, CONFIG).findings == ()


def test_a_default_plan_that_clerk_has_not_made_is_not_known() -> None:
    billed = {"organization_enabled": True, "user_enabled": False}
    app = code(uses=(use("plan", "free_org"),))
    catalog = {**CONFIG, "settings": billed}

    without = Instance(billing={**copy.deepcopy(CONFIG), **billed})
    to_come = Instance(billing={**copy.deepcopy(CONFIG), "organization_enabled": False})

    assert differing(found(app, catalog, without)) == [("plan", "free_org", "asked")]
    assert found(app, catalog, to_come).findings == ()


@pytest.mark.parametrize(
    ("live", "asked"),
    [
        (Access({"org:admin": (), "org:auditor": ("org:b:read",)}), []),
        (Access({"org:admin": (), "org:auditor": ()}), [("permission", "org:b:read")]),
        (
            Access({"org:admin": (), "org:auditor": ("org:b:read",)}, outside=("org:auditor",)),
            [("role", "org:auditor"), ("permission", "org:b:read")],
        ),
        (Access(), [("role", "org:auditor"), ("permission", "org:b:read")]),
    ],
)
def test_a_role_or_permission_that_nobody_can_have_is_found(
    live: Access, asked: list[tuple[str, str]]
) -> None:
    app = code(uses=(use("role", "org:auditor"), use("permission", "org:b:read")))

    findings = found(app, instance=Instance(billing=CONFIG, access=live)).findings

    assert [parts(finding) for finding in findings] == asked


def test_what_a_test_of_the_app_asks_for_is_a_note() -> None:
    app = dataclasses.replace(code(), in_tests=(use("plan", "made_up"), use("plan", "duo")))

    comparison = found(app, instance=Instance(billing=CONFIG))

    assert comparison.findings == ()
    (note,) = comparison.notes
    assert "calls has({ plan: 'made_up' })" in note
