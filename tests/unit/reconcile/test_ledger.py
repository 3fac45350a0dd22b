"""What billing found and what it made, and what is reverted of each."""

from __future__ import annotations

from typing import Any

from clerkstack.reconcile.billing import DeclaredBilling, billing_plan, live_groups
from clerkstack.reconcile.ledger import Ledger, billing_reverts
from clerkstack.reconcile.ownership import Past
from clerkstack.shapes import Groups

FOUND = {"name": "Pro", "payer_type": "org", "amount": 900, "annual_monthly_amount": 700}
DECLARED = {"name": "Pro", "payer_type": "org", "amount": 900}


def section(**plans: dict[str, Any]) -> Groups:
    """The section `billing` with organization billing and these plans."""
    return live_groups({"organization_enabled": True, "features": {}, "plans": plans})


def back_to(olds: dict[str, Any], news: dict[str, Any], ledger: Ledger, live: Groups) -> Groups:
    """What is reverted once `news` are declared after `olds`."""
    past = Past(DeclaredBilling.of(olds).groups, ledger.before)
    return billing_reverts((past,), DeclaredBilling.of(news).groups, live)


def test_an_annual_price_that_was_found_and_is_not_declared_comes_back() -> None:
    olds = {"plans": {"pro": DECLARED}}
    ledger = Ledger().extended({}, DeclaredBilling.of(olds).groups, section(pro=FOUND))
    live = section(pro={**FOUND, "annual_monthly_amount": None})

    back = back_to(olds, {}, ledger, live)

    assert billing_plan({}, live, back=back).body == {
        "billing": {"plans": {"pro": {"annual_monthly_amount": 700}}}
    }


def test_a_plan_that_stays_without_its_annual_price_does_not_get_back_what_was_found() -> None:
    olds = {"plans": {"pro": {**DECLARED, "annual_monthly_amount": 800}}}
    news = {"plans": {"pro": DECLARED}}
    live = section(pro={**FOUND, "annual_monthly_amount": 800})
    ledger = Ledger().extended({}, DeclaredBilling.of(olds).groups, section(pro=FOUND))

    back = back_to(olds, news, ledger, live)

    assert billing_plan(DeclaredBilling.of(news).groups, live, back=back).body == {
        "billing": {"plans": {"pro": {"annual_monthly_amount": 0}}}
    }


def test_a_default_plan_that_came_later_loses_what_was_attached_and_keeps_the_rest() -> None:
    olds = {"defaults": {"free_org": {"features": ["theirs"]}}}
    free = {"payer_type": "org", "features": ["by_a_person", "theirs"]}

    back = back_to(olds, {}, Ledger(), section(free_org=free))

    assert back == {"defaults/free_org": {"features": ["by_a_person"]}}


def test_a_field_less_of_such_a_plan_leaves_what_is_attached() -> None:
    olds = {"defaults": {"free_org": {"description": "Old", "features": ["one"]}}}
    news = {"defaults": {"free_org": {"features": ["other"]}}}
    free = {"payer_type": "org", "description": "Old", "features": ["one"]}

    back = back_to(olds, news, Ledger(), section(free_org=free))

    # Otherwise the read-back of the write that attaches `other` would ask for `one` again.
    assert back == {}


def test_billing_goes_off_after_the_plans_of_its_payer_went_back() -> None:
    off: Groups = {"settings/settings": {"organization_enabled": False}}
    back: Groups = {"plans/pro": {"amount": 900}}
    changed = {**FOUND, "amount": 1000}

    first = billing_plan(off, section(pro=changed), back=back)
    second = billing_plan(off, section(pro=FOUND), back=back)

    assert first.body == {"billing": {"plans": {"pro": {"amount": 900}}}}
    assert second.body == {"billing": {"organization_enabled": False}}
