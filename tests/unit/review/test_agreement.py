"""Three-way findings that block: those that the update leaves as they are."""

from __future__ import annotations

from typing import Any

import pytest

from clerkstack.checks.finding import Severity
from clerkstack.comparison.compare import finding_of, severity_of
from clerkstack.reconcile.billing import TRIAL
from clerkstack.report.documents import CheckDocument
from clerkstack.review.stacks import NotCompared, Review, Verdict, agree
from clerkstack.state.cleaning import Cleaning
from clerkstack.state.preview import Change, Preview


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
        (None, None, None, True),  # a finding that says nothing about the three is kept
    ],
)
def test_what_the_update_does_not_fix_blocks(
    app: Any, catalog: Any, instance: Any, expected: bool
) -> None:
    sides = {"app": app, "catalog": catalog, "instance": instance}

    assert (severity_of("features", sides) is Severity.FAILED) is expected


def test_a_use_of_what_nobody_has_blocks() -> None:
    use = finding_of("feature", "nobody", "asked", "nobody has it", "", "", app=True, catalog=False)

    assert len(CheckDocument(findings=(use,)).blocking) == 1


def test_an_instance_that_was_read_is_live() -> None:
    told = CheckDocument.model_validate({"stack": "prod", "instance": {"read": True}, "plans": []})

    assert told.live
    assert told.blocking == []


def test_a_field_that_one_does_not_speak_of_is_no_difference() -> None:
    row = {
        "slug": "pro",
        "app": {"features": ["b", "a"]},
        "catalog": {"features": ["a", "b"], "amount": 6000, "trial": 14},
        "instance": {"features": ["a", "b"], "amount": 6500, "trial": 14},
        "agree": False,
    }
    told = CheckDocument.model_validate({"plans": [row]})

    assert told.plans[0].differing() == ["amount"]


def test_an_app_that_was_only_searched_is_not_missing_anything() -> None:
    row = {"slug": "pro", "app": None, "catalog": {}, "instance": None, "agree": False}
    told = CheckDocument.model_validate({"app": {"path": "app"}, "plans": [row]})

    assert not told.app_declares
    assert not CheckDocument.model_validate({"instance": {"read": True, "exists": False}}).live


@pytest.mark.parametrize(
    ("slug", "field", "catalog", "instance"),
    [("pro", "payer_type", "org", "user"), (TRIAL, TRIAL, False, True)],
)
def test_what_no_update_changes_blocks(slug: str, field: str, catalog: Any, instance: Any) -> None:
    finding = finding_of("plan", slug, field, "differs", "", "", catalog=catalog, instance=instance)
    told = CheckDocument(findings=(finding,))
    update = Change("create", "billing-catalog", "Billing", ())
    beside, alone = Review("prod", Preview(changes=[update])), Review("prod", Preview())

    agree(beside, told)
    agree(alone, told)

    assert beside.agreement is not None
    assert alone.agreement is not None
    assert len(told.blocking) == len(alone.agreement.blocking) == 1
    assert alone.verdict is Verdict.BLOCKED
    assert len(beside.agreement.blocking) == (0 if field == TRIAL else 1)


@pytest.mark.parametrize(
    ("service", "verdict"), [(True, Verdict.SERVICE_FAILED), (False, Verdict.BAD_INPUT)]
)
def test_what_could_not_be_compared_is_a_trouble(service: bool, verdict: Verdict) -> None:
    review = Review("prod", Preview(), clean=Cleaning(["hush-hush"]))

    agree(review, NotCompared("it is hush-hush", service=service))

    assert (review.agreement, review.verdict) == (None, verdict)
    assert "hush" not in review.troubles[0].message
