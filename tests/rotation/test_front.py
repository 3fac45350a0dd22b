"""The proxy in front of the app passes requests on, and fails on demand."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from local.rotation.front import in_front_of
from local.world.faults import Fault
from tests.rotation.answering import answering


def fault(kind: str, **fields: Any) -> Fault:
    return Fault.model_validate({"kind": kind, "service": "clerk", "path": "/api/health", **fields})


def post(address: str, path: str = "/api/health") -> httpx.Response:
    return httpx.post(address + path, content=b"{}", headers={"svix-id": "msg_1"}, trust_env=False)


def test_it_passes_on_what_no_fault_is_for() -> None:
    seen: list[tuple[str, str | None]] = []

    def answer(path: str, headers: dict[str, str], _: bytes) -> int:
        seen.append((path, headers.get("svix-id")))
        return 202

    with answering(answer) as app, in_front_of(app) as front:
        front.fault = fault("status", times=None)
        assert post(front.address, "/other").status_code == 202
        assert front.met == 0
        assert post(front.address).status_code == 500
        assert front.met == 1

    assert seen == [("/other", "msg_1")]


@pytest.mark.parametrize(
    ("kind", "arrives"), [("drop_before", 0), ("no_answer", 0), ("drop_after", 1)]
)
def test_an_answer_that_does_not_come(kind: str, arrives: int) -> None:
    seen: list[str] = []

    def answer(path: str, *_: Any) -> int:
        seen.append(path)
        return 200

    with answering(answer) as app, in_front_of(app) as front:
        front.fault = fault(kind)
        with pytest.raises(httpx.TransportError):
            post(front.address)
        assert len(seen) == arrives
        # The fault applies once.
        assert post(front.address).status_code == 200


@pytest.mark.parametrize("kind", ["late_answer", "delay"])
def test_a_slow_answer_comes(kind: str) -> None:
    with answering(lambda *_: 200) as app, in_front_of(app) as front:
        front.fault = fault(kind, seconds=0.3)
        answer = post(front.address)
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.3


def test_a_service_that_wants_to_be_asked_later_says_when() -> None:
    with answering(lambda *_: 200) as app, in_front_of(app) as front:
        front.fault = fault("status", status=429, retry_after=1)
        answer = post(front.address)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
