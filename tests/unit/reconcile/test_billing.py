"""The content of billing's one write."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.reconcile.billing import billing_plan, live_groups


@pytest.mark.parametrize(
    ("live", "back", "written"), [(0, None, 0), (None, 0, 0), (1500, None, 1), (0, 1500, 1)]
)
def test_an_annual_price_is_reverted_where_there_is_one_or_was(
    live: int | None, back: int | None, written: int
) -> None:
    def section(amount: int | None) -> dict[str, Any]:
        return {"plans": {"solo": {"annual_monthly_amount": amount}}}

    there = live_groups(section(live))
    plan = billing_plan({}, there, back={"plans/solo": section(back)["plans"]["solo"]})

    assert len(plan.changes) == written
