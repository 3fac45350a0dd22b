"""Properties of a resource are read once; what has another shape is refused with its place."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.output import Unknown

from clerkstack.reconcile.app_says import app_says
from clerkstack.reconcile.billing import DeclaredBilling, live_groups
from clerkstack.reconcile.ledger import Ledger
from clerkstack.shapes import Malformed

SECRET = "sk_live_secret"


@pytest.mark.parametrize(
    ("props", "place"),
    [
        ({"plans": ["pro"]}, "billing.plans is a list, not an object"),
        ({"plans": {"pro": SECRET}}, "billing.plans.pro is a string, not an object"),
        ({"plans": {"pro": {"features": "sso"}}}, "billing.plans.pro.features is a string"),
        ({"defaults": {"free_org": {"features": [{}]}}}, "billing.plans.free_org.features[0] is"),
        ({"plans": {"pro": {"payer_type": "team"}}}, "billing.plans.pro.payer_type is neither"),
        ({"features": {"sso": True}}, "billing.features.sso is true or false, not an object"),
        ({"settings": 1}, "billing.settings is a number, not an object"),
        ({"app": {"uses": {"plan": {"pro": 1}}}}, "app.uses.plan.pro is a number, not a string"),
        ({"app": {"plans": {"pro": "sso"}}}, "app.plans.pro is a string, not a list of strings"),
    ],
)
def test_what_has_another_shape_is_refused_with_its_place(props: Any, place: str) -> None:
    with pytest.raises(Malformed) as failure:
        DeclaredBilling.of(props)

    assert place in str(failure.value)
    assert SECRET not in str(failure.value)


def test_what_is_only_known_at_the_update_is_not_there_yet() -> None:
    later: Any = Unknown()
    plan: Any = {"amount": later, "payer_type": later, "features": ["sso", later]}

    declared = DeclaredBilling.of({"plans": {"pro": plan, "solo": later}, "settings": later})

    assert declared.plans == {"pro": plan}
    assert declared.payers == {}
    assert not DeclaredBilling.of({"plans": later}).plans_known
    assert declared.settings == DeclaredBilling.of({"app": later}).app == {}


def test_a_live_section_and_a_ledger_are_refused_likewise() -> None:
    with pytest.raises(Malformed, match=r"billing\.plans\.pro is a string"):
        live_groups({"plans": {"pro": "gone"}})
    with pytest.raises(Malformed, match=r"made\.plans is a string"):
        Ledger.of({"made": {"plans": "pro"}})


def test_what_an_older_version_did_not_write_is_empty() -> None:
    declared = DeclaredBilling.of({"environment": "development", "plans": {"pro": {"amount": 1}}})

    assert declared.groups == {"plans/pro": {"amount": 1, "annual_monthly_amount": None}}
    assert declared.payers == {"pro": "org"}
    assert not declared.in_production
    assert app_says(None) == {}
    assert Ledger.of({}) == Ledger()
