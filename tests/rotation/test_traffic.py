"""The traffic notices each failure it exists to notice, and names it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from svix.webhooks import Webhook, WebhookVerificationError

from local.rotation.invariants import every_other_request_refused, every_valid_request_answered
from local.rotation.traffic import (
    BEAT,
    Traffic,
    api_keys,
    forged_webhooks,
    is_right,
    revoked_keys,
    webhooks,
)
from tests.rotation.answering import Answer, answering

OLD, NEW = "whsec_" + "B" * 32, "whsec_" + "C" * 32
SECONDS = 0.6
LEAST = 6  # requests of each kind that must be answered, however slow the machine is
SECONDS_FOR_THAT = 60


def app(signing_secret: str, key: str = "ak_live") -> Answer:
    """Takes what is signed with the secret, and the key."""

    def answer(path: str, headers: dict[str, str], body: bytes) -> int:
        if path == "/api/mcp":
            return 200 if headers["authorization"] == f"Bearer {key}" else 401
        try:
            Webhook(signing_secret).verify(body, headers)
        except WebhookVerificationError:
            return 400
        return 200

    return answer


def sent_to(
    answer: Answer,
    secrets: Callable[[], list[str]] = lambda: [OLD, NEW],
) -> Traffic:
    kinds = [webhooks(secrets), api_keys("ak_live"), forged_webhooks(), revoked_keys("ak_dead")]
    with answering(answer) as address, Traffic(address, kinds) as traffic:
        while min(traffic.sent.values()) < LEAST and traffic.seconds < SECONDS_FOR_THAT:
            time.sleep(BEAT)
    return traffic


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_in_an_overlap_the_app_may_have_either_secret(secret: str) -> None:
    traffic = sent_to(app(secret))

    assert [*every_valid_request_answered(traffic), *every_other_request_refused(traffic)] == []
    assert min(traffic.sent.values()) >= LEAST


def test_one_refused_request_among_hundreds_is_seen_and_named() -> None:
    asked, counting = 0, threading.Lock()
    within = app(NEW)

    def once(path: str, headers: dict[str, str], body: bytes) -> int | None:
        nonlocal asked
        if path != "/api/mcp" or not headers["authorization"].endswith("live"):
            return within(path, headers, body)
        with counting:
            asked += 1
            mine = asked
        return 503 if mine == LEAST - 1 else within(path, headers, body)

    traffic = sent_to(once)

    (problem,) = every_valid_request_answered(traffic)
    assert problem.startswith("1 refused, the first: API key after")
    assert "503" in problem


def test_an_app_that_was_built_too_late_is_seen() -> None:
    # The old secret has ended, and the app has no other.
    traffic = sent_to(app(OLD), lambda: [NEW])

    (problem,) = every_valid_request_answered(traffic)
    assert "webhook after" in problem
    assert "400" in problem
    assert not list(every_other_request_refused(traffic))


def test_no_answer_is_a_refusal() -> None:
    (problem,) = every_valid_request_answered(sent_to(lambda *_: None))
    assert "no answer" in problem


def test_an_app_that_takes_everything_is_seen() -> None:
    traffic = sent_to(lambda *_: 200)

    assert not list(every_valid_request_answered(traffic))
    (problem,) = every_other_request_refused(traffic)
    assert "forged webhook after" in problem or "revoked key after" in problem


def test_an_app_that_breaks_at_a_forged_request_has_not_refused_it() -> None:
    within = app(NEW)

    def breaks(path: str, headers: dict[str, str], body: bytes) -> int | None:
        status = within(path, headers, body)
        return 500 if status == 400 else status

    assert list(every_other_request_refused(sent_to(breaks)))


def test_traffic_that_was_none_proves_nothing() -> None:
    with answering(app(NEW)) as address:
        traffic = Traffic(address, [webhooks(lambda: [NEW])])
        traffic.sent["webhook"] = 0
    assert list(every_valid_request_answered(traffic)) == ["no webhook was sent"]


def test_a_slow_answer_keeps_no_other_request_waiting() -> None:
    within = app(NEW)

    def slow(path: str, headers: dict[str, str], body: bytes) -> int | None:
        if path == "/api/mcp":
            time.sleep(SECONDS)
        return within(path, headers, body)

    traffic = sent_to(slow)

    assert traffic.slowest >= SECONDS
    assert traffic.sent["webhook"] > traffic.sent["API key"]
    assert not list(every_valid_request_answered(traffic))


@pytest.mark.parametrize(
    ("valid", "status", "right"),
    [
        (True, 204, True),
        (True, 302, False),
        (True, 401, False),
        (True, None, False),
        (False, 401, True),
        (False, 200, False),
        (False, 502, False),
        (False, None, False),
    ],
)
def test_what_is_right(valid: bool, status: int | None, right: bool) -> None:
    assert is_right(valid, status) is right
