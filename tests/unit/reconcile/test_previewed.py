"""Which changes a preview could not have shown."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.reconcile.changes import Change
from clerkstack.reconcile.previewed import unpreviewed

PRICE = ("plans", "pro", "amount")


def state(**fields: Any) -> dict[str, Any]:
    return {"plans": {"pro": fields}}


@pytest.mark.parametrize(
    ("change", "known", "surprises"),
    [
        (Change(PRICE, 6000, 6500), [state(amount=6000)], False),
        (Change(PRICE, 7000, 6500), [state(amount=6000)], True),
        (Change(PRICE, None, 6500), [state(amount=6000)], True),
        (Change(PRICE, 7000, 6500), [state()], False),
        (Change(PRICE, 7000, 6500), [{}], False),
        (Change(PRICE, None, 6500), [state(amount=None)], False),
        (Change(PRICE, 7000, 6500), [state(amount=6000), state(amount=7000)], False),
        (Change(PRICE, 8000, 6500), [state(amount=6000), state(amount=7000)], True),
        (Change(PRICE, None, 6500), [state(amount=6000), state()], False),
        (Change(PRICE, None, 6500), [state(amount=6000), {}], True),
        (
            Change(("plans", "pro", "features"), ["b", "a"], ["c"]),
            [state(features=["a", "b"])],
            False,
        ),
    ],
    ids=[
        "as the state has it",
        "edited",
        "removed by hand",
        "declared for the first time",
        "nothing in the state",
        "null and absent",
        "as an interrupted run left it",
        "edited after an interrupted run",
        "an interrupted run removed it",
        "no interrupted run",
        "a set in another order",
    ],
)
def test_a_change_is_a_surprise_where_the_live_value_is_not_a_known_one(
    change: Change, known: list[dict[str, Any]], surprises: bool
) -> None:
    assert unpreviewed([change], *known) == ([change] if surprises else [])
