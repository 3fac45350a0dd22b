"""What is read once, which failures repeat, and what counts as their evidence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from clerkstack.clients.evidence import Evidence
from clerkstack.live.reads import Reads

AT = datetime(2026, 3, 1, tzinfo=UTC)


def request(operation: str, *, failed: bool = False) -> Evidence:
    return Evidence(operation, f"https://api.example/{operation}", AT, failed)


class Log(list[Evidence]):
    """The requests; each read records some of them."""

    def read(self, *requests: Evidence, value: Any = None) -> Any:
        self.extend(requests)
        if isinstance(value, Exception):
            raise value
        return value


def test_it_is_read_once_and_reported_once() -> None:
    log, steps = Log(), list[str]()
    reads = Reads(log, steps.append)

    for _ in range(2):
        assert reads.once("a", "step", lambda: log.read(request("A"), value=1)) == 1

    assert (len(log), steps, reads.count) == (1, ["step"], 1)
    assert reads.once("a", "step", lambda: log.read(request("A"), value=2), fresh=True) == 2


def test_what_failed_fails_again_without_a_request() -> None:
    log = Log()
    reads = Reads(log)

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            reads.once("a", "step", lambda: log.read(request("A"), value=ValueError("no")))

    assert len(log) == 1


def test_what_was_read_before_is_evidence_too() -> None:
    log = Log()
    reads = Reads(log)
    reads.once("a", "step", lambda: log.read(request("A"), request("A"), request("B")))
    reads.once("c", "step", lambda: log.read(request("C")))

    with reads.watched() as first, reads.watched() as within:
        reads.once("a", "step", lambda: log.read(request("A")))
    with reads.watched() as none:
        pass

    assert [*first] == [*within] == [request("A"), request("B")]
    assert not none


def test_the_request_that_decided_is_the_one_that_failed() -> None:
    log = Log()
    reads = Reads(log)
    there, gone = request("A", failed=True), request("B")

    with reads.watched() as expected:
        reads.once("a", "step", lambda: log.read(there, gone, value=0))
    with reads.watched() as unexpected, pytest.raises(ValueError, match="odd"):
        # There was an answer, though an odd one.
        reads.once("b", "step", lambda: log.read(there, gone, value=ValueError("odd")))

    assert [each.failed for each in expected] == [False, False]
    assert [each.failed for each in unexpected] == [False, True]
