"""Each write with each failure: what the run reports, and what is live after it and the next run.

Invariants of every cell: if a run reports success, the desired state is live; one more run without
a fault reaches it in any case, without duplicates; a destroy then leaves the same as without a
failure.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import httpx
from tenacity import wait_fixed

from clerkstack.clients import http, retries
from clerkstack.intent_log import FOLDER
from clerkstack.problems import ClerkstackError
from clerkstack.providers import api_keys
from local.driven import end_run
from local.faults.bad_days import BAD_DAYS, PATIENCE, SLOW, BadDay
from local.faults.live import deployments, live
from local.faults.operations import Operation, Redeploy, operations
from local.world import World
from local.world import seed as seeded

REDEPLOY = "redeploy"
WORDS = 90  # characters of a message that the table shows


@dataclass(frozen=True)
class Cell:
    """One write with one failure. `broken` says which invariant does not hold, and how."""

    operation: str
    day: str
    run: str
    next_run: str
    destroy: str
    broken: tuple[str, ...]


@dataclass(frozen=True)
class _Reference:
    """What is live if nothing fails."""

    declared: dict[str, Any]
    destroyed: dict[str, Any]


def names() -> list[str]:
    """Return the names of the writes, in the order of the table."""
    return [*(each.name for each in operations("pk_test_")), REDEPLOY]


def cells(
    progress: Callable[[str], None] = lambda _: None, only: Collection[str] = ()
) -> Iterator[Cell]:
    """Run all cells, or `only` those named, in the current folder, which gets the intent logs."""
    with World(proxy=False, api_keys_config=True) as world, _quick_retries():
        try:
            for operation in operations(_publishable_key(world)):
                if only and operation.name not in only:
                    continue
                progress(operation.name)
                reference = _reference(world, operation)
                for day in BAD_DAYS:
                    if operation.on_config or not day.config_only:
                        yield _cell(world, operation, day, reference)
            if only and REDEPLOY not in only:
                return
            progress(REDEPLOY)
            for day in BAD_DAYS:
                if not day.config_only and day.fault["kind"] != "not_persisted":
                    yield _redeployed(world, day)
        finally:
            end_run()


def _cell(world: World, operation: Operation, day: BadDay, reference: _Reference) -> Cell:
    fresh(world)
    driven = operation.begin(world)
    broken: list[str] = []
    with _bad(world, operation.service, operation.method, operation.path, day) as met:
        failure = _failure(lambda: operation.run(driven))
        if failure is None and live(world) != reference.declared:
            broken.append("the run reported success, but the desired state was not live")
    if not met:
        broken.append("the fault met no request")
    world.clear_journal()
    again = _failure(lambda: operation.run(driven))
    if again is not None:
        broken.append(f"the next run failed: {again}")
    elif live(world) != reference.declared:
        broken.append("after the next run the desired state was not live")
    sent = _writes(world, operation)
    gone = _failure(driven.destroy)
    if gone is not None:
        broken.append(f"the destroy failed: {gone}")
    elif live(world) != reference.destroyed:
        broken.append("the destroy left something else than without a failure")
    return Cell(
        operation.name,
        day.name,
        "done" if failure is None else f"stopped: {_short(failure)}",
        ("not done" if again else "done") + (f", sent it {sent}×" if sent else ", nothing to send"),
        "not done" if gone else "done",
        tuple(broken),
    )


def _redeployed(world: World, day: BadDay) -> Cell:
    """Run `redeploy`. One build too many does no harm."""
    fresh(world)
    before = len(deployments(world))
    command = Redeploy(world)
    broken: list[str] = []
    with _bad(world, "vercel", "POST", r"/deployments$", day) as met:
        ended = command.run()
        if ended == 0 and len(deployments(world)) == before:
            broken.append("the command reported success, but nothing was built")
    said = command.said
    if not met:
        broken.append("the fault met no request")
    again = command.run() if ended else 0
    if again:
        broken.append(f"the next run failed: {command.said}")
    built = len(deployments(world)) - before
    return Cell(
        REDEPLOY,
        day.name,
        "done" if ended == 0 else f"exit {ended}: {_short(said)}",
        f"{'not done' if again else 'done'}, built {built}×",
        "",
        tuple(broken),
    )


def _reference(world: World, operation: Operation) -> _Reference:
    fresh(world)
    driven = operation.begin(world)
    operation.run(driven)
    declared = live(world)
    driven.destroy()
    return _Reference(declared, live(world))


def fresh(world: World) -> None:
    """Reset the world to its seed, with organizations on, and forget earlier runs."""
    world.reset()
    shutil.rmtree(FOLDER, ignore_errors=True)
    instance = world.clerk.instance(seeded.APPLICATION_ID, "development")
    world.clerk.write_config(instance, {"organization_settings": {"enabled": True}})


@contextmanager
def _bad(world: World, service: str, method: str, path: str, day: BadDay) -> Iterator[list[str]]:
    """Arm a failure in this block; yield a list that gets the requests that met it at the end."""
    met: list[str] = []
    world.clear_journal()
    world.fault(service=service, method=method, path=path, **day.fault)
    with _impatient() if day.slow else ExitStack():
        yield met
    if day.slow:
        time.sleep(SLOW)  # late actions have happened now
    world.clear_faults()
    met += [entry.path for entry in world.journal() if entry.fault]


def _failure(run: Callable[[], object]) -> str | None:
    """Run something and return why it failed; None if it did not. Unexpected exceptions
    propagate."""
    try:
        run()
    except ClerkstackError as failure:
        return str(failure)
    return None


def _writes(world: World, operation: Operation) -> int:
    """Return how often the write was sent."""
    return sum(
        entry.service == operation.service
        and entry.method == operation.method
        and re.search(operation.path, entry.path) is not None
        for entry in world.journal()
    )


def _publishable_key(world: World) -> str:
    return str(world.clerk.instance(seeded.APPLICATION_ID, "development").publishable_key)


def _short(message: str) -> str:
    line = message.split("\n", 1)[0].partition(". ")[0]
    return line if len(line) <= WORDS else f"{line[:WORDS]}…"


@contextmanager
def _quick_retries() -> Iterator[None]:
    """Shorten pauses that no service requested."""
    with (
        mock.patch.object(retries, "_back_off", wait_fixed(0.01)),
        mock.patch.object(api_keys, "PAUSES", (0.01,) * 4),
    ):
        yield


@contextmanager
def _impatient() -> Iterator[None]:
    """Give new clients a time-out that is shorter than a slow answer."""
    with mock.patch.object(http, "TIMEOUT", httpx.Timeout(60.0, read=PATIENCE)):
        yield
