"""The age of a secret: since its rotation if known, otherwise since its variable was written."""

from __future__ import annotations

import pytest

from policies import view
from tests.unit.policies.deployments import DAY, NOW, deployment, resource
from tests.unit.policies.test_policies import judged, violations

KEY = "production/CLERK_SECRET_KEY"


def rotations(**rotated: int) -> dict[str, object]:
    made = resource(view.ROTATIONS, {}, "production")
    return {**made, "outputs": {"rotated": rotated}}


def test_a_variable_written_anew_does_not_make_an_old_secret_young() -> None:
    found = deployment()
    found["rotations"] = rotations(clerk=NOW - 91 * DAY)
    found["written"]["outputs"]["written"][KEY] = NOW - DAY

    (verdict,) = judged(found)

    assert (verdict.check, verdict.subject) == ("secret-age", "rotations")
    assert "CLERK_SECRET_KEY was last rotated 91 days ago" in verdict.message


def test_a_rotation_counts_although_the_variable_is_older() -> None:
    found = deployment()
    found["rotations"] = rotations(clerk=NOW - 5 * DAY, webhook=NOW - 5 * DAY)
    found["written"]["outputs"]["written"] = {KEY: NOW - 200 * DAY}

    assert violations(found) == set()


def test_the_other_secret_is_judged_by_its_variable() -> None:
    found = deployment()
    found["rotations"] = rotations(webhook=NOW - 5 * DAY)
    found["written"]["outputs"]["written"][KEY] = NOW - 91 * DAY

    assert violations(found) == {("secret-age", "written")}


@pytest.mark.parametrize("outputs", [{}, {"rotated": None}, {"rotated": {"clerk": "x"}}])
def test_where_no_rotation_is_known_nothing_changes(outputs: dict[str, object]) -> None:
    found = deployment()
    found["rotations"] = {**rotations(), "outputs": outputs}

    assert violations(found) == set()


def test_the_history_is_protected_in_production() -> None:
    found = deployment()
    found["rotations"] = {**rotations(), "protect": False}

    assert violations(found) == {("protected", "rotations")}
