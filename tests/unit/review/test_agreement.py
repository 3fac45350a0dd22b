"""Which disagreements block: those that the update does not mend."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.review.agreement import Agreement

PRO = {"amount": 6000, "features": ["a"]}
OTHER = {"amount": 6500, "features": ["a"]}


def blocks(
    app: Any, catalog: Any, instance: Any, field: str | None, *, read_app: bool = True
) -> bool:
    row = {"slug": "pro", "app": app, "catalog": catalog, "instance": instance, "agree": False}
    told = Agreement.model_validate(
        {
            "app": {"path": "app"} if read_app else None,
            "instance": {"read": True},
            "plans": [row],
            "findings": [{"kind": "plan", "slug": "pro", "field": field, "message": "differs"}],
        }
    )
    return bool(told.blocking())


@pytest.mark.parametrize(
    ("app", "catalog", "instance", "field", "expected"),
    [
        (PRO, PRO, None, "exists", False),  # the update makes it
        (PRO, PRO, OTHER, "amount", False),  # the update changes it
        (OTHER, PRO, PRO, "amount", True),
        (OTHER, PRO, PRO, None, True),
        (PRO, PRO, OTHER, None, False),
        (OTHER, PRO, PRO, "price", True),  # a name the rows do not have
        (PRO, PRO, OTHER, "price", False),
        (PRO, None, PRO, "exists", True),  # the app asks, the catalog does not have it
        (None, PRO, PRO, "exists", True),
        (None, None, PRO, "exists", False),  # unmanaged
    ],
)
def test_with_an_app(app: Any, catalog: Any, instance: Any, field: str, expected: bool) -> None:
    assert blocks(app, catalog, instance, field) is expected


def test_without_an_app_the_instance_alone_can_differ() -> None:
    assert not blocks(None, PRO, None, "exists", read_app=False)
    assert not blocks(None, PRO, OTHER, "amount", read_app=False)
    assert not blocks(None, None, OTHER, "exists", read_app=False)


def test_a_finding_about_what_no_row_has_blocks() -> None:
    use = {"kind": "feature", "slug": "nobody", "message": "is asked for and nobody has it"}

    assert Agreement.model_validate({"findings": [use]}).blocking()


def test_what_the_command_tells_besides_is_passed_over() -> None:
    told = Agreement.model_validate(
        {"stack": "prod", "instance": {"read": True, "id": "ins_1"}, "roles": [], "plans": []}
    )

    assert told.instance.read
    assert told.blocking() == []


def test_a_field_that_one_does_not_speak_of_is_no_difference() -> None:
    row = {
        "slug": "pro",
        "app": {"features": ["a"], "amount": None},
        "catalog": {**PRO, "trial": 14},
        "instance": {**OTHER, "trial": 14},
        "agree": False,
    }
    told = Agreement.model_validate({"plans": [row]})

    assert told.plans[0].fields() == ["amount"]
