"""What an app can ask for after the deployment: the prediction equals the session tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given

from clerkstack.app.asked import Asked
from clerkstack.desired.afterwards import sold_afterwards
from clerkstack.providers.billing import BillingProvider
from clerkstack.reconcile.billing import ENABLED_FOR, DeclaredBilling
from local.driven import end_run
from tests.property.catalogs import FEATURES, PLANS, Declared, by_hand, declared
from tests.property.instance import Instance
from tests.property.test_billing import EXAMPLES

ASKED: list[Asked] = [
    (kind, slug, payer)
    for kind, slugs in (
        ("plan", (*PLANS["org"], *PLANS["user"], "free_org", "free_user", "gone")),
        ("feature", (*FEATURES, "gone")),
    )
    for slug in slugs
    for payer in (None, "org", "user")
]  # type: ignore[misc]


def answers(section: Mapping[str, Any]) -> set[Asked]:
    """Return the slugs for which somebody's `has()` is true: all plans with their features."""
    found: set[Asked] = set()
    for slug, plan in section["plans"].items():
        payer = plan["payer_type"]
        if not section[ENABLED_FOR[payer]]:
            continue
        shown = [e for e in plan["features"] if section["features"][e].get("include_in_jwt", True)]
        for which in (None, payer):
            found.add(("plan", slug, which))
            found |= {("feature", each, which) for each in shown}
    return found


@EXAMPLES
@given(hand=by_hand(), first=declared(), second=declared())
def test_what_is_predicted_is_what_tokens_have_afterwards(
    instance: Instance, hand: Mapping[str, Any], first: Declared, second: Declared
) -> None:
    instance.begin(hand)
    instance.up(first)
    inputs = instance.inputs(second)
    provider = instance.billing.provider
    assert isinstance(provider, BillingProvider)
    end_run()
    after = provider.after(inputs, instance.billing.state)

    instance.up(second)

    known, has = sold_afterwards(DeclaredBilling.of(inputs), after), answers(instance.live())
    assert {each for each in ASKED if known.has(each)} == has & {*ASKED}
    for each in ASKED:
        assert known.has(each) or known.why_not(each) or each[1] not in known.slugs(each[0])
