"""The difference between a part that an instance does not include and a failure."""

from __future__ import annotations

import pytest

from clerkstack.clients.errors import ApiError, error_class
from clerkstack.parity.entities import Part
from clerkstack.parity.read import READERS, _why_not
from clerkstack.parity.snapshot import ORGANIZATIONS_OFF


def refusal(status: int, code: str) -> ApiError:
    return error_class(status)(
        vendor="Clerk", operation="ListX", status=status, code=code, message="No."
    )


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (402, "", "ListX: 402 No."),
        (402, "payment_required", "ListX: 402 payment_required No."),
        (403, "feature_not_enabled", "ListX: 403 feature_not_enabled No."),
        (
            403,
            "unsupported_subscription_plan_features",
            "ListX: 403 unsupported_subscription_plan_features No.",
        ),
        (403, "organization_not_enabled_in_instance", ORGANIZATIONS_OFF),
    ],
)
def test_what_is_not_included_has_a_reason(status: int, code: str, reason: str) -> None:
    assert _why_not(refusal(status, code)) == reason


@pytest.mark.parametrize(
    ("status", "code"), [(401, "feature_not_enabled"), (403, "authorization_invalid"), (500, "")]
)
def test_everything_else_is_a_failure(status: int, code: str) -> None:
    with pytest.raises(ApiError):
        _why_not(refusal(status, code))


def test_every_part_is_read() -> None:
    assert set(READERS) == set(Part)
