"""Checks that can never be true, and the findings about them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clerkstack.app.asked import Asked, Available, compact, expanded, unknown
from clerkstack.app.kinds import ACCESS, Kind, named
from clerkstack.app.uses import Use

KNOWN = Available(
    plans={
        "pro": {"payer_type": "org", "features": ["sso", "shown"]},
        "solo": {"payer_type": "user", "features": ["sync"]},
    },
    features={"sso": {}, "sync": {}, "unused": {}, "shown": {"include_in_jwt": False}},
    roles=("org:admin",),
    permissions=("org:invoices:read",),
    idle_roles=("org:ghost",),
    idle_permissions=("org:invoices:write",),
)


@pytest.mark.parametrize(
    "asked",
    [
        ("plan", "pro", None),
        ("plan", "pro", "org"),
        ("plan", "solo", "user"),
        ("feature", "sync", None),
        ("feature", "sso", "org"),
        ("role", "org:admin", None),
        ("permission", "org:invoices:read", None),
        ("permission", "org:sys_memberships:manage", None),
    ],
)
def test_what_there_is_can_be_asked_for(asked: Asked) -> None:
    assert unknown(asked, "a.ts:1:1", KNOWN, live=False) is None


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            ("plan", "Pro", None),
            "a.ts:1:1 calls has({ plan: 'Pro' }), but neither the catalog nor the instance has "
            "that plan (did you mean 'pro'?): it is false for everybody",
        ),
        (("feature", "ssso", None), "(did you mean 'sso'?)"),
        (("plan", "pro", "user"), "the plan 'pro' is for organizations: it is false"),
        (("feature", "sync", "org"), "the feature 'sync' is in plans of users: it is false"),
        (("feature", "unused", "org"), "no plan has the feature 'unused'"),
        (("feature", "unused", None), "no plan has the feature 'unused': it is false"),
        (("feature", "shown", None), "is in no session token (include_in_jwt: false)"),
        (("plan", "team:pro", None), "calls has({ plan: 'team:pro' }), but neither"),
        (("role", "org:admn", None), "neither the settings nor the instance has that role (did "),
        (("role", "org:ghost", None), "the role 'org:ghost' is in no role set, so nobody"),
        (("permission", "org:x:y", None), "has that permission: it is false for everybody"),
        (("permission", "org:invoices:write", None), "no role has the permission"),
    ],
)
def test_what_nothing_has_is_reported(asked: Asked, message: str) -> None:
    said = unknown(asked, "a.ts:1:1", KNOWN, live=True)

    assert said is not None
    assert message in said


@pytest.mark.parametrize(
    "asked", [("plan", "solo", None), ("plan", "solo", "user"), ("feature", "sync", None)]
)
def test_a_plan_whose_payers_are_not_billed_is_nobodys(asked: Asked) -> None:
    said = unknown(asked, "a.ts:1:1", replace(KNOWN, payers=("org",)), live=True)

    assert said is not None
    assert "users, for whom billing is off" in said


@pytest.mark.parametrize(
    "asked", [("role", "org:admin", None), ("permission", "org:sys_billing:read", None)]
)
def test_without_organizations_nobody_has_a_role(asked: Asked) -> None:
    said = unknown(asked, "a.ts:1:1", replace(KNOWN, organizations=False), live=True)

    assert said == (
        f"a.ts:1:1 calls has({{ {asked[0]}: '{asked[1]}' }}), but organizations are off: "
        "it is false for everybody"
    )


def test_what_only_the_instance_shows_is_uncertain_and_no_mistake() -> None:
    asked: Asked = ("permission", "org:reports:read", None)
    known = replace(KNOWN, open_permissions=("org:reports:read",))

    assert unknown(asked, "a.ts:1:1", known, live=False) is None
    assert not known.surely_has(asked)


def test_a_permission_of_clerks_own_that_no_instance_has() -> None:
    asked: Asked = ("permission", "org:sys_membership:read", None)

    assert unknown(asked, "a.ts:1:1", KNOWN, live=False) is None
    assert not KNOWN.surely_has(asked)
    assert unknown(asked, "a.ts:1:1", replace(KNOWN, listed=True), live=True) is not None


def test_a_feature_that_is_only_declared_needs_a_plan_and_no_token() -> None:
    said = unknown(("feature", "unused", None), None, KNOWN, live=True)

    assert said == (
        "the app declares the feature 'unused', but no plan has the feature 'unused': "
        "has({ feature: 'unused' }) is false for everybody"
    )
    assert unknown(("feature", "shown", None), None, KNOWN, live=True) is None


@pytest.mark.parametrize(
    ("kind", "written", "slug"),
    [
        ("plan", "pro", ("pro", None)),
        ("plan", "o:pro", ("pro", "org")),
        ("feature", "u:sync", ("sync", "user")),
        ("plan", "team:pro", ("team:pro", None)),
        ("role", "admin", ("org:admin", None)),
        ("permission", "org:org:a:b", ("org:a:b", None)),
    ],
)
def test_a_slug_as_clerks_sdk_takes_it(
    kind: Kind, written: str, slug: tuple[str, str | None]
) -> None:
    assert named(kind, written) == slug


def test_each_slug_is_kept_once_with_its_first_place() -> None:
    uses = [
        Use("plan", "pro", None, "a.ts", 1, 2),
        Use("plan", "pro", None, "b.ts", 3, 4),
        Use("plan", "pro", "user", "b.ts", 5, 6),
        Use("role", "org:x", None, "b.ts", 7, 8),
    ]

    kept = compact(uses)

    assert compact(uses, ACCESS) == {"role": {"org:x": "b.ts:7:8"}}
    assert kept == {"plan": {"pro": "a.ts:1:2", "user:pro": "b.ts:5:6"}}
    assert list(expanded(kept)) == [
        (("plan", "pro", None), "a.ts:1:2"),
        (("plan", "pro", "user"), "b.ts:5:6"),
    ]
