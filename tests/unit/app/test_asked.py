"""Checks that can never be true, and what is said of them."""

from __future__ import annotations

import pytest

from clerkstack.app.asked import Asked, Known, compact, expanded, unknown
from clerkstack.app.uses import Kind, Use, named

DECLARED = Known(
    plans={
        "pro": {"payer_type": "org", "features": ["sso"]},
        "solo": {"payer_type": "user", "features": ["sync"]},
    },
    features=("sso", "sync", "unused"),
    roles=("org:admin",),
    permissions=("org:invoices:read",),
)


@pytest.mark.parametrize(
    "asked",
    [
        ("plan", "pro", None),
        ("plan", "pro", "org"),
        ("plan", "solo", "user"),
        ("feature", "unused", None),
        ("feature", "sso", "org"),
        ("role", "org:admin", None),
        ("permission", "org:invoices:read", None),
        ("permission", "org:sys_memberships:manage", None),
    ],
)
def test_what_there_is_can_be_asked_for(asked: Asked) -> None:
    assert unknown(asked, "a.ts:1:1", [DECLARED], live=False) is None


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            ("plan", "Pro", None),
            "a.ts:1:1 asks has({ plan: 'Pro' }), and neither the catalog nor the instance has that "
            "plan (did you mean 'pro'?): it answers false for everybody",
        ),
        (("feature", "ssso", None), "(did you mean 'sso'?)"),
        (("plan", "pro", "user"), "the plan 'pro' is for organizations: it answers false"),
        (("feature", "sync", "org"), "the feature 'sync' is in plans of users: it answers false"),
        (("feature", "unused", "org"), "the feature 'unused' is in plans of users"),
        (("plan", "team:pro", None), "asks has({ plan: 'team:pro' }), and neither"),
        (("role", "org:admn", None), "neither the settings nor the instance has that role (did "),
        (("permission", "org:x:y", None), "has that permission: it answers false for everybody"),
    ],
)
def test_what_nothing_has_is_told(asked: Asked, message: str) -> None:
    said = unknown(asked, "a.ts:1:1", [DECLARED, Known()], live=True)

    assert said is not None
    assert message in said


def test_what_only_the_instance_has_is_known() -> None:
    live = Known(plans={"legacy": {"payer_type": "org"}})

    assert unknown(("plan", "legacy", "org"), "a.ts:1:1", [DECLARED, live], live=True) is None
    alone = unknown(("plan", "legacy", "org"), "a.ts:1:1", [DECLARED], live=False)
    assert alone is not None
    assert "the catalog does not have that plan" in alone


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

    assert kept == {"plan": {"pro": "a.ts:1:2", "user:pro": "b.ts:5:6"}}
    assert list(expanded(kept)) == [
        (("plan", "pro", None), "a.ts:1:2"),
        (("plan", "pro", "user"), "b.ts:5:6"),
    ]
