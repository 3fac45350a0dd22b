"""Each request of a rotation with each failure of its service."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from local.faults.bad_days import BAD_DAYS, BadDay
from local.rotation.judge import Acted, Row, how_it_ended
from local.rotation.runs import Interruption, Run, run
from local.rotation.testbed import PATIENCE, RotationTestbed
from local.world.faults import Fault
from local.world.journal import Entry

IDS = re.compile(r"(?<=/)(app|ep|dpl|prj)_\w+|(?<=/env/)\w+")
SLOW = PATIENCE + 1  # seconds of a slow answer
READS = ("GET", "HEAD")
# The rotation tests the app before the mint, and after the roll-out.
OF_THE_APP = (("GET", "/api/health"), ("POST", "/api/webhooks/clerk"))
MOMENTS = {"before the mint": "claim", "as a proof": "roll out"}


@dataclass(frozen=True)
class Asked:
    """One kind of request of a rotation."""

    service: str
    method: str
    path: str

    @property
    def expression(self) -> str:
        """Return a regular expression that matches the request."""
        return re.escape(self.path).replace(re.escape("{id}"), r"\w+") + "$"


def kinds(entries: Sequence[Entry]) -> list[Asked]:
    """Return the kinds of requests of one rotation, each once."""
    found = (Asked(e.service, e.method, IDS.sub("{id}", e.path)) for e in entries)
    return list(dict.fromkeys(found))


def failing(entries: Sequence[Entry]) -> Iterator[Row]:
    """Yield every cell of the matrix as a row."""
    for asked in kinds(entries):
        for day in BAD_DAYS:
            lost = day.fault["kind"] == "not_persisted"
            if not day.config_only and not (lost and asked.method in READS):
                name = f"{asked.method} {asked.path}: {day.name}"
                yield Row("fault", name, _cell(asked, day))
    for method, path in OF_THE_APP:
        for when, step in MOMENTS.items():
            for day in BAD_DAYS:
                if not day.config_only and day.fault["kind"] != "not_persisted":
                    name = f"app, {method} {path} {when}: {day.name}"
                    yield Row("fault", name, _app_cell(path, step, day))


def _fault(day: BadDay, service: str, path: str) -> dict[str, Any]:
    slow = {"seconds": SLOW} if day.slow else {}
    return {**day.fault, **slow, "service": service, "path": path}


def _cell(asked: Asked, day: BadDay) -> Callable[[RotationTestbed], Acted]:
    def act(testbed: RotationTestbed) -> Acted:
        fault = _fault(day, asked.service, asked.expression)
        testbed.world.fault(method=asked.method, **fault)
        try:
            ran = run(testbed)
        finally:
            testbed.world.clear_faults()
        met = sum(each.fault is not None for each in testbed.world.journal())
        return _acted(ran, met)

    return act


def _app_cell(path: str, step: str, day: BadDay) -> Callable[[RotationTestbed], Acted]:
    def act(testbed: RotationTestbed) -> Acted:
        testbed.front.met = 0

        def seen(_: Run, line: str) -> None:
            if line.startswith(f"rotate: {step} "):
                testbed.front.fault = Fault.model_validate(_fault(day, "clerk", path))

        try:
            ran = run(testbed, interruption=Interruption(at_line=seen))
        finally:
            testbed.front.fault = None
        return _acted(ran, testbed.front.met)

    return act


def _acted(ran: Run, met: int) -> Acted:
    broken = [] if met else ["the fault met no request"]
    if any("Traceback" in line for line in ran.lines):
        broken.append(f"it showed a traceback: {ran.last_words}")
    return Acted(how_it_ended(ran), broken)
