"""Which disagreements block: those that the update does not mend."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.reconcile.billing import TRIAL
from clerkstack.review.agreement import Agreement, Finding


@pytest.mark.parametrize(
    ("app", "catalog", "instance", "expected"),
    [
        (6000, 6000, 6500, False),  # the update changes it
        (None, 6000, 6500, False),  # the app does not speak of it
        (None, True, False, False),  # the update makes it
        (True, True, False, False),
        (6500, 6000, 6000, True),
        (False, True, None, True),  # the app does not have what the catalog sells
        (True, False, True, True),  # the app asks for what the catalog does not have
        (6000, None, 6500, True),  # the catalog has no such plan, and up does not touch it
        (["b", "a"], ["a", "b"], ["a"], False),  # only the order differs
        (["a"], ["a", "b"], ["a"], True),
        (None, None, None, True),  # a finding that says nothing of the three is not passed over
    ],
)
def test_what_the_update_does_not_mend_blocks(
    app: Any, catalog: Any, instance: Any, expected: bool
) -> None:
    sides = {"app": app, "catalog": catalog, "instance": instance}

    assert Finding.model_validate({"message": "differs", **sides}).blocks is expected


def test_a_use_of_what_nobody_has_blocks() -> None:
    use = {"kind": "feature", "slug": "nobody", "field": "asked", "app": True, "catalog": False}
    told = Agreement.model_validate({"findings": [{**use, "message": "nobody has it"}]})

    assert len(told.blocking()) == 1


def test_what_the_command_tells_besides_is_passed_over() -> None:
    told = Agreement.model_validate(
        {"stack": "prod", "instance": {"read": True, "id": "ins_1"}, "roles": [], "plans": []}
    )

    assert told.live
    assert told.blocking() == []


def test_a_field_that_one_does_not_speak_of_is_no_difference() -> None:
    row = {
        "slug": "pro",
        "app": {"features": ["b", "a"], "amount": None},
        "catalog": {"features": ["a", "b"], "amount": 6000, "trial": 14},
        "instance": {"features": ["a", "b"], "amount": 6500, "trial": 14},
        "agree": False,
    }
    told = Agreement.model_validate({"plans": [row]})

    assert told.plans[0].fields() == ["amount"]


def test_an_app_that_was_only_searched_is_not_missing_anything() -> None:
    row = {"slug": "pro", "app": None, "catalog": {}, "instance": None, "agree": False}
    told = Agreement.model_validate({"app": {"path": "app"}, "plans": [row]})

    assert not told.app_declares
    assert not Agreement.model_validate({"instance": {"read": True, "exists": False}}).live


@pytest.mark.parametrize(
    ("slug", "field", "catalog", "instance"),
    [("pro", "payer_type", "org", "user"), (TRIAL, TRIAL, False, True)],
)
def test_what_no_update_changes_blocks(slug: str, field: str, catalog: Any, instance: Any) -> None:
    finding = {"slug": slug, "field": field, "catalog": catalog, "instance": instance}
    told = Agreement.model_validate({"findings": [{**finding, "message": "differs"}]})
    coming = told.model_copy(update={"toggles_come": True})

    assert len(told.blocking()) == 1
    assert len(coming.blocking()) == (0 if field == TRIAL else 1)
